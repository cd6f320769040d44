"""Files for browsers: ours and those of libraries, packed, kept, and no other."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from smartradio.web import rendering
from smartradio.web.rendering import STATIC, static_names, vendor

ROOT = Path(__file__).parents[2]


def test_a_style_sheet_comes_packed_to_who_takes_it_so(stranger: Any) -> None:
    packed = stranger.get("/static/style.css")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == (STATIC / "style.css").read_text(encoding="utf-8")
    assert int(packed.headers["content-length"]) < 8_000
    plain = stranger.get("/static/style.css", accept_encoding="identity")
    assert "content-encoding" not in plain.headers
    assert plain.text == packed.text
    assert {answer.headers["vary"] for answer in (packed, plain)} == {"accept-encoding"}
    assert "immutable" in packed.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["../app.py", "vendor/../../app.py", "vendor", "vendor/.pins", "khong-co.css", "%2e%2e/app.py", ""]
)
def test_nothing_else_is_given_out(stranger: Any, path: str) -> None:
    assert stranger.get(f"/static/{path}").status_code == 404


def test_a_library_that_was_not_fetched_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert vendor("khong-co.js") is None
    monkeypatch.setattr(rendering, "static_names", lambda: ("vendor/uplot.min.js",))
    address = vendor("uplot.min.js")
    assert address is not None and address.startswith("/static/vendor/uplot.min.js?")


def test_fetched_libraries_are_given_out_with_their_licences(stranger: Any) -> None:
    fetched = [name for name in static_names() if name.startswith("vendor/")]
    if not fetched:
        pytest.skip("the browser's libraries were not fetched when this was built")
    for name in fetched:
        answer = stranger.get(f"/static/{name}")
        assert answer.content == (STATIC / name).read_bytes()
    assert "vendor/licences/leaflet.txt" in fetched


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The build hook, with a stand-in for hatchling, which is there only during a build."""
    interface = ModuleType("hatchling.builders.hooks.plugin.interface")

    class Base:
        def __class_getitem__(cls, _item: object) -> type:
            return cls

    interface.BuildHookInterface = Base  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, interface.__name__, interface)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_library_is_pinned_with_its_hash(hook: ModuleType) -> None:
    asked = json.loads((hook.SOURCE / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((hook.SOURCE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {**asked["dependencies"], **asked["devDependencies"]}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    held = [entry for path, entry in locked.items() if path]
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in held)
    used = {source.rsplit("/dist/", 1)[0].split("/")[0] for source in hook.FILES.values()}
    assert used == set(asked["dependencies"])


class BuildLog:
    """What the build tells whoever started it."""

    def __init__(self) -> None:
        self.warned: list[str] = []

    def display_warning(self, line: str) -> None:
        self.warned.append(line)


def test_without_a_network_the_build_goes_on_and_says_so(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    build = hook.BrowserAssets()
    build.app = BuildLog()

    def no_network() -> None:
        raise hook.AssetsError("network request failed")

    monkeypatch.setattr(hook, "is_fresh", lambda: False)
    monkeypatch.setattr(hook, "fetch", no_network)
    monkeypatch.delenv("SMARTRADIO_ASSETS", raising=False)
    build.initialize("editable", {})
    assert build.app.warned == [
        "browser libraries were not fetched (network request failed); the console works without them"
    ]
    monkeypatch.setenv("SMARTRADIO_ASSETS", "require")
    with pytest.raises(hook.AssetsError):
        build.initialize("standard", {})


def test_what_was_fetched_is_put_there_whole_or_not_at_all(hook: ModuleType, tmp_path: Path) -> None:
    modules, folder = tmp_path / "node_modules", tmp_path / "vendor"
    (modules / "a").mkdir(parents=True)
    (modules / "a/one.js").write_bytes(gzip.compress(b"1", mtime=0))
    hook._put(modules, {"one.js": "a/one.js"}, folder)
    assert gzip.decompress((folder / "one.js").read_bytes()) == b"1"
    with pytest.raises(hook.AssetsError, match=r"hold no a/two\.js"):
        hook._put(modules, {"one.js": "a/one.js", "two.js": "a/two.js"}, folder)
    assert [path.name for path in folder.iterdir()] == ["one.js"], "what was there stays"
