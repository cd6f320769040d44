"""The hash chain of the evidence log: pure rules, no database.

What it can and cannot prove: every entry's hash covers its number, its content and the hash before it, and
the head (how many entries there are, and the last hash) stands apart from the entries. So an entry that was
changed, removed (at the end too), moved or slipped in is found and named. Somebody who may write the whole
database file and knows these rules can still compute a new chain from an altered entry to the end, and a new
head: there is no key in it. What stops that is a head written down elsewhere, on paper or with the province:
the `head` of a `Verification` at a given number of entries never changes again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from smartradio.domain.errors import BadInputError
from smartradio.domain.evidence import Evidence, Reason, Step
from smartradio.wire.signing import canonical

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log as it is stored: `text` is the canonical JSON that the hash covers."""

    number: int
    text: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: how many entries it has and the hash of the last (`GENESIS` when empty)."""

    entries: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found: `entries` that hold, one line to read, the first bad number if there is one.

    `head` is the hash of the last entry that holds; kept elsewhere it proves that nothing up to it was
    rewritten.
    """

    ok: bool
    entries: int
    line: str
    head: str = GENESIS
    bad_number: int | None = None


def instant_text(at: datetime) -> str:
    """Write an aware instant as fixed-width UTC ISO 8601, so that text order is time order."""
    if at.tzinfo is None:
        raise BadInputError(f"the time {at.isoformat()} has no zone; give an aware one")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_instant(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def entry_text(number: int, committed_at: datetime, evidence: Evidence) -> str:
    """Return the canonical JSON of an entry; facts that are not plain JSON values raise BadInputError."""
    content = {
        "number": number,
        "committed_at": instant_text(committed_at),
        "airing": evidence.airing,
        "node": evidence.node,
        "step": evidence.step.value,
        "at": instant_text(evidence.at),
        "source": evidence.source,
        "reason": None if evidence.reason is None else str(evidence.reason),
        "facts": dict(evidence.facts),
    }
    try:
        return canonical(content).decode()
    except (TypeError, ValueError) as error:
        line = f"evidence {evidence.step} of {evidence.node or 'the station'}: facts are not plain JSON: {error}"
        raise BadInputError(line) from error


def entry_hash(previous: str, text: str) -> str:
    """Return the SHA-256 (hex) over the hash before and the entry's canonical JSON."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def append(head: Head, committed_at: datetime, evidence: Iterable[Evidence]) -> list[Entry]:
    """Return the entries that follow the head, chained."""
    entries: list[Entry] = []
    number, previous = head.entries, head.hash
    for item in evidence:
        number += 1
        text = entry_text(number, committed_at, item)
        previous = entry_hash(previous, text)
        entries.append(Entry(number, text, previous))
    return entries


def read_entry(text: str) -> tuple[int, datetime, Evidence]:
    """Return number, commit time and evidence of an entry; raise ValueError if it is not one."""
    try:
        content: dict[str, Any] = json.loads(text)
        reason = content["reason"]
        evidence = Evidence(
            airing=content["airing"],
            node=content["node"],
            step=Step(content["step"]),
            at=read_instant(content["at"]),
            source=content["source"],
            reason=Reason(reason) if reason in _REASONS else reason,
            facts=content["facts"],
        )
        return int(content["number"]), read_instant(content["committed_at"]), evidence
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an entry of the log: {error!r}") from error


_REASONS = frozenset(Reason)


class ChainBrokenError(ValueError):
    """The log does not hold from `number` on; `after` is the last head that does."""

    def __init__(self, number: int, what: str, after: Head) -> None:
        super().__init__(f"entry {number} {what}")
        self.number = number
        self.after = after


def walk(entries: Iterable[Entry], head: Head) -> Iterator[Evidence]:
    """Yield each entry's evidence, checking number, hash and at last the head; raise ChainBrokenError."""
    good = Head(0, GENESIS)
    for entry in entries:
        number = good.entries + 1
        if entry.number != number:
            raise ChainBrokenError(number, f"is missing (the next one has number {entry.number})", good)
        if entry.hash != entry_hash(good.hash, entry.text):
            raise ChainBrokenError(number, "was changed or moved: its hash does not follow", good)
        if number > head.entries:
            raise ChainBrokenError(number, f"was added behind the head, which counts {head.entries}", good)
        try:
            inside, _, evidence = read_entry(entry.text)
        except ValueError as error:
            raise ChainBrokenError(number, f"cannot be read: {error}", good) from error
        if inside != number:
            raise ChainBrokenError(number, f"says of itself that it is number {inside}", good)
        good = Head(number, entry.hash)
        yield evidence
    if good.entries < head.entries:
        missing = f"is missing (the head counts {head.entries} entries)"
        raise ChainBrokenError(good.entries + 1, missing, good)
    if good.hash != head.hash:
        raise ChainBrokenError(good.entries, "is not the one the head names", good)
