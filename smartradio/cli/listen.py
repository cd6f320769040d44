"""`smartradio listen`: what a clip proves of a text."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from smartradio.audio.errors import AudioError
from smartradio.cli.heard import sentence_lines
from smartradio.cli.inputs import read_bulletin, read_bytes
from smartradio.cli.recogniser_option import RECOGNISER, open_recogniser
from smartradio.domain.errors import BadInputError
from smartradio.listening.recognisers.port import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smartradio.listening.judge import Judgement
    from smartradio.speech.spoken.lines import SpokenLine
    from smartradio.words import Words

_FARTHEST_S = 3_600


def read_sound(path: str) -> NDArray[np.float32]:
    """Return a WAV or Opus file as float32 mono at 16 kHz; raises AudioError or BadInputError."""
    from smartradio.audio.codec import decode_opus
    from smartradio.audio.resample import resample
    from smartradio.audio.wavfile import read_wav

    if path.lower().endswith(".wav"):
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise BadInputError(f"{path}: cannot be read: {error.strerror}") from error
        pcm, rate = read_wav(Path(path))
        with _named(path):
            return resample(pcm, rate, RATE)
    data = read_bytes(path)
    if not data.startswith(b"OggS"):
        raise BadInputError(f"{path}: neither a .wav file nor Ogg Opus")
    with _named(path):
        return decode_opus(data, RATE)


@contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except AudioError as error:
        raise BadInputError(f"{path}: {error}") from error


def _document(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict.value,
        "coverage": judgement.coverage,
        "level_db": judgement.level_db,
        "snr_db": judgement.snr_db,
        "transcript": judgement.transcript,
        "words": [asdict(word) for word in judgement.words],
        "reasons": [reason.value for reason in judgement.reasons],
        "sentences": [asdict(sentence) for sentence in judgement.sentences],
        "intelligibility": judgement.intelligibility,
        "background_db": judgement.background_db,
        "delay_ms": judgement.delay_ms,
        "gain_db": judgement.gain_db,
        "tilt_db": judgement.tilt_db,
    }


def _print(judgement: Judgement, console: Console, say: Words) -> None:
    document = _document(judgement)
    console.print(say.code("verdict", document["verdict"]), style="bold")
    for reason in document["reasons"]:
        console.print(f"- {say.code('reason', reason)}")
    figures = (
        (say("Coverage"), "coverage", "{:.0%}"),
        (say("Level dB"), "level_db", "{:.1f}"),
        (say("SNR dB"), "snr_db", "{:.1f}"),
        (say("Intelligibility"), "intelligibility", "{:.2f}"),
    )
    for title, name, form in figures:
        value = document[name]
        console.print(f"{title}: {'–' if value is None else form.format(value)}", highlight=False)
    for line in sentence_lines(judgement.sentences, say):
        console.print(line, highlight=False)
    if document["transcript"] is not None:
        # As it was heard: Whisper writes [music], and whoever reads it by program wants one line.
        console.print(document["transcript"], markup=False, highlight=False, soft_wrap=True)


def _readable(text: str, read: Iterable[SpokenLine]) -> list[str]:
    """Return what there is to hear of the lines: for want of words a text of another language would count as heard."""
    lines = []
    for number, line in enumerate(read, start=1):
        if line.spoken:
            lines.append(line.spoken)
        elif any(letter.isalnum() for letter in line.written):
            begins = textwrap.shorten(line.written, 60, placeholder=" …")
            raise BadInputError(f"{text}: line {number} cannot be read in Vietnamese: {begins!r}")
    return lines


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def listen(
        clip: str = typer.Argument(..., help="Microphone recording, WAV or Ogg Opus."),
        text: str = typer.Option(..., help="The written bulletin: text in UTF-8 or a .docx."),
        recording: str | None = typer.Option(None, help="What was sent, WAV or Ogg Opus; needed for the match."),
        clip_starts: float = typer.Option(-2.0, help="Start of the clip against the recording's, in seconds."),
        recogniser: str = RECOGNISER,
        voice: list[str] = typer.Option(
            [],
            help="Who read the text, such as vi or piper:NAME; may be repeated. Words of a voice that the "
            "recogniser is not calibrated for count neither for nor against.",
        ),
        as_json: bool = typer.Option(False, "--json", help="One JSON document."),
    ) -> None:
        """Judge what a clip proves of a bulletin."""
        from smartradio.listening.judge import Told, judge
        from smartradio.speech.spoken.text import spoken_text
        from smartradio.words import words

        if not abs(clip_starts) <= _FARTHEST_S:
            raise BadInputError(f"--clip-starts {clip_starts}: between -{_FARTHEST_S} and {_FARTHEST_S} seconds")
        lines = _readable(text, spoken_text(read_bulletin(text)))
        heard = read_sound(clip)
        reference = read_sound(recording) if recording else None
        with ExitStack() as stack:
            who = open_recogniser(recogniser, stack)
            told = Told(lines, voices=tuple(voice))
            judgement = judge(heard, reference, recogniser=who, clip_starts_s=clip_starts, told=told)
        if as_json:
            typer.echo(json.dumps(_document(judgement), ensure_ascii=False, indent=1))
            return
        _print(judgement, Console(), words("vi"))
