"""Written forms of the trade and the way an announcer reads them, a table for each kind."""

from __future__ import annotations

import re

import pytest

from smartradio.speech.spoken.text import spoken_line

DATES = [
    ("ngày 12/9/2026", "ngày mười hai tháng chín năm hai nghìn không trăm hai mươi sáu"),
    ("sáng 05/9", "sáng ngày mùng năm tháng chín"),
    ("từ ngày 20-25/11", "từ ngày hai mươi đến ngày hai mươi lăm tháng mười một"),
    ("từ 28/8-2/9", "từ ngày hai mươi tám tháng tám đến ngày mùng hai tháng chín"),
    ("các ngày 25 và 26/11", "các ngày hai mươi lăm và hai mươi sáu tháng mười một"),
    ("từ 18/01 đến 23/01", "từ ngày mười tám tháng một đến ngày hai mươi ba tháng một"),
    ("ngày Chủ nhật 29/11", "ngày chủ nhật hai mươi chín tháng mười một"),
    ("tháng 4/2025", "tháng tư năm hai nghìn không trăm hai mươi lăm"),
    ("ngày 15/1 âm lịch", "ngày mười lăm tháng giêng âm lịch"),
    ("2026-09-12", "ngày mười hai tháng chín năm hai nghìn không trăm hai mươi sáu"),
    ("dịp lễ 30-4 và 1-5", "dịp lễ ba mươi tháng tư và ngày mùng một tháng năm"),
    ("ngày 5 tháng 9", "ngày mùng năm tháng chín"),
]
TIMES = [
    ("phát lúc 03h30", "phát lúc ba giờ ba mươi phút"),
    ("khoảng 09h-10h", "khoảng chín giờ đến mười giờ"),
    ("trước 15h00", "trước mười lăm giờ"),
    ("từ 7h30 đến 10h30", "từ bảy giờ ba mươi phút đến mười giờ ba mươi phút"),
    ("từ 8-10h", "từ tám đến mười giờ"),
    ("lúc 17:30", "lúc mười bảy giờ ba mươi phút"),
    ("trong 6 giờ tới", "trong sáu giờ tới"),
    ("trực 24/24h", "trực hai mươi bốn trên hai mươi bốn giờ"),
]
WATER_AND_STORM = [
    ("mực nước 4,52m", "mực nước bốn phẩy năm mươi hai mét"),
    ("trên BĐ3 0,52m", "trên báo động ba không phẩy năm mươi hai mét"),
    ("ở mức BĐ2-BĐ3", "ở mức báo động hai đến báo động ba"),
    ("trên BĐ II", "trên báo động hai"),
    ("trung bình 8-10cm/giờ", "trung bình tám đến mười xăng ti mét trên giờ"),
    ("mưa 200-350mm", "mưa hai trăm đến ba trăm năm mươi mi li mét"),
    ("trên 150mm/24h", "trên một trăm năm mươi mi li mét trong hai mươi bốn giờ"),
    ("xả 1.500 m3/s", "xả một nghìn năm trăm mét khối trên giây"),
    (
        "18,2°N - 110,6°E",
        "mười tám phẩy hai độ vĩ bắc một trăm mười phẩy sáu độ kinh đông",
    ),
    ("cấp 10-11, giật cấp 13", "cấp mười đến mười một giật cấp mười ba"),
    ("sóng cao 2-4m", "sóng cao hai đến bốn mét"),
]
NUMBERS = [
    ("8.149 nhân khẩu", "tám nghìn một trăm bốn mươi chín nhân khẩu"),
    ("71,81%", "bảy mươi mốt phẩy tám mươi mốt phần trăm"),
    ("tăng 0,05%", "tăng không phẩy không năm phần trăm"),
    ("80% - 90%", "tám mươi phần trăm đến chín mươi phần trăm"),
    ("10/10 thôn", "mười trên mười thôn"),
    ("2/3 diện tích", "hai phần ba diện tích"),
    ("30 phút/lần", "ba mươi phút một lần"),
    ("63,5 tạ/ha", "sáu mươi ba phẩy năm tạ trên héc ta"),
    ("2,3 tỷ đồng", "hai phẩy ba tỷ đồng"),
    ("15.000đ/kg", "mười lăm nghìn đồng một ki lô gam"),
    ("400kVA", "bốn trăm ki lô vôn am pe"),
    ("đường dây 35kV", "đường dây ba mươi lăm ki lô vôn"),
    ("-5°C", "âm năm độ xê"),
    ("thôn 3, 5 và 7", "thôn ba năm và bảy"),
    ("mã số thuế 2700123456", "mã số thuế hai bảy không không một hai ba bốn năm sáu"),
    ("từ 500 nghìn - 1 triệu đồng", "từ năm trăm nghìn đến một triệu đồng"),
    ("UBND P. Đông Sơn", "ủy ban nhân dân phường đông sơn"),
    ("tỷ số 2-1", "tỷ số hai một"),
    ("thứ 4", "thứ tư"),
]
CODES_AND_NAMES = [
    ("Nghị quyết 01-NQ/TU", "nghị quyết không một nghị quyết tỉnh ủy"),
    (
        "Nghị định số 49/2024/NĐ-CP",
        "nghị định số bốn mươi chín năm hai nghìn không trăm hai mươi bốn nghị định chính phủ",
    ),
    ("Quý III/2026", "quý ba năm hai nghìn không trăm hai mươi sáu"),
    ("lần thứ XXVI", "lần thứ hai mươi sáu"),
    ("Đại hội XIII", "đại hội mười ba"),
    ("gọi 0229.3.831.113", "gọi không hai hai chín ba tám ba một một một ba"),
    ("có 112 hộ", "có một trăm mười hai hộ"),
    ("liên hệ 112 hộ dân", "liên hệ một trăm mười hai hộ dân"),
    ("số 0912.345.678 hoặc 112", "số không chín một hai ba bốn năm sáu bảy tám hoặc một một hai"),
    ("gọi 1022", "gọi một không hai hai"),
    ("dichvucong.gov.vn", "dịch vụ công chấm gờ o vê chấm vê nờ"),
    ("Hội LHPN xã", "hội liên hiệp phụ nữ xã"),
    ("TP. Thanh Hóa", "thành phố thanh hóa"),
    ("giống LT2", "giống lờ tê hai"),
    ("SỞ NN&PTNT", "sở nông nghiệp và phát triển nông thôn"),
]


