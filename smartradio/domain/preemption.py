"""Who stops whom on a horn, and what becomes of what was stopped: one table of all pairs."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from smartradio.domain.priority import Priority

LEAST_LEFT: Final = 1 / 3
"""What was stopped goes on only if at least this share of it has not been heard."""


class Fate(StrEnum):
    """What happens to what plays when something else arrives."""

    GOES_ON = "goes_on"
    """It is not stopped; what arrives waits until it is over."""
    RESUMES = "resumes"
    """It is stopped, and goes on afterwards at the sentence in which it was stopped."""
    REJOINS = "rejoins"
    """It is stopped; afterwards the horn joins it again where it is by then."""
    ENDS = "ends"
    """It is stopped for good: nobody kept it (a live voice), or nothing is lost (what fills silence)."""


_GOES_ON, _RESUMES, _REJOINS, _ENDS = Fate.GOES_ON, Fate.RESUMES, Fate.REJOINS, Fate.ENDS
_PLAYING: Final = (
    Priority.EMERGENCY,
    Priority.LIVE,
    Priority.ABOVE,
    Priority.PROGRAMME,
    Priority.RELAY,
    Priority.FALLBACK,
)
# fmt: off
_BY_ARRIVING: Final[dict[Priority, tuple[Fate, ...]]] = {
    # what plays:          EMERGENCY  LIVE       ABOVE      PROGRAMME  RELAY      FALLBACK
    Priority.EMERGENCY:  (_GOES_ON,  _ENDS,     _RESUMES,  _RESUMES,  _REJOINS,  _ENDS),
    Priority.LIVE:       (_GOES_ON,  _GOES_ON,  _RESUMES,  _RESUMES,  _REJOINS,  _ENDS),
    Priority.ABOVE:      (_GOES_ON,  _GOES_ON,  _GOES_ON,  _RESUMES,  _REJOINS,  _ENDS),
    Priority.PROGRAMME:  (_GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON,  _REJOINS,  _ENDS),
    Priority.RELAY:      (_GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON,  _ENDS),
    Priority.FALLBACK:   (_GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON,  _GOES_ON),
}
# fmt: on
FATES: Final[dict[tuple[Priority, Priority], Fate]] = {
    (arriving, playing): fate
    for arriving, fates in _BY_ARRIVING.items()
    for playing, fate in zip(_PLAYING, fates, strict=True)
}
"""(what arrives, what plays) → what happens to what plays."""


class Sequel(StrEnum):
    """What becomes of something that was broken off, whoever or whatever broke it off."""

    RESUME = "resume"
    """It goes on at the sentence in which it stopped."""
    AGAIN = "again"
    """It plays again from its beginning."""
    REJOIN = "rejoin"
    """The horn joins it again where it is by then."""
    REPLAN = "replan"
    """It is still valid, but not worth going on with: its next airing carries it, or somebody plans it anew."""
    REPORT = "report"
    """It is over, and it is told that it was not heard whole."""


def sequel(stopped: Priority, *, left: float, valid: bool) -> Sequel:
    """Return what becomes of something broken off of which the share `left` (0 to 1) was not heard.

    `valid` says whether it may still be aired. An emergency plays again whole, however little was left.
    """
    if not valid or stopped in (Priority.LIVE, Priority.FALLBACK):
        return Sequel.REPORT
    if stopped is Priority.EMERGENCY:
        return Sequel.AGAIN
    if stopped is Priority.RELAY:
        return Sequel.REJOIN
    return Sequel.RESUME if left >= LEAST_LEFT else Sequel.REPLAN
