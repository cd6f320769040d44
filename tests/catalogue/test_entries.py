from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from smartradio.catalogue import Engine, Kind, built_in_catalogue, load_catalogue, models_folder
from smartradio.catalogue.entries import Catalogue, _first_fault, parse_catalogue
from smartradio.domain.errors import BadInputError, SmartradioError
from tests.catalogue.mirror import catalogue_text, entry

FILE = {"name": "a.onnx", "address": "https://models.example/a.onnx", "size": 1_000}


def test_the_built_in_catalogue_holds_what_a_commune_needs() -> None:
    models = {model.name: model for model in load_catalogue(built_in_catalogue()).models}
    assert {model.engine for model in models.values()} == {Engine.PIPER, Engine.VITS, Engine.VOSK, Engine.WHISPER}
    assert all(model.language == "vi" for model in models.values())
    assert {name for name, model in models.items() if model.kind is Kind.VOICE} == {
        "vi_VN-vais1000-medium",
        "vi_VN-25hours_single-low",
        "vi_VN-vivos-x_low",
        "mms-tts-vie",
    }
    assert models["mms-tts-vie"].non_commercial
    assert "thương mại" in str(models["mms-tts-vie"].notice)


def test_every_built_in_address_is_protected_and_ends_in_the_files_name() -> None:
    for model in load_catalogue(built_in_catalogue()).models:
        for file in model.files:
            assert file.address.startswith("https://")
            assert file.address.endswith(f"/{file.name}")


def test_a_piper_voice_brings_its_network_and_its_configuration() -> None:
    for model in load_catalogue(built_in_catalogue()).models:
        if model.engine is Engine.PIPER:
            assert [file.name for file in model.files] == [f"{model.name}.onnx", f"{model.name}.onnx.json"]


def test_a_rounded_size_leaves_room_on_both_sides_and_an_exact_one_none() -> None:
    rounded = {"name": "b.onnx", "address": FILE["address"], "about": 1_000}
    model = parse_catalogue(catalogue_text(entry("v", FILE, rounded)), "list").models[0]
    exact, about = model.files
    assert (exact.least_bytes, exact.most_bytes) == (1_000, 1_000)
    assert about.least_bytes < 950 < 1_050 < about.most_bytes
    assert model.size_bytes == 2_000


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"name": "../etc"}, r"model 1 \(\.\./etc\): name: String should match"),
        ({"name": ".hidden"}, "model 1 .*: name"),
        ({"name": "lock.toml"}, "without this ending"),
        ({"kind": "song"}, r"model 1 \(v\): kind: Input should be 'voice' or 'recogniser'"),
        ({"engine": "tape"}, r"model 1 \(v\): engine"),
        ({"licence": None}, r"model 1 \(v\): licence: Field required"),
        ({"title": {"vi": "Giọng"}}, r"model 1 \(v\): title: en: Field required"),
        ({"licenze": "MIT"}, r"model 1 \(v\): licenze: no such field"),
        ({"non_commercial": True}, "needs a notice to show"),
        ({"file": None}, r"model 1 \(v\): file: Field required"),
        ({"file": [FILE, FILE]}, "two files are called a.onnx"),
        ({"file": [{**FILE, "address": "file:///etc/passwd"}]}, r"file 1 \(a.onnx\): address: must begin with https"),
        ({"file": [{**FILE, "address": "https://u:p@x.example/a"}]}, "no user name or password"),
        ({"file": [{**FILE, "address": "https://[x/a"}]}, "is no address"),
        ({"file": [{**FILE, "name": "a/b.onnx"}]}, r"file 1 \(a/b.onnx\): name"),
        ({"file": [{**FILE, "size": 0}]}, r"file 1 \(a.onnx\): size"),
        ({"file": [{**FILE, "size": "63 MB"}]}, r"file 1 \(a.onnx\): size"),
        ({"file": [{**FILE, "about": 5}]}, "either size .exact. or about"),
        ({"file": [{**FILE, "sha256": "abc"}]}, r"file 1 \(a.onnx\): sha256"),
        ({"file": [{**FILE, "unpack": True}]}, "only a .zip can be unpacked"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_name(change: dict[str, Any], line: str) -> None:
    with pytest.raises(BadInputError, match=line) as refused:
        parse_catalogue(catalogue_text(entry("v", FILE, **change)), "xa.toml")
    assert str(refused.value).startswith("xa.toml: ")
    assert "\n" not in str(refused.value)


def test_the_example_of_the_readme_is_a_catalogue() -> None:
    text = (built_in_catalogue().parent / "README.md").read_text(encoding="utf-8")
    model = parse_catalogue(text.split("```toml\n")[1].split("```")[0], "README").models[0]
    assert (model.name, model.non_commercial, len(model.files)) == ("giong-xa", True, 2)


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(BadInputError, match="two models are called v"):
        parse_catalogue(catalogue_text(entry("v", FILE), entry("V", FILE)), "list")


def test_broken_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "xa.toml"
    path.write_text('[[model]]\nname = "v"\nkind = voice\n', encoding="utf-8")
    with pytest.raises(BadInputError, match=r"xa.toml: is not TOML: .*line 3"):
        load_catalogue(path)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xa.toml").write_bytes(b'[[model]]\nname = "\xff"')
    with pytest.raises(BadInputError, match="not UTF-8 at byte 18"):
        load_catalogue(tmp_path / "xa.toml")
    with pytest.raises(BadInputError, match=r"gone.toml: cannot be read"):
        load_catalogue(tmp_path / "gone.toml")


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        catalogue = parse_catalogue(text, "list")
    except BadInputError as error:
        assert "\n" not in str(error).strip()
    else:
        assert all(model.files for model in catalogue.models)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["vi", "en", "name"]), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(entry("v", FILE))), VALUES)
def test_no_value_in_an_entry_breaks_the_reader(field: str, value: Any) -> None:
    values = {"model": [entry("v", FILE) | {field: value}]}
    try:
        Catalogue.model_validate(values)
    except ValidationError as error:
        assert _first_fault(error, values).startswith("model")


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"SMARTRADIO_MODELS": "/srv/models", "XDG_DATA_HOME": "/data"}, "/srv/models"),
        ({"XDG_DATA_HOME": "/data"}, "/data/smartradio/models"),
        ({"XDG_DATA_HOME": "data"}, "~/.local/share/smartradio/models"),
        ({}, "~/.local/share/smartradio/models"),
    ],
)
def test_the_models_folder_is_the_chosen_one_or_the_users(environment: dict[str, str], folder: str) -> None:
    assert models_folder(environment) == Path(folder).expanduser()


def test_a_service_without_a_home_has_its_models_below_var_lib(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert models_folder({}) == Path("/var/lib/smartradio/models")


@pytest.mark.parametrize("place", ["smartradio/models", "models"])
def test_the_list_is_found_in_an_installed_package_and_in_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("smartradio.catalogue.places._HERE", tmp_path / "smartradio" / "catalogue" / "places.py")
    with pytest.raises(SmartradioError, match=r"catalogue.toml is missing; install smartradio again"):
        built_in_catalogue()
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "catalogue.toml").write_text("", encoding="utf-8")
    assert built_in_catalogue() == tmp_path / place / "catalogue.toml"
