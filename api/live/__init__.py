"""The live fleet in memory: one copy a process, kept by one task, read by every request and every stream."""
