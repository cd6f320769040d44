"""Files brought in with a form: on the disk while they come, gone when the form is done with."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData
from starlette.requests import Request

from smartradio.domain.errors import BadInputError
from smartradio.web.console import StaleFormError
from smartradio.web.uploads import SentForm, sent_form

BOUNDARY = "----moc"
WORDS: dict[str, object] = {
    "title": "Lời chào",
    "where": "all",
    "when": "now",
    "draft": "0123456789abcdef",
    "saved": "0",
}
TEXT = {"kind": ["text"], "text": ["Mời bà con."], "sound": [""], "language": ["vi"]}


def body(*parts: tuple[str, str | None, bytes]) -> bytes:
    """A form's bytes: name, file name or None, content."""
    lines = b""
    for name, file, content in parts:
        named = f'; filename="{file}"' if file is not None else ""
        lines += (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
        )
    return lines + f"--{BOUNDARY}--\r\n".encode()


def arriving(data: bytes, chunk: int, *, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> Request:
    pieces = [data[at : at + chunk] for at in range(0, len(data), chunk)]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0) if pieces else b"", "more_body": bool(pieces)}

    headers = [(b"content-type", kind.encode())]
    return Request(
        {"type": "http", "method": "POST", "path": "/soan/tep", "headers": headers, "query_string": b""}, receive
    )


def taken(
    request: Request,
    folder: Path,
    *,
    check: Callable[[FormData], None] = lambda _: None,
    most: int = 10_000,
) -> tuple[list[tuple[str, Any]], dict[str, tuple[str, bytes]]]:
    """What came in, read while the form is open."""

    async def work() -> tuple[list[tuple[str, Any]], dict[str, tuple[str, bytes]]]:
        async with sent_form(request, folder, check, max_file_bytes=most) as sent:
            held: SentForm = sent
            files = {name: (file.name, file.path.read_bytes()) for name, file in held.files.items()}
            return held.fields.multi_items(), files

    return asyncio.run(work())


@given(st.binary(max_size=2_000), st.integers(min_value=1, max_value=700))
@settings(max_examples=60, deadline=None)
def test_a_file_comes_in_byte_for_byte_however_it_is_cut_on_its_way(content: bytes, chunk: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sent = body(("title", None, "Lũ".encode()), ("sound_file", "chào.mp3", content), ("kind", None, b"text"))
        fields, files = taken(arriving(sent, chunk), folder)
        assert fields == [("title", "Lũ"), ("kind", "text")]
        assert files == {"sound_file": ("chào.mp3", content)}
        assert list(folder.iterdir()) == []


def test_a_field_without_a_file_chosen_has_none(tmp_path: Path) -> None:
    fields, files = taken(arriving(body(("sound_file", "", b""), ("title", None, b"x")), 50), tmp_path)
    assert (fields, files) == ([("title", "x")], {})


def test_too_large_a_file_is_given_up_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    asked = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal asked
        yield f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="title"\r\n\r\nx'.encode()
        yield f"\r\n--{BOUNDARY}\r\n".encode()
        yield b'Content-Disposition: form-data; name="sound_file"; filename="a.mp3"\r\n\r\n'
        while True:
            asked += 1
            yield bytes(1_000)

    stream = endless()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": await anext(stream), "more_body": True}

    kind = f"multipart/form-data; boundary={BOUNDARY}".encode()
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", kind)], "query_string": b""}
    with pytest.raises(BadInputError, match=r"a\.mp3: has more than"):
        taken(Request(scope, receive), tmp_path, most=10_000)
    assert asked < 20
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_file_is_written_for_a_form_that_is_not_ours(tmp_path: Path) -> None:
    seen: list[int] = []

    def not_ours(form: FormData) -> None:
        seen.append(len(list(tmp_path.iterdir())))
        raise StaleFormError

    with pytest.raises(StaleFormError):
        taken(arriving(body(("csrf", None, b"x"), ("sound_file", "a.mp3", b"abc")), 30), tmp_path, check=not_ours)
    assert seen == [0]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (body(("sound_file", "a.mp3", bytes(500)))[:-80], f"multipart/form-data; boundary={BOUNDARY}"),
        (b"no form at all", f"multipart/form-data; boundary={BOUNDARY}"),
        (b"title=x", "application/x-www-form-urlencoded"),
        (b"", "multipart/form-data"),
        (b"", ""),
    ],
)
def test_what_is_no_whole_form_is_one_line(tmp_path: Path, data: bytes, kind: str) -> None:
    with pytest.raises(BadInputError):
        taken(arriving(data, 64, kind=kind), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_flood_of_typed_fields_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="more than can be"):
        taken(arriving(body(("text", None, bytes(1_100_000))), 60_000), tmp_path)
    with pytest.raises(BadInputError, match="more than can be"):
        taken(arriving(body(*[("kind", None, b"text")] * 501), 60_000), tmp_path)


