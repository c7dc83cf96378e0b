"""Log-in, log-out, and whom a request comes from."""
