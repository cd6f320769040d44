"""Signals: codec, resampling, level, loudness, reference match, simulated pole."""
