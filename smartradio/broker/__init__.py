"""The embedded broker, its users and topic rules."""
