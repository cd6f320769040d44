"""Whatever is written into a file or typed into a form, there is a whole alert or a clear line, and nothing between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smartradio.alerting.templates.filling import FillingError, fill
from smartradio.domain.errors import BadInputError
from smartradio.station.alerts.template_files import load_templates, read_templates
from tests.station.alerts.test_template_files import GOOD

NOW = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
TEMPLATES = load_templates()
SNIPPETS = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "\t",
    "*a",
    "&a ",
    "!!python/name:os.system",
    "null",
    "\x00",
    "…",
    "1e999",
    "'",
]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(sorted(TEMPLATES)),
    st.dictionaries(st.integers(0, 11), st.one_of(st.text(max_size=30), st.sampled_from(["4,5", "3h", "2", "cấp 9"]))),
)
def test_a_form_makes_a_whole_alert_or_says_what_is_wrong(name: str, typed: dict[int, str]) -> None:
    template = TEMPLATES[name]
    values = {field.name: field.example for field in template.fields}
    values |= {list(values)[at % len(values)]: text for at, text in typed.items()}
    try:
        alert = fill(template, values, id="a", zones=(), at=NOW, issuer="Đài Khí tượng")
    except FillingError as error:
        assert error.faults
        assert "\n" not in str(error)
    else:
        assert alert.text.startswith(template.headline)
        assert "\n\n" not in alert.text
        assert all(
            f"{{{field.name}}}" not in alert.text for field in template.fields if "{" not in "".join(values.values())
        )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(SNIPPETS)), min_size=1, max_size=4))
def test_a_broken_file_is_one_line_with_its_name(tmp_path: Path, edits: list[tuple[int, str]]) -> None:
    content = GOOD
    for at, snippet in edits:
        content = content[:at] + snippet + content[at:]
    path = tmp_path / "mau.yaml"
    path.write_text(content, encoding="utf-8")
    try:
        read_templates(path)
    except BadInputError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "templates:",
        "templates: []",
        "templates: {}",
        "- a",
        "templates:\n  - &a [*a]",
        "templates:\n  - " + "[" * 5_000,
        "a: &a [x, x]\nb: &b [*a, *a]\n",
        GOOD.replace("fields:\n", "fields: " + "[" * 200 + "\n"),
        GOOD + "---\n" + GOOD,
    ],
    ids=range(10),
)
def test_what_is_no_file_of_templates_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mau.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"mau\.yaml"):
        read_templates(path)
