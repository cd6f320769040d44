from __future__ import annotations

import asyncio

import pytest

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.station.sentence_sounds import SentenceSounds
from tests.station.commune import run


class Announcer:
    """Speaks by handing back the words; waits until it may."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def say(self, sentence: str, voice: str | None, rate_wpm: int | None, priority: Priority) -> bytes:
        self.asked.append(sentence)
        await self.may_speak.wait()
        if sentence == "hỏng":
            raise SmartradioError("no voice speaks")
        return f"{voice} {rate_wpm} {priority.name} {sentence}".encode()


def test_the_same_sentence_is_spoken_once() -> None:
    async def work() -> None:
        announcer = Announcer()
        sounds = SentenceSounds(announcer.say)
        assert await sounds.hear("xin chào.") == await sounds.hear(" xin  chào. ")
        assert announcer.asked == ["xin chào."]

    run(work)


def test_two_who_want_it_at_once_wait_for_one_voice() -> None:
    async def work() -> None:
        announcer = Announcer()
        announcer.may_speak.clear()
        sounds = SentenceSounds(announcer.say)
        both = asyncio.gather(sounds.hear("xin chào."), sounds.hear("xin chào."))
        await asyncio.sleep(0)
        announcer.may_speak.set()
        one, other = await both
        assert one == other
        assert len(announcer.asked) == 1

    run(work)


def test_another_voice_speed_or_class_is_another_sound() -> None:
    async def work() -> None:
        sounds = SentenceSounds(Announcer().say)
        heard = {
            await sounds.hear("xin chào."),
            await sounds.hear("xin chào.", "vi+f3"),
            await sounds.hear("xin chào.", None, 140),
            await sounds.hear("xin chào.", priority=Priority.EMERGENCY),
        }
        assert len(heard) == 4

    run(work)


def test_what_failed_is_tried_again() -> None:
    async def work() -> None:
        announcer = Announcer()
        sounds = SentenceSounds(announcer.say)
        for _ in range(2):
            with pytest.raises(SmartradioError, match="no voice"):
                await sounds.hear("hỏng")
        assert announcer.asked == ["hỏng", "hỏng"]

    run(work)


def test_a_busy_voice_is_told_and_goes_on() -> None:
    async def work() -> None:
        announcer = Announcer()
        announcer.may_speak.clear()
        sounds = SentenceSounds(announcer.say, wait_s=0.01)
        with pytest.raises(SmartradioError, match="busy"):
            await sounds.hear("xin chào.")
        announcer.may_speak.set()
        assert await sounds.hear("xin chào.")
        assert announcer.asked == ["xin chào."]

    run(work)


def test_the_oldest_sounds_make_room() -> None:
    async def work() -> None:
        announcer = Announcer()
        sounds = SentenceSounds(announcer.say, keep_bytes=60)
        for words in ("một.", "hai.", "ba.", "một."):
            await sounds.hear(words)
        assert announcer.asked == ["một.", "hai.", "ba.", "một."]

    run(work)


def test_a_speed_that_nobody_reads_at_is_refused() -> None:
    async def work() -> None:
        announcer = Announcer()
        with pytest.raises(BadInputError, match="80 to 450"):
            await SentenceSounds(announcer.say).hear("xin chào.", None, 9_000)
        assert announcer.asked == []

    run(work)


@pytest.mark.parametrize("sentence", ["", "  ", "...", "a" * 1_001])
def test_what_is_no_sentence_is_refused(sentence: str) -> None:
    async def work() -> None:
        with pytest.raises(BadInputError):
            await SentenceSounds(Announcer().say).hear(sentence)

    run(work)
