from __future__ import annotations

import itertools

import numpy as np

from smartradio.listening import syllables
from smartradio.listening.sentence_places import ROOM_S, sentence_places
from tests.listening.recognisers.made_up import FRAME_S, posteriors_of

ENDS = frozenset((*range(syllables.FIRST_TONE, syllables.FIRST_LETTER), syllables.END_UNIT))
SAID = (
    "mực nước sông trà đang lên nhanh",
    "bà con thôn ba sơ tán ngay đến trường học xã",
    "không được qua ngầm tràn",
)
COUNTED = "một hai ba bốn năm sáu bảy tám"
ROOM = round(ROOM_S / FRAME_S)


def units(line):
    return [syllables.units_of(word) for word in line.split()]


def read(lines, pause=20):
    tables = [posteriors_of(line.split(), before=pause).log_posteriors for line in lines]
    ends = np.cumsum([len(table) for table in tables])
    return np.concatenate(tables).astype(np.float32), [
        (int(end) - len(table) + pause, int(end)) for end, table in zip(ends, tables, strict=True)
    ]


def places(table, lines):
    return sentence_places(table, FRAME_S, [units(line) for line in lines], ENDS)


def test_each_sentence_is_looked_for_where_it_is_and_not_much_further():
    table, spans = read(SAID)
    for (first, end), (begun, over) in zip(places(table, SAID), spans, strict=True):
        assert begun - 3 * ROOM <= first <= begun
        assert over <= end <= over + 3 * ROOM


def test_a_sentence_that_was_not_said_gets_only_the_room_between_its_neighbours():
    table, spans = read([SAID[0], SAID[2]])
    first, _, last = places(table, SAID)
    assert first[0] <= spans[0][0]
    assert first[1] >= spans[0][1]
    assert last[0] <= spans[1][0]
    assert last[1] >= spans[1][1]


def test_all_that_can_be_searched_is_shared_out_where_nothing_is_known():
    table, _ = read(["chương trình ca nhạc theo yêu cầu thính giả"] * 3)
    found = places(table, SAID)
    assert found[0][0] == 0
    assert found[-1][1] == len(table)
    assert all(one[1] >= next_[0] for one, next_ in itertools.pairwise(found))


def test_nothing_to_look_for_and_nothing_to_look_in():
    table, _ = read(SAID)
    assert sentence_places(table, FRAME_S, [], ENDS) == ()
    assert places(table[:0], SAID) == ((0, 0),) * 3


def test_a_long_text_is_placed_to_its_end():
    lines = [f"{SAID[number % 3]} lần {word}" for number, word in enumerate(COUNTED.split() * 9)]
    table, spans = read(lines)
    for (first, end), (begun, over) in zip(places(table, lines), spans, strict=True):
        assert first <= begun
        assert over <= end <= over + 4 * ROOM
