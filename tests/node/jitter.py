"""A line that delays each piece of what it carries by another time, in both directions, and lets nothing overtake."""

from __future__ import annotations

import contextlib
import queue
import random
import socket
import threading
import time

_PIECE = 65_536


class JitteringLine:
    """Listens on a free loopback port and carries each connection to `target`, delayed by `least_s` to `most_s`."""

    def __init__(self, target: tuple[str, int], least_s: float, most_s: float, *, seed: int = 0) -> None:
        self._target = target
        self._delays = (least_s, most_s)
        self._chance = random.Random(seed)
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target, timeout=5)
                far.settimeout(None)
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    on_the_way: queue.Queue[tuple[float, bytes]] = queue.Queue()
                    threading.Thread(target=self._take, args=(one, on_the_way), daemon=True).start()
                    threading.Thread(target=self._give, args=(other, on_the_way), daemon=True).start()

    def _take(self, source: socket.socket, on_the_way: queue.Queue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                on_the_way.put((time.monotonic() + self._chance.uniform(*self._delays), piece))
        on_the_way.put((0.0, b""))

    def _give(self, sink: socket.socket, on_the_way: queue.Queue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while (item := on_the_way.get())[1]:
                time.sleep(max(0.0, item[0] - time.monotonic()))
                sink.sendall(item[1])
            sink.shutdown(socket.SHUT_RDWR)
