"""What the station found in a clip: verdict and figures, bound to the log by their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from smartradio.domain.errors import BadInputError
from smartradio.domain.verdict import JudgedSentence, JudgedWord, VerdictCode, WordState
from smartradio.wire.signing import canonical


@dataclass(frozen=True, slots=True)
class NodeJudgement:
    """Verdict and figures of one airing at one node; None where nothing was measured.

    `presence` is coverage by 100 ms of the recording. `clip` is the SHA-256 (hex) of the microphone
    recording, `clip_starts_s` its start relative to the planned instant.
    Levels are dBFS in the horn's band: `level_db` during the airing, `background_db` before and after it. `delay_ms`
    is when the own horn was heard against the planned instant, `gain_db` how loud against the recording, `tilt_db`
    how much of its treble came through; None where it was not heard. `far_delay_ms` is when another horn was.
    `intelligibility` is an estimate from 0 to 1 of how well a person could understand the speech there. `sentences`
    are the bulletin's, in their order, with what happened to each word.
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
    delay_ms: float | None = None
    tilt_db: float | None = None
    background_db: float | None = None
    gain_db: float | None = None
    far_delay_ms: float | None = None
    intelligibility: float | None = None
    sentences: tuple[JudgedSentence, ...] = ()


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
    """Read what `content_of` wrote, also what it wrote before there were sentences."""
    lists = {name: tuple(content[name]) for name in ("coverage_by_segment", "reasons", "presence")}
    sentences = tuple(_sentence(sentence) for sentence in content.get("sentences", ()))
    return NodeJudgement(**{**content, **lists, "sentences": sentences, "verdict": VerdictCode(content["verdict"])})


def _sentence(content: Mapping[str, Any]) -> JudgedSentence:
    words = tuple(JudgedWord(**{**word, "state": WordState(word["state"])}) for word in content["words"])
    return JudgedSentence(content["text"], WordState(content["state"]), words)
