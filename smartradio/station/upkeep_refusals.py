"""Why the technician's desk does not do something, each for pages to say in the visitor's words."""

from __future__ import annotations

from smartradio.domain.errors import BadInputError


class TooLoudError(BadInputError):
    """A volume outside what the node may be set to, in dB."""

    def __init__(self, quietest_db: float, loudest_db: float) -> None:
        super().__init__(f"the volume of this node is {quietest_db:g} to {loudest_db:g} dB")
        self.quietest_db = quietest_db
        self.loudest_db = loudest_db


class PlayingNowError(BadInputError):
    """The node plays: whoever wants it to begin anew must say that they know."""

    def __init__(self) -> None:
        super().__init__("the node plays something now")


class EmergencyDueError(BadInputError):
    """An emergency sounds at the node or is to sound within two minutes."""

    def __init__(self) -> None:
        super().__init__(
            "an emergency sounds at this node or is to sound within two minutes; it does not begin anew now"
        )
