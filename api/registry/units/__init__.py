"""Units of the registry over HTTP."""
