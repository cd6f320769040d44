from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from smartradio.config import load_settings
from smartradio.domain.errors import BadInputError


class Link(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str = "127.0.0.1"
    port: int = Field(default=1883, ge=1, le=65535)


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    folder: Path = Path("data")
    link: Link = Link()


def load(path: Path) -> Settings:
    return load_settings(Settings, path, prefix="SMARTRADIO_TEST_")


def test_the_environment_overrides_one_value_of_a_table_and_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "yen-hoa"\n[link]\nhost = "10.0.0.1"\nport = 1884\n', encoding="utf-8")
    monkeypatch.setenv("SMARTRADIO_TEST_LINK__PORT", "2883")
    settings = load(file)
    assert settings == Settings(name="yen-hoa", link=Link(host="10.0.0.1", port=2883))
    assert type(settings) is Settings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", r"s\.toml: name: Field required"),
        ('name = "x"\nnmae = "y"', r"s\.toml: nmae: no such setting"),
        ('name = "x"\n[link]\nport = 70000', r"s\.toml: link\.port: .*65535"),
        ("name = ", r"s\.toml: is not TOML"),
    ],
)
def test_a_wrong_setting_is_one_line_with_its_place(tmp_path: Path, text: str, line: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=line) as raised:
        load(file)
    assert "\n" not in str(raised.value)


def test_a_wrong_value_in_the_environment_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "x"', encoding="utf-8")
    monkeypatch.setenv("SMARTRADIO_TEST_LINK", "{not json")
    with pytest.raises(BadInputError, match="SMARTRADIO_TEST_LINK: cannot be read"):
        load(file)


def test_a_mistyped_override_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "s.toml"
    file.write_text('name = "x"', encoding="utf-8")
    monkeypatch.setenv("SMARTRADIO_TEST_NMAE", "y")
    with pytest.raises(BadInputError, match="SMARTRADIO_TEST_NMAE: no such setting"):
        load(file)


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"gone\.toml: cannot be read"):
        load(tmp_path / "gone.toml")
    (tmp_path / "b.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(BadInputError, match="not UTF-8 at byte"):
        load(tmp_path / "b.toml")
