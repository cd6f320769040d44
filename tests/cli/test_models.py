"""`smartradio models` as an operator types it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from smartradio.catalogue import built_in_catalogue, load_catalogue
from tests.catalogue.mirror import HASTY, catalogue_text, entry
from tests.cli.conftest import Run

NETWORK = bytes(range(256)) * 40
NOTICE = {"vi": "Không dùng cho mục đích thương mại.", "en": "No commercial use."}


@pytest.fixture
def run(smartradio: Run) -> Run:
    return partial(smartradio, "models")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMARTRADIO_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    path = tmp_path / "usb"
    path.mkdir()
    (path / "giong.onnx").write_bytes(NETWORK)
    (path / "rieng.onnx").write_bytes(NETWORK[::-1])
    return path


@pytest.fixture
def own_list(tmp_path: Path) -> Path:
    def file(name: str) -> dict[str, object]:
        return {"name": name, "address": f"http://127.0.0.1:9/{name}", "size": len(NETWORK)}

    free = entry("giong", file("giong.onnx"))
    bound = entry("rieng", file("rieng.onnx"), licence="CC-BY-NC-4.0", non_commercial=True, notice=NOTICE)
    path = tmp_path / "xa.toml"
    path.write_text(catalogue_text(free, bound), encoding="utf-8")
    return path


def test_the_built_in_list_shows_every_model_with_licence_and_size(run: Run, folder: Path) -> None:
    code, out, err = run("list")
    assert (code, err) == (0, "")
    told = out.replace("\n", "")
    assert all(part in told for part in ("CC-BY-4.0", "Apache-2.0", "63 MB", "phi thương", str(folder)))
    # A name is there to be typed, however narrow the window.
    assert all(model.name in out for model in load_catalogue(built_in_catalogue()).models)


def test_the_list_as_json_is_one_document(run: Run, folder: Path) -> None:
    code, out, _ = run("list", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["folder"] == str(folder)
    names = [model.name for model in load_catalogue(built_in_catalogue()).models]
    assert [model["name"] for model in document["models"]] == names
    mms = document["models"][names.index("mms-tts-vie")]
    assert (mms["licence"], mms["non_commercial"], mms["installed"]) == ("CC-BY-NC-4.0", True, False)
    assert mms["size_bytes"] > 100_000_000
    assert not folder.exists()


def test_a_model_from_a_stick_is_installed_listed_and_verified(
    run: Run, folder: Path, own_list: Path, stick: Path
) -> None:
    code, out, err = run("install", "giong", "--from-file", stick, "--catalogue", own_list)
    assert (code, err) == (0, "")
    assert out == f"giong: installed in {folder / 'giong'}\n"
    rows = json.loads(run("list", "--json", "--catalogue", own_list)[1])["models"]
    assert [(row["name"], row["installed"]) for row in rows] == [("giong", True), ("rieng", False)]
    assert rows[0]["installed_at"].endswith("+00:00")
    assert run("verify", "--catalogue", own_list) == (0, "giong/giong.onnx: whole\n", "")
    code, out, _ = run("verify", "giong", "--catalogue", own_list, "--json")
    files = [{"file": "giong.onnx", "state": "whole"}]
    assert json.loads(out)["models"] == [{"name": "giong", "damaged": False, "files": files}]


def test_damage_is_told_by_file_with_exit_code_2(run: Run, folder: Path, own_list: Path, stick: Path) -> None:
    run("install", "giong", "--from-file", stick, "--catalogue", own_list)
    (folder / "giong" / "giong.onnx").write_bytes(b"spoilt")
    code, out, err = run("verify", "--catalogue", own_list)
    assert (code, out) == (2, "giong/giong.onnx: CHANGED\n")
    assert err == "smartradio: damaged: install again: smartradio models install giong\n"
    code, out, err = run("verify", "--catalogue", own_list, "--json")
    assert code == 2
    assert json.loads(out)["models"][0]["damaged"] is True


def test_a_non_commercial_licence_is_shown_and_needs_a_yes(run: Run, folder: Path, own_list: Path, stick: Path) -> None:
    options = ("--from-file", stick, "--catalogue", own_list)
    code, out, err = run("install", "rieng", *options)
    assert (code, out) == (2, "")
    assert "Không dùng cho mục đích thương mại." in err
    assert err.splitlines()[-1].endswith("read it and give --accept-licence")
    assert not folder.exists()
    code, out, err = run("install", "rieng", "--accept-licence", *options)
    assert code == 0
    assert "No commercial use." in err
    assert (folder / "rieng" / "rieng.onnx").is_file()


@pytest.mark.parametrize(("answer", "code", "installed"), [("y\n", 0, True), ("n\n", 2, False), ("\n", 2, False)])
def test_at_a_terminal_the_licence_is_asked_for(
    run: Run,
    folder: Path,
    own_list: Path,
    stick: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    installed: bool,
) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("smartradio.cli.models.sys.stdin", Terminal())
    monkeypatch.setattr("typer.confirm", lambda question, err: answer == "y\n")
    ended, _, err = run("install", "rieng", "--from-file", stick, "--catalogue", own_list)
    assert ended == code
    assert (folder / "rieng").is_dir() is installed
    assert ("was not accepted; nothing was installed" in err) is not installed


def test_no_licence_is_taken_for_accepted_because_another_model_was_named_first(
    run: Run, folder: Path, own_list: Path, stick: Path
) -> None:
    code, _, _ = run("install", "giong", "rieng", "--from-file", stick, "--catalogue", own_list)
    assert code == 2
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["install", "nosuch"], "there is no model 'nosuch'; there are giong, rieng"),
        (["install"], "Missing argument"),
        (["install", "giong", "--from-file", "gone"], "gone: there is no such file or folder"),
        (["verify", "giong"], "giong is not installed in"),
        (["verify", "nosuch"], "there is no model 'nosuch'"),
    ],
)
def test_a_wrong_use_is_one_line(run: Run, folder: Path, own_list: Path, arguments: list[str], line: str) -> None:
    code, out, err = run(*arguments, "--catalogue", own_list)
    assert (code, out) == (2, "")
    assert line in err
    assert len(err.strip().splitlines()) == 1
    assert not folder.exists()


def test_a_wrong_catalogue_is_one_line_with_its_entry(run: Run, folder: Path, own_list: Path) -> None:
    own_list.write_text(own_list.read_text(encoding="utf-8").replace('"voice"', '"song"', 1), encoding="utf-8")
    code, out, err = run("list", "--catalogue", own_list)
    assert (code, out) == (2, "")
    assert err.startswith(f"smartradio: {own_list}: model 1 (giong): kind: ")


def test_nothing_installed_is_nothing_to_verify(run: Run, folder: Path) -> None:
    assert run("verify") == (0, "", f"no model is installed in {folder}\n")


def test_an_address_nobody_answers_at_is_one_line(
    run: Run, folder: Path, own_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.catalogue.sources.Patience", lambda: HASTY)
    code, out, err = run("install", "giong", "--catalogue", own_list)
    assert (code, out) == (2, "")
    line = "http://127.0.0.1:9/giong.onnx: Connection refused; try again, it goes on where it stopped"
    assert err == f"smartradio: {line}\n"
    assert not (folder / "giong").exists()
