"""Lists of the registry over HTTP."""
