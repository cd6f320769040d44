"""`smartradio alert send`, `cancel`, `list` at a console on a port: read back, sent once, one line when refused."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from smartradio.alerting.cap.areas import ZonePlace
from smartradio.alerting.cap.message import Point
from smartradio.cli.alert_console import ConsoleLink, NobodyAnswersError
from smartradio.cli.alert_sent import in_the_clear
from smartradio.cli.serving import ConsoleSettings, listen
from smartradio.domain.alert import AlertState, AlertStatus
from smartradio.station.alerts.places import Places
from smartradio.web.app import create_app
from smartradio.wire.loopback import free_port
from tests.cli.conftest import Run
from tests.web import commune
from tests.web.alert_book_desk import kept
from tests.web.alert_desk import PIN

HYDROMET = Path(__file__).parents[1] / "alerting" / "cap" / "issuers" / "hydromet-vn.xml"
TEXT = "Vỡ đê.\nNước dâng 2,5 m. Mời bà con thôn 2 sơ tán ngay.\n"
EVACUATE = ("--set", "ai=bà con xóm Bãi", "--set", "vi_sao=nước tràn đê", "--set", "den_dau=Trường Tiểu học Yên Hòa")


@dataclass
class Office:
    """A console on a port of this machine, and the book behind it."""

    address: str
    book: Any

    def options(self, account: str = "khang") -> tuple[str, ...]:
        return ("--console", self.address, "--account", account)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("SMARTRADIO_PASSWORD", commune.PASSWORD)
    monkeypatch.setenv("SMARTRADIO_PIN", PIN)
    desk = commune.FakeDesk()
    app = create_app(desk, commune.FakeDoor(), decode=commune.decode, station="Yên Hòa", clock=lambda: commune.NOW)
    listener = listen(ConsoleSettings(port=0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield Office(f"http://127.0.0.1:{listener.getsockname()[1]}", desk.desks.alerts)
    server.should_exit = True
    thread.join(10)
    listener.close()


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "vo-de.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_words_are_read_back_with_their_figures_sent_and_followed(smartradio: Run, office: Office, words: Path) -> None:
    code, out, err = smartradio("alert", "send", *office.options(), "--text", words, "--yes", "--wait", 0)
    # One of the three nodes was not reached.
    assert code == 1
    assert "Khu vực: cả xã" in err
    assert "2,5 m → hai phẩy năm mét" in err
    (alert,) = office.book.book.values()
    assert alert.alert.zones == ("thon-1", "thon-2", "thon-3")
    assert out.splitlines()[0] == f"{alert.id}  Vỡ đê."
    assert out.splitlines()[-1] == (
        "2/3 cụm loa đã phát: sớm nhất 0,6 giây sau khi bấm, muộn nhất 0,6 giây; micro nghe được ở 1 cụm."
    )


def test_a_template_goes_out_as_an_exercise_to_one_zone_as_one_document(smartradio: Run, office: Office) -> None:
    options = ("--template", "so-tan-ngay", *EVACUATE, "--zone", "thon-2", "--exercise", "--repeat-minutes", 10)
    code, out, err = smartradio("alert", "send", *office.options(), *options, "--yes", "--wait", 0, "--json")
    assert code == 1, err
    document = json.loads(out)
    assert document["alert"]["exercise"] is True
    assert document["said"].startswith("Đây là diễn tập.")
    assert {"figures", "nodes", "settled", "again"} <= set(document)
    (alert,) = office.book.book.values()
    assert alert.alert.status is AlertStatus.EXERCISE
    assert (alert.alert.zones, alert.alert.repeat_every.total_seconds()) == (("thon-2",), 600)


def test_a_cap_file_goes_to_the_hamlets_it_touches_and_what_is_not_known_is_said(
    smartradio: Run, office: Office, tmp_path: Path
) -> None:
    half_in = (Point(20.19, 105.99), Point(20.19, 106.05), Point(20.25, 106.05), Point(20.25, 105.99))
    drawn = ZonePlace("thon-2", "Thôn 2", polygons=((half_in,),))
    office.book.where = Places([drawn, ZonePlace("thon-3", "Thôn 3")], ())
    path = tmp_path / "lu.xml"
    path.write_bytes(HYDROMET.read_bytes().replace(b"2026-10-18", commune.NOW.strftime("%Y-%m-%d").encode()))
    code, _, err = smartradio("alert", "send", *office.options(), "--cap", path, "--take-on", "--yes", "--wait", 0)
    assert code == 1, err
    (alert,) = office.book.book.values()
    assert alert.alert.zones == ("thon-2",)
    assert "reaches Thôn 3 is not known: they are not on the map" in " ".join(err.split())


def test_words_may_come_from_standard_input(smartradio: Run, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert smartradio("alert", "send", *office.options(), "--text", "-", "--yes", "--wait", 0)[0] == 1
    assert len(office.book.book) == 1


def test_an_update_takes_the_place_of_one_named_by_how_its_id_begins(
    smartradio: Run, office: Office, words: Path
) -> None:
    office.book.book["a1b2c3d4e5"] = kept("a1b2c3d4e5")
    options = ("--text", words, "--update", "a1b2", "--yes", "--wait", 0)
    assert smartradio("alert", "send", *office.options(), *options)[0] == 1
    assert office.book.book["a1b2c3d4e5"].state is AlertState.UPDATED


def test_two_must_answer_and_it_waits(smartradio: Run, office: Office, words: Path) -> None:
    office.book.two_must_answer = True
    code, _, err = smartradio("alert", "send", *office.options(), "--text", words, "--yes")
    assert code == 0
    assert "chờ người thứ hai" in err
    assert [each.state for each in office.book.book.values()] == [AlertState.DRAFT]


def test_what_stands_in_the_book_is_listed_and_one_is_cancelled_aloud(smartradio: Run, office: Office) -> None:
    office.book.book["a1b2c3d4e5"] = kept("a1b2c3d4e5")
    code, out, _ = smartradio("alert", "list", *office.options())
    assert code == 0
    assert out.split()[0] == "a1b2c3d4"
    code, out, _ = smartradio("alert", "cancel", "a1b2", *office.options(), "--why", "nước rút", "--aloud")
    assert (code, out) == (0, "Đã hủy: Tin lũ khẩn cấp\n")
    assert office.book.aloud == ["a1b2c3d4e5"]
    code, out, _ = smartradio("alert", "list", *office.options(), "--json")
    assert [row["state"] for row in json.loads(out)] == ["cancelled"]


def test_a_console_that_fails_once_it_is_out_is_told_and_the_alert_is_no_error(
    smartradio: Run, office: Office, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_name: str) -> None:
        return None

    monkeypatch.setattr(office.book, "report", lost)
    code, out, err = smartradio("alert", "send", *office.options(), "--text", words, "--yes", "--wait", 1)
    (alert,) = office.book.book
    assert (code, out) == (1, f"{alert}  Vỡ đê.\n")
    assert err.count(f"there is no alert {alert}") == 1


def test_secrets_come_from_files_too(
    smartradio: Run, office: Office, words: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMARTRADIO_PASSWORD")
    monkeypatch.setenv("SMARTRADIO_PIN", "000000")
    password, pin = tmp_path / "mat-khau", tmp_path / "pin"
    password.write_text(commune.PASSWORD + "\n", encoding="utf-8")
    pin.write_text(PIN + "\n", encoding="utf-8")
    files = ("--password-file", password, "--pin-file", pin)
    code, _, err = smartradio("alert", "send", *office.options(), "--text", words, *files, "--yes", "--wait", 0)
    assert code == 1, err
    assert len(office.book.book) == 1


REFUSED: list[tuple[tuple[str, ...], str]] = [
    ((), "--template NAME, --text FILE or --cap FILE"),
    (("--template", "bao", "--text", "{words}"), "one of them"),
    (("--template", "bao", "--set", "gio"), "--set 'gio': write it as FIELD=VALUE"),
    (("--text", "{words}", "--set", "a=b"), "--set belongs to --template"),
    (("--text", "gone.txt"), "gone.txt: cannot be read"),
    (("--template", "khong-co"), "there is no template 'khong-co'"),
    (("--template", "so-tan-ngay"), "Sơ tán: Ai phải đi"),
    (("--text", "{words}", "--zone", "thon-9"), "there is no zone 'thon-9'"),
    (("--text", "{words}", "--until", "mai"), "--until 'mai'"),
    (("--text", "{words}", "--update", "khong-co"), "this is no alert's id"),
    (("--text", "{words}", "--update", "zz"), "there is no alert 'zz'"),
    (("--cap", "{words}"), "line 1"),
    (("--text", "{words}", "--pin-file", "gone"), "gone: cannot be read"),
    (("--text", "{words}", "--wait", "-1"), "--wait"),
]


@pytest.mark.parametrize(("options", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_whatever_is_wrong_is_one_line_and_nothing_is_sent(
    smartradio: Run, office: Office, words: Path, options: tuple[str, ...], line: str
) -> None:
    told = (each.format(words=words) for each in options)
    code, out, err = smartradio("alert", "send", *office.options(), *told, "--yes")
    assert (code, out) == (2, "")
    assert line in err.splitlines()[-1]
    assert office.book.book == {}


def test_a_wrong_password_pin_and_account_are_one_line(
    smartradio: Run, office: Office, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTRADIO_PIN", "000000")
    code, _, err = smartradio("alert", "send", *office.options(), "--text", words, "--yes")
    assert (code, err.splitlines()[-1]) == (2, "smartradio: the PIN is wrong")
    code, _, err = smartradio("alert", "send", *office.options("lan"), "--text", words, "--yes")
    assert code == 2
    assert "không có quyền" in err
    monkeypatch.setenv("SMARTRADIO_PASSWORD", "sai")
    code, _, err = smartradio("alert", "list", *office.options())
    assert (code, err) == (2, "smartradio: the account khang or its password is wrong\n")
    assert office.book.book == {}


def test_nobody_is_asked_where_nobody_sits(
    smartradio: Run, office: Office, words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, err = smartradio("alert", "send", *office.options(), "--text", words)
    assert (code, err) == (2, "smartradio: nobody can be asked here: send with --yes\n")
    monkeypatch.delenv("SMARTRADIO_PASSWORD")
    code, _, err = smartradio("alert", "list", *office.options())
    assert (code, "set SMARTRADIO_PASSWORD" in err) == (2, True)


def test_a_console_that_is_not_there_is_one_line(smartradio: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTRADIO_PASSWORD", "x")
    monkeypatch.setattr("smartradio.cli.alert_console._PAUSES_S", (0.0, 0.0))
    for address, line in ((f"http://127.0.0.1:{free_port()}", "nobody answers there"), ("dai", "write it as http://")):
        code, out, err = smartradio("alert", "list", "--console", address, "--account", "khang")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert line in err


def test_what_goes_unencrypted_to_another_machine_is_told_once_before_anything_is_asked(
    smartradio: Run, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nobody(_link: ConsoleLink, method: str, path: str, _form: object = None) -> None:
        asked.append(f"{method} {path}")
        raise NobodyAnswersError("http://192.168.1.10: nobody answers there")

    monkeypatch.setattr(ConsoleLink, "_asked", nobody)
    code, out, err = smartradio("alert", "list", "--console", "http://192.168.1.10:8080", "--account", "khang")
    assert (code, out, asked) == (2, "", ["GET /login"])
    assert err.splitlines()[0] == (
        "Không mã hóa: trên đường tới http://192.168.1.10:8080, mật khẩu và mã PIN có thể bị đọc trộm. "
        "Chỉ dùng trong mạng của xã hoặc qua VPN."
    )
    assert err.count("Không mã hóa") == 1


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://10.8.0.1:8080", True),
        ("http://dai.yen-hoa.vn", True),
        ("HTTP://dai.yen-hoa.vn", True),
        ("https://dai.yen-hoa.vn", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("http://[::1", False),
        ("192.168.1.10", False),
    ],
)
def test_only_an_address_of_another_machine_without_encryption_is_warned_of(address: str, told: bool) -> None:
    assert in_the_clear(address) is told
