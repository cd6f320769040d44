"""What people wrote at the console is kept so that a schedule file can tell it."""

from __future__ import annotations

from pathlib import Path

from smartradio.station.days import vietnam_days
from smartradio.station.schedule_export import export_schedule
from smartradio.station.schedule_files import load_schedule
from smartradio.station.schedule_kept import programmes_of
from tests.station.test_approvals import LAN, Office, at_the_office, written


def test_an_untidy_item_keeps_nothing_from_being_exported(tmp_path: Path) -> None:
    async def work(office: Office) -> None:
        untidy = written(title=" Báo  mất\nnước ", text="\r\nMất nước.\r\nTừ tám giờ. \r\n")
        item = await office.desk.draft(untidy, by=LAN)
        assert (item.programme.title, item.programme.text) == ("Báo mất nước", "Mất nước.\nTừ tám giờ.")
        programmes = programmes_of(office.store)
        file = export_schedule(programmes, tmp_path / "ra", get_sound=office.objects.get, days=vietnam_days())
        assert load_schedule(file) == programmes == [item.programme]

    at_the_office(tmp_path, work)
