"""What arrives, each message to the part that takes it; no message, whatever is in it, ends the node's loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from smartradio.domain.evidence import Reason
from smartradio.node.commands import Commands
from smartradio.node.delivery import Delivery
from smartradio.node.journal import JournalError
from smartradio.node.link_port import Incoming
from smartradio.node.parts import NodeParts
from smartradio.wire.signing import RefusedError
from smartradio.wire.topics import VERSION, Topics, version_of

_logger = logging.getLogger(__name__)


class Routing:
    """Sorts messages by their topic; one thread's.

    `keep(message)` takes one back that must be tried again, `time_vouched` is called when the station's time has
    become known, `own_state(message)` with what is published under this node's own name.
    """

    def __init__(
        self,
        node: str,
        topics: Topics,
        parts: NodeParts,
        commands: Commands,
        delivery: Delivery,
        *,
        keep: Callable[[Incoming], None],
        time_vouched: Callable[[], None],
        own_state: Callable[[Incoming], None],
    ) -> None:
        self._node = node
        self._topics = topics
        self._parts = parts
        self._commands = commands
        self._delivery = delivery
        self._keep = keep
        self._time_vouched = time_vouched
        self._own_state = own_state

    def receive(self, message: Incoming) -> None:
        """Take a message; a refusal is reported. Raises JournalError, then the message is kept."""
        try:
            self._dispatch(message)
        except RefusedError as error:
            self._parts.reports.refused(error, message.topic, message.at_s)
        except JournalError:
            # A retained plan comes once a connection: keep it until it can be written down.
            self._keep(message)
            raise
        except Exception as error:
            # No message, whatever is in it, may end the loop that an emergency depends on.
            _logger.exception("message on %s cannot be taken", message.topic[:120])
            line = f"message cannot be taken: {type(error).__name__}: {error}"
            self._parts.reports.refused(RefusedError(Reason.MALFORMED, line), message.topic, message.at_s)

    def _dispatch(self, message: Incoming) -> None:
        if message.too_long_bytes:
            line = f"message of {message.too_long_bytes} bytes on {message.topic[:120]}"
            raise RefusedError(Reason.MALFORMED, line)
        levels = self._topics.parse(message.topic)
        if levels is None:
            raise _not_ours(message.topic)
        if levels[0] == "audio" and len(levels) == 3:
            self._parts.clock.noise(message.at_s)
            self._delivery.take(levels[1], levels[2], message)
        elif levels == ("zone", self._commands.zone, "order"):
            self._commands.take_order(message)
        elif levels == ("live", self._commands.zone):
            self._commands.take_live(message)
        elif levels[:2] == ("node", self._node):
            self._dispatch_own(levels[2:], message)
        else:
            raise _not_for_us(message)

    def _dispatch_own(self, leaf: tuple[str, ...], message: Incoming) -> None:
        if leaf == ("order",):
            self._commands.take_order(message)
        elif leaf == ("plan",):
            self._commands.take_plan(message.topic, message.payload)
        elif leaf == ("config",):
            self._commands.take_config(message.topic, message.payload)
        elif leaf == ("ack",):
            self._take_ack(message)
        elif leaf == ("time", "answer"):
            self._take_time(message)
        elif leaf == ("state",):
            self._own_state(message)
        else:
            raise _not_for_us(message)

    def _take_ack(self, message: Incoming) -> None:
        ack = self._commands.gate.ack(message.topic, message.payload)
        if self._parts.reports.acknowledged(ack.reports):
            self._parts.clips.look_again()
        self._parts.clips.acknowledged(ack.clips)

    def _take_time(self, message: Incoming) -> None:
        answer = self._commands.gate.time_answer(message.topic, message.payload)
        vouched = self._parts.clock.vouched
        if self._parts.clock.answered(answer.nonce, answer.at, message.at_s) and not vouched:
            self._time_vouched()


def _not_for_us(message: Incoming) -> RefusedError:
    return RefusedError(Reason.NOT_FOR_THIS_NODE, f"message on {message.topic[:120]}")


def _not_ours(topic: str) -> RefusedError:
    version = version_of(topic)
    if version is not None and version != VERSION:
        line = f"message of contract version {version}, this node speaks {VERSION}"
        return RefusedError(Reason.UNKNOWN_VERSION, line)
    return RefusedError(Reason.FOREIGN_STATION, f"message on {topic[:120]}")
