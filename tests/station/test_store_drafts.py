from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from smartradio.domain.approval import ItemState
from smartradio.domain.bulletin import Bulletin, Part
from smartradio.domain.errors import BadInputError
from smartradio.domain.programme import Origin, Programme
from smartradio.station.commune_rules import WALL_CLOCK
from smartradio.station.items import Item, ItemStep
from smartradio.station.store import Store
from smartradio.station.store.drafts import MOST_DRAFTS, DraftChangedError, DraftSound
from smartradio.station.store.search import Found, found, question
from tests.station.commune import NOON, Clock, registered, settings
from tests.station.shapes import store_of_shape

FLOOD = Programme(
    "lu-khan-cap", "Lũ khẩn cấp", "Nước sông Đáy dâng trên báo động III.", ("thon-1",),
    datetime(2026, 11, 23, 5, tzinfo=WALL_CLOCK),
)  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = registered(Store.open(tmp_path, clock=clock), settings(tmp_path))
    yield opened
    opened.close()


def searched(store: Store, words: str, most: int = 10) -> list[Found]:
    return store._database.read(lambda connection: found(connection, words, most))


def written(store: Store, programme: Programme, seen: int | None = None) -> Item:
    item = Item(programme, Origin.CONSOLE, ItemState.DRAFT, (seen or 0) + 1, False, "Lan", NOON)
    store.items.take([ItemStep(item, seen, ())])
    return item


class TestDrafts:
    def test_what_is_typed_is_there_again_after_a_crash(self, store: Store, tmp_path: Path, clock: Clock) -> None:
        store.drafts.save("d1", "lan", None, 0, {"title": "Mất nước", "parts": [{"text": "Từ 8 giờ."}]})
        store.close()
        again = Store.open(tmp_path, clock=clock)
        (draft,) = again.drafts.of("lan")
        assert (draft.id, draft.version, draft.content["title"]) == ("d1", 1, "Mất nước")
        again.close()

    def test_a_second_window_is_told_and_overwrites_nothing(self, store: Store, clock: Clock) -> None:
        first = store.drafts.save("d1", "lan", None, 0, {"title": "Một"})
        clock.pass_s(5)
        store.drafts.save("d1", "lan", None, first.version, {"title": "Hai"})
        with pytest.raises(DraftChangedError) as refused:
            store.drafts.save("d1", "lan", None, first.version, {"title": "Ba"})
        assert refused.value.at == clock.now
        kept = store.drafts.draft("d1", "lan")
        assert kept is not None
        assert kept.content["title"] == "Hai"

    def test_nobody_reads_or_writes_what_another_types(self, store: Store) -> None:
        store.drafts.save("d1", "lan", None, 0, {"title": "Một"})
        assert store.drafts.draft("d1", "binh") is None
        assert store.drafts.of("binh") == []
        with pytest.raises(BadInputError, match="somebody else"):
            store.drafts.save("d1", "binh", None, 1, {"title": "Hai"})
        store.drafts.drop("d1", "binh")
        assert store.drafts.draft("d1", "lan") is not None

    def test_what_was_thrown_away_and_is_still_typed_begins_anew(self, store: Store) -> None:
        store.drafts.save("d1", "lan", None, 0, {"title": "Một"})
        store.drafts.drop("d1", "lan")
        assert store.drafts.save("d1", "lan", None, 1, {"title": "Một nữa"}).version == 2

    def test_the_oldest_draft_makes_room(self, store: Store, clock: Clock) -> None:
        for number in range(MOST_DRAFTS + 1):
            clock.pass_s(1)
            store.drafts.save(f"d{number}", "lan", None, 0, {})
        held = [draft.id for draft in store.drafts.of("lan")]
        assert len(held) == MOST_DRAFTS
        assert "d0" not in held
        assert held[0] == f"d{MOST_DRAFTS}"

    def test_drafts_that_nobody_touches_go_after_their_days(self, store: Store, clock: Clock) -> None:
        store.drafts.save("alt", "lan", None, 0, {})
        clock.pass_s(59 * 86_400)
        store.drafts.save("neu", "lan", None, 0, {})
        clock.pass_s(2 * 86_400)
        assert store.drafts.forget(60) == ()
        assert [draft.id for draft in store.drafts.of("lan")] == ["neu"]

    def test_sounds_that_came_to_nothing_go_with_their_days_and_no_others(self, store: Store, clock: Clock) -> None:
        names = {
            use: letter * 64
            for use, letter in zip(("typed", "programme", "aired", "chime", "none"), "abcde", strict=True)
        }
        for sha256 in names.values():
            store.drafts.put_sound(DraftSound(sha256, "chào.mp3", 3.0), "Lan")
        part = {use: (Part(sound=names[use]),) for use in ("programme", "aired")}
        written(store, replace(FLOOD, parts=part["programme"]))
        store.put_bulletin(Bulletin("b-1", "Lời chào", "", parts=part["aired"]), [])
        clock.pass_s(61 * 86_400)
        store.drafts.put_sound(DraftSound("f" * 64, "mới.mp3", 3.0), "Lan")
        store.drafts.save("d1", "lan", None, 0, {"parts": [{"sound": names["typed"]}]})
        assert store.drafts.forget(60, [names["chime"]]) == (names["none"],)
        assert set(store.drafts.sounds(names.values())) == {*names.values()} - {names["none"]}

    def test_a_sound_is_known_by_the_name_it_was_last_brought_in_under(self, store: Store) -> None:
        sound = DraftSound("a" * 64, "chào.mp3", 12.5, ("rè",))
        store.drafts.put_sound(sound, "Lan")
        store.drafts.put_sound(replace(sound, name="lời chào.mp3"), "Bình")
        assert store.drafts.sounds(["a" * 64, "b" * 64]) == {"a" * 64: replace(sound, name="lời chào.mp3")}


