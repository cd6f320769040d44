"""What goes wrong, said in one line."""

from __future__ import annotations


class SmartradioError(Exception):
    """Base of all errors an operator can mend; the message is one line that says what is wrong and where."""


class BadInputError(SmartradioError):
    """What somebody handed in cannot be used; the message names the file, line or field."""
