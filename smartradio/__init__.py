"""smartradio: commune loudspeaker radio that proves what was heard."""

__version__ = "0.1.0"