class TestSearch:
    @pytest.mark.parametrize(
        "words", ["lũ khẩn cấp", "lu khan cap", "LU KHAN", "song day", "sông Đáy", "báo động iii", "nuoc dan", "cap lu"]
    )
    def test_a_bulletin_is_found_with_its_marks_or_without(self, store: Store, words: str) -> None:
        written(store, FLOOD)
        assert searched(store, words) == [Found("programme", "lu-khan-cap")]

    @pytest.mark.parametrize("words", ["", "  ", "!?", "tiêm chủng", "lu khan hiem", '"', "lu) OR (a", "title:lu NEAR"])
    def test_other_words_and_signs_find_nothing_and_break_nothing(self, store: Store, words: str) -> None:
        written(store, FLOOD)
        assert searched(store, words) == []

    def test_what_was_changed_is_found_by_its_new_words_only(self, store: Store) -> None:
        item = written(store, FLOOD)
        written(store, replace(FLOOD, title="Hết lũ"), item.version)
        assert searched(store, "hết lũ") == [Found("programme", "lu-khan-cap")]
        assert searched(store, "khẩn cấp") == []

    def test_a_word_in_the_title_counts_more_than_one_in_the_text(self, store: Store) -> None:
        store.put_bulletin(Bulletin("b-1", "Họp dân", "Bàn việc tiêm chủng cho trẻ."), [])
        store.put_bulletin(Bulletin("b-2", "Tiêm chủng", "Mời bà con."), [])
        assert [each.key for each in searched(store, "tiêm chủng")] == ["b-2", "b-1"]

    def test_no_more_come_than_are_asked_for(self, store: Store) -> None:
        for number in range(5):
            store.put_bulletin(Bulletin(f"b-{number}", "Họp dân", f"Lần {number}."), [])
        assert len(searched(store, "họp", most=3)) == 3

    def test_what_is_gone_is_not_found(self, store: Store) -> None:
        written(store, FLOOD)
        store._database.write(lambda c: c.exec_driver_sql("DELETE FROM items"))
        store._database.write(lambda c: c.exec_driver_sql("DELETE FROM programmes"))
        assert searched(store, "lũ") == []
        assert store._database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM search_keys").scalar()) == 0

    def test_the_last_word_may_be_half_typed(self) -> None:
        assert question("Đê sông Đá") == '"Dê" "sông" "Dá"*'


def test_a_store_of_the_version_before_finds_what_was_written_in_it(tmp_path: Path) -> None:
    bulletin = (
        "INSERT INTO bulletins (id, title, text, priority, language, spoken) "
        "VALUES ('b-1', 'Đắp đê', 'Mời bà con ra đê.', 50, 'vi', '[]')"
    )
    store_of_shape(tmp_path, "0012", (bulletin,))
    store = Store.open(tmp_path, clock=Clock())
    try:
        assert searched(store, "dap de") == [Found("bulletin", "b-1")]
        store.drafts.save("d1", "lan", None, 0, {})
        assert store.verify().ok
    finally:
        store.close()
