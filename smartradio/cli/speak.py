"""`smartradio speak`: a written bulletin as a finished recording."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from smartradio.cli.inputs import read_bytes
from smartradio.domain.errors import BadInputError

_LONGEST_NAME = 255


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def speak(
        file: str = typer.Argument(..., help="A text file in UTF-8; - for standard input."),
        output: Path = typer.Option(..., "-o", "--output", help="OUT.opus or OUT.wav."),
        voice: str = typer.Option("vi", help="vi, vi-vn-x-central, vi-vn-x-south, or a variant such as vi+f3."),
        rate: int | None = typer.Option(None, help="Words a minute."),
    ) -> None:
        """Read a bulletin aloud into a file, chime first, as loud as it will be sent."""
        from smartradio.audio.codec import encode_opus
        from smartradio.audio.wavfile import write_wav
        from smartradio.speech.rendering import assemble, render
        from smartradio.speech.script import utterances
        from smartradio.speech.spoken.text import clean_text, spoken_text
        from smartradio.speech.voices.espeak import EspeakVoice

        if output.suffix not in {".opus", ".wav"}:
            raise BadInputError(f"{output}: the name must end in .opus or .wav")
        if not output.parent.is_dir():
            raise BadInputError(f"{output}: there is no folder {output.parent}")
        if len(os.fsencode(output.name)) > _LONGEST_NAME:
            raise BadInputError(f"{output}: the name is longer than {_LONGEST_NAME} bytes")
        lines = spoken_text(clean_text(read_bytes(file)))
        with EspeakVoice(voice) as speaker:
            rendered = render(utterances(line.sentences for line in lines), speaker, rate_wpm=rate)
        partial = output.with_name(f".{os.getpid()}.part")
        try:
            if output.suffix == ".wav":
                write_wav(partial, assemble(rendered.segments, 48_000), 48_000)
            else:
                partial.write_bytes(encode_opus(assemble(rendered.segments, 16_000), 16_000))
            partial.replace(output)
        except OSError as error:
            raise BadInputError(f"{output}: cannot be written: {error.strerror}") from error
        finally:
            partial.unlink(missing_ok=True)
        typer.echo(
            f"{output}: {rendered.duration_s:.1f} s, {rendered.loudness_lufs:.1f} LUFS, "
            f"{rendered.true_peak_dbtp:.1f} dBTP, voice {rendered.voice}",
            err=True,
        )
        for line in lines:
            for item in line.open_items:
                typer.echo(f"open: {item.written!r}: {item.problem} – {item.suggestion}", err=True)
