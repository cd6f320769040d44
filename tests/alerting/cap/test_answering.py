"""A message is answered to its sender: taken, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smartradio.alerting.cap.answering import answer
from smartradio.alerting.cap.chain import CapState, stand
from smartradio.alerting.cap.message import MsgType
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check
from smartradio.alerting.cap.writing import write_cap
from tests.alerting.cap.wording import NOW, message


@pytest.mark.parametrize(("because", "kind"), [("", MsgType.ACK), ("Vùng vẽ chưa khép kín.", MsgType.ERROR)])
def test_an_answer_holds_against_the_standard_and_changes_nothing(because: str, kind: MsgType) -> None:
    asked = message()
    sent = NOW - timedelta(minutes=1, microseconds=3)
    made = answer(asked, identifier="tl-1", sender="yenhoa.example.vn", sent=sent, refused_because=because)
    assert (made.msg_type, made.note, made.addresses) == (kind, because, ("dubao@example.vn",))
    assert check(made, now=NOW) == ()
    assert read_cap(write_cap(made)) == made
    standing = stand([asked, made], now=NOW)
    assert standing.of(CapState.STANDS) == [asked]
    assert standing.told == ()
