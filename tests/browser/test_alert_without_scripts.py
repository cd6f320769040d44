"""Without a script an alert goes out as quickly as with one: its siren and first sentence wait for nothing else."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.living import living_commune
from tests.browser.test_alerts import ALERT, kept
from tests.browser.test_emergency import PIN, officer_at, sets_a_pin

pytestmark = pytest.mark.contract

WORDS = (
    "Đê thôn 3 sắp vỡ. Mời bà con thôn 3 và thôn 10 ra khỏi nhà ngay. Lên trường tiểu học. "
    "Giúp người già và trẻ em. Không quay lại lấy đồ."
)


def test_siren_and_first_sentence_are_on_their_way_before_the_rest_is_made(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with living_commune(tmp_path) as living:
        studio, held = living.station._parts.studio, asyncio.Event()

        def waiting(make: Any) -> Any:
            async def work(*args: Any, **named: Any) -> Any:
                await held.wait()
                return await make(*args, **named)

            return work

        screen = officer_at(browser, living, scripts=False)
        sets_a_pin(screen)
        for making in ("produce", "finish"):
            monkeypatch.setattr(studio, making, waiting(getattr(studio, making)))
        page = screen.page
        page.goto(f"{living.address}/khan/soan")
        page.get_by_label("Cần nói gì với bà con?").fill(WORDS)
        page.get_by_label("Mã PIN của bạn").fill(PIN)
        page.get_by_role("button", name="PHÁT NGAY").click()
        page.wait_for_url(ALERT)
        page.get_by_role("heading", name="Lệnh đã gửi; đang chờ cụm loa trả lời.").wait_for()
        (first,) = living.station.desks.alerts.airings_of(kept(living, page).id)
        sent = living.station.store.airing(first.airing)
        assert sent is not None
        assert sent.grows
        opening = living.station.store.recording(sent.recording_id)
        assert opening is not None
        assert len(opening.segments) == 2, "the siren, and what is said first"

        living.loop.call_soon_threadsafe(held.set)
        deadline = time.monotonic() + 60
        while (now := living.station.store.airing(first.airing)) is not None and now.grows:
            assert time.monotonic() < deadline
            page.wait_for_timeout(50)
        assert now is not None
        whole = living.station.store.recording(now.recording_id)
        assert whole is not None
        assert whole.segments[: len(opening.segments)] == opening.segments
        assert len(whole.segments) > 6
        screen.context.close()
