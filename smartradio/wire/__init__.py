"""All that travels between station and nodes."""
