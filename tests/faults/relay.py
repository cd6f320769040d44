"""A slow line between nodes and broker that can be cut: bytes pass at a given rate, like a weak mobile link."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

_PIECE = 1_024


class Relay:
    """Listens on a free loopback port and carries each connection to `port`.

    Towards the nodes no more than `bytes_a_second` pass, all connections together. `carried` counts them.
    """

    def __init__(self, port: int, *, bytes_a_second: float) -> None:
        self._target = port
        self._second_per_byte = 1.0 / bytes_a_second
        self._lock = threading.Lock()
        self._open = True
        self._pairs: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.carried = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End all connections and take no new ones."""
        with self._lock:
            self._open = False
            pairs, self._pairs = self._pairs, []
        for each in pairs:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def mend(self) -> None:
        """Take connections again."""
        with self._lock:
            self._open = True

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                is_open = self._open
            if not is_open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._lock:
                self._pairs += [near, far]
            threading.Thread(target=self._carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, True), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, slow: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE):
                if slow:
                    with self._lock:
                        self.carried += len(piece)
                    time.sleep(len(piece) * self._second_per_byte)
                sink.sendall(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)
