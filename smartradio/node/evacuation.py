"""The call to leave at once, by the button at the pole: it needs no station, no clock, no line and no disk.

QUIET → WAITING (for the horn) → SOUNDING → QUIET. It is as urgent as an emergency of the station: it stops everything
else, and waits for one that sounds. Pressed while it sounds, the button ends it; pressed while it waits it changes
nothing, for whoever hears nothing presses again.
"""

from __future__ import annotations

import logging
import secrets
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final

from smartradio.domain.evidence import Reason, Step
from smartradio.domain.priority import Priority, preempts
from smartradio.node.button import ButtonSettings
from smartradio.node.feed import Feed, Piece
from smartradio.node.horn import Horn, OnAir
from smartradio.node.local_sound import LocalSound, evacuation_siren, evacuation_sound
from smartradio.node.microphone import BEFORE_S
from smartradio.node.parts import NodeParts
from smartradio.node.player import Ended, Ending
from smartradio.node.press_log import Press, PressLog
from smartradio.node.sound.port import SoundError

if TYPE_CHECKING:
    from smartradio.node.playable import Decode

_logger = logging.getLogger(__name__)

WAITS_S: Final = 900.0
"""So long after the press it may still begin: later nobody knows any more why it sounds."""
TRIES: Final = 2
"""So often a press is taken up by a new process: it may be the sound itself that ends the process."""
LEAD_S: Final = 0.4
PAUSE_S: Final = 1.0
READY_WITHIN_S: Final = 2.0
SOUND_AGAIN_S: Final = 1.0
FIGURES_WITHIN_S: Final = 60.0
STEP_S: Final = 0.05


class _State(Enum):
    QUIET = auto()
    WAITING = auto()
    SOUNDING = auto()


