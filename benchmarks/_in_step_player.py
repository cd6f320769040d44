"""A player with a node's clock, a process of its own: asks a port for the time as a node asks its station."""

from __future__ import annotations

import socket
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from smartradio.node.clock import NodeClock
from smartradio.node.clock_source import ClockSource
from smartradio.node.feed import Feed, Piece
from smartradio.node.player import Ended, Player
from smartradio.node.sound.port import OUTPUT_RATE
from smartradio.node.sound.portaudio import PortAudioSound
from tests.node.skew import burst

PLANNED_BEFORE_S = 5.0


def answer_with_the_time(listener: socket.socket) -> None:
    """Answer each line with itself and the time, until the socket is closed."""
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(near,), daemon=True).start()


def _answer(near: socket.socket) -> None:
    with near, near.makefile("rw") as lines:
        for line in lines:
            lines.write(f"{line.strip()} {time.time()!r}\n")
            lines.flush()


def play(channel: str, port: int, begins_at: float, seconds: float, every_s: float) -> None:
    """Play bursts from a time of the server's on, in step with it."""
    sound, memory = PortAudioSound(channel), dict[str, str]()
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.settimeout(None)
    asking, answers = connection.makefile("w"), connection.makefile("r")

    def ask(nonce: str) -> bool:
        asking.write(f"{nonce}\n")
        asking.flush()
        return True

    clock, one_at_a_time = NodeClock(ClockSource(), ask, memory.get, memory.update), threading.Lock()
    player = Player(sound, time.monotonic, clock)

    def listen() -> None:
        for line in answers:
            received_s = time.monotonic()
            nonce, at = line.split()
            with one_at_a_time:
                clock.answered(nonce, datetime.fromtimestamp(float(at), UTC), received_s)

    threading.Thread(target=listen, daemon=True).start()
    clock.connected()
    planned = over = False
    while not over:
        with one_at_a_time:
            clock.tick()
            now = clock.now()
            if not planned and now is not None and now.timestamp() >= begins_at - PLANNED_BEFORE_S:
                clock.hold(on=True)
                starts_s = clock.monotonic_at(datetime.fromtimestamp(begins_at, UTC))
                assert starts_s is not None
                player.play("beats", starts_s, Feed([Piece(lambda: _beats(seconds, every_s), seconds)]))
                planned = True
        over = any(isinstance(event, Ended) for event in player.poll())
        time.sleep(0.01)
    player.close()


def _beats(seconds: float, every_s: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    sound, one = np.zeros(round(seconds * OUTPUT_RATE), np.float32), burst()
    for begin in range(0, sound.size - one.size, round(every_s * OUTPUT_RATE)):
        sound[begin : begin + one.size] = one
    return sound


if __name__ == "__main__":
    play(sys.argv[1], int(sys.argv[2]), *(float(each) for each in sys.argv[3:6]))
