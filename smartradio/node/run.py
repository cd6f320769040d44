"""Running a node from its settings: the one place where the parts are chosen."""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from smartradio.audio.codec import decode_opus
from smartradio.audio.pole import Fault, FaultyHorn, Neighbour, SimulatedPole, demo_scene
from smartradio.audio.resample import resample
from smartradio.audio.wavfile import read_wav
from smartradio.domain.errors import SmartradioError
from smartradio.node.agent import Agent
from smartradio.node.clock_source import ClockSource, SimulatedClock
from smartradio.node.gpio import GpioPins
from smartradio.node.identity import hold_folder
from smartradio.node.link_port import LinkPort, OnMessage, OnState, Will
from smartradio.node.notify import Notifier
from smartradio.node.settings import NodeSettings, VirtualSettings
from smartradio.node.sound.air import AIR_RATE, Radiated
from smartradio.node.sound.port import Sound
from smartradio.node.sound.portaudio import PortAudioSound
from smartradio.node.sound.virtual import VirtualSound
from smartradio.node.watchdog import Watchdog
from smartradio.wire.client import Link

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Signal = NDArray[np.float32]

_logger = logging.getLogger(__name__)


def run_node(settings: NodeSettings) -> bool:
    """Run a node until SIGTERM or SIGINT, or until its station asks it to begin anew: then return True.

    Call it on the main thread of a process of its own. Raises SmartradioError when it cannot start.
    """
    lock = hold_folder(settings.data)
    try:
        agent = make_agent(settings)

        def end(_number: int, _frame: FrameType | None) -> None:
            agent.stop()

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, end)
            signal.signal(signal.SIGINT, end)
        watchdog = Watchdog(Notifier.from_environment(), lambda: agent.progress, time.monotonic)
        agent.run(watchdog.turn)
    finally:
        lock.release()
    return agent.begins_anew


def make_agent(settings: NodeSettings) -> Agent:
    """Return the agent that the settings describe, not yet running; raises SmartradioError."""
    virtual = settings.virtual
    source = ClockSource()
    if settings.sound == "virtual":
        source = SimulatedClock(virtual.clock_ppm, virtual.clock_error_s)

    def make_link(
        subscriptions: list[str],
        on_message: OnMessage,
        on_state: OnState,
        will: Will,
        boot: str,
    ) -> LinkPort:
        # A client id of its own for each start: two nodes with one name must both stay connected long
        # enough to notice each other, instead of throwing each other off for ever.
        return Link(
            settings.link,
            f"{settings.name}-{boot}",
            subscriptions=subscriptions,
            on_message=on_message,
            on_state=on_state,
            will=will,
        )

    return Agent(
        settings,
        source=source,
        sound=make_sound(settings, source),
        make_link=make_link,
        decode=decode_opus,
        pins=GpioPins() if settings.button is not None or settings.inputs else None,
    )


def make_sound(settings: NodeSettings, source: ClockSource) -> Sound:
    """Return the sound device of the settings; raises SmartradioError for an unusable substitute."""
    if settings.sound == "portaudio":
        return PortAudioSound(settings.output, settings.microphone, monotonic=source.monotonic)
    virtual = settings.virtual
    scene = demo_scene(virtual.index, virtual.seed, virtual.fault, neighbours=0)
    folder = virtual.air_folder
    around = virtual.neighbours if folder is not None else ()
    scene = replace(scene, neighbours=tuple(Neighbour.at(each.distance_m) for each in around))
    return VirtualSound(
        SimulatedPole(scene, AIR_RATE),
        FaultyHorn(virtual.fault, AIR_RATE, substitute=_substitute(virtual)),
        ppm=virtual.clock_ppm,
        radiates=Radiated(folder / f"{settings.name}.f32") if folder is not None else None,
        neighbours=[Radiated(folder / f"{each.node}.f32") for each in around] if folder is not None else (),
        node_time=source.from_machine,
    )


def _substitute(virtual: VirtualSettings) -> Signal | None:
    if virtual.fault is not Fault.WRONG:
        return None
    path = virtual.substitute
    if path is None:
        raise SmartradioError("the fault `wrong` needs `substitute`: a WAV or Opus file with other speech")
    return _read_sound(path)


def _read_sound(path: Path) -> Signal:
    try:
        if path.suffix == ".wav":
            pcm, rate = read_wav(path)
            return resample(pcm, rate, AIR_RATE)
        return decode_opus(path.read_bytes(), AIR_RATE)
    except (OSError, ValueError) as error:
        raise SmartradioError(f"substitute {path}: {error}") from error
