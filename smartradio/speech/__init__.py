"""Written text to spoken text to recording."""
