"""The link to the broker: connects, stays connected, comes back; its states are explicit.

DOWN → CONNECTING → UP, back to DOWN when the connection ends or cannot be made, STOPPED at the end.
Nothing is kept for later while the link is down: the caller owns its messages until the other side's own
acknowledgement, and on UP says again what is still true.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from enum import StrEnum

from smartradio.domain.errors import SmartradioError
from smartradio.wire.link_backoff import Backoff
from smartradio.wire.link_session import LinkSettings, OnMessage, Session, SessionLostError

__all__ = ["Link", "LinkSettings", "LinkState"]

RECONNECT_FIRST_S = 0.25
RECONNECT_CAP_S = 10.0
# A broker that does not want us will not change its mind within seconds, and its log should stay readable.
REFUSED_FIRST_S = 2.0
REFUSED_CAP_S = 60.0
# A connection that lasted this long was a good one: the next wait is short again.
STABLE_AFTER_S = 5.0
# So many connections in a row that did not last are worth a line of their own.
SHORT_LIVED_LIMIT = 3
_PUMP_S = 0.25
_GOODBYE_S = 0.5

_logger = logging.getLogger(__name__)


class LinkState(StrEnum):
    """Where the link stands."""

    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"
    STOPPED = "stopped"


class Link:
    """A connection to the broker that heals itself, driven by one thread of its own.

    `on_message(topic, payload, retained)` and `on_state(state)` run on that thread and must only enqueue;
    what they raise is logged. `will()` is called before each connect and returns the topic and payload of
    the last will (retained, QoS 1). Messages may come twice. UP means that the broker has answered all
    subscriptions; see `refused`. `client_id` gets a random tail: whoever knows a client's id at
    a broker can push it off by connecting under the same one.
    """

    def __init__(
        self,
        settings: LinkSettings,
        client_id: str,
        *,
        subscriptions: Sequence[str],
        on_message: OnMessage,
        on_state: Callable[[LinkState], None] | None = None,
        will: Callable[[], tuple[str, bytes]] | None = None,
    ) -> None:
        self._settings = settings
        self._name = client_id
        self._client_id = f"{client_id}-{secrets.token_hex(8)}"
        self._on_message = on_message
        self._on_state = on_state
        self._will = will
        self._lock = threading.Lock()
        self._topics = dict.fromkeys(subscriptions)
        self._state = LinkState.DOWN
        self._session: Session | None = None  # set from the broker's welcome on
        self._last_error: str | None = None
        self._stopping = threading.Event()
        self._drain_s = 0.0
        self._thread: threading.Thread | None = None
        self._moved_s = 0.0
        self._reconnect = Backoff(RECONNECT_FIRST_S, RECONNECT_CAP_S)
        self._knock = Backoff(REFUSED_FIRST_S, REFUSED_CAP_S)
        self._short_lived = 0

    @property
    def state(self) -> LinkState:
        """Where the link stands now."""
        with self._lock:
            return self._state

    @property
    def last_error(self) -> str | None:
        """One line on why the link is not up, or None while it is up or has not tried yet."""
        with self._lock:
            return self._last_error

    @property
    def refused(self) -> frozenset[str]:
        """Subscriptions that the broker refuses (SUBACK 0x80); they are asked for again from time to time."""
        session = self._up()
        return session.refused if session else frozenset()

    @property
    def idle_s(self) -> float:
        """Seconds since the link's thread last tried, listened or went to wait (a wait takes at most 60 s).

        0 before `start` and after `stop`; infinite if the thread has died, which nothing is known to do.
        """
        thread = self._thread
        if thread is None or self._stopping.is_set():
            return 0.0
        return time.monotonic() - self._moved_s if thread.is_alive() else math.inf

    def start(self) -> None:
        """Begin to connect and return at once; raises SmartradioError if the link was started before."""
        with self._lock:
            if self._thread is not None:
                raise SmartradioError(f"link {self._name} was already started")
            self._moved_s = time.monotonic()
            thread = threading.Thread(target=self._run, name=f"link-{self._name}", daemon=True)
            thread.start()
            self._thread = thread

    def stop(self, timeout_s: float = 3.0) -> None:
        """Wait for what is outstanding, say goodbye and end, in about `timeout_s`; may be called twice."""
        self._drain_s = max(0.0, timeout_s - _GOODBYE_S - _PUMP_S)
        self._stopping.set()
        thread = self._thread
        if thread is None:
            self._enter(LinkState.STOPPED)
        elif thread is not threading.current_thread():
            thread.join(timeout_s)
            if thread.is_alive():
                _logger.warning("link %s is still busy with connecting and is left to end by itself", self._name)

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message to the connection; False means it is down or full, nothing was queued.

        True is no receipt: what the broker had not acknowledged when the connection broke is lost.
        """
        session = self._up()
        return session is not None and session.publish(topic, payload, qos=qos, retain=retain)

    def subscribe(self, topic: str) -> None:
        """Subscribe now and after every reconnect."""
        with self._lock:
            self._topics[topic] = None
            session = self._session
        if session:
            session.subscribe((topic,))

    def unsubscribe(self, topic: str) -> None:
        """Forget a subscription."""
        with self._lock:
            self._topics.pop(topic, None)
            session = self._session
        if session:
            session.unsubscribe(topic)

    def wait_room(self, timeout_s: float) -> bool:
        """Wait until fewer messages than the in-flight limit are outstanding; False if late or not up."""
        session = self._up()
        return session is not None and session.wait_room(timeout_s)

    def _up(self) -> Session | None:
        with self._lock:
            return self._session if self._state is LinkState.UP else None

    # -- the link's own thread

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._moved_s = time.monotonic()
                wait_s = self._one_connection()
                self._moved_s = time.monotonic()
                self._stopping.wait(wait_s)
        finally:
            self._enter(LinkState.STOPPED)

    def _one_connection(self) -> float:
        """Live through one connection and return how long to wait before the next."""
        self._enter(LinkState.CONNECTING)
        session: Session | None = None
        up_at: float | None = None
        refused = False
        try:
            session = Session(self._settings, self._client_id, self._will() if self._will else None, self._on_message)
            session.open()
            self._subscribe_all(session)
            while not self._stopping.is_set():
                if up_at is None and session.settled:
                    up_at = time.monotonic()
                    self._rise()
                session.pump(_PUMP_S)
                self._moved_s = time.monotonic()
            self._say_goodbye(session)
        except SessionLostError as error:
            refused = error.refused
            self._note(str(error))
        except SmartradioError as error:
            refused = True
            self._note(str(error))
        except Exception as error:
            # The will or paho itself failed; a link that ends for that would leave a horn silent for good.
            _logger.exception("link %s failed and will be made again", self._name)
            self._note(f"link failed: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._session = None
            if session is not None:
                session.abandon()
            self._enter(LinkState.DOWN)
        return self._next_wait_s(up_at, refused=refused)

    def _subscribe_all(self, session: Session) -> None:
        while not session.accepted and not self._stopping.is_set():
            session.pump(_PUMP_S)
        with self._lock:
            # From here on `subscribe` of any thread reaches this session, and none is lost in between.
            self._session = session
            topics = tuple(self._topics)
        session.subscribe(topics)

    def _rise(self) -> None:
        with self._lock:
            self._last_error = None
        self._enter(LinkState.UP)

    def _say_goodbye(self, session: Session) -> None:
        deadline = time.monotonic() + self._drain_s
        while session.outstanding and time.monotonic() < deadline:
            session.pump(0.05)
        with self._lock:
            self._session = None
        session.close(_GOODBYE_S)

    def _next_wait_s(self, up_at: float | None, *, refused: bool) -> float:
        if refused:
            return self._knock.wait_s()
        if up_at is None:
            return self._reconnect.wait_s()
        self._knock.reset()
        if time.monotonic() - up_at >= STABLE_AFTER_S:
            self._short_lived = 0
            self._reconnect.reset()
        elif not self._stopping.is_set():
            self._short_lived += 1
            if self._short_lived >= SHORT_LIVED_LIMIT:
                self._note(f"the broker ended {self._short_lived} connections soon after they were made")
        return self._reconnect.wait_s()

    def _note(self, line: str) -> None:
        with self._lock:
            news = line != self._last_error
            self._last_error = line
        # An outage is told once, its repetitions only to those who look closely.
        _logger.log(logging.WARNING if news else logging.DEBUG, "link %s: %s", self._name, line)

    def _enter(self, state: LinkState) -> None:
        with self._lock:
            if self._state in (state, LinkState.STOPPED):
                return
            self._state = state
        _logger.debug("link %s is %s", self._name, state)
        if self._on_state is None:
            return
        try:
            self._on_state(state)
        except Exception:
            # The watcher's trouble is not the link's.
            _logger.exception("the watcher of link %s failed at %s", self._name, state)
