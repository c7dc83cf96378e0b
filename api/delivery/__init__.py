"""The process that delivers webhooks: apart from the API, so that no receiver ever slows a request."""
