"""Alerts, Updates and Cancels in any order of arrival: one answer, and an officer hears of what is odd."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from smartradio.alerting.cap.chain import CapState, Standing, stand
from smartradio.alerting.cap.message import CapAlert, Key, MsgType, Status
from tests.alerting.cap.wording import NOW, message

A = message()


def sent(name: str, kind: MsgType, *references: CapAlert | Key, minutes: int, **more: object) -> CapAlert:
    keys = tuple(each.key if isinstance(each, CapAlert) else each for each in references)
    made = replace(A, identifier=name, msg_type=kind, references=keys, sent=A.sent + timedelta(minutes=minutes))
    return replace(made, **more)  # type: ignore[arg-type]


def update(name: str, *references: CapAlert | Key, minutes: int, **more: object) -> CapAlert:
    return sent(name, MsgType.UPDATE, *references, minutes=minutes, **more)


def cancel(name: str, *references: CapAlert | Key, minutes: int, **more: object) -> CapAlert:
    return sent(name, MsgType.CANCEL, *references, minutes=minutes, **more)


def states(standing: Standing) -> dict[str, str]:
    return {key.identifier: place.state.value for key, place in standing.places.items()}


def told(standing: Standing) -> list[tuple[str, str]]:
    return [(each.key.identifier, each.finding.code) for each in standing.told]


def test_an_update_takes_the_place_of_the_alert_and_a_cancel_ends_it() -> None:
    b = update("B", A, minutes=5)
    c = cancel("C", b, minutes=9)
    standing = stand([A, b, c], now=NOW)
    assert states(standing) == {"LU-1": "updated", "B": "cancelled", "C": "no_warning"}
    assert standing.places[A.key].by == b.key
    assert standing.places[b.key].by == c.key
    assert told(standing) == []


def test_what_is_referred_to_may_come_later() -> None:
    c = cancel("C", A, minutes=5)
    assert told(stand([c], now=NOW)) == [("C", "unknown_reference")]
    assert states(stand([c, A], now=NOW)) == {"LU-1": "cancelled", "C": "no_warning"}


def test_an_update_of_an_unknown_alert_stands_and_is_told() -> None:
    standing = stand([update("B", A, minutes=5)], now=NOW)
    assert (states(standing), told(standing)) == ({"B": "stands"}, [("B", "unknown_reference")])


def test_of_two_updates_that_cross_the_later_stands_and_both_are_told() -> None:
    b, d = update("B", A, minutes=5), update("D", A, minutes=6)
    standing = stand([d, b, A], now=NOW)
    assert states(standing) == {"LU-1": "updated", "B": "crossed", "D": "stands"}
    assert told(standing) == [("B", "crossed"), ("D", "crossed")]
    assert standing.told[0].others == (d.key,)


def test_of_two_updates_of_one_second_the_greater_identifier_stands() -> None:
    assert states(stand([A, update("B2", A, minutes=5), update("B1", A, minutes=5)], now=NOW))["B2"] == "stands"


def test_an_update_that_names_all_before_it_crosses_nothing() -> None:
    b = update("B", A, minutes=5)
    d = update("D", A, b, minutes=6)
    assert (states(stand([A, b, d], now=NOW))["D"], told(stand([A, b, d], now=NOW))) == ("stands", [])


def test_a_cancel_of_what_was_replaced_leaves_the_update_standing_and_is_told() -> None:
    b = update("B", A, minutes=5)
    d = update("D", b, minutes=6)
    c = cancel("C", A, minutes=9)
    standing = stand([A, b, c, d], now=NOW)
    assert states(standing) == {"LU-1": "updated", "B": "updated", "D": "stands", "C": "no_warning"}
    assert told(standing) == [("C", "cancels_replaced")]
    assert standing.told[0].others == (d.key,)
    assert told(stand([A, b, d, cancel("C", A, d, minutes=9)], now=NOW)) == []


def test_nobody_ends_the_warning_of_another_sender() -> None:
    c = cancel("C", A, minutes=5, sender="ke@xau.example")
    standing = stand([A, c], now=NOW)
    assert (states(standing)["LU-1"], told(standing)) == ("stands", [("C", "foreign")])


def test_an_exercise_ends_no_real_warning() -> None:
    standing = stand([A, cancel("C", A, minutes=5, status=Status.EXERCISE)], now=NOW)
    assert (states(standing)["LU-1"], told(standing)) == ("stands", [("C", "other_status")])


def test_messages_that_end_each_other_do_not_both_fall() -> None:
    b = update("B", Key(A.sender, "D", A.sent + timedelta(minutes=6)), minutes=5)
    d = update("D", b, minutes=6)
    standing = stand([b, d], now=NOW)
    assert (states(standing), told(standing)) == ({"B": "updated", "D": "stands"}, [("B", "refers_to_later")])


def test_a_reference_with_a_wrong_time_is_followed_by_its_name_and_told() -> None:
    wrong = A.key._replace(sent=A.sent - timedelta(minutes=1))
    standing = stand([A, cancel("C", wrong, minutes=5)], now=NOW)
    assert (states(standing)["LU-1"], told(standing)) == ("cancelled", [("C", "reference_time")])


def test_the_same_message_twice_is_one_and_with_other_words_is_told() -> None:
    other = replace(A, note="khác")
    assert told(stand([A, message(), A], now=NOW)) == []
    assert told(stand([A, other], now=NOW)) == [("LU-1", "same_name")]
    assert stand([A, other], now=NOW) == stand([other, A], now=NOW)


def test_an_update_that_names_the_same_message_twice_does_not_cross_itself() -> None:
    wrong = A.key._replace(sent=A.sent - timedelta(minutes=1))
    standing = stand([A, update("B", A, A, wrong, minutes=5)], now=NOW)
    assert (states(standing), told(standing)) == ({"LU-1": "updated", "B": "stands"}, [("B", "reference_time")])


def test_a_warning_that_is_over_stands_no_more() -> None:
    assert states(stand([A], now=datetime.fromisoformat("2026-11-23T16:00:00+07:00"))) == {"LU-1": "expired"}


NAMES = ("A", "B", "C", "D", "E")


@st.composite
def crowds(draw: st.DrawFn) -> list[CapAlert]:
    made = [
        sent(name, draw(st.sampled_from(MsgType)), minutes=draw(st.integers(0, 3)))
        for name in NAMES[: draw(st.integers(1, 5))]
    ]
    return [
        replace(each, references=tuple(draw(st.lists(st.sampled_from([one.key for one in made]), max_size=3))))
        for each in made
    ]


@given(crowds(), st.randoms(use_true_random=False))
def test_the_answer_does_not_hang_on_the_order_of_arrival(crowd: list[CapAlert], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = [*crowd, *crowd[:2]]
    random.shuffle(shuffled)
    standing = stand(crowd, now=NOW)
    assert stand(shuffled, now=NOW) == standing
    warned = [each for each in crowd if each.msg_type in {MsgType.ALERT, MsgType.UPDATE}]
    cancelled = standing.of(CapState.CANCELLED)
    assert not warned or cancelled or standing.of(CapState.STANDS), "a warning that nobody cancelled goes on standing"
