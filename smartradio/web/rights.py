"""Who may do what at the console: the one table of roles and rights."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from smartradio.station.accounts import Account, Role


class PasswordGivenError(Exception):
    """The password was handed over: its owner chooses another one before anything else."""


class NotAllowedError(Exception):
    """The account has not the right for this."""


class Right(StrEnum):
    """What a route asks of its visitor."""

    LOOK = "look"
    """Pages without forms; every account."""
    LISTEN = "listen"
    """Microphone clips; each listening goes on record."""
    WRITE = "write"
    """Bulletins, the calendar, airing a text now."""
    SETTLE = "settle"
    """Answering verdicts."""
    APPROVE = "approve"
    """Answering for what others wrote."""
    WITHDRAW = "withdraw"
    """Taking back what stands in the plan or sounds."""
    ALERT = "alert"
    """Emergencies."""
    MAINTAIN = "maintain"
    """Nodes, alarms, what citizens report, the registry."""
    ADMINISTER = "administer"
    """Accounts, settings, lexicon, models, backup."""
    AUDIT = "audit"
    """The evidence log."""


_ALL: Final = frozenset({Right.LOOK, Right.LISTEN})
_NEWSROOM: Final = _ALL | {Right.WRITE, Right.SETTLE, Right.WITHDRAW}

RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.BROADCASTER: _NEWSROOM,
    Role.APPROVER: _NEWSROOM | {Right.APPROVE},
    Role.OFFICER: _ALL | {Right.ALERT, Right.WITHDRAW, Right.SETTLE},
    Role.TECHNICIAN: _ALL | {Right.MAINTAIN},
    # Whoever makes accounts could make themselves any; the log says so, and pages need not pretend otherwise.
    Role.ADMINISTRATOR: _ALL | {Right.MAINTAIN, Right.ADMINISTER, Right.AUDIT},
    Role.AUDITOR: _ALL | {Right.AUDIT},
}


def rights_of(account: Account | None) -> frozenset[Right]:
    """Return what an account may do; a stranger may nothing."""
    return RIGHTS[account.role] if account else frozenset()
