"""Coming back: a login that ended loses nothing that was typed; what is too large is refused; answers are packed."""

from __future__ import annotations

import asyncio
import gzip
import re
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.web.app import LIMIT_BYTES, UPLOADS
from smartradio.web.guard import MB
from smartradio.web.kept_form import as_text, from_text
from tests.web.conftest import Visitor

TEXT = "Mất nước từ 8h00 đến 11h30.\nBà con <thôn 5> trữ nước & tiết kiệm."
OURS = {"sec-fetch-site": "same-origin"}


def hidden(page: str) -> list[tuple[str, str]]:
    """The hidden fields of a page, as a browser would send them."""
    import html

    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(name, html.unescape(value)) for name, value in found]


@pytest.fixture
def typing(lan: Any, door: Any) -> Any:
    """Lan at the form for a text, while her session ends."""
    lan.get("/air")
    door.sessions.clear()
    lan._client.headers.update(OURS)
    return lan


def test_what_was_typed_when_the_login_ended_is_kept_and_sent_on(typing: Any, desk: Any, commune: Any) -> None:
    kept = typing.post("/air", title="Mất nước", text=TEXT, zones=["thon-1", "thon-2"], once="a1")
    assert kept.status_code == 401
    assert "Nội dung vừa nhập vẫn còn" in kept.text
    wrong = typing.post("/login", name="lan", password="sai", next="/air", kept=dict(hidden(kept.text))["kept"])
    assert wrong.status_code == 401
    fields = dict(hidden(wrong.text))
    back = typing.post("/login", name="lan", password=commune.PASSWORD, next=fields["next"], kept=fields["kept"])
    assert back.status_code == 200
    assert "Bà con &lt;thôn 5&gt; trữ nước &amp; tiết kiệm." in back.text
    assert desk.aired == [], "nothing is done before somebody has looked at it"
    offered = hidden(back.text)
    sent = {name: [value for other, value in offered if other == name] for name, _ in offered}
    (token,) = sent.pop("csrf")
    answer = typing.post("/air", token=token, **sent)
    assert answer.status_code == 303
    assert desk.aired[0]["text"] == TEXT
    assert desk.aired[0]["zones"] == ["thon-1", "thon-2"]


def test_a_page_too_old_gives_back_what_was_typed_with_a_fresh_token(lan: Any, desk: Any) -> None:
    lan._client.headers.update(OURS)
    old = lan.post("/air", token="made-up", title="Mất nước", text=TEXT, zones=["thon-1"])
    assert old.status_code == 403
    assert "Gửi tiếp" in old.text and "trữ nước" in old.text
    assert lan.post("/air", title="Mất nước", text=TEXT, zones=["thon-1"], once="x").status_code == 303
    assert len(desk.aired) == 1


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {}])
def test_what_another_site_sent_is_neither_kept_nor_offered(
    lan: Any, door: Any, headers: dict[str, str], desk: Any
) -> None:
    lan._client.headers.update(headers)
    assert "Gửi tiếp" not in lan.post("/air", token="made-up", title="Lừa", text=TEXT, zones=["thon-1"]).text
    door.sessions.clear()
    away = lan.post("/air", title="Lừa", text=TEXT, zones=["thon-1"])
    assert (away.status_code, away.headers["location"]) == (303, "/login?next=/")
    assert desk.aired == []


def test_an_older_browser_vouches_by_its_origin(lan: Any) -> None:
    lan._client.headers["origin"] = "http://dai"
    assert "Gửi tiếp" in lan.post("/air", token="made-up", title="Tin", text=TEXT, zones=["thon-1"]).text
    lan._client.headers["origin"] = "http://ac.example"
    assert "Gửi tiếp" not in lan.post("/air", token="made-up", title="Tin", text=TEXT, zones=["thon-1"]).text


def test_no_password_is_kept_in_a_page(typing: Any) -> None:
    page = typing.post("/duyet/x/approve", password="mật khẩu của tôi", pin="123456", note="một ghi chú").text
    assert "một ghi chú" in page
    assert "mật khẩu của tôi" not in page
    assert "123456" not in page


