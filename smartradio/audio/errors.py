"""What goes wrong with a signal, said in one line."""

from __future__ import annotations


class AudioError(ValueError):
    """A signal cannot be used; the message says what is wrong with it."""
