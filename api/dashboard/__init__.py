"""The page at `/`: static files, no build step, nothing from elsewhere."""
