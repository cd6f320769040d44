"""Voices and recognisers of this machine: which there are, which are whole, which of them speak and listen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from smartradio.catalogue import built_in_catalogue, load_catalogue, models_folder
from smartradio.catalogue.pins import Pins
from smartradio.catalogue.verifying import is_installed, verify
from smartradio.domain.approval import Person
from smartradio.listening.recognisers import choosing as recognisers
from smartradio.station.administered import Change, administered
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model of the catalogue; `titles` are by language, `installed_at` is None for one that is not there."""

    name: str
    kind: str
    engine: str
    quality: str
    titles: dict[str, str]
    licence: str
    size_bytes: int
    installed: bool
    installed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VoiceView:
    """A voice that could read Vietnamese; `problem` is what keeps it from it, empty for none."""

    name: str
    quality: str
    problem: str


class ModelsDesk:
    """What speaks and listens here. Blocking."""

    def __init__(self, settings: StationSettings, store: Store, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    @property
    def folder(self) -> Path:
        """Where models are installed."""
        return self._settings.models or models_folder()

    def voices(self) -> Sequence[VoiceView]:
        """Return the voices in the order in which they read."""
        from smartradio.speech.voices.choosing import available_voices  # noqa: PLC0415 - brings the voices' libraries

        voices = available_voices(self.folder)
        views = [VoiceView(voice.name, voice.quality, voice.problem) for voice in voices]
        wanted = self._settings.voice
        return sorted(views, key=lambda view: (view.problem != "", view.name != wanted))

    def recogniser(self) -> tuple[str, str]:
        """Return who is to listen, by the settings, and why nobody does, empty if somebody does."""
        wanted = self._settings.recogniser
        if wanted == "none" or (wanted == "builtin" and not recognisers.has_builtin()):
            return str(wanted), recognisers.why_nobody(wanted)
        if isinstance(wanted, Path) and not wanted.is_dir():
            return str(wanted), f"{wanted} is not there"
        return str(wanted), ""

    def models(self) -> list[ModelView]:
        """Return the models of the catalogue, those installed first."""
        folder, pins = self.folder, Pins(self.folder)
        views = [
            ModelView(
                model.name,
                model.kind.value,
                model.engine.value,
                model.quality or "",
                model.title.model_dump(),
                model.licence,
                model.size_bytes,
                is_installed(folder, model.name),
                pins.installed_at(model.name),
            )
            for model in load_catalogue(built_in_catalogue()).models
        ]
        return sorted(views, key=lambda view: (not view.installed, view.kind, view.name))

    def check(self, *, by: Person) -> Mapping[str, bool]:
        """Read every byte of the installed models again and say by name which are whole; raises BadInputError."""
        checked = verify(self.folder, load_catalogue(built_in_catalogue()))
        found = {model.name: not model.is_damaged for model in checked}
        entry = administered("model", str(len(found)), Change.CHECKED, by=by, at=self._clock(), after=found)
        self._store.record([entry])
        return found
