"""Makes the picture of the month's report in the docs: the example commune's simulated month, as its sheet prints.

Run as `python -m tests.browser.month_picture` from a checkout; needs chromium and a minute or two.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.store import Store
from smartradio.station.summaries import By, summarise
from smartradio.web.rendering import reader
from smartradio.web.summaries import write_sheet
from tests.browser.conftest import FLAGS
from tests.simulated.month import BEGINS, HAMLETS, month

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "month.png"
TITLE = "Đài truyền thanh xã Yên Hòa"


def sheet_of(station_folder: Path, begins: datetime, ends: datetime, by: By) -> str:
    """Return the report of the whole days of a period in a station's folder, as a page that needs nothing else."""
    first = begins.astimezone(WALL_CLOCK).replace(hour=0, minute=0, second=0)
    last = ends.astimezone(WALL_CLOCK).replace(hour=0, minute=0, second=0)
    store = Store.open_read_only(station_folder)
    try:
        made = summarise(store.outcomes(first, last), by, first, last)
    finally:
        store.close()
    zones = {name: f"Thôn {name.removeprefix('thon-')}" for name in HAMLETS}
    return write_sheet(made, reader("vi"), station=TITLE, made_at=ends, zones=zones, alone=True)


def shoot(page: str, target: Path) -> None:
    """Photograph a page as a window of a desk shows it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        window = browser.new_page(viewport={"width": 1180, "height": 700})
        window.set_content(page)
        window.screenshot(path=target, full_page=True)
        browser.close()


def main() -> None:
    """Live through the month and photograph its report; with a folder as argument, what a month left in it."""
    if len(sys.argv) > 1:
        shoot(sheet_of(Path(sys.argv[1]), BEGINS, BEGINS + timedelta(days=30), By.PROGRAMME), PICTURE)
        return
    with tempfile.TemporaryDirectory() as folder:
        lived = month(Path(folder))
        shoot(sheet_of(lived.station_folder, lived.begins, lived.ends, By.PROGRAMME), PICTURE)


if __name__ == "__main__":
    main()
