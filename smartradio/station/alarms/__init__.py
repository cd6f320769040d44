"""Somebody is told: what is wrong, who is rung, and by which way."""
