"""A station's whole state in one sealed file, and back again."""
