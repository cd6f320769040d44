"""The option that says who transcribes, alike in every command that listens."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from smartradio.listening.recognisers.choosing import choice_of, find_recogniser
from smartradio.listening.recognisers.port import RecogniserError

if TYPE_CHECKING:
    from smartradio.listening.recognisers.port import Recogniser

RECOGNISER_VARIABLE = "SMARTRADIO_RECOGNISER"
RECOGNISER = typer.Option(
    "builtin",
    envvar=RECOGNISER_VARIABLE,
    help="Who transcribes: builtin, none, or the folder of a model (Vosk, wav2vec 2.0, Whisper).",
)


def open_recogniser(given: str, stack: ExitStack) -> Recogniser | None:
    """Return the recogniser that was asked for; `stack` ends it.

    Raises RecogniserError for a folder that cannot be used. A damaged built-in one is a line on standard error
    and None: nobody asked for it by name, and the rest of the judgement stands.
    """
    try:
        found = find_recogniser(choice_of(given))
    except RecogniserError as error:
        if given != "builtin":
            raise
        typer.echo(f"smartradio: {error}", err=True)
        return None
    if found is not None:
        stack.callback(found.close)
    return found
