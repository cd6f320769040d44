"""A child process that may crash or hang without taking the station along.

Voices and recognisers are C libraries of many authors. Each runs in a child of its own; the parent
asks over the child's standard input and output with a timeout, and starts a new child after a fault.

A frame on either pipe is: length of the JSON (u32, little-endian), length of the payload (u32), the
JSON object in UTF-8, the payload.
"""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import queue
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

_HEAD = struct.Struct("<II")
_MAX_JSON_BYTES = 16 * 1024 * 1024
_MAX_PAYLOAD_BYTES = 512 * 1024 * 1024
_READ_BYTES = 1 << 16
_REAP_TIMEOUT_S = 5.0
# A child that is busy when its parent vanishes gets this long to end by itself.
_ORPHAN_GRACE_S = 1.0
_LAST_WORDS_LINES = 20

_logger = logging.getLogger(__name__)

Handler = Callable[[dict[str, object], bytes], tuple[dict[str, object], bytes]]


class WorkerError(Exception):
    """A supervised child gave no usable answer; the message is one line."""


class WorkerCrashedError(WorkerError):
    """The child ended, could not start, or broke the framing; the next call starts a new one."""


class WorkerTimeoutError(WorkerError):
    """The child did not answer in time and was killed, or it was busy for another caller all the while."""


class WorkerRefusedError(WorkerError):
    """The child is well and refused the request; asking the same again is of no use."""


