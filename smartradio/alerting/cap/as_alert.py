"""Between a message and an alert of ours: a draft from what comes in, a message of what goes out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from smartradio.alerting.cap.areas import Means, Reach, ZonePlace, reach, together
from smartradio.alerting.cap.findings import CapError, Finding, warn
from smartradio.alerting.cap.language_rules import by_language
from smartradio.alerting.cap.message import (
    Area,
    CapAlert,
    Category,
    Certainty,
    Info,
    Key,
    MsgType,
    Named,
    Polygon,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
)
from smartradio.alerting.cap.writing import fit_for_xml
from smartradio.domain.alert import EMERGENCY_SIREN, QUIET_OPENING, Alert, AlertStatus, Origin, RiskLevel

_STATUS: Final = {
    Status.ACTUAL: AlertStatus.ACTUAL,
    Status.EXERCISE: AlertStatus.EXERCISE,
    Status.TEST: AlertStatus.TEST,
}
_LEVEL_NAMES: Final = frozenset(
    ("levelofdisasterrisk", "disasterrisklevel", "naturaldisasterrisklevel", "capdoruirothientai", "capdoruiro")
)
_LEVEL: Final = re.compile(r"(?:cap do|cap|level)?\s*([1-5])")
RISK_PARAMETER: Final = "levelOfDisasterRisk"
"""Name under which the level of disaster risk goes out."""
MOST_SPOKEN: Final = 4_000
"""So many characters are read out at most; what is longer an officer makes shorter."""
MOST_CORNERS: Final = 200
"""Of an outline that goes out; one with more is drawn coarser: thirty such zones would fill a message."""
_NEW_LINE: Final = re.compile(r"[-*•+–]|[0-9]+[.)]\s|[A-ZĐ][^.!?]{0,40}:")
_UNSEEN: Final = ("Cc", "Cf")
_ENDS: Final = (".", "!", "?", ":", ";", "…")


@dataclass(frozen=True, slots=True)
class CapDraft:
    """An alert made of a message, which nobody has sent yet.

    `language` is the one its words are in, "vi" or another; `means` tells by what each zone was found; `findings` are
    what the officer should know; `infos` are those whose words it has. An alert without zones reaches nobody until
    somebody chooses them.
    """

    alert: Alert
    language: str
    severity: Severity
    means: dict[str, Means]
    findings: tuple[Finding, ...]
    infos: tuple[Info, ...] = ()


@dataclass(frozen=True, slots=True)
class CapKind:
    """What CAP asks of every info and an alert of ours does not hold; nothing is claimed by itself."""

    event: str = ""
    categories: tuple[Category, ...] = (Category.SAFETY,)
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    responses: tuple[ResponseType, ...] = ()


UNCLAIMED: Final = CapKind()


def draft(
    message: CapAlert,
    zones: Sequence[ZonePlace],
    *,
    id: str,  # noqa: A002 - the alert's own word
    now: datetime,
    commune: Sequence[str] = (),
    languages: Sequence[str] = ("vi", "en"),
    siren: str | None = None,
    repeat_every: timedelta | None = None,
) -> CapDraft:
    """Return the draft of an alert from an Alert or Update.

    Its words are those of the first of `languages` there is, else of the message's first: headline, description,
    instruction, of those infos that reach a zone and are not over. It ends with the first of them. The issuer is kept;
    the level of risk is the one the message gives, never one made of its severity. `commune` are names that mean all
    zones. `siren` names what opens it; None: what is minor by its severity, and by its level of risk if it has one,
    opens quietly, all else with the usual siren. Raises CapError for what is no alert: a Cancel, an Ack, a Draft, a
    message without info.
    """
    if message.msg_type not in {MsgType.ALERT, MsgType.UPDATE}:
        raise CapError("A message of type {type} is no alert.", element="msgType", type=message.msg_type)
    status = _STATUS.get(message.status)
    if status is None:
        raise CapError("A message of status {status} is not meant for people.", element="status", status=message.status)
    if not message.infos:
        raise CapError("There is no <info>: the message says nothing.", element="alert")
    chosen = _in_language(message, languages)
    told, found = _reaching(chosen, zones, commune, now)
    ends = [info.expires for info in told if info.expires is not None]
    level = next((level for info in told if (level := _risk(info)) is not None), None)
    alert = Alert(
        id=id,
        title=_one_line(told[0].headline or told[0].event),
        text=_text(told),
        zones=found.zones,
        issued_at=message.sent,
        issuer=_one_line(told[0].sender_name or message.sender),
        status=status,
        risk_level=level,
        siren=_opening(_worst(told), level) if siren is None else siren,
        expires_at=min(ends, default=None),
        repeat_every=repeat_every,
        origin=Origin.CAP,
        source=str(message.key),
    )
    findings = (*found.findings, *_about_words(told, alert.text, languages), *_about_scope(message))
    return CapDraft(alert, told[0].tongue, _worst(told), dict(found.means), findings, told)


def as_cap(
    alert: Alert,
    zones: Sequence[ZonePlace],
    *,
    sender: str,
    sent: datetime,
    identifier: str = "",
    msg_type: MsgType = MsgType.ALERT,
    references: Sequence[Key] = (),
    kind: CapKind = UNCLAIMED,
    ended_because: str = "",
) -> CapAlert:
    """Return an alert of ours as a message, in Vietnamese, its issuer as senderName.

    `sender` is the station's own name on the internet, without spaces and commas. Without an `identifier` it is the
    alert's id, for a cancellation that with "-cancel", for no two messages may share one.
    Zones go out by name, with their codes and, where they are drawn without holes, their outline: CAP has no holes.
    `references` are the messages whose place it takes or which it cancels; `ended_because` is said of a cancellation.
    """
    parameters = () if alert.risk_level is None else (Named(RISK_PARAMETER, str(int(alert.risk_level))),)
    chosen = [zone for zone in zones if zone.name in alert.zones]
    info = Info(
        categories=kind.categories,
        event=fit_for_xml(kind.event or alert.title),
        urgency=Urgency.PAST if msg_type is MsgType.CANCEL else kind.urgency,
        severity=kind.severity,
        certainty=kind.certainty,
        language="vi-VN",
        responses=(ResponseType.ALL_CLEAR,) if msg_type is MsgType.CANCEL else kind.responses,
        effective=alert.issued_at,
        expires=alert.expires_at,
        sender_name=fit_for_xml(alert.issuer),
        headline=fit_for_xml(alert.title),
        description=fit_for_xml(ended_because if msg_type is MsgType.CANCEL and ended_because else alert.text),
        parameters=parameters,
        areas=tuple(_area(zone) for zone in chosen),
    )
    status = {ours: theirs for theirs, ours in _STATUS.items()}[alert.status]
    return CapAlert(
        identifier=identifier or (f"{alert.id}-cancel" if msg_type is MsgType.CANCEL else alert.id),
        sender=sender,
        sent=sent.replace(microsecond=0),
        status=status,
        msg_type=msg_type,
        scope=Scope.PUBLIC,
        source=alert.source if alert.origin is Origin.CAP else "",
        note="Diễn tập" if status is Status.EXERCISE else "",
        references=tuple(references),
        infos=(_whole_seconds(info),),
    )


def _whole_seconds(info: Info) -> Info:
    return replace(
        info,
        effective=None if info.effective is None else info.effective.replace(microsecond=0),
        expires=None if info.expires is None else info.expires.replace(microsecond=0),
    )


def _in_language(message: CapAlert, languages: Sequence[str]) -> tuple[Info, ...]:
    groups = by_language(message)
    for wanted in languages:
        for language, infos in groups.items():
            if language.partition("-")[0] == wanted:
                return infos
    return next(iter(groups.values()))


def _reaching(
    infos: Sequence[Info], zones: Sequence[ZonePlace], commune: Sequence[str], now: datetime
) -> tuple[tuple[Info, ...], Reach]:
    """Return the infos that reach somebody and hold, and whom; where there is none, all of them and nobody."""
    valid = [info for info in infos if info.expires is None or info.expires > now] or list(infos)
    reached = [(info, reach(info.areas, zones, commune=commune)) for info in valid]
    told = [each for each in reached if each[1].zones] or reached
    return tuple(info for info, _ in told), together([found for _, found in told], zones)


def _text(infos: Sequence[Info]) -> str:
    parts = (
        part for info in infos for part in (_one_line(info.headline or info.event), info.description, info.instruction)
    )
    # What two of them say in the same words is said once.
    return "\n".join(dict.fromkeys(line for part in parts for line in _unwrapped(part)))


def _one_line(text: str) -> str:
    """Return a text without what nobody sees: marks that turn a line around, cut a word in two, steer a terminal."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(each for each in composed if each.isspace() or unicodedata.category(each) not in _UNSEEN)
    return " ".join(seen.split())


