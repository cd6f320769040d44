from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartradio.alerting.saying import FIXED, Occasion, said
from smartradio.domain.alert import Alert, AlertStatus, Origin, RiskLevel

SENT = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
"""Five past three in the morning of the 24th in Vietnam."""
FLOOD = Alert(
    id="lu-1",
    title="Tin lũ khẩn cấp trên sông Hoàng Long",
    text="Lũ khẩn cấp trên sông Hoàng Long!\nNước đang lên.\nBà con ở vùng trũng lên chỗ cao ngay.",
    zones=("thon-1",),
    issued_at=SENT - timedelta(minutes=35),
    issuer="Đài Khí tượng Thủy văn tỉnh Ninh Bình",
)


def first(alert: Alert) -> list[str]:
    return said(alert, at=SENT, occasion=Occasion.FIRST, first_at=None).split("\n")


def test_the_danger_is_said_first_and_then_whose_information_it_is() -> None:
    assert first(FLOOD) == [
        "Lũ khẩn cấp trên sông Hoàng Long!",
        "Tin của Đài Khí tượng Thủy văn tỉnh Ninh Bình, ban hành lúc 2 giờ 30 phút ngày 24/11.",
        "Nước đang lên.",
        "Bà con ở vùng trũng lên chỗ cao ngay.",
    ]


def test_without_an_issuer_the_time_of_issue_is_said_all_the_same() -> None:
    assert first(replace(FLOOD, issuer=""))[1] == "Tin ban hành lúc 2 giờ 30 phút ngày 24/11."
    assert (
        first(replace(FLOOD, issuer=" ", issued_at=SENT.replace(minute=0)))[1] == "Tin ban hành lúc 3 giờ ngày 24/11."
    )


def test_a_repetition_says_that_it_is_one_and_since_when_it_is_aired() -> None:
    lines = said(FLOOD, at=SENT + timedelta(hours=2), occasion=Occasion.REPEAT, first_at=SENT).split("\n")
    assert lines[0] == "Tin nhắc lại, phát lần đầu lúc 3 giờ 05 phút ngày 24/11."
    assert lines[1:] == first(FLOOD)


@pytest.mark.parametrize("occasion", sorted(Occasion))
@pytest.mark.parametrize("issuer", ["", " . ", "Đài Khí tượng Thủy văn tỉnh"])
def test_issuer_and_time_of_issue_are_said_each_time(occasion: Occasion, issuer: str) -> None:
    own = replace(FLOOD, issuer=issuer, issued_at=SENT)
    text = said(own, at=SENT + timedelta(hours=2), occasion=occasion, first_at=SENT, usual_issuer="UBND xã Yên Hòa")
    named = issuer.strip(" .") or "UBND xã Yên Hòa"
    assert text.count(f"của {named}, ban hành lúc 3 giờ 05 phút ngày 24/11.") == 1


def test_a_repetition_of_what_was_never_aired_names_no_time() -> None:
    assert said(FLOOD, at=SENT, occasion=Occasion.REPEAT, first_at=None).startswith("Tin nhắc lại.\n")


def test_an_update_says_first_which_alert_it_replaces() -> None:
    lines = said(FLOOD, at=SENT + timedelta(hours=1), occasion=Occasion.UPDATE, first_at=SENT).split("\n")
    assert lines[0] == "Tin mới, thay cho tin phát lúc 3 giờ 05 phút ngày 24/11."
    assert lines[1:] == first(FLOOD)


def test_a_cancellation_says_twice_what_no_longer_holds_and_nothing_of_what_it_said() -> None:
    assert said(FLOOD, at=SENT + timedelta(hours=1), occasion=Occasion.CANCEL, first_at=SENT) == (
        "Thông báo hủy tin. Thông báo hủy tin. Từ 4 giờ 05 phút ngày 24/11, "
        "hủy tin lũ khẩn cấp trên sông Hoàng Long phát lúc 3 giờ 05 phút ngày 24/11.\n"
        "Tin bị hủy là tin của Đài Khí tượng Thủy văn tỉnh Ninh Bình, ban hành lúc 2 giờ 30 phút ngày 24/11.\n"
        "Xin nhắc lại: đã hủy tin lũ khẩn cấp trên sông Hoàng Long phát lúc 3 giờ 05 phút ngày 24/11."
    )


def test_an_all_clear_that_is_taken_back_says_first_and_last_that_the_danger_goes_on() -> None:
    over = replace(FLOOD, title="Hết báo động, lũ trên sông Hoàng Long", siren="all_clear")
    lines = said(over, at=SENT + timedelta(hours=1), occasion=Occasion.CANCEL, first_at=SENT).split("\n")
    assert lines[0] == lines[-1] == "Chú ý! Báo động vẫn còn. Báo động vẫn còn."


def test_free_words_are_cancelled_by_how_they_began() -> None:
    free = replace(FLOOD, title="Nước lên rất nhanh, bà con…")
    cancelled = said(free, at=SENT, occasion=Occasion.CANCEL, first_at=None)
    assert "đã hủy tin “Nước lên rất nhanh, bà con”." in cancelled


def test_a_cancellation_does_not_turn_into_its_opposite_by_a_syllable_that_the_wind_takes() -> None:
    cancelled = said(FLOOD, at=SENT, occasion=Occasion.CANCEL, first_at=SENT)
    assert "không" not in cancelled
    assert cancelled.count("hủy") >= 4


@pytest.mark.parametrize("occasion", sorted(Occasion))
def test_an_exercise_is_named_one_before_and_after_whatever_is_said(occasion: Occasion) -> None:
    exercise = replace(FLOOD, status=AlertStatus.EXERCISE)
    lines = said(exercise, at=SENT, occasion=occasion, first_at=SENT).split("\n")
    assert lines[0] == "Đây là diễn tập. Xin nhắc lại, đây là diễn tập."
    assert lines[-1] == "Bà con vừa nghe tin diễn tập. Xin nhắc lại, đây là diễn tập."
    assert lines[1:-1] == said(FLOOD, at=SENT, occasion=occasion, first_at=SENT).split("\n")


def test_a_test_says_that_it_is_none_of_the_real_ones() -> None:
    lines = first(replace(FLOOD, status=AlertStatus.TEST))
    assert lines[0].endswith("đây là tin thử.")
    assert lines[-1].endswith("đây là tin thử.")


def test_no_exercise_becomes_real_by_a_syllable_that_the_wind_takes() -> None:
    assert [sentence for sentence in FIXED if "không" in sentence or "thật" in sentence] == []


def test_the_level_of_risk_is_said_as_given_unless_the_words_say_it() -> None:
    assert "Cấp độ rủi ro thiên tai: cấp 3. Nhắc lại, cấp 3." in first(replace(FLOOD, risk_level=RiskLevel.ORANGE))
    told = replace(FLOOD, risk_level=RiskLevel.ORANGE, text="Lũ lớn. Cấp độ rủi ro thiên tai do lũ: cấp 3.")
    assert "\n".join(first(told)).count("rủi ro") == 1


def test_measured_figures_of_a_message_from_elsewhere_are_said_twice() -> None:
    from_hydromet = replace(
        FLOOD,
        origin=Origin.CAP,
        text="Mưa rất to.\nMưa 200-300 mm, có nơi trên 400 mm. Cần đề phòng lũ quét. Nước sông lên 1,5 m.",
    )
    assert first(from_hydromet)[-1] == "Xin nhắc lại. Mưa 200-300 mm, có nơi trên 400 mm. Nước sông lên 1,5 m."
    assert "nhắc lại" not in "\n".join(first(replace(from_hydromet, origin=Origin.OFFICER)))
