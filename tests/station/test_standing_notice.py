"""The notice that nodes keep for a programme that is not there: read once, offered to all, told with their settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartradio.domain.errors import SmartradioError
from smartradio.station.objects import Objects
from smartradio.station.reader import Reader
from smartradio.station.settings import StationSettings
from smartradio.station.standing_notice import give_standing_notice
from smartradio.station.store import Store
from smartradio.station.studio import Studio
from smartradio.wire.messages import StandingNotice
from tests.station.commune import NODES, NOON, Clock, run, settings

TEXT = "Chương trình hôm nay chưa phát được."


class Kept:
    """What was offered, and the notice that was handed to the nodes."""

    def __init__(self) -> None:
        self.objects: dict[str, int] = {}
        self.nodes: tuple[str, ...] = ()
        self.at: Any = None
        self.notices: list[StandingNotice] = []

    def offer(self, objects: Any, at: Any, nodes: Any) -> None:
        self.objects, self.at, self.nodes = dict(objects), at, tuple(nodes)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    store, reader = Store.open(tmp_path), Reader()
    yield Studio(store, Objects(tmp_path / "objects"), reader, voice="vi", clock=Clock())
    reader.close()
    store.close()


def give(tmp_path: Path, studio: Any, text: str = TEXT) -> Kept:
    kept = Kept()
    run(
        lambda: give_standing_notice(settings(tmp_path, standing_text=text), studio, kept, kept.notices.append, Clock())
    )
    return kept


def test_it_is_read_and_every_node_may_fetch_it(tmp_path: Path, studio: Studio) -> None:
    kept = give(tmp_path, studio)
    (notice,) = kept.notices
    assert {segment.sha256: segment.size_bytes for segment in notice.segments} == kept.objects
    assert kept.nodes == NODES
    # What is about to air goes before it.
    assert kept.at > NOON


def test_the_same_words_are_the_same_notice(tmp_path: Path, studio: Studio) -> None:
    assert give(tmp_path, studio).notices == give(tmp_path, studio).notices


def test_a_commune_may_want_silence(tmp_path: Path, studio: Studio) -> None:
    kept = give(tmp_path, studio, " ")
    assert (kept.notices, kept.objects) == ([], {})


def test_without_a_voice_no_notice_is_handed_out(tmp_path: Path) -> None:
    class Hoarse:
        async def script(self, *_: object) -> None:
            raise SmartradioError("no voice speaks")

    kept = Kept()
    with pytest.raises(SmartradioError):
        run(
            lambda: give_standing_notice(
                settings(tmp_path, standing_text=TEXT), Hoarse(), kept, kept.notices.append, Clock()
            )
        )  # type: ignore[arg-type]
    assert kept.notices == []


def test_a_commune_that_says_nothing_has_a_notice_in_vietnamese(tmp_path: Path) -> None:
    assert "bà con" in StationSettings.model_fields["standing_text"].default
