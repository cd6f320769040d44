"""One connection to the broker, from TCP to its end; what comes after the end is `client.Link`'s to decide.

A session is used once. Nothing that paho holds outlives it, so nothing is sent behind the caller's back
after a reconnect.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from smartradio.domain.errors import SmartradioError
from smartradio.wire.link_backoff import Backoff

CONNACK_TIMEOUT_S = 10.0
SUBACK_TIMEOUT_S = 20.0
RESUBSCRIBE_FIRST_S = 1.0
RESUBSCRIBE_CAP_S = 60.0
# Unacknowledged messages the broker may owe us; `wait_room` holds a sender back at this number.
IN_FLIGHT_MESSAGES = 32
# Beyond the in-flight ones; a publish past this is refused, the caller keeps the message.
QUEUED_MESSAGES = 1_000

_CONNACK_BAD_LOGIN = frozenset({"Bad user name or password", "Not authorized"})

_logger = logging.getLogger(__name__)

OnMessage = Callable[[str, bytes, bool], None]


class LinkSettings(BaseModel):
    """Where the broker is and who we are there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", min_length=1)
    """Name or address of the broker."""
    port: int = Field(default=1883, ge=1, le=65_535)
    """TCP port of the broker."""
    username: str | None = None
    """User at the broker; None tries without, which a broker of ours refuses."""
    password: SecretStr | None = None
    """Password; wins over `password_file`."""
    password_file: Path | None = None
    """File that holds nothing but the password; read at each connect, so that it can be changed."""
    keepalive_s: int = Field(default=20, ge=1, le=600)
    """A silent connection is probed after this long and given up after twice as long."""
    connect_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """Limit for the TCP connection and the TLS handshake."""
    tls_ca: Path | None = None
    """PEM file of the authority that signed the broker's certificate; set means TLS."""

    def read_password(self) -> str | None:
        """Return the password; raises SmartradioError when its file cannot be read."""
        if self.password is not None:
            return self.password.get_secret_value()
        if self.password_file is None:
            return None
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SmartradioError(f"cannot read the broker password from {self.password_file}: {error}") from error


class SessionLostError(SmartradioError):
    """The connection has ended; `refused` means the broker answered and does not want us."""

    def __init__(self, line: str, *, refused: bool = False) -> None:
        super().__init__(line)
        self.refused = refused


