"""The counties' borders, for maps."""
