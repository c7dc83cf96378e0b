"""The page at `/`: a built application, served from memory; nothing from elsewhere."""
