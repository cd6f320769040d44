"""Alerts as others write them (CAP 1.2) and as the commune fills them in."""