class SupervisedWorker:
    """One child process that runs `serve` in `python -m module`, started at the first call.

    `name` stands in every error. `env` is added to this process's environment. `start_timeout_s`
    covers everything the child does before it calls `serve`, such as loading a model. Safe to call
    from several threads; calls wait for each other within their own timeout.
    """

    def __init__(
        self,
        module: str,
        *,
        args: Sequence[str] = (),
        name: str,
        start_timeout_s: float = 10.0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [sys.executable, "-m", module, *args]
        self._name = name
        self._start_timeout_s = start_timeout_s
        self._env = dict(env or {})
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._last_words: collections.deque[str] = collections.deque(maxlen=_LAST_WORDS_LINES)
        self._listener: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the living child, or None."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def call(
        self, request: Mapping[str, object], payload: bytes = b"", *, timeout_s: float
    ) -> tuple[dict[str, object], bytes]:
        """Ask the child once and return its answer and payload.

        `timeout_s` covers waiting for other callers and the answer, not the child's start. Raises
        WorkerTimeoutError, WorkerCrashedError, WorkerRefusedError; after the first two the child is gone.
        """
        frame = _pack(request, payload)
        deadline_s = time.monotonic() + timeout_s
        if not self._lock.acquire(timeout=max(timeout_s, 0.0)):
            raise WorkerTimeoutError(f"{self._name}: busy with other requests for {timeout_s:g} s")
        try:
            waited_from_s = time.monotonic()
            child = self._running_child()
            deadline_s += time.monotonic() - waited_from_s
            reply, answer_payload = self._exchange(child, frame, deadline_s, f"no answer within {timeout_s:g} s")
            answer = reply.get("answer")
            if "refusal" in reply:
                raise WorkerRefusedError(f"{self._name}: {reply['refusal']}")
            if not isinstance(answer, dict):
                self._kill()
                raise WorkerCrashedError(f"{self._name}: sent neither an answer nor a refusal; it was stopped")
            return answer, answer_payload
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the child; waits for a call in progress no longer than it takes to kill it."""
        if not self._lock.acquire(timeout=_ORPHAN_GRACE_S):
            # The caller in progress sees its child die and gives back the lock.
            child = self._child
            if child is not None:
                _signal_group(child)
            if not self._lock.acquire(timeout=_REAP_TIMEOUT_S):
                raise WorkerTimeoutError(f"{self._name}: could not be closed, a call does not end")
        try:
            self._kill()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._kill()
        self._last_words.clear()
        child = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **self._env},
            # Its own group: Ctrl-C is for the parent, and a kill takes the child's children along.
            start_new_session=True,
        )
        self._child = child
        assert child.stdin is not None
        assert child.stdout is not None
        os.set_blocking(child.stdin.fileno(), False)
        os.set_blocking(child.stdout.fileno(), False)
        self._listener = threading.Thread(target=self._listen, args=(child,), name=f"{self._name} stderr", daemon=True)
        self._listener.start()
        hello, _ = self._exchange(
            child,
            b"",
            time.monotonic() + self._start_timeout_s,
            f"did not start within {self._start_timeout_s:g} s",
        )
        if "ready" not in hello:
            self._kill()
            raise WorkerCrashedError(f"{self._name}: started with an unknown greeting")
        return child

    def _exchange(
        self, child: subprocess.Popen[bytes], frame: bytes, deadline_s: float, late: str
    ) -> tuple[dict[str, object], bytes]:
        """Write `frame`, read one frame; any other end than a whole answer ends the child."""
        whole = False
        try:
            answer = self._write_and_read(child, frame, deadline_s, late)
            whole = True
            return answer
        finally:
            if not whole:
                self._kill()

    def _write_and_read(
        self, child: subprocess.Popen[bytes], frame: bytes, deadline_s: float, late: str
    ) -> tuple[dict[str, object], bytes]:
        assert child.stdin is not None
        assert child.stdout is not None
        to_write = memoryview(frame)
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            if to_write:
                selector.register(child.stdin, selectors.EVENT_WRITE)
            while True:
                left_s = deadline_s - time.monotonic()
                ready = selector.select(left_s) if left_s > 0 else []
                if not ready:
                    raise WorkerTimeoutError(f"{self._name}: {late}; it was stopped")
                for key, _ in ready:
                    if key.fileobj is child.stdin:
                        to_write = self._write_some(child, to_write)
                        if not to_write:
                            selector.unregister(child.stdin)
                    elif self._read_some(child, received):
                        answer = _unpack(received, self._name)
                        if answer is not None and received:
                            raise WorkerCrashedError(f"{self._name}: sent more than an answer; it was stopped")
                        if answer is not None:
                            return answer

    def _write_some(self, child: subprocess.Popen[bytes], left: memoryview) -> memoryview:
        assert child.stdin is not None
        try:
            return left[os.write(child.stdin.fileno(), left[:_READ_BYTES]) :]
        except BlockingIOError:
            return left
        except BrokenPipeError:
            raise WorkerCrashedError(self._obituary(child)) from None

    def _read_some(self, child: subprocess.Popen[bytes], received: bytearray) -> bool:
        assert child.stdout is not None
        try:
            piece = os.read(child.stdout.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        if not piece:
            raise WorkerCrashedError(self._obituary(child))
        received += piece
        return True

    def _obituary(self, child: subprocess.Popen[bytes]) -> str:
        try:
            code = child.wait(timeout=_ORPHAN_GRACE_S)
        except subprocess.TimeoutExpired:
            return f"{self._name}: closed its pipe without an answer"
        if self._listener is not None:
            self._listener.join(timeout=_ORPHAN_GRACE_S)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        last = f" ({self._last_words[-1]})" if self._last_words else ""
        return f"{self._name}: {how} before it answered{last}"

    def _listen(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stderr is not None
        with child.stderr:
            for line in child.stderr:
                text = line.decode("utf-8", errors="replace").strip()
                if text:
                    self._last_words.append(text[:300])
                    _logger.debug("%s: %s", self._name, text)

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        _signal_group(child)
        child.wait(timeout=_REAP_TIMEOUT_S)
        if self._listener is not None:
            self._listener.join(timeout=_REAP_TIMEOUT_S)
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            pipe.close()


def serve(handler: Handler) -> None:
    """Answer requests in the child until the parent closes the pipe or is gone.

    Call it in the main thread, after everything slow is loaded. What `handler` raises goes back as a
    refusal: a ValueError with its line alone, anything else with its type before it. Standard output
    is turned to standard error first, so no library's print can break the framing.
    """
    source = os.dup(0)
    sink = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    sys.stdout = sys.stderr

    requests: queue.SimpleQueue[tuple[dict[str, object], bytes] | None] = queue.SimpleQueue()
    # Reading has its own thread so that a handler stuck in C code does not outlive the parent.
    threading.Thread(target=_receive, args=(source, requests), name="requests", daemon=True).start()
    with contextlib.suppress(BrokenPipeError):  # the parent is gone, there is nobody to tell
        _write_all(sink, _pack({"ready": True}, b""))
        while (item := requests.get()) is not None:
            _write_all(sink, _answer(handler, *item))


def _answer(handler: Handler, request: dict[str, object], payload: bytes) -> bytes:
    try:
        answer, answer_payload = handler(request, payload)
        return _pack({"answer": answer}, answer_payload)
    except Exception as error:
        _logger.exception("refused a request")
        line = " ".join(str(error).split())
        kind = type(error).__name__
        refusal = line if line and isinstance(error, ValueError) else f"{kind}: {line}" if line else kind
        return _pack({"refusal": refusal}, b"")


def _receive(source: int, requests: queue.SimpleQueue[tuple[dict[str, object], bytes] | None]) -> None:
    received = bytearray()
    while True:
        piece = os.read(source, _READ_BYTES)
        if not piece:
            break
        received += piece
        try:
            while (frame := _unpack(received, "the parent")) is not None:
                requests.put(frame)
        except WorkerCrashedError:
            _logger.exception("the parent broke the framing")
            break
    requests.put(None)
    time.sleep(_ORPHAN_GRACE_S)
    os._exit(1)


def _pack(message: Mapping[str, object], payload: bytes) -> bytes:
    text = json.dumps(message).encode("ascii")
    if len(text) > _MAX_JSON_BYTES or len(payload) > _MAX_PAYLOAD_BYTES:
        raise ValueError(f"a message of {len(text) + len(payload)} bytes is too long for a worker")
    return _HEAD.pack(len(text), len(payload)) + text + payload


def _unpack(received: bytearray, sender: str) -> tuple[dict[str, object], bytes] | None:
    """Take one whole frame off the front of `received`; None when it is not all there yet."""
    if len(received) < _HEAD.size:
        return None
    json_bytes, payload_bytes = _HEAD.unpack_from(received)
    if json_bytes > _MAX_JSON_BYTES or payload_bytes > _MAX_PAYLOAD_BYTES:
        raise WorkerCrashedError(f"{sender}: sent something that is not a frame; it was stopped")
    end = _HEAD.size + json_bytes + payload_bytes
    if len(received) < end:
        return None
    try:
        message = json.loads(bytes(received[_HEAD.size : _HEAD.size + json_bytes]))
    except ValueError:
        raise WorkerCrashedError(f"{sender}: sent a frame that is not JSON; it was stopped") from None
    if not isinstance(message, dict):
        raise WorkerCrashedError(f"{sender}: sent a frame that is not a JSON object; it was stopped")
    payload = bytes(received[_HEAD.size + json_bytes : end])
    del received[:end]
    return message, payload


def _write_all(fd: int, frame: bytes) -> None:
    left = memoryview(frame)
    while left:
        left = left[os.write(fd, left) :]


def _signal_group(child: subprocess.Popen[bytes]) -> None:
    if child.returncode is not None:
        return  # already collected: its number may belong to somebody else by now
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(child.pid, signal.SIGKILL)
