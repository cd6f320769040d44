"""The words put around an alert each time it is aired: what it is, whose, of when, and that it is said again.

The alert's own first line comes first where nothing must be known before it: those sounds are on the nodes already.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from smartradio.alerting.figures import sentences, sentences_with_figures
from smartradio.domain.alert import Alert, AlertStatus, Origin

WALL_CLOCK: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_BEFORE: Final = {
    AlertStatus.EXERCISE: "Đây là diễn tập. Xin nhắc lại, đây là diễn tập.",
    AlertStatus.TEST: "Đây là tin thử hệ thống loa. Xin nhắc lại, đây là tin thử.",
}
# No "không phải tin thật": with two syllables lost in the wind it says that it is real.
_AFTER: Final = {
    AlertStatus.EXERCISE: "Bà con vừa nghe tin diễn tập. Xin nhắc lại, đây là diễn tập.",
    AlertStatus.TEST: "Bà con vừa nghe tin thử hệ thống loa. Xin nhắc lại, đây là tin thử.",
}
BEFORE_SIREN: Final = tuple(sentence for words in _BEFORE.values() for sentence in sentences(words))
"""The sentences that stand before the siren of an exercise or a test: nobody runs from one that is not meant."""
FIXED: Final = tuple(sentence for words in (*_BEFORE.values(), *_AFTER.values()) for sentence in sentences(words))
"""The sentences around an exercise or a test, the same at each of its airings."""
_SAID_OF_RISK: Final = "cấp độ rủi ro"
_ENDS: Final = " .!?…,;:"
ALL_CLEAR: Final = "all_clear"
"""The siren that says that a danger is over."""
_NAMES_ITSELF: Final = ("tin ", "lệnh ", "cảnh báo ")
"""Titles that go on as they are behind "hủy"."""
_STILL_ON: Final = "Chú ý! Báo động vẫn còn. Báo động vẫn còn."


class Occasion(StrEnum):
    """Why an alert is aired now."""

    FIRST = "first"
    REPEAT = "repeat"
    UPDATE = "update"
    """The first airing of an alert that takes another's place."""
    CANCEL = "cancel"
    """That it no longer holds."""


def said(alert: Alert, *, at: datetime, occasion: Occasion, first_at: datetime | None, usual_issuer: str = "") -> str:
    """Return the written text of one airing at `at`, ready to be read; lines are paragraphs.

    Whose news it is and when they issued it is said each time; `usual_issuer` is named where the alert names nobody.
    `first_at` is when the alert was first aired, for an UPDATE when the one was whose place it takes; None where it
    never was. Times (aware) are said by the wall clock of Vietnam. An alert that came as a CAP message has its
    sentences with measured figures said twice; a template says its own twice, an officer's words are left as typed.
    """
    issuer = alert.issuer.strip(_ENDS) or usual_issuer.strip(_ENDS)
    if occasion is Occasion.CANCEL:
        body = _cancelled(alert, at, first_at, issuer)
    else:
        body = _body(alert, occasion, first_at, issuer)
    around = (_BEFORE.get(alert.status, ""), *body, _AFTER.get(alert.status, ""))
    return "\n".join(line for line in around if line)


def lines_before_siren(alert: Alert) -> int:
    """Return how many lines of what is said stand before the siren: those that say that it is not meant."""
    return 1 if alert.status in _BEFORE else 0


def said_time(at: datetime) -> str:
    """Return a time as it is written to be read aloud: "3 giờ 05 phút ngày 24/11"."""
    wall = at.astimezone(WALL_CLOCK)
    minutes = f" {wall.minute:02d} phút" if wall.minute else ""
    return f"{wall.hour} giờ{minutes} ngày {wall.day}/{wall.month}"


def _body(alert: Alert, occasion: Occasion, first_at: datetime | None, issuer: str) -> list[str]:
    first, *rest = alert.text.strip().split("\n")
    lines = [_announced(occasion, first_at), first, f"Tin {_issued(alert, issuer)}.", _risk(alert), *rest]
    if alert.origin is Origin.CAP:
        lines.append(_figures_again(alert.text))
    return lines


def _announced(occasion: Occasion, first_at: datetime | None) -> str:
    if occasion is Occasion.REPEAT:
        return f"Tin nhắc lại, phát lần đầu lúc {said_time(first_at)}." if first_at else "Tin nhắc lại."
    if occasion is Occasion.UPDATE:
        return f"Tin mới, thay cho tin phát lúc {said_time(first_at)}." if first_at else "Tin mới, thay cho tin trước."
    return ""


def _issued(alert: Alert, issuer: str) -> str:
    when = f"ban hành lúc {said_time(alert.issued_at)}"
    return f"của {issuer}, {when}" if issuer else when


def _risk(alert: Alert) -> str:
    if alert.risk_level is None or _SAID_OF_RISK in alert.text.casefold():
        return ""
    level = alert.risk_level.value
    return f"Cấp độ rủi ro thiên tai: cấp {level}. Nhắc lại, cấp {level}."


def _figures_again(text: str) -> str:
    found = sentences_with_figures(text)
    return f"Xin nhắc lại. {' '.join(found)}" if found else ""


def _cancelled(alert: Alert, at: datetime, first_at: datetime | None, issuer: str) -> list[str]:
    title = " ".join(alert.title.split()).strip(_ENDS)
    named = f"{title[0].lower()}{title[1:]}" if title.casefold().startswith(_NAMES_ITSELF) else f"tin “{title}”"
    which = f"{named} phát lúc {said_time(first_at)}" if first_at else named
    # "hủy" first: who hears only "Lệnh sơ tán ngay" through the rain would run. And no "không còn hiệu lực": with one
    # syllable lost in the wind it says that it holds.
    told = [
        f"Thông báo hủy tin. Thông báo hủy tin. Từ {said_time(at)}, hủy {which}.",
        f"Tin bị hủy là tin {_issued(alert, issuer)}.",
        f"Xin nhắc lại: đã hủy {which}.",
    ]
    return [_STILL_ON, *told, _STILL_ON] if alert.siren == ALL_CLEAR else told
