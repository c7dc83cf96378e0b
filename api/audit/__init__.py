"""The audit log over HTTP: reading it, exporting it, checking that it is intact."""
