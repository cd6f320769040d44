"""Emergencies asked for by a program: read back, sent once, watched, cancelled; whatever is wrong is one line."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import Point
from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.places import Places
from tests.web.alert_book_desk import kept
from tests.web.alert_desk import NOW, PIN

HYDROMET = Path(__file__).parents[1] / "alerting" / "cap" / "issuers" / "hydromet-vn.xml"
TEXT = "Vỡ đê.\nNước dâng 2,5 m. Mời bà con thôn 2 sơ tán ngay."


def asked(**changes: Any) -> str:
    return json.dumps({"text": TEXT} | changes)


def send(visitor: Any, once: str = "lan-1", pin: str = PIN, **changes: Any) -> Any:
    return visitor.post("/api/alerts", alert=asked(**changes), once=once, pin=pin, taken_on="1")


def test_what_will_be_said_comes_back_with_its_figures_and_nothing_is_sent(khang: Any, alerts: Any) -> None:
    told = khang.post("/api/alerts/reading", alert=asked()).json()
    assert told["zones"] == ["thon-1", "thon-2", "thon-3"]
    assert TEXT.splitlines()[1] in told["said"]
    assert ("2,5 m", "hai phẩy năm mét") in [(each["written"], each["spoken"]) for each in told["figures"]]
    assert alerts.book == {}


def test_the_overview_has_a_token_with_which_a_program_can_send(khang: Any, alerts: Any) -> None:
    told = khang.get("/api/alerts").json()
    assert "so-tan-ngay" in [each["name"] for each in told["templates"]]
    answer = khang.post("/api/alerts", token=told["form"], alert=asked(), once="a", pin=PIN, taken_on="1")
    assert answer.status_code == 200
    assert len(alerts.book) == 1


def test_it_is_sent_once_however_often_the_line_broke(khang: Any, alerts: Any) -> None:
    first, second = send(khang).json(), send(khang).json()
    assert first["alert"]["id"] == second["alert"]["id"]
    assert first["alert"]["state"] == "out"
    assert len(alerts.sent) == 1


def test_a_wrong_pin_and_a_locked_one_are_told_and_send_nothing(khang: Any, alerts: Any) -> None:
    assert send(khang, pin="000000").status_code == 401
    alerts.locked_s = 30.0
    answer = send(khang)
    assert (answer.status_code, "wait 30 s" in answer.json()["error"]) == (429, True)
    assert alerts.book == {}


def test_what_came_of_it_is_told_node_by_node(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept()
    told = khang.get("/api/alerts/lu-1").json()
    assert told["settled"] is False
    assert [(each["node"], each["fate"], each["started_s"]) for each in told["nodes"]] == [
        ("thon-1", "heard", 0.615),
        ("thon-2", "silent", 0.62),
        ("thon-3", "unreachable", None),
    ]
    assert khang.get("/api/alerts/khong-co").status_code == 404


def test_a_cancelled_one_is_settled_and_cancelled_only_once(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept()
    answer = khang.post("/api/alerts/lu-1/cancel", why="nước rút", aloud="1")
    assert (answer.json()["alert"]["state"], answer.json()["alert"]["why"]) == ("cancelled", "nước rút")
    assert alerts.aloud == ["lu-1"]
    assert khang.get("/api/alerts/lu-1").json()["settled"] is True
    assert khang.post("/api/alerts/lu-1/cancel", why="gõ nhầm").status_code == 422


def test_a_cancellation_whose_answer_was_lost_is_answered_again_and_done_once(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept()
    rows = [khang.post("/api/alerts/lu-1/cancel", why="nước rút", aloud="1").json()["alert"] for _ in range(2)]
    assert rows[0] == rows[1]
    assert alerts.aloud == ["lu-1"]


def test_what_another_has_cancelled_for_the_same_reason_is_refused(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept(state=AlertState.CANCELLED, ended_by="Trần Thu", why="nước rút")
    assert khang.post("/api/alerts/lu-1/cancel", why="nước rút").status_code == 422


def test_an_update_of_an_exercise_stays_one_and_takes_its_place_and_its_zones(khang: Any, alerts: Any) -> None:
    alerts.book["lu-1"] = kept(status=AlertStatus.EXERCISE, zones=("thon-2",))
    row = send(khang, update="lu-1").json()["alert"]
    assert (row["exercise"], row["zones"]) == (True, ["thon-2"])
    assert alerts.book["lu-1"].state is AlertState.UPDATED


def test_a_template_is_filled_in_at_the_station(khang: Any) -> None:
    answer = khang.post("/api/alerts/reading", alert=asked(text="", template="lu-bao-dong-3", values={"song": "Lô"}))
    assert answer.status_code == 422
    assert "Mực nước" in answer.json()["error"]


def test_a_cap_message_goes_to_the_zones_that_are_named_for_it(khang: Any, alerts: Any) -> None:
    data = HYDROMET.read_bytes().replace(b"2026-10-18", NOW.strftime("%Y-%m-%d").encode())
    cap = base64.b64encode(data).decode()
    answer = khang.post("/api/alerts/reading", alert=asked(text="", cap=cap, zones=["thon-3"]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["zones"] == ["thon-3"]
    assert alerts.book == {}


def test_a_cap_message_goes_to_the_hamlets_that_its_polygon_touches(khang: Any, alerts: Any) -> None:
    data = HYDROMET.read_bytes().replace(b"2026-10-18", NOW.strftime("%Y-%m-%d").encode())
    half_in = (Point(20.19, 105.99), Point(20.19, 106.05), Point(20.25, 106.05), Point(20.25, 105.99))
    message = asked(text="", cap=base64.b64encode(data).decode())
    alerts.where = Places([ZonePlace("thon-2", "Thôn 2", polygons=((half_in,),)), ZonePlace("thon-3", "Thôn 3")], ())
    told = khang.post("/api/alerts/reading", alert=message).json()
    assert told["zones"] == ["thon-2"]
    assert any("reaches Thôn 3 is not known" in note for note in told["notes"])
    alerts.where = Places([ZonePlace("thon-3", "Thôn 3", (Point(21.0, 105.0),))], ())
    assert "reaches none of the commune's zones" in khang.post("/api/alerts/reading", alert=message).json()["error"]


def test_a_test_sounds_only_where_an_exercise_is_asked_for(khang: Any) -> None:
    data = HYDROMET.read_bytes().replace(b"2026-10-18", NOW.strftime("%Y-%m-%d").encode())
    data = data.replace(b"status>Actual<", b"status>Test<")
    message = {"text": "", "cap": base64.b64encode(data).decode(), "zones": ["thon-3"]}
    assert "a test is heard by nobody" in khang.post("/api/alerts/reading", alert=asked(**message)).json()["error"]
    told = khang.post("/api/alerts/reading", alert=asked(**message, exercise=True)).json()
    assert told["exercise"] is True


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"text": ""}, "say what is to be sent"),
        ({"template": "bao"}, "one of them"),
        ({"text": "", "template": "khong-co"}, "there is no template 'khong-co'"),
        ({"text": "", "template": "bao", "values": {"song": "Lô"}}, "has no field 'song'"),
        ({"zones": ["thon-9"]}, "there is no zone 'thon-9'; there are thon-1"),
        ({"update": "khong-co"}, "there is no alert 'khong-co'"),
        ({"update": "lu-1", "exercise": True}, "an exercise cannot take the place"),
        ({"issued_at": (NOW + timedelta(hours=1)).isoformat()}, "is still to come"),
        (
            {"issued_at": "0001-01-01T00:00:00+07:00"},
            "issued_at: 0001-01-01T00:00:00+07:00 is more than 366 days from now",
        ),
        ({"until": "9999-12-31T23:59:59-10:00"}, "until: 9999-12-31T23:59:59-10:00 is more than 366 days from now"),
        ({"issued_at": "gestern"}, "issued_at"),
        ({"repeat_minutes": -5}, "repeat_minutes"),
        ({"loud": True}, "loud"),
        ({"text": "a" * 5_000}, "5000 characters"),
        ({"text": "", "cap": base64.b64encode(b"<a/>").decode()}, "<a>"),
    ],
)
def test_whatever_is_wrong_is_one_line_and_nothing_is_sent(
    khang: Any, alerts: Any, changes: dict[str, Any], line: str
) -> None:
    alerts.book["lu-1"] = kept()
    answer = send(khang, **changes)
    assert answer.status_code == 422
    assert line in answer.json()["error"]
    assert len(answer.json()["error"].splitlines()) == 1
    assert list(alerts.book) == ["lu-1"]


def test_what_is_no_json_or_has_no_key_is_refused(khang: Any, alerts: Any) -> None:
    assert khang.post("/api/alerts", alert="{", once="a", pin=PIN).status_code == 422
    assert "once" in khang.post("/api/alerts", alert=asked(), once="", pin=PIN).json()["error"]
    assert alerts.book == {}


def test_only_officers_come_here_and_only_with_the_forms_token(lan: Any, khang: Any, alerts: Any) -> None:
    assert khang.post("/api/alerts", token="", alert=asked(), once="a", pin=PIN).status_code == 403
    lan.log_in("lan")
    assert lan.get("/api/alerts").status_code == 403
    assert alerts.book == {}
