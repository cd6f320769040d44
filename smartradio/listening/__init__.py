"""Clip, recording and text to a verdict."""
