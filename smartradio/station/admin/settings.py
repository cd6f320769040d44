"""Settings as an administrator changes them: checked whole, kept in the store, in force from the next start on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from smartradio.domain.approval import Person
from smartradio.station.administered import Change, administered
from smartradio.station.kept_settings import CHANGEABLE, Changeable, Plain, limits, plain_value, settings_over
from smartradio.station.settings import StationSettings
from smartradio.station.store import Store


@dataclass(frozen=True, slots=True)
class SettingView:
    """A setting as its form shows it.

    `value` holds from the next start on, `running` is what the station works by now, `filed` what the settings file
    says. `changed_by` is None while the file's value stands. `limits` are the least and the most.
    """

    setting: Changeable
    value: Plain
    running: Plain
    filed: Plain
    changed_by: str | None
    changed_at: datetime | None
    limits: tuple[float | None, float | None]

    @property
    def waits_for_restart(self) -> bool:
        """Whether it is other than what the station works by."""
        return self.value != self.running


class SettingsDesk:
    """What of the settings may be changed here. Blocking.

    `filed` are the settings of the file, `running` those by which this station was put together.
    """

    def __init__(
        self, filed: StationSettings, running: StationSettings, store: Store, clock: Callable[[], datetime]
    ) -> None:
        self._filed = filed
        self._running = running
        self._kept = store.settings
        self._clock = clock

    def all(self) -> list[SettingView]:
        """Return every setting that may be changed, in the order of the form."""
        kept = self._kept.all()
        views = []
        for name, setting in CHANGEABLE.items():
            held, filed = kept.get(name), plain_value(self._filed, name)
            views.append(
                SettingView(
                    setting,
                    filed if held is None else held.value,
                    plain_value(self._running, name),
                    filed,
                    None if held is None else held.changed_by,
                    None if held is None else held.changed_at,
                    limits(name),
                )
            )
        return views

    def change(self, values: Mapping[str, Plain], *, by: Person) -> list[str]:
        """Keep values and return the names of those that changed; raises SettingError, then nothing was kept.

        A value that is the file's own is not kept: a later change of the file then holds.
        """
        standing = {view.setting.name: view for view in self.all()}
        wanted = {**{name: view.value for name, view in standing.items()}, **values}
        settings_over(self._filed, wanted)
        changed = [name for name, value in values.items() if value != standing[name].value]
        if not changed:
            return []
        now = self._clock()
        entries = [
            administered(
                "setting", name, Change.CHANGED, by=by, at=now, before=standing[name].value, after=values[name]
            )
            for name in changed
        ]
        back = [name for name in changed if values[name] == standing[name].filed]
        kept = {name: values[name] for name in changed if name not in back}
        self._kept.change(kept, back, by=by.title, evidence=entries)
        return changed
