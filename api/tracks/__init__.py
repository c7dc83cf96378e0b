"""Where a vehicle was: read for a stated purpose only."""
