"""`smartradio speak`: a written bulletin, or a sound brought in, as a finished recording."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from smartradio.cli.inputs import read_bulletin, read_bytes
from smartradio.domain.errors import BadInputError

if TYPE_CHECKING:
    from smartradio.speech.rendering import Part, RenderedRecording, RenderedSegment
    from smartradio.speech.script import Pace
    from smartradio.speech.spoken.lines import SpokenLine

_LONGEST_NAME = 255
# Those of a telephone that cannot be read too: they are told in what form to save them.
_SOUND_ENDINGS = frozenset(
    (".wav", ".mp3", ".m4a", ".mp4", ".aac", ".ogg", ".oga", ".opus", ".flac", ".3gp", ".amr", ".wma", ".webm", ".mka")
)
# A neural voice may take this long to load; an emergency does not wait for it, another voice speaks.
_LOADING_S = 120.0


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def speak(
        file: str = typer.Argument(..., help="Text (.txt in UTF-8, .docx), - for standard input, or a sound file."),
        output: Path = typer.Option(..., "-o", "--output", help="OUT.opus or OUT.wav."),
        voice: str | None = typer.Option(
            None,
            help="vi, vi-vn-x-central, vi-vn-x-south, vi+f3, piper:NAME, vits:NAME; if not given the best.",
        ),
        rate: int | None = typer.Option(None, help="Words a minute; overrides the pace."),
        pace: str | None = typer.Option(None, help="normal, or alert: slow, with long pauses."),
        chime: str | None = typer.Option(None, help="normal, priority, emergency, a siren (siren_flood, …) or none."),
        ending: bool = typer.Option(True, "--ending/--no-ending", help="Close with a chime."),
        twice: bool = typer.Option(False, "--twice", help="Say it all again at the end."),
        lexicon: Path | None = typer.Option(None, help="The commune's own readings, a TSV file."),
        emergency: bool = typer.Option(
            False, "--emergency", help="Emergency chime, alert pace, and nothing uncertain may be read out."
        ),
        override_open_items: bool = typer.Option(
            False, "--override-open-items", help="Read an emergency out although something in it is uncertain."
        ),
    ) -> None:
        """Read a bulletin aloud into a file, chime first, as loud as it will be sent."""
        _check_output(output, file)
        parts, lines = _read(file, lexicon)
        if emergency and not override_open_items:
            _expect_nothing_open(lines)
        recording = _recorded(
            parts,
            voice,
            rate=rate,
            pace=_pace(pace or ("alert" if emergency else "normal")),
            chime=chime or ("emergency" if emergency else "normal"),
            ending=ending,
            times=2 if twice else 1,
            loading_s=0.0 if emergency else _LOADING_S,
        )
        _write(recording, output)
        spoken_by = f", voice {recording.voice}" if recording.voice else ""
        typer.echo(
            f"{output}: {recording.duration_s:.1f} s, {recording.loudness_lufs:.1f} LUFS, "
            f"{recording.true_peak_dbtp:.1f} dBTP{spoken_by}",
            err=True,
        )
        for line in lines:
            for item in line.open_items:
                typer.echo(f"open: {item.written!r}: {item.problem} – {item.suggestion}", err=True)


def _check_output(output: Path, source: str) -> None:
    if output.suffix not in {".opus", ".wav"}:
        raise BadInputError(f"{output}: the name must end in .opus or .wav")
    if not output.parent.is_dir():
        raise BadInputError(f"{output}: there is no folder {output.parent}")
    # Before the disk is asked about it, which would refuse the name with words of its own.
    if len(os.fsencode(output.name)) > _LONGEST_NAME:
        raise BadInputError(f"{output}: the name is longer than {_LONGEST_NAME} bytes")
    if output.is_dir():
        raise BadInputError(f"{output}: is a folder; give the name of a file")
    if source != "-" and output.exists() and Path(source).exists() and output.samefile(source):
        raise BadInputError(f"{output}: is the file that is to be read; give another name, or it would be lost")


def _pace(name: str) -> Pace:
    from smartradio.speech.script import Pace

    try:
        return Pace(name)
    except ValueError as error:
        raise BadInputError(f"there is no pace {name!r}; use one of {', '.join(Pace)}") from error


def _read(file: str, lexicon: Path | None) -> tuple[Sequence[Part], Sequence[SpokenLine]]:
    """Return what is to be heard, and for a text how each line is read; raises BadInputError."""
    from smartradio.speech.importing import imported_sounds
    from smartradio.speech.script import utterances
    from smartradio.speech.spoken.lexicon import Lexicon, parse_lexicon
    from smartradio.speech.spoken.read_back import check_read_back
    from smartradio.speech.spoken.text import spoken_text

    if Path(file).suffix.lower() in _SOUND_ENDINGS:
        return imported_sounds(read_bytes(file), file), ()
    entries = parse_lexicon(read_bytes(str(lexicon)), str(lexicon)) if lexicon is not None else ()
    lines = spoken_text(read_bulletin(file), Lexicon(entries))
    check_read_back(lines)
    return utterances(line.sentences for line in lines), lines


def _expect_nothing_open(lines: Sequence[SpokenLine]) -> None:
    items = [item for line in lines for item in line.open_items]
    if items:
        named = ", ".join(repr(item.written) for item in items[:5]) + (", …" if len(items) > 5 else "")
        raise BadInputError(
            f"an emergency must not be read out while something in it is uncertain: {named}; "
            "write it so that it can only be read one way, or add --override-open-items"
        )


def _recorded(
    parts: Sequence[Part],
    voice: str | None,
    *,
    rate: int | None,
    pace: Pace,
    chime: str,
    ending: bool,
    times: int,
    loading_s: float,
) -> RenderedRecording:
    from smartradio.catalogue import models_folder
    from smartradio.speech.rendering import render
    from smartradio.speech.script import Utterance
    from smartradio.speech.voices.choosing import voice_chain

    with voice_chain(voice, models=models_folder()) as speaker:
        if times > 1 or any(isinstance(part, Utterance) for part in parts):
            speaker.warm(wait_s=loading_s)
        return render(
            parts,
            speaker,
            chime=chime,
            ending=ending,
            rate_wpm=rate,
            pace=pace,
            times=times,
            progress=_tell if sys.stderr.isatty() else None,
        )


def _tell(segment: RenderedSegment) -> None:
    said = segment.spoken or {"chime": "♪"}.get(segment.kind, "…")
    typer.echo(f"{segment.duration_s:6.1f} s  {said}", err=True)


def _write(recording: RenderedRecording, output: Path) -> None:
    from smartradio.audio.errors import AudioError
    from smartradio.audio.wavfile import write_wav
    from smartradio.files import replacing
    from smartradio.speech.rendering import assemble, one_object

    try:
        with replacing(output) as part:
            if output.suffix == ".wav":
                write_wav(part, assemble(recording.segments, 48_000), 48_000)
            else:
                part.write_bytes(one_object(recording.segments))
    except OSError as error:
        raise BadInputError(f"{output}: cannot be written: {error.strerror}") from error
    except AudioError as error:
        if isinstance(error.__cause__, OSError):  # it names the half-done file, which nobody has asked for
            raise BadInputError(f"{output}: cannot be written: {error.__cause__.strerror}") from error
        raise
