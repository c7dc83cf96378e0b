"""Where every vehicle is now: as one answer, and as a stream."""
