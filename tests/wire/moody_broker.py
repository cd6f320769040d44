"""A broker that misbehaves on cue, for the link's reconnect machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

WELCOME = b"\x20\x02\x00\x00"


class MoodyBroker:
    """Speaks just enough MQTT 3.1.1 to misbehave: answers each packet type as it was told to.

    `welcome` answers CONNECT (None: stays silent), `granted` are the codes for SUBSCRIBE packets in turn
    (None: stays silent), `acknowledges` says whether publishes get their PUBACK.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.welcome: bytes | None = WELCOME
        self.granted: list[int | None] = []
        self.acknowledges = True
        self.connects = 0
        self.packets: list[tuple[int, bytes]] = []
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def kinds(self) -> list[int]:
        return [kind for kind, _ in self.packets]

    def send(self, data: bytes) -> None:
        self._open[-1].sendall(data)

    def drop_all(self) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.drop_all()
        self._thread.join(5)
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                if self._tls is None:
                    self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, IndexError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            while True:
                kind = connection.recv(1)[0] >> 4
                size = shift = 0
                while True:
                    digit = connection.recv(1)[0]
                    size |= (digit & 0x7F) << shift
                    shift += 7
                    if not digit & 0x80:
                        break
                body = b""
                while len(body) < size:
                    if not (piece := connection.recv(size - len(body))):
                        return
                    body += piece
                self.packets.append((kind, body))
                self._answer(connection, kind, body)

    def _answer(self, connection: socket.socket, kind: int, body: bytes) -> None:
        if kind == 1:
            self.connects += 1
            if self.welcome is not None:
                connection.sendall(self.welcome)
        elif kind == 8:
            code = self.granted.pop(0) if self.granted else 1
            if code is not None:
                connection.sendall(b"\x90\x03" + body[:2] + bytes([code]))
        elif kind == 3 and self.acknowledges:
            topic_size = int.from_bytes(body[:2], "big")
            connection.sendall(b"\x40\x02" + body[2 + topic_size : 4 + topic_size])