def _unwrapped(text: str) -> list[str]:
    """Return the lines as they are meant: issuers break them at a width, and a voice would pause there."""
    lines: list[str] = []
    is_open = False
    for line in map(_one_line, text.splitlines()):
        if line and is_open and not _NEW_LINE.match(line):
            lines[-1] += f" {line}"
        elif line:
            lines.append(line)
        is_open = bool(line) and not line.endswith(_ENDS)
    return lines


def _risk(info: Info) -> RiskLevel | None:
    for parameter in info.parameters:
        if _bare(parameter.name).replace(" ", "") in _LEVEL_NAMES:
            found = _LEVEL.fullmatch(_bare(parameter.value))
            if found is not None:
                return RiskLevel(int(found[1]))
    return None


def _bare(text: str) -> str:
    """Return a text in small letters without marks and signs, words apart."""
    plain = "".join(each for each in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(each))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain.replace("đ", "d")).split())


def _worst(infos: Sequence[Info]) -> Severity:
    order = list(Severity)
    return min((info.severity for info in infos), key=order.index)


def _opening(severity: Severity, level: RiskLevel | None) -> str:
    is_minor = severity is Severity.MINOR and level in (None, RiskLevel.LIGHT_BLUE)
    return QUIET_OPENING if is_minor else EMERGENCY_SIREN


