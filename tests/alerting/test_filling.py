from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from smartradio.alerting.cap.message import Category, Certainty, Severity, Urgency
from smartradio.alerting.templates.filling import ISSUER, FillingError, fill
from smartradio.alerting.templates.template import CapDefaults, Field, FieldKind, Template, fixed_of
from smartradio.alerting.templates.typed import FaultCode
from smartradio.domain.alert import Alert, AlertStatus, Origin, RiskLevel

NOW = datetime(2026, 11, 23, 20, 5, tzinfo=UTC)
HYDROMET = "Đài Khí tượng Thủy văn tỉnh Ninh Bình"


def metres(name: str, label: str, **more: object) -> Field:
    number = Field(name, label, FieldKind.NUMBER, unit="m", lowest=0, highest=30, decimals=2, example="4,5")
    return replace(number, **more)  # type: ignore[arg-type]


FLOOD = Template(
    name="lu",
    title="Tin lũ trên {song}",
    event="Lũ",
    headline="Tin lũ khẩn cấp!",
    situation="Lúc {luc}, mực nước {song} là {muc_nuoc}. Nước lên {toc_do} mỗi giờ.\nThêm {toc_do} nữa là tràn.",
    forecast="Dự báo từ {it_nhat} đến {nhieu_nhat}. {song} còn lên.",
    advice="Lên chỗ cao. Đi ngay.",
    fields=(
        Field("song", "Sông", example="sông Hoàng Long"),
        Field("luc", "Lúc", FieldKind.TIME, example="3h30"),
        metres("muc_nuoc", "Mực nước", twice=True),
        metres("toc_do", "Tốc độ", required=False),
        metres("it_nhat", "Ít nhất", required=False, twice=True),
        metres("nhieu_nhat", "Nhiều nhất", required=False, twice=True, not_below="it_nhat"),
        Field("cap_do", "Cấp độ", FieldKind.RISK, required=False),
    ),
    cap=CapDefaults(Category.MET, Urgency.IMMEDIATE, Severity.SEVERE, Certainty.OBSERVED),
    siren="siren_flood",
    issuer_needed=True,
    repeat_every=timedelta(hours=2),
    valid_for=timedelta(hours=12),
)
TYPED = {"song": "sông Hoàng Long", "luc": "3h30", "muc_nuoc": "4.5"}


def filled(values: dict[str, str], template: Template = FLOOD, issuer: str = HYDROMET) -> Alert:
    return fill(template, values, id="lu-1", zones=("thon-1",), at=NOW, issuer=issuer)


def faults_of(values: dict[str, str], issuer: str = HYDROMET) -> dict[str, FaultCode]:
    with pytest.raises(FillingError) as refused:
        filled(values, issuer=issuer)
    return {name: fault.code for name, fault in refused.value.faults.items()}


def test_an_alert_says_the_danger_then_how_it_is_how_it_will_be_and_what_to_do() -> None:
    values = {**TYPED, "toc_do": "0,2", "it_nhat": "4,8", "nhieu_nhat": "5"}
    assert filled(values).text.split("\n") == [
        "Tin lũ khẩn cấp!",
        "Lúc 3 giờ 30 phút, mực nước sông Hoàng Long là 4,5 m. Nhắc lại: 4,5 m. Nước lên 0,2 m mỗi giờ.",
        "Thêm 0,2 m nữa là tràn.",
        "Dự báo từ 4,8 m đến 5 m. Nhắc lại: 4,8 m; 5 m. Sông Hoàng Long còn lên.",
        "Lên chỗ cao. Đi ngay.",
    ]


def test_sentences_about_what_nobody_knows_are_left_out() -> None:
    assert filled({**TYPED, "nhieu_nhat": "5"}).text.split("\n") == [
        "Tin lũ khẩn cấp!",
        "Lúc 3 giờ 30 phút, mực nước sông Hoàng Long là 4,5 m. Nhắc lại: 4,5 m.",
        "Sông Hoàng Long còn lên.",
        "Lên chỗ cao. Đi ngay.",
    ]


def test_it_is_sent_as_its_template_says_and_its_issuer_told() -> None:
    issued = NOW - timedelta(minutes=35)
    values = {**TYPED, "cap_do": "3", "toc_do": "  "}
    alert = fill(FLOOD, values, id="lu-1", zones=("thon-1", "thon-2"), at=NOW, issuer=f" {HYDROMET} ", issued_at=issued)
    assert alert == Alert(
        id="lu-1",
        title="Tin lũ trên sông Hoàng Long",
        text=alert.text,
        zones=("thon-1", "thon-2"),
        issued_at=issued,
        issuer=HYDROMET,
        risk_level=RiskLevel.ORANGE,
        siren="siren_flood",
        expires_at=NOW + timedelta(hours=12),
        repeat_every=timedelta(hours=2),
        origin=Origin.TEMPLATE,
        source="lu",
        template="lu",
        values={**TYPED, "cap_do": "3"},
    )


def test_no_level_of_risk_is_made_up_and_an_exercise_stays_one() -> None:
    alert = fill(FLOOD, TYPED, id="x", zones=(), at=NOW, issuer=HYDROMET, status=AlertStatus.EXERCISE)
    assert (alert.risk_level, alert.status, alert.issued_at) == (None, AlertStatus.EXERCISE, NOW)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert faults_of({"luc": "25h", "muc_nuoc": "", "toc_do": "nhanh", "mau": "đỏ"}, issuer=" ") == {
        "song": FaultCode.MISSING,
        "luc": FaultCode.NO_TIME,
        "muc_nuoc": FaultCode.MISSING,
        "toc_do": FaultCode.NO_NUMBER,
        "mau": FaultCode.UNKNOWN,
        ISSUER: FaultCode.MISSING,
    }


def test_a_fault_is_one_line_that_says_where_and_what_would_be_right() -> None:
    with pytest.raises(FillingError) as refused:
        filled({**TYPED, "muc_nuoc": "450"})
    assert str(refused.value) == "Lũ: Mực nước: 450 is above 30"


def test_a_forecast_that_runs_backwards_is_refused() -> None:
    assert faults_of({**TYPED, "it_nhat": "5", "nhieu_nhat": "4,8"}) == {"nhieu_nhat": FaultCode.BELOW}
    assert "từ 5 m đến 5 m" in filled({**TYPED, "it_nhat": "5", "nhieu_nhat": "5,0"}).text


def test_what_is_typed_is_never_taken_for_a_place_of_the_template() -> None:
    assert "mực nước sông {muc_nuoc} là 4,5 m" in filled({**TYPED, "song": "sông {muc_nuoc}"}).text


def test_an_order_of_the_commune_s_own_needs_no_issuer() -> None:
    own = replace(FLOOD, issuer_needed=False)
    assert filled(TYPED, own, issuer="").issuer == ""


def test_what_never_changes_can_be_on_the_nodes_beforehand_headlines_first() -> None:
    other = replace(FLOOD, name="chay", headline="Cháy! Cháy!", advice="Đi ngay.", siren="siren_fire")
    silent = replace(FLOOD, name="tim", headline="Tin tìm người.", advice="Đi ngay.", siren="priority")
    fixed = fixed_of([FLOOD, other, silent])
    assert fixed.sirens == ("siren_fire", "siren_flood", "priority")
    assert fixed.sentences[:3] == ("Cháy!", "Tin lũ khẩn cấp!", "Tin tìm người.")
    assert fixed.sentences[3] == "Đây là diễn tập."
    assert fixed.sentences[-2:] == ("Đi ngay.", "Lên chỗ cao.")
    assert len(set(fixed.sentences)) == len(fixed.sentences)
