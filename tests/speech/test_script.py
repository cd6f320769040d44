from __future__ import annotations

from smartradio.speech.rendering import LINE_PAUSE_S, SENTENCE_PAUSE_S
from smartradio.speech.script import utterances


def test_a_line_ends_with_a_longer_pause_than_a_sentence() -> None:
    spoken = utterances([("một.", "hai."), (), ("ba.",)])
    assert [(u.spoken, u.pause_after_s) for u in spoken] == [
        ("một.", SENTENCE_PAUSE_S),
        ("hai.", LINE_PAUSE_S),
        ("ba.", LINE_PAUSE_S),
    ]
