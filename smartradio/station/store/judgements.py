"""What the station found in a clip: verdict and figures, bound to the log by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smartradio.domain.errors import BadInputError
from smartradio.domain.verdict import VerdictCode
from smartradio.wire.signing import canonical


@dataclass(frozen=True, slots=True)
class NodeJudgement:
    """Verdict and figures of one airing at one node; None where nothing was measured.

    `presence` is coverage by 100 ms of the recording. `clip` is the SHA-256 (hex) of the microphone
    recording, `clip_starts_s` its start relative to the planned instant.
    """

    verdict: VerdictCode
    coverage: float | None = None
    coverage_by_segment: tuple[float, ...] = ()
    level_db: float | None = None
    snr_db: float | None = None
    transcript: str | None = None
    recogniser: str | None = None
    reasons: tuple[str, ...] = ()
    presence: tuple[float, ...] = ()
    clip: str | None = None
    clip_starts_s: float | None = None


def content_of(judgement: NodeJudgement) -> dict[str, Any]:
    """Return the judgement as plain JSON values."""
    return {**asdict(judgement), "verdict": judgement.verdict.value}


def fingerprint(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a judgement's content; figures that are not JSON raise BadInputError."""
    try:
        return hashlib.sha256(canonical(content)).hexdigest()
    except (TypeError, ValueError) as error:
        raise BadInputError(f"a judgement's figures must be plain numbers: {error}") from error


def judgement_of(content: Mapping[str, Any]) -> NodeJudgement:
    """Read what `content_of` wrote."""
    lists = {name: tuple(content[name]) for name in ("coverage_by_segment", "reasons", "presence")}
    return NodeJudgement(**{**content, **lists, "verdict": VerdictCode(content["verdict"])})
