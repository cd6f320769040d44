"""Templates and the words they are filled with; pages and reports share them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from smartradio.domain.evidence import Step
from smartradio.domain.verdict import VerdictCode
from smartradio.station.views import AiringView, NodeAiring
from smartradio.web.formats import NOTHING, Reader
from smartradio.web.pictures import PLOT_FROM, PLOT_SHARE
from smartradio.web.said import SIGNS, told
from smartradio.web.story import judged_later

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"

_READERS = {language: Reader(language) for language in ("vi", "en")}


def reader(language: str) -> Reader:
    """Return the reader of a language; Vietnamese for one we do not have."""
    return _READERS.get(language, _READERS["vi"])


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        # They change with the program alone; else each file of a page is looked at on the disk for every page.
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def assets_version() -> str:
    """Return a short hash of our own static files, so that browsers keep them until they change."""
    digest = hashlib.sha256()
    for name in static_names():
        digest.update((STATIC / name).read_bytes())
    return digest.hexdigest()[:10]


@cache
def static_names() -> tuple[str, ...]:
    """Return our own static files by their names under /static, those of others' libraries under `vendor/`."""
    files = (path.relative_to(STATIC) for path in STATIC.rglob("*") if path.is_file())
    return tuple(sorted(path.as_posix() for path in files if not path.name.startswith(".")))


def vendor(name: str) -> str | None:
    """Return the address of a library fetched when the package was built, None if it was not."""
    return f"/static/vendor/{name}?{assets_version()}" if f"vendor/{name}" in static_names() else None


def fill(template: str, language: str, *, english_beside: bool = False, context: Mapping[str, Any]) -> str:
    """Return a template filled in; `english_beside` puts English after the words (for reports)."""
    own = reader(language)
    english = reader("en") if english_beside and language != "en" else None

    def both(msgid: str, **values: object) -> Markup:
        return _beside(own._(msgid, **values), english._(msgid, **values) if english else None)

    def both_code(family: str, code: object) -> Markup:
        return _beside(own.code(family, code), english.code(family, code) if english else None)

    words = {
        "_": own._,
        "r": own,
        "b": both,
        "bc": both_code,
        "language": language,
        "approved_by": approved_by,
        "voice_wanted": voice_wanted,
        "told": told,
        "judged_later": judged_later,
        "word_signs": SIGNS,
        "plot": (PLOT_FROM, PLOT_SHARE),
        "vendor": vendor,
    }
    return _environment().get_template(template).render({**words, **context})


def _beside(text: str, english: str | None) -> Markup:
    if english is None or english == text:
        return escape(text)
    return Markup('{} <span class="en" lang="en">{}</span>').format(text, english)


def approved_by(view: AiringView) -> str | None:
    """Return who approved, as the log says; None where the log does not say."""
    for entry in view.chain:
        if entry.evidence.step is Step.APPROVED:
            name = entry.evidence.facts.get("by")
            return str(name) if name else reader("vi").source(entry.evidence.source)
    return None


def voice_wanted(view: AiringView) -> str | None:
    """Return the voice that should have read it, where the log says that another one did."""
    for entry in view.chain:
        if entry.evidence.step is Step.RENDERED:
            wanted = entry.evidence.facts.get("voice_wanted")
            return str(wanted) if wanted else None
    return None


def summary(view: AiringView, own: Reader) -> str:
    """Return how many nodes were heard, in one short line; NOTHING while no verdict stands."""
    judged = [node for node in view.nodes if node.verdict]
    if not judged:
        return own.code("state", _furthest(view.nodes)) if view.nodes else NOTHING
    heard = sum(node.verdict == VerdictCode.AIRED for node in judged)
    return own._("{heard} of {all} heard", heard=heard, all=len(view.nodes))


def _furthest(nodes: tuple[NodeAiring, ...]) -> str:
    for state in ("started", "finished", "delivered", "planned"):
        if any(node.state.value == state for node in nodes):
            return state
    return nodes[0].state.value
