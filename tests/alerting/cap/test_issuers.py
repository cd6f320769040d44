"""Messages in the styles of issuers of several countries are read whole; the words are this project's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from smartradio.alerting.cap.message import (
    CapAlert,
    Category,
    Certainty,
    Circle,
    MsgType,
    Named,
    Point,
    ResponseType,
    Status,
)
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check, refusals
from smartradio.alerting.cap.writing import write_cap
from tests.alerting.cap.wording import ISSUERS, NOW

FILES = sorted(ISSUERS.glob("*.xml"))


def read(name: str) -> CapAlert:
    return read_cap((ISSUERS / f"{name}.xml").read_bytes())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_message_of_every_issuer_is_read_written_and_read_again(path: Path) -> None:
    message = read_cap(path.read_bytes())
    assert refusals(check(message, now=NOW)) == ()
    data = write_cap(message)
    assert read_cap(data) == message
    assert write_cap(read_cap(data)) == data


def test_a_prefix_means_what_no_prefix_means() -> None:
    message = read("hydromet-vn")
    assert message.identifier == "VNMHA-LULUT-20261018-0415-03"
    assert [info.tongue for info in message.infos] == ["vi", "en"]
    assert message.infos[0].responses == (ResponseType.EVACUATE,)
    assert message.infos[0].parameters == (Named("levelOfDisasterRisk", "3"),)
    assert message.infos[0].description.splitlines()[1].startswith("Trong 12 giờ tới")
    assert message.infos[0].areas[0].polygons[0][0] == Point(20.10, 105.90)


def test_an_update_names_all_messages_whose_place_it_takes() -> None:
    message = read("nws-us")
    assert message.msg_type is MsgType.UPDATE
    assert [key.identifier[-10:] for key in message.references] == ["dd44.001.1", "bb88.001.1"]
    assert message.infos[0].parameters[-1] == Named("WMOidentifier", "")


def test_a_sender_with_spaces_can_be_referred_to_and_is_told() -> None:
    message = read("ndma-in")
    assert message.references[0].sender == message.sender == "Met Centre East"
    assert message.infos[0].description == "Light rain & thunderstorm <very likely> at isolated places."
    assert message.infos[0].areas[0].circles == (Circle(Point(22.57, 88.36), 45.5),)
    assert {each.code for each in check(message, now=NOW)} >= {"name_spaces", "reference_form"}


def test_older_words_parts_of_seconds_and_z_are_read_and_told() -> None:
    message = read("hub")
    assert message.status is Status.EXERCISE
    assert message.infos[0].categories == (Category.MET, Category.SAFETY)
    assert message.infos[0].certainty is Certainty.LIKELY
    assert message.incidents == ("Bão số 9", "dien-tap-2026")
    assert str(message.key).endswith(",2026-11-22T02:00:00-00:00")
    assert {each.code for each in message.remarks} == {"time_form", "word"}


def test_a_signature_is_seen_but_is_no_part_of_the_message() -> None:
    message = read("naad-ca")
    assert message.signed
    assert read_cap(write_cap(message)).signed is False


def test_a_message_on_one_line_has_both_its_areas() -> None:
    assert [area.description for area in read("jma-jp").infos[0].areas] == ["南の島", "北の島"]
