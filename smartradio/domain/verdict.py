"""What was heard, in seven words that scripts and reports rely on."""

from __future__ import annotations

from enum import StrEnum


class VerdictCode(StrEnum):
    """Stable codes of what was heard at a node's microphone, and nothing more than that."""

    AIRED = "aired"
    PARTLY_AIRED = "partly_aired"
    SILENT = "silent"
    OTHER = "other"
    UNINTELLIGIBLE = "unintelligible"
    UNCLEAR = "unclear"
    UNREACHED = "unreached"
