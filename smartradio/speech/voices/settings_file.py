"""The JSON files that describe a voice's model, read as strangers may have left them on a stick."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from smartradio.speech.voices.port import VoiceError
from smartradio.speech.voices.sound_check import LEAST_RATE_HZ, MOST_RATE_HZ

# Settings have some kilobytes, a vocabulary of all the world's signs less than ten megabytes.
MAX_BYTES = 20_000_000


def read_settings(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises VoiceError, and nothing else, that names the file: one bad model must take no other voice away. What is
    no regular file is not opened, for a pipe would keep the station waiting.
    """
    try:
        if not path.is_file():
            raise VoiceError(f"{path}: cannot be read: {'not a file' if path.exists() else 'it is missing'}")
        if path.stat().st_size > MAX_BYTES:
            raise VoiceError(f"{path}: cannot be read: it has more than {MAX_BYTES / 1e6:.0f} MB")
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise VoiceError(f"{path}: cannot be read: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise VoiceError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise VoiceError(f"{path}: not a JSON object")
    return content


def checked_rate_hz(rate: object, path: Path) -> int:
    """Return the sample rate that `path` gives; raises VoiceError for one that no sound has."""
    if not isinstance(rate, int) or not LEAST_RATE_HZ <= rate <= MOST_RATE_HZ:
        raise VoiceError(f"{path}: a sample rate of {rate!r} is not a number of Hz in {LEAST_RATE_HZ}..{MOST_RATE_HZ}")
    return rate
