"""An alarm from its raising to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from smartradio.domain.alarm import (
    CALM,
    EVENTS,
    FLAP_WITHIN,
    STEADY_TIMES,
    Alarm,
    AlarmKind,
    AlarmState,
    Severity,
    again,
    at_least,
    closed,
    gone,
    raised,
    seen,
)

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def silent() -> Alarm:
    return raised(AlarmKind.NODE_SILENT, "thon-1", NOON, {"title": "Cụm loa thôn 1"})


def flapping() -> Alarm:
    alarm, now = silent(), NOON
    for _ in range(STEADY_TIMES - 1):
        alarm = gone(alarm, now := now + SECOND)
        back = again(alarm, now := now + SECOND, {})
        assert back is not None
        alarm = back
    assert alarm.flaps
    return alarm


class TestOneThatLasts:
    def test_it_ends_when_its_cause_is_gone(self) -> None:
        over = gone(silent(), NOON + SECOND)
        assert (over.state, over.ended_at, over.ended_by) == (AlarmState.ENDED, NOON + SECOND, None)

    def test_while_its_cause_stays_it_is_the_same_alarm(self) -> None:
        still = again(silent(), NOON + SECOND, {"last_seen": "x"})
        assert still is not None
        assert (still.times, still.raised_at, still.last_at) == (1, NOON, NOON + SECOND)
        assert still.facts == {"title": "Cụm loa thôn 1", "last_seen": "x"}

    def test_what_comes_back_soon_is_the_same_alarm_a_second_time(self) -> None:
        back = again(gone(silent(), NOON + SECOND), NOON + FLAP_WITHIN, {})
        assert back is not None
        assert (back.state, back.times, back.ended_at) == (AlarmState.RAISED, 2, None)

    def test_what_comes_back_later_is_another_one(self) -> None:
        assert again(gone(silent(), NOON), NOON + FLAP_WITHIN, {}) is None

    def test_who_has_seen_it_still_has_when_it_comes_back(self) -> None:
        back = again(gone(seen(silent(), "Tư", NOON), NOON), NOON + SECOND, {})
        assert back is not None
        assert (back.state, back.seen_by) == (AlarmState.SEEN, "Tư")

    def test_nobody_can_talk_it_away(self) -> None:
        assert closed(silent(), "Tư", NOON) == silent()


class TestOneThatComesAndGoes:
    def test_it_waits_for_calm_before_it_ends(self) -> None:
        alarm = gone(flapping(), NOON + timedelta(minutes=1))
        assert alarm.state is AlarmState.RAISED
        almost = gone(alarm, NOON + timedelta(minutes=1) + CALM - SECOND)
        assert almost.state is AlarmState.RAISED
        assert gone(almost, NOON + timedelta(minutes=1) + CALM).state is AlarmState.ENDED

    def test_calm_begins_anew_when_it_comes_back(self) -> None:
        waiting = gone(flapping(), NOON + timedelta(minutes=1))
        back = again(waiting, NOON + timedelta(minutes=5), {})
        assert back is not None
        assert (back.calm_since, back.times) == (None, STEADY_TIMES + 1)


class TestOneAboutWhatHappened:
    def test_each_time_it_happens_is_counted(self) -> None:
        forged = raised(AlarmKind.FORGED, "thon-1", NOON, {})
        for number in (2, 3, 4):
            known = again(forged, NOON + number * SECOND, {})
            assert known is not None
            forged = known
            assert forged.times == number
        assert not forged.flaps

    def test_a_person_ends_it_and_has_seen_it_with_that(self) -> None:
        over = closed(raised(AlarmKind.FORGED, "thon-1", NOON, {}), "Tư", NOON + SECOND)
        assert (over.state, over.ended_by, over.seen_by) == (AlarmState.ENDED, "Tư", "Tư")

    def test_what_happens_after_a_person_ended_it_is_another_one(self) -> None:
        over = closed(raised(AlarmKind.FORGED, "thon-1", NOON, {}), "Tư", NOON + SECOND)
        assert again(over, NOON + 2 * SECOND, {}) is None


def test_who_saw_it_first_stays() -> None:
    assert seen(seen(silent(), "Tư", NOON), "Năm", NOON + SECOND).seen_by == "Tư"


def test_what_has_ended_stays_ended() -> None:
    over = gone(silent(), NOON)
    assert (gone(over, NOON + SECOND), seen(over, "Tư", NOON)) == (over, over)


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        (AlarmKind.EMERGENCY_NOT_HEARD, Severity.CRITICAL),
        (AlarmKind.NODE_SILENT, Severity.WARNING),
        (AlarmKind.TREND, Severity.NOTICE),
    ],
)
def test_an_emergency_weighs_more_than_a_silent_node_and_that_more_than_a_trend(
    kind: AlarmKind, severity: Severity
) -> None:
    assert raised(kind, "x", NOON, {}).severity is severity
    assert at_least(Severity.CRITICAL, severity)


def test_only_what_happened_can_be_ended_by_a_person() -> None:
    assert {kind for kind in AlarmKind if raised(kind, "x", NOON, {}).is_event} == EVENTS
