"""Each sentence in a fork of the untouched state.

A speech library carries state over from sentence to sentence (espeak the flutter of its voice,
onnxruntime its random numbers) and offers no way back, while a repeated sentence must have the same
samples to have the same name. A fork costs a few milliseconds and starts every time from the same state.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from typing import NoReturn

_logger = logging.getLogger(__name__)

_LONGEST_SENTENCE_S = 60
_BROKEN = 70
_REFUSED = 71


def in_a_fork(speak: Callable[[], bytes], name: str) -> bytes:
    """Return what `speak` returns in a fork of this process, which must hold no thread that `speak` needs.

    Raises ValueError with the line of what `speak` raises; a fork that ends otherwise ends this process too.
    """
    read_end, write_end = os.pipe()
    speaker = os.fork()
    if speaker == 0:
        os.close(read_end)
        _speak_and_exit(write_end, speak, name)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(speaker, 0)[1])
    if status == _REFUSED:
        raise ValueError(said.decode())
    if status != 0:
        raise SystemExit(f"{name} ended with {status} while it spoke")
    return said


def _speak_and_exit(write_end: int, speak: Callable[[], bytes], name: str) -> NoReturn:
    status = _BROKEN
    try:
        # A stuck speaker must not outlive a station that is killed.
        signal.alarm(_LONGEST_SENTENCE_S)
        with os.fdopen(write_end, "wb") as pipe:
            try:
                pipe.write(speak())
                status = 0
            except Exception as error:
                _logger.exception("%s refused a sentence", name)
                pipe.write((str(error) if isinstance(error, ValueError) else repr(error)).encode())
                status = _REFUSED
    finally:
        os._exit(status)
