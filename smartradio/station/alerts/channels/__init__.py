"""Beside the horns: what goes out of an alert to other systems and telephones, and never holds the horns."""