class Session:
    """One MQTT connection. `open`, `pump` and `close` belong to one thread; the rest is thread-safe.

    `on_message` is called from within `pump`.
    """

    def __init__(
        self, settings: LinkSettings, client_id: str, will: tuple[str, bytes] | None, on_message: OnMessage
    ) -> None:
        self._settings = settings
        self._on_message = on_message
        self._room = threading.Condition()
        self._outstanding = 0
        self._subscribing = threading.Lock()
        self._asked: dict[int, tuple[tuple[str, ...], float]] = {}
        self._refused: dict[str, float] = {}
        self._resubscribe = Backoff(RESUBSCRIBE_FIRST_S, RESUBSCRIBE_CAP_S)
        self._refusal: str | None = None
        self._ended = False
        self._opened_at = time.monotonic()
        self.accepted = False
        self._client = self._make_client(client_id, will)

    def _make_client(self, client_id: str, will: tuple[str, bytes] | None) -> mqtt.Client:
        settings = self._settings
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(IN_FLIGHT_MESSAGES)
        client.max_queued_messages_set(IN_FLIGHT_MESSAGES + QUEUED_MESSAGES)
        client.connect_timeout = settings.connect_timeout_s
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.read_password())
        if settings.tls_ca is not None:
            try:
                client.tls_set_context(ssl.create_default_context(cafile=str(settings.tls_ca)))
            except OSError as error:
                raise SmartradioError(f"cannot use the TLS authority {settings.tls_ca}: {error}") from error
        if will is not None:
            client.will_set(will[0], will[1], qos=1, retain=True)
        client.on_connect = self._connected
        client.on_message = self._received
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_disconnect = self._disconnected
        client.on_socket_open = _send_at_once
        # With this set, a publish from another thread only queues and wakes `pump`; without it paho would
        # write to the socket from both threads.
        client.on_socket_register_write = _leave_writing_to_pump
        return client

    # -- the pumping thread's part

    def open(self) -> None:
        """Connect TCP (and TLS) and send CONNECT; raises SessionLostError."""
        where = f"{self._settings.host}:{self._settings.port}"
        self._opened_at = time.monotonic()
        try:
            self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s)
        except (OSError, ValueError) as error:
            raise SessionLostError(f"broker {where} cannot be reached: {error}") from error

    def pump(self, timeout_s: float) -> None:
        """Exchange what there is with the broker, waiting at most `timeout_s`; raises SessionLostError."""
        result = self._client.loop(timeout_s)
        if self._refusal is not None:
            raise SessionLostError(self._refusal, refused=True)
        if result != mqtt.MQTT_ERR_SUCCESS or self._ended:
            raise SessionLostError(f"connection to the broker was lost: {mqtt.error_string(result)}")
        now = time.monotonic()
        if not self.accepted:
            if now - self._opened_at > CONNACK_TIMEOUT_S:
                raise SessionLostError(f"broker took the connection but did not answer in {CONNACK_TIMEOUT_S:g} s")
            return
        self._tend_subscriptions(now)

    def _tend_subscriptions(self, now: float) -> None:
        with self._subscribing:
            if any(now - asked_at > SUBACK_TIMEOUT_S for _, asked_at in self._asked.values()):
                raise SessionLostError(f"broker did not answer a subscription in {SUBACK_TIMEOUT_S:g} s")
            waiting = {topic for topics, _ in self._asked.values() for topic in topics}
            due = [topic for topic, at in self._refused.items() if at <= now and topic not in waiting]
        self.subscribe(due)

    def close(self, timeout_s: float) -> None:
        """Say goodbye (the broker drops the last will) and release the sockets; never raises."""
        client = self._client
        if self.accepted and not self._ended:
            deadline = time.monotonic() + timeout_s
            client.disconnect()
            while not self._ended and time.monotonic() < deadline:
                if client.loop(0.05) != mqtt.MQTT_ERR_SUCCESS:
                    break
        self.abandon()

    def abandon(self) -> None:
        """Release the sockets without a word, so that the broker sends the last will."""
        client = self._client
        # The callbacks refer to this session and it to paho's client: untied, both go at once.
        client.on_connect = client.on_message = client.on_publish = None
        client.on_subscribe = client.on_disconnect = None
        sock = client.socket()
        if sock is not None:
            sock.close()
        with self._room:
            self._ended = True
            self._room.notify_all()

    # -- any thread's part

    @property
    def outstanding(self) -> int:
        """Messages handed over that the broker has not acknowledged (QoS 1) or taken (QoS 0)."""
        with self._room:
            return self._outstanding

    @property
    def settled(self) -> bool:
        """Whether the broker let us in and has answered every subscription asked so far."""
        with self._subscribing:
            return self.accepted and not self._asked

    @property
    def refused(self) -> frozenset[str]:
        """Subscriptions the broker refused last time they were asked for."""
        with self._subscribing:
            return frozenset(self._refused)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> bool:
        """Hand one message to the connection; False if it is down or full, then nothing was queued."""
        with self._room:
            if self._ended or not self.accepted:
                return False
            self._outstanding += 1
        # Our lock is free here: paho holds its own while it calls `_published`.
        result = self._client.publish(topic, payload, qos=qos, retain=retain).rc
        if result == mqtt.MQTT_ERR_SUCCESS:
            return True
        with self._room:
            self._outstanding -= 1
            self._room.notify_all()
        return False

    def wait_room(self, timeout_s: float) -> bool:
        """Wait until fewer than IN_FLIGHT_MESSAGES are outstanding; False if that takes longer or it ends."""
        with self._room:
            self._room.wait_for(lambda: self._ended or self._outstanding < IN_FLIGHT_MESSAGES, timeout_s)
            return not self._ended and self.accepted and self._outstanding < IN_FLIGHT_MESSAGES

    def subscribe(self, topics: Iterable[str]) -> None:
        """Ask for topics at QoS 1; a refused one is asked for again after a growing wait."""
        wanted = tuple(topics)
        if not wanted:
            return
        with self._subscribing:  # the answer may come before paho has told us its number
            result, mid = self._client.subscribe([(topic, 1) for topic in wanted])
            if result == mqtt.MQTT_ERR_SUCCESS and mid is not None:
                self._asked[mid] = (wanted, time.monotonic())

    def unsubscribe(self, topic: str) -> None:
        """Give a topic back."""
        with self._subscribing:
            self._refused.pop(topic, None)
        self._client.unsubscribe(topic)

    # -- paho's callbacks, from within `pump`

    def _connected(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if not reason.is_failure:
            self.accepted = True
            return
        who = self._settings.username or "nobody"
        hint = "; check the name and the password" if str(reason) in _CONNACK_BAD_LOGIN else ""
        where = f"{self._settings.host}:{self._settings.port}"
        self._refusal = f"broker {where} refused user {who}: {reason}{hint}"

    def _received(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            _logger.warning("a message came on a topic that is not UTF-8 and was dropped")
            return
        try:
            self._on_message(topic, bytes(message.payload), bool(message.retain))
        except Exception:
            # One bad message must not end the link that brings the next ones.
            _logger.exception("a message on %s could not be handled and was dropped", topic)

    def _published(self, _client: mqtt.Client, _data: Any, _mid: int, _reason: ReasonCode, _properties: Any) -> None:
        with self._room:
            self._outstanding -= 1
            self._room.notify_all()

    def _subscribed(
        self, _client: mqtt.Client, _data: Any, mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        with self._subscribing:
            topics, _ = self._asked.pop(mid, ((), 0.0))
            failed = [topic for topic, reason in zip(topics, reasons, strict=False) if reason.is_failure]
            failed += topics[len(reasons) :]
            for topic in topics:
                self._refused.pop(topic, None)
            if not failed:
                self._resubscribe.reset()
                return
            wait_s = self._resubscribe.wait_s()
            self._refused.update(dict.fromkeys(failed, time.monotonic() + wait_s))
        _logger.warning("broker refused to subscribe to %s; asking again in %.0f s", ", ".join(failed), wait_s)

    def _disconnected(
        self, _client: mqtt.Client, _data: Any, _flags: Any, _reason: ReasonCode, _properties: Any
    ) -> None:
        with self._room:
            self._ended = True
            self._room.notify_all()


def _send_at_once(_client: mqtt.Client, _data: Any, sock: Any) -> None:
    # An order of 500 bytes must not wait for the acknowledgement of what went before (Nagle's algorithm).
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_writing_to_pump(_client: mqtt.Client, _data: Any, _sock: Any) -> None:
    return
