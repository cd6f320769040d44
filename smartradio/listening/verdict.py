"""The decision table: from facts to a verdict. The first row whose conditions all hold wins.

docs/verdict.md says the same in words; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from smartradio.domain.verdict import VerdictCode
from smartradio.listening.facts import AtNode, Covered, Facts, Far, Missing, Own, Words


class VerdictReason(StrEnum):
    """Why a verdict is what it is; stable codes that scripts and pages rely on."""

    NO_REPORT = "no_report"
    NO_CLIP = "no_clip"
    NO_RECORDING = "no_recording"
    CLIP_INCOMPLETE = "clip_incomplete"
    CLIP_UNUSABLE = "clip_unusable"
    OTHER_SOUND = "other_sound"
    TOO_NOISY = "too_noisy"
    ONLY_FROM_FAR = "only_from_far"
    OWN_HORN_SILENT = "own_horn_silent"
    ODD_DELAY = "odd_delay"
    MUFFLED = "muffled"
    NOT_INTELLIGIBLE = "not_intelligible"
    STOPPED_EARLY = "stopped_early"
    STARTED_LATE = "started_late"
    GAPS = "gaps"
    MEASURED_AT_NODE = "measured_at_node"
    REPLAYED = "replayed"
    BELOW_USUAL = "below_usual"
    ODD_LEVEL = "odd_level"
    SOUND_WITHOUT_MATCH = "sound_without_match"
    WORDS_WITHOUT_MATCH = "words_without_match"
    WORDS_DIFFER = "words_differ"
    WORDS_MISSING = "words_missing"
    WORDS_DOUBTFUL = "words_doubtful"
    WITNESSES_DISAGREE = "witnesses_disagree"
    RECOGNISER_DISAGREES = "recogniser_disagrees"
    RECOGNISER_FAILED = "recogniser_failed"
    NO_RECOGNISER = "no_recogniser"
    UNKNOWN_VOICE = "unknown_voice"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it asks of which facts (any of the values; other facts are free), verdict and reasons."""

    name: str
    when: Mapping[str, tuple[object, ...]]
    verdict: VerdictCode
    reasons: tuple[VerdictReason, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """Return whether every fact the row asks for is so."""
        return all(getattr(facts, fact) in values for fact, values in self.when.items())


_NOT_ALL = (Covered.PART, Covered.LITTLE)
LOST_IN_A_GAP = (VerdictReason.GAPS, VerdictReason.WORDS_MISSING)

DECISION_TABLE: tuple[Row, ...] = (
    Row(
        "not reached",
        {"report": (False,), "clip": (False,)},
        VerdictCode.UNREACHED,
        (VerdictReason.NO_REPORT,),
    ),
    Row(
        "measured at the node",
        {"clip": (False,), "clip_due": (False,), "at_node": (AtNode.GOOD,)},
        VerdictCode.AIRED,
        (VerdictReason.MEASURED_AT_NODE,),
    ),
    Row("nothing to listen to", {"clip": (False,)}, VerdictCode.UNCLEAR, (VerdictReason.NO_CLIP,)),
    Row("nothing to compare with", {"recording": (False,)}, VerdictCode.UNCLEAR, (VerdictReason.NO_RECORDING,)),
    Row("clip breaks off", {"whole_clip": (False,)}, VerdictCode.UNCLEAR, (VerdictReason.CLIP_INCOMPLETE,)),
    Row("an old clip again", {"replayed": (True,)}, VerdictCode.UNCLEAR, (VerdictReason.REPLAYED,)),
    Row(
        "the words without the recording",
        {"own": (Own.ABSENT,), "far": (Far.NONE,), "text_heard": (True,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.WORDS_WITHOUT_MATCH, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row(
        "something else instead",
        {"own": (Own.ABSENT,), "other_sound": (True,)},
        VerdictCode.OTHER,
        (VerdictReason.OTHER_SOUND,),
    ),
    Row(
        "too loud to tell",
        {"own": (Own.ABSENT,), "drowned": (True,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.TOO_NOISY,),
    ),
    Row(
        "only another pole",
        {"own": (Own.ABSENT,), "far": (Far.POLE,)},
        VerdictCode.SILENT,
        (VerdictReason.OWN_HORN_SILENT, VerdictReason.ONLY_FROM_FAR),
    ),
    Row(
        "only another loudspeaker",
        {"own": (Own.ABSENT,), "far": (Far.SPEAKER,)},
        VerdictCode.SILENT,
        (VerdictReason.OWN_HORN_SILENT, VerdictReason.BELOW_USUAL),
    ),
    Row(
        "at a strange delay",
        {"own": (Own.ABSENT,), "far": (Far.ODD,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.ODD_DELAY,),
    ),
    Row(
        "a sound that is not the recording",
        {"own": (Own.ABSENT,), "loud": (True,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.SOUND_WITHOUT_MATCH, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row("own horn silent", {"own": (Own.ABSENT,)}, VerdictCode.SILENT, (VerdictReason.OWN_HORN_SILENT,)),
    Row(
        "a weaker microphone",
        {"own": (Own.FAINT,), "as_clear": (True,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.ODD_LEVEL, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row(
        "far fainter than the own horn",
        {"own": (Own.FAINT,)},
        VerdictCode.SILENT,
        (VerdictReason.OWN_HORN_SILENT, VerdictReason.BELOW_USUAL),
    ),
    Row(
        "a chime, then something else",
        {"covered": (Covered.LITTLE,), "other_sound": (True,)},
        VerdictCode.OTHER,
        (VerdictReason.OTHER_SOUND,),
    ),
    Row(
        "muffled",
        {"understood": (False,), "muffled": (True,)},
        VerdictCode.UNINTELLIGIBLE,
        (VerdictReason.MUFFLED,),
    ),
    Row(
        "too noisy to understand",
        {"understood": (False,), "clear": (False,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.TOO_NOISY,),
    ),
    Row(
        "not understood, and not for noise",
        {"understood": (False,)},
        VerdictCode.UNINTELLIGIBLE,
        (VerdictReason.NOT_INTELLIGIBLE,),
    ),
    Row(
        "words lost in a gap",
        {"words": (Words.LOST,)},
        VerdictCode.PARTLY_AIRED,
        LOST_IN_A_GAP,
    ),
    Row("changed words", {"words": (Words.CHANGED,)}, VerdictCode.PARTLY_AIRED, (VerdictReason.WORDS_DIFFER,)),
    Row(
        "partly, then something else",
        {"covered": (Covered.PART,), "other_sound": (True,)},
        VerdictCode.PARTLY_AIRED,
        (VerdictReason.OTHER_SOUND,),
    ),
    Row(
        "stopped early",
        {"covered": _NOT_ALL, "missing": (Missing.END,)},
        VerdictCode.PARTLY_AIRED,
        (VerdictReason.STOPPED_EARLY,),
    ),
    Row(
        "started late",
        {"covered": _NOT_ALL, "missing": (Missing.BEGINNING,)},
        VerdictCode.PARTLY_AIRED,
        (VerdictReason.STARTED_LATE,),
    ),
    Row("with gaps", {"covered": _NOT_ALL}, VerdictCode.PARTLY_AIRED, (VerdictReason.GAPS,)),
    Row(
        "other words",
        {"words": (Words.DISAGREE,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.RECOGNISER_DISAGREES, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row(
        "different words, by the recogniser alone",
        {"words": (Words.DIFFER,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.WORDS_DIFFER, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row(
        "words nobody understands",
        {"words": (Words.MISSING,)},
        VerdictCode.UNCLEAR,
        (VerdictReason.WORDS_MISSING, VerdictReason.WITNESSES_DISAGREE),
    ),
    Row("aired, words in doubt", {"words": (Words.DOUBTFUL,)}, VerdictCode.AIRED, (VerdictReason.WORDS_DOUBTFUL,)),
    Row("aired", {}, VerdictCode.AIRED),
)


def decide(facts: Facts) -> Row:
    """Return the first row of the decision table that holds; the last one always does."""
    return next(row for row in DECISION_TABLE if row.holds(facts))
