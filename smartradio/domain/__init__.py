"""The words of the trade: frozen dataclasses and pure functions, no input or output, no clock."""
