"""Areas of the registry over HTTP."""
