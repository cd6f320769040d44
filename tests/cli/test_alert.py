"""`smartradio alert check` and `show`: a CAP message looked through and read by people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smartradio.station.store import Store
from tests.alerting.cap.wording import ISSUERS, NOW, written
from tests.cli.conftest import Run

FLOOD = ISSUERS / "hydromet-vn.xml"


@pytest.fixture
def opened(tmp_path: Path) -> Path:
    path = tmp_path / "ho.xml"
    area = "<areaDesc>Thôn 3</areaDesc>"
    path.write_bytes(written((area, area + "\n<polygon>20,105 20,106 21,106 20,105.5</polygon>")))
    return path


def test_a_message_that_holds_is_told_in_one_line_and_ends_with_nought(smartradio: Run) -> None:
    assert smartradio("alert", "check", FLOOD, "--at", "2026-10-18T05:00") == (0, "", "1 messages read, 0 refused\n")


def test_what_is_wrong_names_the_file_the_line_and_the_element(smartradio: Run, opened: Path) -> None:
    code, out, err = smartradio("alert", "check", FLOOD, opened, "--at", "2026-11-23T10:00")
    assert code == 2
    assert out.splitlines() == [
        f"{FLOOD}: warn: line 42, <expires>: The message is over: it expired at 2026-10-18T16:15:00+07:00.",
        f"{opened}: refuse: line 19, <polygon>: The polygon is not closed: its last point is not its first.",
    ]
    assert err == "2 messages read, 1 refused\n"


def test_as_json_it_is_one_document_with_codes(smartradio: Run, opened: Path) -> None:
    code, out, err = smartradio("alert", "check", opened, "--json", "--at", "2026-11-23T10:00")
    assert (code, err) == (2, "")
    document = json.loads(out)
    assert document["refused"] == 1
    (finding,) = document["files"][0]["findings"]
    assert (finding["gravity"], finding["code"], finding["line"]) == ("refuse", "polygon_open", 19)


def test_a_file_with_an_entity_is_refused_and_what_it_asks_for_is_not_opened(smartradio: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<a>&x;</a>', encoding="utf-8")
    code, out, _ = smartradio("alert", "check", path)
    assert code == 2
    assert out == f"{path}: refuse: line 1: The file has a document type (DTD); such files are not opened.\n"
    assert smartradio("alert", "show", path)[::2] == (
        2,
        f"smartradio: {path}: line 1: The file has a document type (DTD); such files are not opened.\n",
    )


def test_a_file_that_is_not_there_is_one_line(smartradio: Run, tmp_path: Path) -> None:
    code, out, err = smartradio("alert", "check", tmp_path / "khong-co.xml")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "cannot be read" in err


def test_show_says_who_when_what_and_where(smartradio: Run) -> None:
    code, out, err = smartradio("alert", "show", FLOOD)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "Alert, Actual, Public: VNMHA-LULUT-20261018-0415-03"
    assert "[vi-VN] Tin lũ khẩn cấp trên sông Cái" in lines
    assert "issuer Đài Khí tượng Thủy văn tỉnh" in lines
    assert "expires 2026-10-18T16:15:00+07:00" in lines
    assert "levelOfDisasterRisk 3" in lines
    assert "polygon of 5 points from 20.1,105.9" in lines


@pytest.mark.parametrize("path", sorted(ISSUERS.glob("*.xml")), ids=lambda path: path.stem)
def test_every_issuers_message_can_be_shown_and_is_one_json_document(smartradio: Run, path: Path) -> None:
    assert smartradio("alert", "show", path)[0] == 0
    code, out, _ = smartradio("alert", "show", path, "--json")
    assert code == 0
    document = json.loads(out)
    assert document["infos"][0]["event"]
    assert {"identifier", "sender", "sent", "status", "msg_type", "scope", "references", "infos"} <= document.keys()


@pytest.fixture
def station(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(
        f'station = "yen-hoa"\ntitle = "Yên Hòa"\nfolder = "{tmp_path}"\n\n[alerts]\nnames = ["xã Yên Hòa"]\n\n'
        '[[zones]]\nname = "thon-3"\ntitle = "Thôn 3"\n\n[[zones]]\nname = "thon-4"\ntitle = "Thôn 4"\n',
        encoding="utf-8",
    )
    return path


def test_show_says_whom_a_message_would_reach_in_a_commune_and_in_what_words(
    smartradio: Run, station: Path, tmp_path: Path
) -> None:
    path = tmp_path / "lu.xml"
    path.write_bytes(written())
    asked = ("alert", "show", path, "--config", station, "--at", "2026-11-23T10:00")
    code, out, err = smartradio(*asked)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[lines.index("[here]") + 1 :] == [
        "reaches Thôn 3 (by name)",
        "read out Lũ",
        "read out Nước sông đang lên.",
    ]
    document = json.loads(smartradio(*asked, "--json")[1])["here"]
    assert document["zones"] == [{"zone": "thon-3", "by": "name"}]
    path.write_bytes(written(("Thôn 3", "Xã Yên Hòa")))
    assert [each["zone"] for each in json.loads(smartradio(*asked, "--json")[1])["here"]["zones"]] == [
        "thon-3",
        "thon-4",
    ]


def test_a_started_station_knows_where_its_nodes_stand(smartradio: Run, station: Path, tmp_path: Path) -> None:
    node = f'\n[[nodes]]\nname = "loa-4"\nzone = "thon-4"\ntitle = "Loa 4"\npublic_key = "{"0" * 64}"\n'
    with station.open("a", encoding="utf-8") as file:
        file.write(node + 'password = "mat-khau-cua-loa-4"\nlat = 20.15\nlon = 105.95\n')
    Store.open(tmp_path, clock=lambda: NOW).close()
    code, out, err = smartradio("alert", "show", FLOOD, "--config", station, "--at", "2026-10-18T05:00")
    assert (code, err) == (0, "")
    assert "  reaches      Thôn 4 (by polygon)" in out.splitlines()


def test_a_message_that_warns_of_nothing_comes_to_no_draft(smartradio: Run, station: Path) -> None:
    code, out, _ = smartradio("alert", "show", ISSUERS / "naad-ca.xml", "--config", station)
    assert code == 0
    assert out.splitlines()[-1] == "  no draft: <msgType>: A message of type Cancel is no alert."
