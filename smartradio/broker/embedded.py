"""The broker that comes with a station: nats-server with MQTT as a supervised child process."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from smartradio.broker import launch
from smartradio.broker.binary import find_nats_server
from smartradio.broker.nats_config import PROBE_USER, NatsPlaces, write_config
from smartradio.broker.probe import login
from smartradio.broker.users import BrokerUser, UserTable, write_private
from smartradio.domain.errors import SmartradioError
from smartradio.files import FolderBusyError, FolderLock
from smartradio.wire.client import LinkSettings
from smartradio.wire.link_backoff import Backoff

RESTART_FIRST_S = 0.2
RESTART_CAP_S = 10.0
# A server that ran this long was well: the next restart is quick again.
STABLE_AFTER_S = 30.0
# So many deaths before it was ever ready, and the fault is not going to heal.
HOPELESS_DEATHS = 3
RELOAD_TIMEOUT_S = 10.0
_SIGNAL_AGAIN_S = 2.0
_POLL_S = 0.05
_TERMINATE_S = 3.0
_KEPT_LOGS = 2

_logger = logging.getLogger(__name__)


class EmbeddedBroker:
    """nats-server with its folder, users and a thread that starts it again when it dies.

    `host` is loopback unless told otherwise; `port` 0 picks a free one, which is kept in the folder so that
    nodes find it again. The child ends with this process, even by kill -9. Everything secret is in files of
    mode 0600. All methods are thread-safe and raise SmartradioError.
    """

    def __init__(
        self,
        folder: Path,
        station: str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        start_timeout_s: float = 30.0,
    ) -> None:
        self._folder = folder.absolute()
        self._station = station
        self._host = host
        self._port = port
        self._port_was_given = port != 0
        self._start_timeout_s = start_timeout_s
        self._changing = threading.Lock()
        self._users: UserTable | None = None
        self._probe = BrokerUser(PROBE_USER, "")
        self._stopping = threading.Event()
        self._supervisor: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._folder_lock: FolderLock | None = None
        self._deaths = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The TCP port for MQTT; 0 before the first start with a free port."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    @property
    def restarts(self) -> int:
        """How often the child has died and been started again."""
        return self._deaths

    def link_settings(self, user: BrokerUser) -> LinkSettings:
        """Return what a link of this user on this machine needs."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not bound
        return LinkSettings(
            host=everywhere.get(self._host, self._host),
            port=self._port,
            username=user.name,
            password=SecretStr(user.password),
        )

    def set_users(
        self, station_password: str, nodes: Mapping[str, tuple[str, str]], gauges: Mapping[str, str] | None = None
    ) -> None:
        """Replace all users: the station's password, for each node its zone and password, for each gauge its password.

        Kept in the folder. While the broker runs it takes them over at once and keeps the connections of
        all whose password and rules stay the same.
        """
        with self._changing:
            table = UserTable(self._station, station_password, dict(nodes), dict(gauges or {}))
            if self._users == table:
                return
            table.save(self._folder / "users.json")
            self._users = table
            if self._supervisor is not None:
                self._write_config(table)
                self._reload()

    def start(self) -> None:
        """Start the broker and wait until it lets users in."""
        with self._changing:
            if self._supervisor is not None:
                raise SmartradioError("the embedded broker is running already")
            program = find_nats_server()
            self._folder_lock = _hold(self._folder)
            try:
                _end_leftover(self._folder / "nats.pid", self._config)
                table = self._users or UserTable.load(self._folder / "users.json", self._station)
                self._users = table
                self._port = self._settle_port()
                self._write_config(table)
                self._stopping.clear()
                self._deaths = 0
                # The kernel ties the child to the thread that made it, so one thread makes all of them.
                self._supervisor = threading.Thread(
                    target=self._supervise, args=(program,), name="embedded-broker", daemon=True
                )
                self._supervisor.start()
                self._wait_ready()
            except BaseException:
                self._end()
                raise

    def stop(self) -> None:
        """End the broker; may be called twice."""
        with self._changing:
            self._end()

    # -- files

    @property
    def _config(self) -> Path:
        return self._folder / "nats.conf"

    def _write_config(self, table: UserTable) -> None:
        # A new password with every writing: who can log in with it has proved that this text is in force.
        self._probe = BrokerUser(PROBE_USER, secrets.token_urlsafe(24))
        places = NatsPlaces(
            host=self._host,
            port=self._port,
            store=self._folder / "store",
            log=self._folder / "nats.log",
            pid=self._folder / "nats.pid",
        )
        write_private(self._config, write_config(self._station, places, table.entries(), self._probe.password))

    def _settle_port(self) -> int:
        if self._port_was_given:
            if not _is_free(self._host, self._port):
                raise SmartradioError(f"the embedded broker's port {self._port} is taken by another program")
            return self._port
        kept = self._folder / "port"
        if kept.exists():
            text = kept.read_text(encoding="utf-8").strip()
            if text.isdecimal() and _is_free(self._host, int(text)):
                return int(text)
            _logger.warning("the embedded broker's former port %s is taken; nodes must learn the new one", text)
        with socket.create_server((self._host, 0), family=_family(self._host)) as taken:
            port = int(taken.getsockname()[1])
        write_private(kept, f"{port}\n")
        return port

    # -- the child

    def _supervise(self, program: Path) -> None:
        pause = Backoff(RESTART_FIRST_S, RESTART_CAP_S)
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._run_child(program)
            if self._stopping.is_set():
                break
            self._deaths += 1
            if time.monotonic() - started >= STABLE_AFTER_S:
                pause.reset()
            wait_s = pause.wait_s()
            _logger.warning("the embedded broker ended with code %s; starting again in %.1f s", code, wait_s)
            self._stopping.wait(wait_s)

    def _run_child(self, program: Path) -> int | str:
        """Run the server until it or we end; return its exit code or why it did not start."""
        _prune_logs(self._folder)
        command = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid())]
        command += [str(program), "-c", str(self._config)]
        try:
            with (self._folder / "nats.err").open("wb") as last_words:
                # A session of its own: Ctrl-C in the terminal is the station's to handle.
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=last_words,
                    stderr=last_words,
                    start_new_session=True,
                )
        except OSError as error:
            return str(error)
        self._child = child
        while child.poll() is None and not self._stopping.wait(_POLL_S):
            pass
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_TERMINATE_S)
            except subprocess.TimeoutExpired:
                child.kill()
        return child.wait()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while time.monotonic() < deadline:
            if self._lets_in():
                return
            if self._deaths >= HOPELESS_DEATHS:
                break
            self._stopping.wait(_POLL_S)
        raise SmartradioError(f"the embedded broker does not start: {self._last_words()}")

    def _reload(self) -> None:
        deadline = time.monotonic() + RELOAD_TIMEOUT_S
        signal_at = 0.0
        while (now := time.monotonic()) < deadline:
            if now >= signal_at:
                # A child that has not yet learnt to listen dies of it and comes back with the new file.
                child = self._child
                if child is not None and child.poll() is None:
                    child.send_signal(signal.SIGHUP)
                signal_at = now + _SIGNAL_AGAIN_S
            if self._lets_in():
                return
            self._stopping.wait(_POLL_S)
        raise SmartradioError(f"the embedded broker did not take the new users: {self._last_words()}")

    def _lets_in(self) -> bool:
        settings = self.link_settings(self._probe)
        return login(settings.host, settings.port, self._probe, timeout_s=1.0) is True

    def _last_words(self) -> str:
        for name in ("nats.err", "nats.log"):
            path = self._folder / name
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
            spoken = [line.strip() for line in lines if line.strip()]
            if spoken:
                return f"{spoken[-1]} (see {path})"
        return "it said nothing"

    def _end(self) -> None:
        self._stopping.set()
        if self._supervisor is not None:
            self._supervisor.join(2 * _TERMINATE_S)
            self._supervisor = None
        self._child = None
        if self._folder_lock is not None:
            self._folder_lock.release()
            self._folder_lock = None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_free(host: str, port: int) -> bool:
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except OSError:
        return False
    return True


def _hold(folder: Path) -> FolderLock:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FolderLock(folder / "lock")
    except FolderBusyError as error:
        raise SmartradioError(f"another embedded broker is using {folder}") from error
    except OSError as error:
        raise SmartradioError(f"cannot use {folder} for the embedded broker: {error.strerror}") from error


def _end_leftover(pid_file: Path, config: Path) -> None:
    """End a server that outlived its parent (where the kernel could not tie it); it holds port and store."""
    try:
        pid = int(pid_file.read_text(encoding="utf-8"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return  # no server, or none any more
    if os.fsencode(config) not in command.split(b"\0"):
        return  # the number has gone to another program
    _logger.warning("ending embedded broker %s, left over from an earlier run", pid)
    deadline = time.monotonic() + _TERMINATE_S
    try:
        os.kill(pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(_POLL_S)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _prune_logs(folder: Path) -> None:
    """Remove all but the newest of the logs that the server has rotated away."""
    for old in sorted(folder.glob("nats.log.*"))[:-_KEPT_LOGS]:
        old.unlink(missing_ok=True)
