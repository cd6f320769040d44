"""Ask a broker whether it is there and lets a user in."""

from __future__ import annotations

import secrets
import socket
import struct

from smartradio.broker.users import BrokerUser

_CONNACK = 0x20
_CLEAN_SESSION_WITH_LOGIN = 0b1100_0010
_DISCONNECT = b"\xe0\x00"


def login(host: str, port: int, user: BrokerUser, *, timeout_s: float = 2.0) -> bool | None:
    """Log in over MQTT 3.1.1 and leave: True let in, False refused, None no answer."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(_connect(user))
            answer = connection.recv(4, socket.MSG_WAITALL)
            if len(answer) < 4 or answer[0] != _CONNACK:
                return None
            connection.sendall(_DISCONNECT)
            return answer[3] == 0
    except OSError:
        return None


def _connect(user: BrokerUser) -> bytes:
    body = b"".join(
        [
            _text("MQTT"),
            bytes([4, _CLEAN_SESSION_WITH_LOGIN]),
            struct.pack(">H", 10),
            _text(f"probe-{secrets.token_hex(8)}"),
            _text(user.name),
            _text(user.password),
        ]
    )
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return b"\x10" + length + body


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data
