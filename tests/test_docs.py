"""What the documents promise is there."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from smartradio.broker.settings import BrokerSettings
from smartradio.cli.serving import StationFile
from smartradio.config import load_settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
_LINK = re.compile(r"\]\(([^)#]+)\)")
_NAMED = re.compile(r"`((?:smartradio|docs|script|schedules|tests|benchmarks|firmware)/[\w./-]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [document.parent / link for link in _LINK.findall(text) if "://" not in link]
    named = [ROOT / name for name in _NAMED.findall(text)]
    missing = [str(path.relative_to(ROOT)) for path in linked + named if not path.exists()]
    assert missing == []
    assert not re.search(r"\b(TRANSCRIPT|BENCH|TODO|TBD)\b", text)


def test_the_architecture_names_every_file_and_no_other() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## File by file")[2]
    folders = (ROOT / "smartradio", ROOT / "models" / "recogniser", ROOT / "benchmarks")
    files = [path for folder in folders for path in folder.rglob("*.py") if "migrations" not in path.parts]
    there = Counter(path.name for path in files if not path.name.startswith("__"))
    named = Counter(re.findall(r"`(\w+\.py)`", text))
    assert sorted((there - named).elements()) == []
    assert sorted((named - there).elements()) == []


def examples() -> dict[str, str]:
    blocks = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.DOTALL)
    return dict(zip(("station", "node", "broker", "outside"), blocks, strict=True))


def test_the_examples_of_the_settings_are_settings(tmp_path: Path) -> None:
    from smartradio.node.settings import NodeSettings

    for name, kind in (("station", StationFile), ("node", NodeSettings), ("broker", BrokerSettings)):
        told = examples()[name] + (examples()["outside"] if name == "station" else "")
        text = re.sub(r'"…64 hex[^"]*"', f'"{"0" * 64}"', told)
        text = re.sub(r'"…(at least[^"]*)?"', '"abcdefghijklmnop"', text)
        path = tmp_path / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        assert tomllib.loads(text)
        loaded = load_settings(kind, path, prefix="SMARTRADIO_DOCS_")
        assert loaded.model_dump()
