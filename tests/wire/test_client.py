"""The link's reconnect machine against a broker that misbehaves on cue."""

from __future__ import annotations

import ipaddress
import itertools
import math
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from smartradio.domain.errors import SmartradioError
from smartradio.wire import client, link_session
from smartradio.wire.client import Link, LinkSettings, LinkState
from smartradio.wire.link_backoff import Backoff
from tests.wire.moody_broker import WELCOME, MoodyBroker

DEADLINE_S = 15.0
NOT_AUTHORISED = b"\x20\x02\x00\x05"


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.005)


@pytest.fixture
def broker() -> Iterator[MoodyBroker]:
    broker = MoodyBroker()
    yield broker
    broker.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same machine with short waits."""
    monkeypatch.setattr(client, "_PUMP_S", 0.02)
    monkeypatch.setattr(client, "RECONNECT_FIRST_S", 0.02)
    monkeypatch.setattr(client, "REFUSED_FIRST_S", 0.05)
    monkeypatch.setattr(link_session, "CONNACK_TIMEOUT_S", 0.3)
    monkeypatch.setattr(link_session, "SUBACK_TIMEOUT_S", 0.3)
    monkeypatch.setattr(link_session, "RESUBSCRIBE_FIRST_S", 0.05)


@pytest.fixture
def link(broker: MoodyBroker) -> Iterator[Callable[..., Link]]:
    links: list[Link] = []

    def make(*subscriptions: str, **options: object) -> Link:
        settings = {
            "host": "127.0.0.1",
            "port": broker.port,
            "username": "thon-1",
            "password": SecretStr("x"),
        }
        settings |= options.pop("settings", {})  # type: ignore[arg-type]
        options = {"on_message": lambda *_: None, **options}
        made = Link(LinkSettings(**settings), "thon-1", subscriptions=subscriptions, **options)  # type: ignore[arg-type]
        links.append(made)
        return made

    yield make
    for made in links:
        made.stop()


def test_the_states_of_a_good_day_are_told_in_order(link: Callable[..., Link]) -> None:
    states: list[LinkState] = []
    one = link("plan", on_state=states.append)
    assert one.state is LinkState.DOWN
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    one.stop()
    assert states == [LinkState.CONNECTING, LinkState.UP, LinkState.DOWN, LinkState.STOPPED]


def test_a_broker_that_takes_the_connection_and_says_nothing_is_left(
    broker: MoodyBroker, link: Callable[..., Link]
) -> None:
    broker.welcome = None
    one = link()
    one.start()
    eventually(lambda: broker.connects >= 2, "it is tried again")
    assert "did not answer" in (one.last_error or "")
    assert one.publish("report", b"x") is False
    broker.welcome = WELCOME
    eventually(lambda: one.state is LinkState.UP, "up once the broker answers")
    assert one.last_error is None


def test_a_refused_login_names_the_user_and_never_the_password(
    broker: MoodyBroker, link: Callable[..., Link], caplog: pytest.LogCaptureFixture
) -> None:
    broker.welcome = NOT_AUTHORISED
    one = link(settings={"password": SecretStr("very-secret-token")})
    one.start()
    eventually(lambda: broker.connects >= 3, "it is tried again")
    line = one.last_error or ""
    assert line.startswith(f"broker 127.0.0.1:{broker.port} refused user thon-1: Not authorized")
    assert "very-secret-token" not in caplog.text + line
    broker.welcome = WELCOME
    eventually(lambda: one.state is LinkState.UP, "up once it is let in")


def test_a_refused_login_is_not_hammered(
    broker: MoodyBroker, link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "REFUSED_FIRST_S", 30.0)
    broker.welcome = NOT_AUTHORISED
    one = link()
    one.start()
    eventually(lambda: one.last_error is not None, "refused")
    time.sleep(0.3)
    assert broker.connects == 1


def test_a_refused_subscription_is_asked_for_again_until_it_is_granted(
    broker: MoodyBroker, link: Callable[..., Link]
) -> None:
    broker.granted = [0x80, 0x80, 1]
    one = link("plan")
    one.start()
    eventually(lambda: one.refused == {"plan"}, "the refusal is visible")
    assert one.state is LinkState.UP
    eventually(lambda: one.refused == frozenset(), "it is granted in the end")
    assert broker.kinds().count(8) == 3


def test_a_subscription_without_an_answer_ends_the_connection(broker: MoodyBroker, link: Callable[..., Link]) -> None:
    broker.granted = [None, 1]
    states: list[LinkState] = []
    one = link("plan", on_state=states.append)
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up at the second attempt")
    assert broker.connects == 2
    assert states[:3] == [LinkState.CONNECTING, LinkState.DOWN, LinkState.CONNECTING]


def test_what_was_not_acknowledged_is_not_sent_behind_the_callers_back(
    broker: MoodyBroker, link: Callable[..., Link]
) -> None:
    broker.acknowledges = False
    one = link()
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    assert one.publish("order", b"play this")
    eventually(lambda: 3 in broker.kinds(), "the broker has it")
    broker.packets.clear()
    broker.drop_all()
    eventually(lambda: broker.kinds().count(1) == 1 and one.state is LinkState.UP, "back")
    assert one.wait_room(1.0), "nothing is outstanding on the new connection"
    assert one.publish("order", b"marker", qos=0)
    eventually(lambda: 3 in broker.kinds(), "the marker arrives")
    assert [body[-6:] for kind, body in broker.packets if kind == 3] == [b"marker"]


def test_a_sender_is_held_back_while_the_broker_owes_acknowledgements(
    broker: MoodyBroker, link: Callable[..., Link]
) -> None:
    broker.acknowledges = False
    one = link()
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    for _ in range(link_session.IN_FLIGHT_MESSAGES):
        assert one.wait_room(1.0)
        assert one.publish("audio", b"chunk")
    assert one.wait_room(0.05) is False
    for number in range(1, 3):
        broker.send(b"\x40\x02" + number.to_bytes(2, "big"))
    assert one.wait_room(DEADLINE_S)


def test_the_queue_has_an_end(broker: MoodyBroker, link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_session, "QUEUED_MESSAGES", 5)
    broker.acknowledges = False
    one = link()
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    taken = itertools.takewhile(bool, (one.publish("audio", b"chunk") for _ in range(1_000)))
    assert sum(1 for _ in taken) == link_session.IN_FLIGHT_MESSAGES + 5


def test_waiting_for_room_ends_when_the_connection_does(
    broker: MoodyBroker, link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RECONNECT_FIRST_S", 20.0)
    broker.acknowledges = False
    one = link()
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    for _ in range(link_session.IN_FLIGHT_MESSAGES):
        one.publish("audio", b"chunk")
    threading.Timer(0.1, broker.drop_all).start()
    started = time.monotonic()
    assert one.wait_room(60.0) is False
    assert time.monotonic() - started < DEADLINE_S


def test_messages_reach_the_handler_with_their_retained_flag(broker: MoodyBroker, link: Callable[..., Link]) -> None:
    got: list[tuple[str, bytes, bool]] = []
    one = link("t", on_message=lambda *message: got.append(message))
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    broker.send(b"\x31\x07\x00\x01tplan")
    broker.send(b"\x30\x05\x00\x02\xff\xfex")  # a topic that is not UTF-8
    broker.send(b"\x38\x07\x00\x01tlast")
    eventually(lambda: len(got) == 2, "both readable messages")
    assert got == [("t", b"plan", True), ("t", b"last", False)]
    assert one.state is LinkState.UP


@pytest.mark.parametrize("rubbish", [b"\x00\x00", b"\xf0\x00", b"\x20\x00", b"\x90\x01\x00", b"\x32\x01\x00"])
def test_rubbish_from_the_broker_costs_at_most_the_connection(
    broker: MoodyBroker, link: Callable[..., Link], rubbish: bytes
) -> None:
    one = link("plan")
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up")
    broker.send(rubbish)
    broker.drop_all()
    eventually(lambda: broker.connects >= 2 and one.state is LinkState.UP, "back")


def test_a_will_that_cannot_be_made_is_told_and_tried_again(link: Callable[..., Link]) -> None:
    attempts = itertools.count()

    def will() -> tuple[str, bytes]:
        if next(attempts) == 0:
            raise ValueError("no key yet")
        return ("state", b"offline")

    one = link(will=will)
    one.start()
    eventually(lambda: one.state is LinkState.UP, "up at the second attempt")
    assert next(attempts) == 2


def test_short_connections_in_a_row_are_told(broker: MoodyBroker, link: Callable[..., Link]) -> None:
    told: list[str | None] = []
    one = link(on_state=lambda state: told.append(one.last_error) if state is LinkState.CONNECTING else None)
    one.start()
    for _ in range(client.SHORT_LIVED_LIMIT + 1):
        eventually(lambda: one.state is LinkState.UP, "up")
        broker.drop_all()
        eventually(lambda: one.state is not LinkState.UP, "down")
    eventually(lambda: any("soon after they were made" in (line or "") for line in told), "it is told")


def test_a_password_file_is_read_at_each_connect(
    broker: MoodyBroker, link: Callable[..., Link], tmp_path: Path
) -> None:
    file = tmp_path / "password"
    one = link(settings={"password": None, "password_file": file})
    one.start()
    eventually(lambda: one.last_error is not None, "the missing file is told")
    assert f"cannot read the broker password from {file}" in (one.last_error or "")
    file.write_text("first\n")
    eventually(lambda: one.state is LinkState.UP, "up once the file is there")
    assert broker.packets[0][1].endswith(b"\x00\x05first")


def self_signed(folder: Path, address: str) -> Path:
    """Write a key and a certificate of its own for one address into one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{address}.pem"
    private = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()) + certificate.public_bytes(pem))
    return file


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("address", "trusted"), [("127.0.0.1", True), ("127.0.0.9", False)])
def test_tls_takes_the_brokers_certificate_for_its_own_address_only(
    tmp_path: Path, link: Callable[..., Link], address: str, trusted: bool
) -> None:
    pem = self_signed(tmp_path, address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    broker = MoodyBroker(context)
    try:
        one = link("plan", settings={"port": broker.port, "tls_ca": pem})
        one.start()
        if trusted:
            eventually(lambda: one.state is LinkState.UP, "up")
            assert one.publish("report", b"x" * 100_000)
            eventually(lambda: 3 in broker.kinds(), "a large message passes")
        else:
            eventually(lambda: "CERTIFICATE_VERIFY_FAILED" in (one.last_error or ""), "it is refused")
            assert broker.connects == 0
        one.stop()
    finally:
        broker.close()


def test_a_missing_tls_authority_is_told(link: Callable[..., Link], tmp_path: Path) -> None:
    one = link(settings={"tls_ca": tmp_path / "none.pem"})
    one.start()
    eventually(lambda: "TLS authority" in (one.last_error or ""), "it is told")


def test_stopping_does_not_wait_for_a_connection_that_hangs(broker: MoodyBroker, link: Callable[..., Link]) -> None:
    broker.welcome = None
    one = link()
    one.start()
    eventually(lambda: broker.connects == 1, "it hangs")
    one.stop(5.0)
    assert one.state is LinkState.STOPPED
    one.stop()


def test_a_link_that_was_never_started_can_be_stopped(link: Callable[..., Link]) -> None:
    one = link()
    one.stop()
    assert one.state is LinkState.STOPPED


def test_a_link_starts_once(link: Callable[..., Link]) -> None:
    one = link()
    one.start()
    with pytest.raises(SmartradioError, match="already started"):
        one.start()


@pytest.mark.parametrize("wrong", [{"port": 0}, {"port": 70_000}, {"host": ""}, {"keepalive_s": 0}, {"hots": "a"}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        LinkSettings.model_validate(wrong)


def test_a_password_is_not_shown_with_its_settings() -> None:
    assert "hunter2" not in repr(LinkSettings(password=SecretStr("hunter2")))


@given(
    first=st.floats(0.01, 10),
    cap=st.floats(10, 100),
    draws=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=30),
)
def test_waits_grow_to_their_cap_and_spread(first: float, cap: float, draws: list[float]) -> None:
    each = iter(draws)
    backoff = Backoff(first, cap, draw=lambda: next(each))
    for attempt in range(len(draws)):
        full = min(cap, first * 2**attempt)
        assert 0.5 * full <= backoff.wait_s() <= full
    backoff.reset()
    each = iter([0.0])
    assert backoff.wait_s() == pytest.approx(0.5 * first)


class TurnedTime:
    """The link's clock, turned by the test."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> TurnedTime:
    made = TurnedTime()
    monkeypatch.setattr("smartradio.wire.client.time", made)
    return made


def test_a_link_moves_while_it_is_up_and_while_nobody_answers(
    broker: MoodyBroker, link: Callable[..., Link], turned: TurnedTime
) -> None:
    up = link("a/b")
    up.start()
    eventually(lambda: up.state is LinkState.UP, "up")
    turned.now_s += 400.0
    eventually(lambda: up.idle_s == 0.0, "listening")
    broker.close()
    for _ in range(3):
        turned.now_s += 400.0
        eventually(lambda: up.idle_s == 0.0, "trying on")


def test_a_link_that_hangs_is_seen_to_stand_still_until_it_goes_on(
    link: Callable[..., Link], turned: TurnedTime
) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    def will() -> tuple[str, bytes]:
        hangs.set()
        go_on.wait(60)
        return "a/state", b"offline"

    stuck = link("a/b", will=will)
    assert stuck.idle_s == 0.0
    stuck.start()
    assert hangs.wait(10)
    turned.now_s += 400.0
    assert stuck.idle_s == 400.0
    go_on.set()
    eventually(lambda: stuck.idle_s == 0.0, "going on")


def test_a_link_that_was_stopped_is_asked_for_nothing(link: Callable[..., Link], turned: TurnedTime) -> None:
    gone = link("a/b")
    gone.start()
    gone.stop()
    turned.now_s += 4_000.0
    assert gone.idle_s == 0.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_link_whose_thread_has_died_is_seen(link: Callable[..., Link], monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(_self: Link) -> float:
        raise SystemExit

    monkeypatch.setattr(Link, "_one_connection", dies)
    dead = link("a/b")
    dead.start()
    eventually(lambda: dead.idle_s == math.inf, "seen as dead")
