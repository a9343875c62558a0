"""The web server: its frame and style, the guard at its door, health and metrics; adapters' pages are mounted in it."""
