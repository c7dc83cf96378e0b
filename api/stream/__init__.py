"""One connection for everything that is live."""