@pytest.mark.parametrize(
    ("written", "read"),
    DATES + TIMES + WATER_AND_STORM + NUMBERS + CODES_AND_NAMES,
    ids=lambda text: text[:24],
)
def test_a_written_form_is_read_as_an_announcer_reads_it(written: str, read: str) -> None:
    assert re.sub(r"[,.]", "", spoken_line(written).spoken) == read


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("ngày 12/9/2026", "date-full"),
        ("lúc 17h30", "time-minutes"),
        ("cao 2-4m", "quantity"),
        ("số 749/QĐ-TTg", "document-code"),
        ("UBND xã", "acronym"),
        ("quý II", "roman"),
        ("gọi 115", "hotline"),
        ("số 0912 345 678", "phone"),
        ("trên BĐ3", "flood-alarm"),
    ],
)
def test_each_piece_names_the_rule_that_read_it(written: str, rule: str) -> None:
    assert rule in {piece.rule for piece in spoken_line(written).pieces}


def test_a_telephone_number_is_said_in_its_groups() -> None:
    assert spoken_line("gọi 0229.3.831.113").spoken == "gọi không hai hai chín, ba tám ba một, một một ba."


def test_headings_in_capitals_are_read_as_words() -> None:
    heading = spoken_line("THÔNG BÁO KHẨN CẤP VỀ LŨ TRÊN SÔNG HOÀNG LONG")
    assert heading.spoken == "thông báo khẩn cấp về lũ trên sông hoàng long."
    assert not heading.open_items


def test_seven_grams_of_medicine_are_no_time_of_day() -> None:
    assert spoken_line("pha 7g thuốc").spoken == "pha bảy gam thuốc."
    assert spoken_line("từ 7g sáng").spoken == "từ bảy giờ sáng."