def _about_words(infos: Sequence[Info], text: str, languages: Sequence[str]) -> list[Finding]:
    info = infos[0]
    line = info.lines.get("language", info.lines.get("info", 0))
    found = []
    if info.tongue != languages[0]:
        said = "The message has no words in “{wanted}”; these are in “{language}”."
        found.append(warn("other_language", said, line=line, wanted=languages[0], language=info.tongue))
    if not (info.description or info.instruction):
        found.append(warn("only_headline", "There are no more words than the headline.", line=line))
    if len(text) > MOST_SPOKEN:
        said = "The message has {count} characters; at most {most} are read out. Make it shorter."
        found.append(warn("too_long", said, line=line, count=f"{len(text):,}", most=f"{MOST_SPOKEN:,}"))
    return found


def _about_scope(message: CapAlert) -> list[Finding]:
    if message.scope is Scope.PUBLIC:
        return []
    said = "The message is not meant for everybody: it is {scope}."
    return [warn("not_public", said, element="scope", line=message.lines.get("scope", 0), scope=message.scope)]


def _area(zone: ZonePlace) -> Area:
    whole = [_coarser(rings[0]) for rings in zone.polygons if len(rings) == 1 and len(rings[0]) >= 3]
    closed = [ring if ring[0] == ring[-1] else (*ring, ring[0]) for ring in whole]
    drawn = tuple(ring for ring in closed if len(ring) >= 4) if len(whole) == len(zone.polygons) else ()
    return Area(zone.title, polygons=drawn, geocodes=zone.geocodes)


def _coarser(ring: Polygon) -> Polygon:
    """Return a ring with no more corners than go out, evenly taken."""
    return ring[:: -(-len(ring) // MOST_CORNERS)]
