"""The ten days of the article, played through the services and again through the real browser."""
