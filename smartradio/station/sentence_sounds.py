"""One sentence made audible on demand, so that whoever writes hears it before it is handed in."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from smartradio.domain.errors import BadInputError, SmartradioError
from smartradio.domain.priority import Priority
from smartradio.domain.programme import RATES_WPM
from smartradio.wire.signing import canonical

LONGEST_CHARS: Final = 1_000
"""No sentence the reading makes is longer."""
_KEPT_BYTES: Final = 8_000_000
_WAIT_S: Final = 30.0

Say = Callable[[str, str | None, int | None, Priority], Awaitable[bytes]]


class SentenceSounds:
    """Sentences as Ogg Opus, the newest kept by the hash of what was asked. For the event loop.

    `say` makes one: the sentence, voice, words a minute, and priority.
    """

    def __init__(self, say: Say, *, keep_bytes: int = _KEPT_BYTES, wait_s: float = _WAIT_S) -> None:
        self._say = say
        self._keep_bytes = keep_bytes
        self._wait_s = wait_s
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._making: dict[str, asyncio.Task[bytes]] = {}

    async def hear(
        self,
        sentence: str,
        voice: str | None = None,
        rate_wpm: int | None = None,
        priority: Priority = Priority.PROGRAMME,
    ) -> bytes:
        """Return a sentence as it will be spoken; BadInputError for none, SmartradioError when no voice speaks."""
        sentence = " ".join(sentence.split())
        if not any(character.isalnum() for character in sentence):
            raise BadInputError("there is nothing in it to read aloud")
        if len(sentence) > LONGEST_CHARS:
            raise BadInputError(f"the sentence has {len(sentence)} characters, at most {LONGEST_CHARS} are read")
        slowest, fastest = RATES_WPM
        if rate_wpm is not None and not slowest <= rate_wpm <= fastest:
            raise BadInputError(f"nobody reads {rate_wpm} words a minute; choose {slowest} to {fastest}")
        asked = canonical({"sentence": sentence, "voice": voice, "rate": rate_wpm, "priority": int(priority)})
        key = hashlib.sha256(asked).hexdigest()
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._made(key, sentence, voice, rate_wpm, priority))
            self._making[key] = making
            making.add_done_callback(lambda _: self._making.pop(key, None))
        try:
            # Whoever goes away stops only the waiting: somebody else may want the same sentence.
            return await asyncio.wait_for(asyncio.shield(making), self._wait_s)
        except TimeoutError as error:
            raise SmartradioError("the voice is busy with other bulletins; try again in a moment") from error

    async def _made(
        self, key: str, sentence: str, voice: str | None, rate_wpm: int | None, priority: Priority
    ) -> bytes:
        audio = await self._say(sentence, voice, rate_wpm, priority)
        self._held[key] = audio
        while sum(map(len, self._held.values())) > self._keep_bytes and len(self._held) > 1:
            self._held.popitem(last=False)
        return audio