class Evacuation:
    """Puts the call on the horn and follows it; one thread's. Nothing of it raises JournalError but `write`."""

    def __init__(self, parts: NodeParts, horn: Horn, decode: Decode) -> None:
        self._parts = parts
        self._horn = horn
        self._decode = decode
        self._state = _State.QUIET
        self._sound: LocalSound | None = None
        self._log: PressLog | None = None
        self._times = 1
        self._on_air: OnAir | None = None
        # What was heard of each is worked out after its end.
        self._heard: list[OnAir] = []
        # Told once a press, however often a broken device has it begin again.
        self._told: set[Step] = set()
        self._taken_back = False
        self._why = Reason.BUSY
        self._again_s = -1e9
        self._warm = False

    def equip(self, settings: ButtonSettings, boot: str, now_s: float) -> None:
        """Make ready what is played, and take up a press that a process before this one did not bring to its end.

        `boot` is the token of the monotonic clock: after a power cut nobody knows how long ago the press was, and the
        node does not call by itself.
        """
        self._sound = evacuation_sound(settings.recording, self._decode)
        self._times = settings.times
        self._log = PressLog(self._parts, boot)
        press = self._log.open
        if press is None:
            return
        self._log.tell(press.key, Step.INTERRUPTED, now_s, Reason.NODE_RESTARTED)
        if press.boot == boot and press.tries < TRIES and 0 <= now_s - press.asked_s <= WAITS_S:
            _logger.warning("the call by the button at the pole was cut off; it begins again")
            self._log.again()
            self._state = _State.WAITING
        else:
            self._log.end()

    @property
    def active(self) -> bool:
        """Whether it sounds or waits for the horn."""
        return self._state is not _State.QUIET

    @property
    def origin(self) -> str | None:
        """Which sound is played: own, shipped, or the siren alone; None without a button."""
        return self._sound.origin if self._sound is not None else None

    def press(self, now_s: float, held_s: float, boot: str) -> None:
        """Call, or end the call that sounds."""
        if self._log is None:
            return
        if self._state is _State.SOUNDING:
            _logger.warning("the button was held again: the call ends")
            if self._on_air is not None and self._horn.playing is self._on_air:
                self._taken_back = True
                self._horn.stop()
        elif self._state is _State.WAITING:
            _logger.warning("the button was held again: the call waits for the horn")
        else:
            _logger.warning("the button was held for %.1f s: calling to leave", held_s)
            self._log.begin(Press(secrets.token_urlsafe(9), boot, now_s, round(held_s, 1)))
            self._state, self._why, self._again_s = _State.WAITING, Reason.BUSY, -1e9
            self._told, self._taken_back = set(), False

    def tick(self, now_s: float) -> float:
        """Do what is due; return the monotonic time by which to come back."""
        if self._state is _State.SOUNDING:
            self._follow()
        if self._state is _State.WAITING:
            self._wait(now_s)
        self._take_figures(now_s)
        if self._state is not _State.QUIET or self._heard:
            return now_s + STEP_S
        if self._warm:
            self._warm = False
            if self._parts.clock.now() is None and self._horn.playing is None:
                # Without a clock nothing else closes the output.
                self._parts.player.cool()
        return now_s + 1.0

    def write(self, *, settled: bool) -> None:
        """Write down what came of presses; raises JournalError. See `PressLog.write`."""
        if self._log is not None:
            self._log.write(settled=settled)

    # -- onto the horn

    def _wait(self, now_s: float) -> None:
        log = self._log
        if log is None or log.open is None:
            self._state = _State.QUIET
            return
        if now_s - log.open.asked_s > WAITS_S:
            _logger.error("the call by the button found no way to the horn (%s)", self._why)
            log.tell(log.open.key, Step.SKIPPED, now_s, self._why)
            log.end()
            self._state = _State.QUIET
            return
        playing = self._horn.playing
        if now_s < self._again_s or (playing is not None and not preempts(Priority.EMERGENCY, playing.priority)):
            return
        try:
            self._put_on(log.open, now_s)
        except SoundError as error:
            if self._why is not Reason.SOUND_DEVICE:
                _logger.warning("%s; trying again", error)
            self._why = Reason.SOUND_DEVICE
            self._again_s = now_s + SOUND_AGAIN_S

    def _put_on(self, press: Press, now_s: float) -> None:
        sound = self._sound or evacuation_siren()
        pieces = (Piece(sound.decode, sound.duration_s, PAUSE_S),) * self._times
        feed = Feed(pieces, gain=self._parts.volume.gain)
        put_on = False
        try:
            if not feed.wait_ready(READY_WITHIN_S):
                # What can be made without decoding is heard instead, and at the next press too.
                self._sound = evacuation_siren()
                raise SoundError(f"the call cannot be decoded: {feed.failure or 'too slow'}")
            self._parts.player.warm()
            self._warm = True
            key, begins_s = f"button-{press.key}-{secrets.token_hex(2)}", now_s + LEAD_S
            self._listen(key, begins_s - BEFORE_S)
            on_air = OnAir(key, None, Priority.EMERGENCY, pieces, begins_s, clip=False, press=press.key)
            self._horn.put_on(on_air, feed)
            put_on = True
        finally:
            if not put_on:
                feed.close()
        self._on_air, self._state = on_air, _State.SOUNDING
        self._heard.append(on_air)

    def _listen(self, key: str, from_s: float) -> None:
        # A microphone that is missing must not keep the horn silent.
        try:
            self._parts.microphone.open(key, from_s)
        except SoundError as error:
            _logger.warning("%s", error)

    # -- while it sounds

    def _follow(self) -> None:
        on_air, log = self._on_air, self._log
        if on_air is None or log is None or log.open is None:
            self._state = _State.QUIET
            return
        if on_air.started_s is not None and Step.STARTED not in self._told:
            self._told.add(Step.STARTED)
            waited_s = round(on_air.started_s - log.open.asked_s, 1)
            facts: dict[str, Any] = {
                "held_s": log.open.held_s,
                "waited_s": waited_s,
                "times": self._times,
                "sound": self.origin,
            }
            log.tell(log.open.key, Step.STARTED, on_air.started_s, facts=facts)
        if on_air.ended is not None:
            self._ended(log, log.open.key, on_air.ended)

    def _ended(self, log: PressLog, key: str, ended: Ended) -> None:
        facts: dict[str, Any] = {"played_s": round(ended.played_s, 1)}
        if ended.ending is Ending.WHOLE:
            log.tell(key, Step.FINISHED, ended.at_s, facts=facts)
        elif ended.ending is Ending.STOPPED:
            facts["ended_by"] = "button" if self._taken_back else "station"
            log.tell(key, Step.INTERRUPTED, ended.at_s, Reason.STOPPED, facts)
        else:
            broken = ended.ending is Ending.BROKEN
            self._why = Reason.ALTERED_RECORDING if broken else Reason.SOUND_DEVICE
            if Step.INTERRUPTED not in self._told:
                self._told.add(Step.INTERRUPTED)
                log.tell(key, Step.INTERRUPTED, ended.at_s, self._why, facts)
            if broken:
                self._sound = evacuation_siren()
            # Nobody wanted it to end: it is said again from its beginning.
            self._state, self._again_s = _State.WAITING, ended.at_s + SOUND_AGAIN_S
            return
        log.end()
        self._state = _State.QUIET

    def _take_figures(self, now_s: float) -> None:
        """Take what the microphone heard of calls that are over."""
        for on_air in list(self._heard):
            if self._log is not None and on_air.press is not None and on_air.figures is not None:
                reason, facts = on_air.figures
                self._log.tell(on_air.press, Step.MEASURED, now_s, reason, facts)
            late = on_air.ended is not None and now_s - on_air.ended.at_s > FIGURES_WITHIN_S
            if on_air.figures is not None or late:
                self._heard.remove(on_air)