class TestAtTheEditor:
    def test_a_recording_becomes_a_part_beside_what_was_typed(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        files = {"sound_file": ("lời chào.mp3", b"ID3 " * 100)}
        page = lan.post_files("/soan/tep", files, **WORDS, **TEXT).text
        assert "lời chào.mp3" in page
        assert "Mời bà con." in page
        (sound,) = desk.desks.writing.held
        assert f'src="/soan/am-thanh/{sound}"' in page
        assert lan.get(f"/soan/am-thanh/{sound}").content == b"ID3 " * 100
        (draft,) = desk.desks.writing.kept.values()
        assert [part["kind"] for part in draft.content["parts"]] == ["text", "sound"]
        assert not any(desk.desks.writing.uploads.glob("upload-*"))

    def test_a_program_that_calls_itself_a_song_is_one_vietnamese_line(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        answer = lan.post_files("/soan/tep", {"sound_file": ("nhạc.mp3", b"MZ\x90")}, **WORDS, **TEXT)
        assert answer.status_code == 422
        assert "nhạc.mp3: tệp là một chương trình máy tính, dù tên nói khác: hãy lưu thành WAV" in answer.text
        assert "Mời bà con." in answer.text
        assert desk.desks.writing.held == {}

    def test_a_word_file_fills_an_empty_bulletin(self, lan: Any) -> None:
        lan.get("/soan")
        empty = TEXT | {"text": [""]}
        files = {"document": ("thông báo.txt", "Thông báo họp dân\nMời bà con đến nhà văn hóa.".encode())}
        page = lan.post_files("/soan/tep", files, **(WORDS | {"title": ""}), **empty).text
        assert 'name="title" value="Thông báo họp dân"' in page
        assert ">\nMời bà con đến nhà văn hóa.</textarea>" in page

    def test_a_bomb_of_a_word_file_is_one_vietnamese_line(self, lan: Any) -> None:
        lan.get("/soan")
        answer = lan.post_files("/soan/tep", {"document": ("báo cáo.docx", b"PK")}, **WORDS, **TEXT)
        assert answer.status_code == 422
        assert "báo cáo.docx: mở ra lớn hơn một bản tin rất nhiều" in answer.text

    def test_without_a_file_the_editor_says_so(self, lan: Any) -> None:
        lan.get("/soan")
        answer = lan.post_files("/soan/tep", {"sound_file": ("", b"")}, **WORDS, **TEXT)
        assert answer.status_code == 422
        assert "chưa chọn tệp nào" in answer.text

    def test_a_form_from_elsewhere_brings_nothing_in(self, lan: Any, desk: Any) -> None:
        lan.get("/soan")
        fields = {**WORDS, **TEXT, "csrf": "abc.def"}
        assert lan.post_files("/soan/tep", {"sound_file": ("a.mp3", b"ID3")}, **fields).status_code == 403
        assert desk.desks.writing.held == {}

    def test_an_unknown_sound_is_not_played(self, lan: Any) -> None:
        for name in ("0" * 64, "..%2f..%2fsmartradio.db", "x"):
            assert lan.get(f"/soan/am-thanh/{name}").status_code == 404

    def test_what_broke_off_on_its_way_is_told(self, lan: Any) -> None:
        lan.get("/soan")
        files = {"sound_file": ("a.mp3", bytes(300_000))}
        answer = lan.post_files("/soan/tep", files, **WORDS, **(TEXT | {"text": ["x" * 1_100_000]}))
        assert answer.status_code == 422
        assert "nhiều quá, không đưa vào một lần được" in answer.text
        assert "Những gì bạn gõ vẫn còn ở trang trước" in answer.text
