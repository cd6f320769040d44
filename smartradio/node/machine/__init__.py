"""What the machine under a node can tell of itself."""
