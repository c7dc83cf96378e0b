"""Task forces: one task, many vehicles by need, and where each of them is."""
