"""What everybody may know of the alerts: those that hold now, and each as a message of the Common Alerting Protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.as_alert import UNCLAIMED, CapKind, as_cap
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import CapAlert, Key, MsgType
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.writing import write_cap
from smartradio.alerting.saying import Occasion
from smartradio.alerting.templates.template import Template
from smartradio.alerting.titles import title_said
from smartradio.domain.alert import Alert, AlertState, AlertStatus, Origin
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.kept import KeptAlert
from smartradio.station.store.cap_messages import KeptMessage
from smartradio.words import words

CANCELLED_FOR: Final = timedelta(hours=24)
"""So long a cancellation stands in the feed, for those who read it seldom."""
CANCEL_SUFFIX: Final = "-huy"
"""What the identifier of an alert's cancellation ends with."""
MOST: Final = 100


class PublicBook(Protocol):
    """What is needed of `smartradio.station.alerts.book.AlertBook`. Blocking."""

    def current(self) -> Sequence[KeptAlert]:
        """Return the alerts that hold now."""
        ...

    def lately(self, most: int) -> Sequence[KeptAlert]:
        """Return the alerts that were sent, the newest first."""
        ...

    def alert(self, name: str) -> KeptAlert | None:
        """Return an alert."""
        ...


class PublicAlerts:
    """Alerts for everybody; every method blocks. Tests are nobody's business, exercises say that they are one.

    `sender` is the station's name in its messages; `title` stands for an issuer that an alert does not name.
    `messages(keys)` returns what came in by feeds, `templates` what those of the commune say of their alerts.
    """

    def __init__(
        self,
        book: PublicBook,
        *,
        sender: str,
        title: str,
        zones: Callable[[], Sequence[ZonePlace]],
        messages: Callable[[Sequence[str]], Sequence[KeptMessage]],
        templates: Callable[[], Mapping[str, Template]],
        clock: Callable[[], datetime],
        days: int,
    ) -> None:
        self._book = book
        self._sender = sender
        self._title = title
        self._zones = zones
        self._messages = messages
        self._templates = templates
        self._clock = clock
        self._kept = timedelta(days=days)

    def current(self) -> list[KeptAlert]:
        """Return the alerts that hold now, real ones before exercises, the one sent last first."""
        held = [kept for kept in self._book.current() if _is_public(kept)]
        held.sort(key=lambda kept: kept.sent_at or kept.drafted_at, reverse=True)
        return sorted(held, key=lambda kept: kept.is_exercise)

    def cancelled(self) -> list[KeptAlert]:
        """Return the alerts that were cancelled in the last day."""
        since = self._clock() - CANCELLED_FOR
        return [kept for kept in self._book.lately(MOST) if _is_cancelled(kept) and (kept.ended_at or since) > since]

    def cap(self, name: str) -> bytes | None:
        """Return an alert, or its cancellation, as a message; None for what the public does not know.

        `name` is the alert's id, with CANCEL_SUFFIX for the cancellation.
        """
        wants_end = name.endswith(CANCEL_SUFFIX)
        kept = self._book.alert(name.removesuffix(CANCEL_SUFFIX))
        if kept is None or not _is_public(kept) or kept.sent_at is None or self._clock() - kept.sent_at > self._kept:
            return None
        if wants_end and not _is_cancelled(kept):
            return None
        return write_cap(self._cancel(kept) if wants_end else self._message(kept))

    def _message(self, kept: KeptAlert) -> CapAlert:
        alert = self._told(kept, Occasion.FIRST)
        old = self._book.alert(alert.supersedes) if alert.supersedes else None
        references = [] if old is None or old.sent_at is None else [self._key(old.id, old.sent_at)]
        return as_cap(
            alert,
            self._zones(),
            sender=self._sender,
            sent=kept.sent_at or kept.drafted_at,
            msg_type=MsgType.UPDATE if references else MsgType.ALERT,
            references=references,
            kind=self._kind(kept),
        )

    def _cancel(self, kept: KeptAlert) -> CapAlert:
        alert = self._told(kept, Occasion.CANCEL)
        assert kept.sent_at is not None
        assert kept.ended_at is not None
        ended = as_cap(
            alert,
            self._zones(),
            sender=self._sender,
            sent=kept.ended_at,
            msg_type=MsgType.CANCEL,
            references=[self._key(kept.id, kept.sent_at)],
            kind=self._kind(kept),
        )
        # Whoever reads it after the alert's own end must still learn that it was cancelled.
        infos = tuple(replace(info, effective=None, expires=None) for info in ended.infos)
        return replace(ended, identifier=kept.id + CANCEL_SUFFIX, infos=infos)

    def _told(self, kept: KeptAlert, occasion: Occasion) -> Alert:
        """Return an alert so that its words alone say what it is: many a reader shows the headline and no more."""
        alert, own = kept.alert, words("vi")
        text = own.code("channel", alert.status.value).format(line=alert.text) if kept.is_exercise else alert.text
        if occasion is Occasion.CANCEL:
            text = title_said(alert, occasion)
        return replace(alert, issuer=alert.issuer or self._title, title=title_said(alert, occasion), text=text)

    def _key(self, identifier: str, sent: datetime) -> Key:
        return Key(self._sender, identifier, sent.replace(microsecond=0))

    def _kind(self, kept: KeptAlert) -> CapKind:
        """Return what kind of event it is, as its issuer or its template says; nothing is claimed beside."""
        if kept.alert.origin is Origin.CAP:
            return self._kind_above(kept)
        try:
            template = self._templates().get(kept.alert.template)
        except BadInputError:
            # The commune's own files are being changed just now; the alert goes out all the same.
            return UNCLAIMED
        if template is None:
            return UNCLAIMED
        says = template.cap
        return CapKind(template.event, (says.category,), says.urgency, says.severity, says.certainty)

    def _kind_above(self, kept: KeptAlert) -> CapKind:
        for message in (each for each in self._messages([kept.alert.source]) if each.alert == kept.id):
            try:
                info = read_cap(message.document or b"").infos[0]
            except (CapError, IndexError):
                return UNCLAIMED
            return CapKind(info.event, info.categories, info.urgency, info.severity, info.certainty, info.responses)
        return UNCLAIMED


def _is_public(kept: KeptAlert) -> bool:
    return kept.alert.status is not AlertStatus.TEST and kept.sent_at is not None


def _is_cancelled(kept: KeptAlert) -> bool:
    return kept.state is AlertState.CANCELLED and _is_public(kept) and kept.ended_at is not None
