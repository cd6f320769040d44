"""The studio's announcer: what is to be heard, spoken by the wanted voice or by the next one that speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from smartradio.domain.languages import VIETNAMESE
from smartradio.domain.priority import Priority

if TYPE_CHECKING:
    from smartradio.speech.rendering import RenderedRecording, RenderedSegment
    from smartradio.speech.script import ImportedSound, Pace, Utterance
    from smartradio.speech.voices.chain import VoiceChain

# A planned bulletin waits so long for a model to load before the next voice reads it; an emergency never does.
_LOADING_S: Final = 30.0
_NEURAL: Final = ("piper:", "vits:")


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound as it was brought in; `name` is what people know it by."""

    data: bytes
    name: str


# The sentences of a line, or a sound that stands between lines.
Line = Sequence[str] | SoundFile


class Reader:
    """Reads with the voices of this machine, each kept warm in its supervised child; `close` ends them.

    `models` is the folder of neural voices; `rate_wpm` the station's own speed. Not for several threads.
    """

    def __init__(self, models: Path | None = None, *, rate_wpm: int | None = None) -> None:
        self._models = models
        self._rate_wpm = rate_wpm
        self._chains: dict[str | None, VoiceChain] = {}

    @property
    def rate_wpm(self) -> int | None:
        """The station's own speed, None for that of the voice."""
        return self._rate_wpm

    def wanted(self, voice: str | None) -> str:
        """Return the name of the voice that should speak: the one named, for None the best there is.

        Raises VoiceError for a name that no voice can have.
        """
        if voice is not None and voice.startswith(_NEURAL):
            # Whether it is there today or not: a model may be gone and come back.
            return voice
        return self._chain(voice).names[0]

    def __call__(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
        siren: str = "",
        lines_before_siren: int = 0,
    ) -> RenderedRecording:
        """Return the recording; an emergency is read slowly, with wide pauses, by a voice that is ready.

        `rate_wpm` stands in the place of the station's own speed, `siren` names what opens it in the place of the
        chime of its priority; the first `lines_before_siren` are said before that.
        Raises SmartradioError when no voice speaks and BadInputError for a text or sound that cannot be used.
        """
        # Mastering brings scipy; a station that renders nothing must not carry it.
        from smartradio.speech.rendering import render  # noqa: PLC0415

        chain, pace, paced_wpm = self._manner(lines, voice, priority, times, rate_wpm)
        return render(
            _parts(lines[lines_before_siren:]),
            chain,
            chime=siren or _chime_for(priority),
            pace=pace,
            rate_wpm=paced_wpm,
            times=times,
            before_chime=_parts(lines[:lines_before_siren]),
        )

    def opening(
        self,
        lines: Sequence[Line],
        voice: str | None,
        priority: Priority,
        *,
        times: int = 1,
        rate_wpm: int | None = None,
        siren: str = "",
        lines_before_siren: int = 0,
    ) -> tuple[RenderedSegment, ...]:
        """Return what a call returns up to its chime and the first sentence; raises as that does.

        Where a voice has spoken before the chime, the chime is the last of it.
        """
        from smartradio.speech.rendering import render_segments  # noqa: PLC0415

        chain, pace, paced_wpm = self._manner(lines, voice, priority, times, rate_wpm)
        before = _parts(lines[:lines_before_siren])
        made = render_segments(
            _parts(lines[lines_before_siren:]),
            chain,
            chime=siren or _chime_for(priority),
            pace=pace,
            rate_wpm=paced_wpm,
            times=times,
            before_chime=before,
        )
        return tuple(_up_to_chime(made) if before else islice(made, 2))

    def sirens(self, names: Sequence[str]) -> tuple[RenderedSegment, ...]:
        """Return what opens emergencies, by name, as it stands in every recording."""
        from smartradio.speech.rendering import render_segments  # noqa: PLC0415

        # Only the first segment is made: nothing is spoken.
        unspoken = _parts([("Báo động.",)])
        return tuple(next(render_segments(unspoken, self._chain(None), chime=name)) for name in names)

    def _manner(
        self, lines: Sequence[Line], voice: str | None, priority: Priority, times: int, rate_wpm: int | None
    ) -> tuple[VoiceChain, Pace, int | None]:
        from smartradio.speech.script import Pace  # noqa: PLC0415

        urgent = priority >= Priority.EMERGENCY
        pace = Pace.ALERT if urgent else Pace.NORMAL
        chain = self._chain(voice)
        # That it is read again is said by a voice, also where all the rest was brought in.
        if times > 1 or any(not isinstance(line, SoundFile) for line in lines):
            chain.warm(wait_s=0.0 if urgent else _LOADING_S)
        wanted_wpm = rate_wpm or self._rate_wpm
        return chain, pace, None if wanted_wpm is None else round(wanted_wpm * pace.rate_factor)

    def say(self, sentence: str, voice: str | None, priority: Priority, *, rate_wpm: int | None = None) -> bytes:
        """Return one sentence as Ogg Opus, spoken as in a bulletin of that priority; raises SmartradioError."""
        from smartradio.speech.rendering import NO_CHIME, Pace, Utterance, one_object, render  # noqa: PLC0415

        pace = Pace.ALERT if priority >= Priority.EMERGENCY else Pace.NORMAL
        wanted_wpm = rate_wpm or self._rate_wpm
        chain = self._chain(voice)
        chain.warm(wait_s=0.0 if pace is Pace.ALERT else _LOADING_S)
        spoken = render(
            [Utterance(sentence)],
            chain,
            chime=NO_CHIME,
            ending=False,
            pace=pace,
            rate_wpm=None if wanted_wpm is None else round(wanted_wpm * pace.rate_factor),
        )
        return one_object(spoken.segments)

    def close(self) -> None:
        """End the voices' children."""
        for chain in self._chains.values():
            chain.close()
        self._chains.clear()

    def _chain(self, voice: str | None) -> VoiceChain:
        from smartradio.speech.voices.choosing import voice_chain  # noqa: PLC0415 - the voices' libraries come with it

        chain = self._chains.get(voice)
        may_come_back = voice is not None and voice.startswith(_NEURAL)
        if chain is not None and may_come_back and voice not in chain.names:
            # It was not installed; perhaps it is by now.
            self._chains.pop(voice).close()
            chain = None
        if chain is None:
            # A name that no voice can have is a mistake to be told; a model that is gone is read by another voice.
            chain = voice_chain(voice, language=VIETNAMESE, models=self._models, insist=not may_come_back)
            self._chains[voice] = chain
        return chain


def _chime_for(priority: Priority) -> str:
    """Return which chime opens a bulletin: its own for an emergency, another for what comes from above."""
    if priority >= Priority.EMERGENCY:
        return "emergency"
    return "priority" if priority == Priority.ABOVE else "normal"


def _up_to_chime(made: Iterable[RenderedSegment]) -> Iterator[RenderedSegment]:
    for segment in made:
        yield segment
        if segment.kind == "chime":
            return


def _parts(lines: Sequence[Line]) -> list[Utterance | ImportedSound]:
    from smartradio.speech.importing import imported_sounds  # noqa: PLC0415 - brings the codecs
    from smartradio.speech.script import utterances  # noqa: PLC0415

    parts: list[Utterance | ImportedSound] = []
    for line in lines:
        if isinstance(line, SoundFile):
            parts += imported_sounds(line.data, line.name)
        else:
            parts += utterances([line])
    return parts
