"""Connections that do not come to the point are closed: whoever opens a thousand and says nothing shuts nobody out."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

# No head is this long. Whoever sends more while none is awaited sends the rest of a form that was answered early.
_MORE_THAN_A_HEAD_BYTES: Final = 64 * 1024


class PunctualProtocol(H11Protocol):
    """uvicorn's protocol, which waits `head_s` for the head of a request; bodies are the console's to watch."""

    head_s: ClassVar[float] = 20.0
    _late: asyncio.TimerHandle | None = None
    _taken_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
            return
        self._taken_bytes += len(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(self.head_s, self._is_late)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late, self._taken_bytes = None, 0

    def _is_late(self) -> None:
        taken = self._taken_bytes
        self._stop_waiting()
        if taken > _MORE_THAN_A_HEAD_BYTES:
            self._await_head()
        else:
            self.transport.close()
