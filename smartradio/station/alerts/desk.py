"""The pages' door to the book of alerts: words made audible ahead, a PIN before the click, sent once, watched."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from smartradio.alerting.figures import Figure, figures
from smartradio.domain.airing import Airing
from smartradio.domain.alert import Alert
from smartradio.domain.approval import Person
from smartradio.domain.errors import BadInputError
from smartradio.station.alert_desk import SAME_AGAIN, PinNeededError, Pins, Prepared, WrongPinError
from smartradio.station.alert_grants import Grants
from smartradio.station.alert_text import mark_of
from smartradio.station.alerts.book import AlertBook
from smartradio.station.alerts.kept import AlertAiring, KeptAlert, changed
from smartradio.station.alerts.places import Places
from smartradio.station.alerts.report import AlertReport
from smartradio.station.alerts.template_folder import TemplateFolder, Templates
from smartradio.station.scripts import OpenItemsError, Script
from smartradio.station.studio import Studio

if TYPE_CHECKING:
    from smartradio.station.store import Store
    from smartradio.station.views import LoggedEvidence

_logger = structlog.get_logger()

_FRESH: Final = timedelta(minutes=15)
_MOST_PREPARED: Final = 24
_ID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class AlertSending:
    """What an officer sends: the alert, the key of its form, and the leave to do so or the PIN itself.

    With `once` the alert gets its id from the form, without it keeps its own, as a draft does. `taken_on` says that
    they take places on themselves whose reading is not certain.
    """

    alert: Alert
    once: str = ""
    taken_on: bool = False
    grant: str = ""
    pin: str = ""


class BookDesk:
    """Alerts in an officer's name; for the event loop, but for what is said to block."""

    def __init__(
        self,
        store: Store,
        studio: Studio,
        book: AlertBook,
        pins: Pins,
        *,
        own_templates: Path | None,
        places: Callable[[], Places],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._studio = studio
        self._book = book
        self._pins = pins
        self._templates = TemplateFolder(own_templates)
        self._places = places
        self._clock = clock
        self._grants = Grants(clock)
        self._prepared: OrderedDict[str, Prepared] = OrderedDict()
        self._preparing: dict[str, asyncio.Future[Prepared]] = {}
        self._sending: dict[str, asyncio.Future[KeptAlert]] = {}
        # Two forms with the same words, filled in side by side: the second must see what the first has sent.
        self._in_turn = asyncio.Lock()

    @property
    def two_must_answer(self) -> bool:
        """Whether an alert goes out only on the word of a second person."""
        return self._book.two_must_answer

    @property
    def usual_repeat(self) -> timedelta | None:
        """How often an alert is said again of which nobody says otherwise; None: it is said once."""
        return self._book.usual_repeat

    # -- before the click

    async def templates(self) -> Templates:
        """Return the templates as their files are now; a file of the commune's with a fault is left out and told."""
        return await asyncio.to_thread(self._templates.read)

    def places(self) -> Places:
        """Return where the zones lie, and what warnings call the commune. Blocking."""
        return self._places()

    def read_back(self, prepared: Prepared) -> tuple[Figure, ...]:
        """Return the figures of what was made ready, as written and as they will be spoken."""
        return figures(prepared.spoken)

    async def prepare(self, alert: Alert | str) -> Prepared:
        """Read what will be said of an alert, or of the draft of that id, and make it audible. Nothing is planned.

        Raises BadInputError for what cannot be read, SmartradioError when no voice speaks. Places that are not
        certain are told in it and stop nothing yet.
        """
        wanted = await self._alert(alert)
        mark = _mark(wanted)
        known = self._prepared.get(mark)
        if known is not None and self._clock() - known.at < _FRESH:
            return known
        making = self._preparing.get(mark)
        if making is None:

            async def made() -> Prepared:
                script = await self._book.script(wanted, taken_on=True)
                produced = await self._studio.produce(script, siren=wanted.siren)
                return self._keep(Prepared(mark, script.bulletin.text, produced, self._clock()))

            # A phone that gives up waiting must not undo it: the next tap finds it made.
            making = self._preparing[mark] = asyncio.ensure_future(made())
            making.add_done_callback(lambda _: self._preparing.pop(mark, None))
        return await asyncio.shield(making)

    def mark(self, alert: Alert) -> str:
        """Return the mark that `prepare` gives what will be heard of an alert; nothing is read or made."""
        return _mark(alert)

    async def grant(self, alert: Alert | str, pin: str, *, by: Person) -> str:
        """Return a leave to send these words once, for the right PIN; WrongPinError, BadInputError for no words.

        They are read and not made audible: whoever types quickly waits for no voice.
        """
        await self._check_pin(by, pin)
        wanted = await self._alert(alert)
        await self._book.script(wanted, taken_on=True)
        return self._grants.give(by.session, _mark(wanted))

    # -- the click

    def sent_as(self, wanted: AlertSending, *, by: Person) -> str:
        """Return the id that what is sent so has in the book."""
        return _form_id(by, wanted.once, wanted.alert) if wanted.once else wanted.alert.id

    async def send(self, wanted: AlertSending, *, by: Person) -> KeptAlert:
        """Let an alert out, or hand it in where two must answer; the same form is one alert, also after a crash.

        Raises PinNeededError, WrongPinError, OpenItemsError, AlertRefusedError, BadInputError; then nothing is aired.
        SmartradioError when no voice speaks: it stands in the book and is tried again.
        """
        alert = replace(wanted.alert, id=self.sent_as(wanted, by=by))
        sending = self._sending.get(alert.id)
        if sending is None:
            work = self._send(replace(wanted, alert=alert), by)
            sending = self._sending[alert.id] = asyncio.ensure_future(work)
            sending.add_done_callback(lambda _: self._sending.pop(alert.id, None))
        return await asyncio.shield(sending)

    async def release(
        self, draft: str, *, by: Person, grant: str = "", pin: str = "", seen: int | None = None
    ) -> KeptAlert:
        """Let out what another person handed in; SecondPersonError for the same one, else raises as `send` does.

        `seen` is the version they have read, None for that of this moment: what was changed since is refused.
        """
        kept = await asyncio.to_thread(self._book.alert, draft)
        if kept is not None and not kept.is_out:
            seen = kept.version if seen is None else seen
            if seen != kept.version:
                raise changed()
            await self._check_leave(kept.alert, by, grant, pin)
        return await self._book.release(draft, by=by, seen=seen)

    async def cancel(self, alert: str, *, by: Person, why: str, aloud: bool) -> KeptAlert:
        """Silence an alert for good, and with `aloud` say so; raises AlertRefusedError, BadInputError."""
        return await self._book.cancel(alert, by=by, why=why, aloud=aloud)

    async def draft(self, alert: Alert, *, by: str) -> KeptAlert:
        """Keep what somebody is to send or discard; the same id is one alert, however often it comes."""
        return await self._book.draft(alert, by=by)

    async def discard(self, draft: str, *, by: Person, why: str) -> KeptAlert:
        """Put a draft aside; raises AlertRefusedError, BadInputError."""
        return await self._book.discard(draft, by=by, why=why)

    async def send_again(self, alert: str, nodes: Sequence[str], *, by: Person) -> Airing:
        """Say an alert once more at some of its nodes; raises AlertRefusedError."""
        return await self._book.send_again(alert, nodes, by=by)

    # -- what pages show

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert. Blocking."""
        return self._book.alert(name)

    def of_airing(self, airing: str) -> KeptAlert | None:
        """Return the alert that an airing is of, None for one of none. Blocking."""
        return self._store.alert_book.of_airing(airing)

    def drafts(self) -> list[KeptAlert]:
        """Return what waits for somebody, the one changed last first. Blocking."""
        return self._book.drafts()

    def current(self) -> list[KeptAlert]:
        """Return the alerts that hold now, exercises too. Blocking."""
        return self._book.current()

    def lately(self, most: int) -> list[KeptAlert]:
        """Return the alerts that were sent, the newest first. Blocking."""
        return self._book.lately(most)

    def airings_of(self, name: str) -> list[AlertAiring]:
        """Return the airings of an alert in the order in which they were due. Blocking."""
        return self._book.airings_of(name)

    def history(self, name: str) -> list[LoggedEvidence]:
        """Return what the log has of an alert, in order. Blocking."""
        return self._book.history(name)

    def report(self, name: str) -> AlertReport | None:
        """Return what came of an alert. Blocking."""
        return self._book.report(name)

    # -- inside

    async def _send(self, wanted: AlertSending, by: Person) -> KeptAlert:
        async with self._in_turn:
            known = await asyncio.to_thread(self._already, wanted.alert, by)
            if known is not None:
                await self._book.unsaid(known)
                return known
            script = await self._script(wanted.alert)
            if script.open_places and not wanted.taken_on:
                # Before the leave is used up: it still holds when they come back with the tick.
                raise OpenItemsError("the alert", script.open_places)
            await self._check_leave(wanted.alert, by, wanted.grant, wanted.pin)
            if self.two_must_answer:
                return await self._book.hand_in(wanted.alert, by=by, taken_on=wanted.taken_on)
            return await self._book.send(wanted.alert, by=by, taken_on=wanted.taken_on, script=script)

    def _already(self, alert: Alert, by: Person) -> KeptAlert | None:
        """Return what this form has sent, or a form that was loaded and filled in again a moment ago. Blocking.

        A clock that was set back does not make an alert of before a thing of this moment. Raises AlertRefusedError
        where a draft has gone out meanwhile in other words than these.
        """
        kept = self._book.alert(alert.id)
        if kept is not None and kept.is_out and _said_of(kept.alert) != _said_of(alert):
            raise changed()
        handed_in = kept is not None and _is_handed_in(kept, by) and _said_of(kept.alert) == _said_of(alert)
        if kept is not None and (kept.is_out or handed_in):
            return kept
        now = self._clock()
        lately = self._store.alert_book.sent_since(now - SAME_AGAIN)
        return next((each for each in lately if each.is_out and _is_same(each, alert, by, now)), None)

    async def _script(self, alert: Alert) -> Script:
        """Return how an alert is read; what was not made ready in time is made audible while its siren sounds."""
        known = self._prepared.get(_mark(alert))
        return await self._book.script(alert, taken_on=True) if known is None else known.produced.script

    async def _check_leave(self, alert: Alert, by: Person, grant: str, pin: str) -> None:
        if not self._grants.take(grant, by.session, _mark(alert)):
            if not pin:
                raise PinNeededError
            await self._check_pin(by, pin)

    async def _check_pin(self, by: Person, pin: str) -> None:
        if not await asyncio.to_thread(self._pins.is_pin, by.account, pin):
            raise WrongPinError(await asyncio.to_thread(self._pins.locked_for_s, by.account))

    async def _alert(self, alert: Alert | str) -> Alert:
        if isinstance(alert, Alert):
            return alert
        kept = await asyncio.to_thread(self._book.alert, alert)
        if kept is None:
            raise BadInputError("there is no such alert")
        return kept.alert

    def _keep(self, prepared: Prepared) -> Prepared:
        self._prepared[prepared.mark] = prepared
        self._prepared.move_to_end(prepared.mark)
        while len(self._prepared) > _MOST_PREPARED:
            self._prepared.popitem(last=False)
        return prepared


def _is_handed_in(kept: KeptAlert, by: Person) -> bool:
    return kept.handed_in_by is not None and kept.handed_in_by.is_same(by)


def _is_same(kept: KeptAlert, alert: Alert, by: Person, now: datetime) -> bool:
    sent_by = kept.sent_by
    if sent_by is None or sent_by.account != by.account or kept.sent_at is None or kept.sent_at > now + SAME_AGAIN:
        return False
    return _said_of(kept.alert) == _said_of(alert) and kept.alert.supersedes == alert.supersedes


def _said_of(alert: Alert) -> tuple[str, str, frozenset[str], str]:
    """Return what somebody has typed and must find again in what went out."""
    return alert.text, alert.status.value, frozenset(alert.zones), alert.issuer


def _mark(alert: Alert) -> str:
    """Return the mark of all that decides what is heard of an alert, wherever it is aired."""
    parts = (
        *(alert.title, alert.text, alert.issued_at.isoformat(), alert.issuer, alert.status, alert.siren),
        *(alert.risk_level, alert.supersedes, alert.origin),
    )
    return mark_of("\n".join(str(part) for part in parts))


def _form_id(by: Person, once: str, alert: Alert) -> str:
    """Return the id of what a form sends: another form, or other words, are another alert."""
    said = "\n".join(("form", by.account, once, mark_of(alert.text), *sorted(alert.zones)))
    return hashlib.sha256(said.encode()).hexdigest()[:_ID_DIGITS]
