"""The programmes a station holds: as a schedule file can tell them, under the names of those who answer for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from smartradio.domain.approval import ItemState, Person
from smartradio.domain.programme import Origin, Programme
from smartradio.station.days import vietnam_days
from smartradio.station.items import Item, ItemStep
from smartradio.station.schedule_export import export_schedule
from smartradio.station.schedule_files import load_schedule
from smartradio.station.schedule_kept import programmes_of, stands_at
from smartradio.station.store import Store
from tests.station.commune import NOON, settings
from tests.station.test_approvals import LAN, Office, at_the_office, written

IN_THE_FILE = written(approved_by="Lê Thị Lan")


def test_an_untidy_item_keeps_nothing_from_being_exported(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        untidy = written(title=" Báo  mất\nnước ", text="\r\nMất nước.\r\nTừ tám giờ. \r\n")
        item = await office.desk.draft(untidy, by=LAN)
        assert (item.programme.title, item.programme.text) == ("Báo mất nước", "Mất nước.\nTừ tám giờ.")
        programmes = programmes_of(office.store)
        file = export_schedule(programmes, tmp_path / "ra", get_sound=office.objects.get, days=vietnam_days())
        assert load_schedule(file) == programmes == [item.programme]

    at_the_office(tmp_path, work)


def names(folder: Path, *, state: ItemState | None, item: Programme = IN_THE_FILE, four_eyes: bool) -> str | None:
    """Return who answers for what stands in a file, at a station where it has come to a state."""
    store = Store.open(folder, clock=lambda: NOON)
    if state is not None:
        by = Person("Phạm Văn Bình")
        known = Item(item, Origin.FILE, state, 1, at_once=False, changed_by="x", changed_at=NOON, approved_by=by)
        store.items.take([ItemStep(known, None, ())])
    store.close()
    (found,) = stands_at(settings(folder, four_eyes=four_eyes), [IN_THE_FILE])
    assert replace(found, approved_by=IN_THE_FILE.approved_by) == IN_THE_FILE
    return found.approved_by


@pytest.mark.parametrize(
    ("state", "four_eyes", "by"),
    [
        (None, False, "Lê Thị Lan"),
        (None, True, None),
        (ItemState.SUBMITTED, True, None),
        (ItemState.APPROVED, True, "Phạm Văn Bình"),
        (ItemState.APPROVED, False, "Phạm Văn Bình"),
        (ItemState.RETURNED, False, None),
        (ItemState.WITHDRAWN, False, None),
    ],
)
def test_a_plan_knows_what_was_decided_on_the_programmes_of_a_file(
    tmp_path: Path, state: ItemState | None, four_eyes: bool, by: str | None
) -> None:
    assert names(tmp_path, state=state, four_eyes=four_eyes) == by


def test_what_was_decided_on_other_words_says_nothing_of_these(tmp_path: Path) -> None:
    other = written(text="Có nước lại.")
    assert names(tmp_path, state=ItemState.WITHDRAWN, item=other, four_eyes=False) == "Lê Thị Lan"


def test_a_station_that_was_never_started_knows_its_files_alone(tmp_path: Path) -> None:
    assert stands_at(settings(tmp_path), [IN_THE_FILE]) == [IN_THE_FILE]
    (waiting,) = stands_at(settings(tmp_path, four_eyes=True), [IN_THE_FILE])
    assert waiting.approved_by is None
