"""`smartradio alert answer`: a warning acknowledged, or refused with what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from smartradio.alerting.cap.message import MsgType, Scope
from smartradio.alerting.cap.reading import read_cap
from tests.alerting.cap.wording import ISSUERS, written
from tests.cli.conftest import Run

FLOOD = ISSUERS / "hydromet-vn.xml"
AT = ("--at", "2026-10-18T05:00")
SENDER = ("--sender", "dai@yenhoa.example")


def test_a_message_that_holds_is_acknowledged_to_its_sender_alone(smartradio: Run) -> None:
    code, out, err = smartradio("alert", "answer", FLOOD, *SENDER, *AT)
    assert (code, err) == (0, "")
    asked, made = read_cap(FLOOD.read_bytes()), read_cap(out.encode())
    assert (made.msg_type, made.scope, made.addresses) == (MsgType.ACK, Scope.PRIVATE, (asked.sender,))
    assert (made.references, made.sender, made.note) == ((asked.key,), "dai@yenhoa.example", "")


def test_one_that_the_standard_refuses_gets_an_error_that_says_why(smartradio: Run, tmp_path: Path) -> None:
    area = "<areaDesc>Thôn 3</areaDesc>"
    path = tmp_path / "ho.xml"
    path.write_bytes(written((area, area + "\n<polygon>20,105 20,106 21,106 20,105.5</polygon>")))
    _, out, _ = smartradio("alert", "answer", path, *SENDER, "--at", "2026-11-23T10:00")
    made = read_cap(out.encode())
    assert made.msg_type is MsgType.ERROR
    assert "polygon is not closed" in made.note
    _, out, _ = smartradio("alert", "answer", FLOOD, *SENDER, *AT, "--refused", "không thuộc địa bàn")
    assert read_cap(out.encode()).note == "không thuộc địa bàn"


def test_what_cannot_be_answered_is_one_line(smartradio: Run, tmp_path: Path) -> None:
    _, out, _ = smartradio("alert", "answer", FLOOD, *SENDER, *AT)
    made = tmp_path / "da-tra-loi.xml"
    made.write_text(out, encoding="utf-8")
    code, out, err = smartradio("alert", "answer", made, *SENDER, *AT)
    assert (code, out) == (2, "")
    assert "an answer is not answered" in err
    code, out, err = smartradio("alert", "answer", FLOOD, "--sender", "đài, xã", *AT)
    assert (code, out) == (2, "")
    assert "the answer would be refused itself" in err