def test_the_words_of_a_backup_are_not_kept_in_a_page(typing: Any) -> None:
    words = "bốn con trâu già"
    page = typing.post("/quan-tri/sao-luu", passphrase=words, again=words, note="một ghi chú").text
    assert "một ghi chú" in page
    assert words not in page


def test_a_large_file_of_somebody_who_is_not_logged_in_leaves_nothing_on_the_disk_and_keeps_the_words(
    typing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Any:
        raise AssertionError("a stranger's file is written to the disk")

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", refused)
    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", refused)
    monkeypatch.setattr(tempfile, "mkstemp", refused)
    answer = typing.post_file("/soan/tep", "sound_file", b"x" * (3 * MB), title="Tin lũ", text=TEXT)
    assert answer.status_code == 401
    assert "trữ nước" in answer.text


def test_an_endless_form_of_somebody_who_is_not_logged_in_is_not_gathered_in_memory(typing: Any) -> None:
    tracemalloc.start()
    try:
        answer = typing.post_bytes("/soan/tep", b"text=" + b"x" * (60 * MB))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/")
    assert most < 160 * MB, "what was sent itself, and nothing beside"


def test_a_file_sent_from_a_page_too_old_gives_back_what_was_typed_beside_it(lan: Any) -> None:
    lan.get("/soan")
    lan._client.headers.update(OURS)
    answer = lan.post_file("/soan/tep", "sound_file", b"ID3", csrf="made-up", title="Tin lũ", text=TEXT)
    assert answer.status_code == 403
    assert "Gửi tiếp" in answer.text and "trữ nước" in answer.text


def test_a_page_asked_for_comes_after_the_login_with_its_question(stranger: Any, commune: Any) -> None:
    asked = stranger.get("/bao-cao?from=2026-11-01&by=zone")
    assert asked.headers["location"] == "/login?next=/bao-cao%3Ffrom%3D2026-11-01%26by%3Dzone"
    stranger.get(asked.headers["location"])
    back = stranger.post("/login", name="lan", password=commune.PASSWORD, next="/bao-cao?from=2026-11-01&by=zone")
    assert back.headers["location"] == "/bao-cao?from=2026-11-01&by=zone"


def test_a_new_login_ends_the_one_before_it_in_the_same_browser(lan: Any, door: Any, commune: Any) -> None:
    (before,) = door.sessions
    token = lan.token
    lan.post("/login", token=token, name="binh", password=commune.PASSWORD, next="/")
    assert before not in door.sessions
    assert [account.name for account in door.sessions.values()] == ["binh"]


@given(st.text(max_size=80))
def test_no_made_up_text_is_taken_for_what_was_typed(text: str) -> None:
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in from_text(text))


def test_what_was_typed_goes_through_a_page_and_comes_out_the_same() -> None:
    fields = [("title", 'Tin "lạ" <b>'), ("text", TEXT), ("zones", "thon-1"), ("zones", "thon-2")]
    assert list(from_text(as_text(fields))) == fields
    assert from_text('[["password", "x"], ["csrf", "y"], ["a"], 3, ["b", 4]]') == []
    assert from_text('{"a": 1}') == ()


@pytest.fixture
def over_https(app: Any) -> Iterator[Visitor]:
    with asyncio.Runner() as runner:
        visitor = Visitor(app, runner, base_url="https://dai")
        yield visitor
        visitor.close()


def test_over_https_cookies_are_this_hosts_alone_and_never_go_in_the_clear(over_https: Any) -> None:
    over_https.get("/login")
    answer = over_https.log_in("lan")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-smartradio_session=")
    assert "Secure" in cookie and "HttpOnly" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert "xpires" not in cookie and "ax-age" not in cookie, "a browser whose clock is a day off would drop it"
    assert over_https.get("/airings").status_code == 200
    assert over_https.get("/airings").headers["strict-transport-security"].startswith("max-age=")
    over_https.post("/logout")
    assert over_https.get("/airings").status_code == 303


