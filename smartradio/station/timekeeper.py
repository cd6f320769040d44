"""Tells nodes the time: a signed answer to a fresh nonce, on a thread of its own.

A node takes half the round trip as the way of the answer, so what the answer waits here, before the time
is taken, is an error of that node's clock. The event loop and the store must not stand in the way.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from smartradio.domain.errors import SmartradioError
from smartradio.station.inbox import check_size
from smartradio.wire.messages import TimeAnswer, TimeRequest, read_plain, seal
from smartradio.wire.signing import RefusedError, SigningKey
from smartradio.wire.topics import Topics

_logger = structlog.get_logger()

# An answer later than this tells a node nothing it could use; it asks again.
STALE_S = 2.0
_WAITING = 256
_STOP_S = 3.0

Publish = Callable[[str, bytes], bool]


class Timekeeper:
    """Answers time requests; `ask` is called on the link's thread and only enqueues.

    `publish(topic, payload)` sends with QoS 0; `refused(node, error)` is told of what is no request.
    """

    def __init__(
        self,
        topics: Topics,
        key: SigningKey,
        publish: Publish,
        *,
        clock: Callable[[], datetime],
        refused: Callable[[str, RefusedError], None],
    ) -> None:
        self._topics = topics
        self._key = key
        self._publish = publish
        self._clock = clock
        self._refused = refused
        self._asked: queue.Queue[tuple[str, bytes, float] | None] = queue.Queue(maxsize=_WAITING)
        self._thread = threading.Thread(target=self._run, name="timekeeper", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; requests not yet answered are left, the nodes ask again."""
        if self._thread.is_alive():
            self._asked.put(None, timeout=_STOP_S)
            self._thread.join(_STOP_S)

    def ask(self, node: str, payload: bytes) -> None:
        """Take a request that came on the topic of `node`; one too many is dropped, the node asks again."""
        try:
            check_size("time", payload)
        except RefusedError as error:
            self._refused(node, error)
            return
        try:
            self._asked.put_nowait((node, payload, time.monotonic()))
        except queue.Full:
            _logger.warning("time_request_dropped", node=node, waiting=_WAITING)

    def _run(self) -> None:
        while (item := self._asked.get()) is not None:
            node, payload, came_s = item
            if time.monotonic() - came_s > STALE_S:
                continue
            try:
                self._answer(node, payload)
            except RefusedError as error:
                self._refused(node, error)
            except (SmartradioError, OSError, ValueError):
                _logger.exception("time_answer_failed", node=node)

    def _answer(self, node: str, payload: bytes) -> None:
        request = read_plain(TimeRequest, payload)
        # The answer goes to the topic the request came on; the broker's rules hold a node to its own.
        topic = self._topics.node(node, "time/answer")
        answer = TimeAnswer(station=self._topics.station, node=node, nonce=request.nonce, at=self._clock())
        self._publish(topic, seal(self._key, topic, answer))
