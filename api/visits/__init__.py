"""Who was near a place, and when: read for a stated purpose only."""