def test_a_microphone_may_be_used_by_our_own_pages_only(lan: Any) -> None:
    assert "microphone=(self)" in lan.get("/airings").headers["permissions-policy"]
    assert "geolocation=()" in lan.get("/airings").headers["permissions-policy"]


class Upload:
    """A browser that says how much it will send, and counts how much of it is taken."""

    def __init__(self, announced: int, chunk: int = 256 * 1024) -> None:
        self.left = announced
        self.announced = announced
        self.chunk = chunk
        self.taken = 0
        self.sent: list[Mapping[str, Any]] = []

    async def receive(self) -> Mapping[str, Any]:
        size = min(self.chunk, self.left)
        self.left -= size
        self.taken += size
        return {"type": "http.request", "body": b"x" * size, "more_body": self.left > 0}

    async def send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)

    async def to(self, app: Any, path: str) -> None:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"content-length", str(self.announced).encode())], "client": ("127.0.0.1", 5),
            "server": ("dai", 80),
        }  # fmt: skip
        await app(scope, self.receive, self.send)

    @property
    def answer(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()


@pytest.mark.parametrize("path", ["/air", "/soan/tep", "/login", "/khong-co"])
def test_two_gigabytes_are_refused_in_one_line_before_they_come(app: Any, path: str) -> None:
    upload = Upload(2 * 1024 * MB)
    asyncio.run(upload.to(app, path))
    start = upload.sent[0]
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert "Nội dung quá lớn" in upload.answer
    assert ("200\u00a0MB" in upload.answer) is (path == "/soan/tep")
    assert upload.sent[1]["body"], "the answer stands before anything is taken in"
    assert upload.taken <= 64 * MB + upload.chunk, "a little is taken in, so that the browser reads the answer"


def test_only_paths_that_take_files_take_more_than_a_text(app: Any) -> None:
    upload = Upload(LIMIT_BYTES + 1)
    asyncio.run(upload.to(app, "/air"))
    assert upload.sent[0]["status"] == 413
    assert UPLOADS["/soan/tep"] == 200 * MB
    recording = Upload(LIMIT_BYTES + 1)
    asyncio.run(recording.to(app, "/soan/tep"))
    assert recording.sent[0]["status"] != 413
    assert recording.taken == 0, "a stranger's file is not even looked at"


def test_pages_are_packed_for_who_takes_them_so(lan: Any) -> None:
    packed = lan.get("/airings/lp-1")
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"]
    plain = lan.get("/airings/lp-1", accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) < len(plain.content) / 3
    assert int(packed.headers["content-length"]) < len(plain.content) / 3


def test_sounds_and_small_answers_go_as_they_are(lan: Any) -> None:
    sound = lan.get("/recordings/" + "d" * 64 + ".opus", range="bytes=0-1999")
    assert sound.status_code == 206
    assert "content-encoding" not in sound.headers
    assert len(sound.content) == 2_000
    assert "content-encoding" not in lan.get("/api/airings/khong-co").headers


def test_a_login_page_of_yesterday_asks_for_the_password_alone_once_more(stranger: Any, commune: Any) -> None:
    stranger.get("/login?next=/nodes")
    stranger._client.cookies.clear()
    stranger._client.headers.update(OURS)
    kept = as_text([("text", "Mất nước từ 8 giờ.")])
    again = stranger.post("/login", name="lan", password=commune.PASSWORD, next="/nodes", kept=kept)
    assert again.status_code == 403
    assert dict(hidden(again.text))["kept"] == kept
    assert "Hãy nhập lại mật khẩu" in again.text
    assert 'value="lan"' in again.text
    assert commune.PASSWORD not in again.text
    back = stranger.post("/login", name="lan", password=commune.PASSWORD, next="/nodes")
    assert (back.status_code, back.headers["location"]) == (303, "/nodes")
