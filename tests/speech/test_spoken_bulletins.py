"""Forms met in communes' bulletins that two rules could claim, and the one that must."""

from __future__ import annotations

import re

import pytest

from smartradio.speech.spoken.text import clean_text, spoken_line

RATIO_OR_DATE = [
    ("đạt điểm 5/10", "đạt điểm năm trên mười"),
    ("điểm 6/10 - 8/10", "điểm sáu trên mười tám trên mười"),
    ("đạt 8/10 và 9/10 phiếu", "đạt tám trên mười và chín trên mười phiếu"),
    ("trời nhiều mây 7/10", "trời nhiều mây bảy phần mười"),
    ("thôn 3/5", "thôn ba trên năm"),
    ("1/2 lít nước", "một phần hai lít nước"),
    ("hồ chứa 45,6/50m", "hồ chứa bốn mươi lăm phẩy sáu trên năm mươi mét"),
    ("tại thời điểm 1/10", "tại thời điểm ngày mùng một tháng mười"),
    ("từ 5/10 đến 7/10", "từ ngày mùng năm tháng mười đến ngày mùng bảy tháng mười"),
    ("1/10 dân số", "một phần mười dân số"),
    ("đạt 4/5 sao", "đạt bốn trên năm sao"),
    ("ngày 12&13/9", "ngày mười hai và mười ba tháng chín"),
    ("hạn 5/10", "hạn ngày mùng năm tháng mười"),
    ("đường 3/2", "đường ba tháng hai"),
    ("Giỗ tổ 10/3 âm lịch", "giỗ tổ ngày mùng mười tháng ba âm lịch"),
    ("lúc 13h/15/9", "lúc mười ba giờ ngày mười lăm tháng chín"),
]
CALENDAR = [
    ("năm học 2025/2026", "năm học hai nghìn không trăm hai mươi lăm đến hai nghìn không trăm hai mươi sáu"),
    ("HK I năm học", "học kỳ một năm học"),
    ("HKII", "học kỳ hai"),
    ("sáng T2 hằng tuần", "sáng thứ hai hằng tuần"),
    ("từ T2 đến T6", "từ thứ hai đến thứ sáu"),
    ("Thứ Hai - Thứ Sáu", "thứ hai đến thứ sáu"),
    ("thứ 2, 4, 6", "thứ hai tư sáu"),
    ("T10/2026", "tháng mười năm hai nghìn không trăm hai mươi sáu"),
    ("tuần 40/2026", "tuần bốn mươi năm hai nghìn không trăm hai mươi sáu"),
    ("tháng 9 - 12/2026", "tháng chín đến tháng mười hai năm hai nghìn không trăm hai mươi sáu"),
]
FIGURE_BY_FIGURE = [
    ("Số tài khoản 0011 0042 9999", "số tài khoản không không một một không không bốn hai chín chín chín chín"),
    ("STK: 123456789", "số tài khoản một hai ba bốn năm sáu bảy tám chín"),
    ("số CCCD 037 088 001 234", "số căn cước công dân không ba bảy không tám tám không không một hai ba bốn"),
    ("nộp vào tài khoản 2.500.000 đồng", "nộp vào tài khoản hai triệu năm trăm nghìn đồng"),
    ("Xe 29B1-123.45", "xe hai chín bê một một hai ba bốn năm"),
    ("BKS 35A-1234", "biển kiểm soát ba năm a một hai ba bốn"),
    ("theo 12-NQ 2025", "theo mười hai nghị quyết hai nghìn không trăm hai mươi lăm"),
    ("đường ĐT477", "đường tỉnh bốn bảy bảy"),
    ("tỉnh lộ 477B", "tỉnh lộ bốn bảy bảy bê"),
    ("đường QL1A", "đường quốc lộ một a"),
    ("tại km 12+300", "tại ki lô mét mười hai cộng ba trăm"),
    ("tại Km12+300", "tại ki lô mét mười hai cộng ba trăm"),
    ("đê K5+200 - K7+800", "đê ki lô mét năm cộng hai trăm đến ki lô mét bảy cộng tám trăm"),
]
MEASURED = [
    (
        "4,5% x 2.340.000đ x 12 tháng",
        "bốn phẩy năm phần trăm nhân hai triệu ba trăm bốn mươi nghìn đồng nhân mười hai tháng",
    ),
    ("3m x 4m x 1,2m", "ba mét nhân bốn mét nhân một phẩy hai mét"),
    ("gạch 60x60cm", "gạch sáu mươi nhân sáu mươi xăng ti mét"),
    ("2 viên/ngày x 5 ngày", "hai viên một ngày nhân năm ngày"),
    ("20 ml/16 lít nước", "hai mươi mi li lít cho mười sáu lít nước"),
    ("10kg/500m2", "mười ki lô gam cho năm trăm mét vuông"),
    ("mưa 150mm/24h", "mưa một trăm năm mươi mi li mét trong hai mươi bốn giờ"),
    ("1.2 triệu", "một phẩy hai triệu"),
    ("mục 1.2", "mục một chấm hai"),
    ("1 500 000 đồng", "một triệu năm trăm nghìn đồng"),
    ("thôn 5 120 hộ", "thôn năm một trăm hai mươi hộ"),
    ("cao 1m65", "cao một mét sáu mươi lăm"),
    ("về phía ĐĐN", "về phía đông đông nam"),
    ("từ vĩ tuyến 15,0-20,0N", "từ vĩ tuyến mười lăm phẩy không đến hai mươi phẩy không độ vĩ bắc"),
    ("20°15'30\"N", "hai mươi độ mười lăm phút ba mươi giây vĩ bắc"),
    ("cấy 2-3 dảnh/khóm", "cấy hai đến ba dảnh một khóm"),
    ("3-5% trọng lượng/ngày", "ba đến năm phần trăm trọng lượng một ngày"),
]
NAMES = [
    ("các đoàn thể CT-XH", "các đoàn thể chính trị xã hội"),
    ("theo QĐ-UBND", "theo quyết định ủy ban nhân dân"),
    ("thế kỷ XX-XXI", "thế kỷ hai mươi đến hai mươi mốt"),
    ("tại phần A.1 nêu rõ", "tại phần a một nêu rõ"),
    ("Regent 800WG", "regent tám trăm vê kép gờ"),
    ("Quyết định 749/QĐ-TTg", "quyết định bảy trăm bốn mươi chín quyết định thủ tướng chính phủ"),
    ("CT MTQG", "chương trình mục tiêu quốc gia"),
    ("PCT UBND, CT HĐND", "phó chủ tịch ủy ban nhân dân chủ tịch hội đồng nhân dân"),
    ("BS.CKI Nguyễn Văn An", "bác sĩ chuyên khoa một nguyễn văn an"),
    ("Đ. Trần Hưng Đạo", "đường trần hưng đạo"),
    ("bão số 10 (BUALOI)", "bão số mười bualoi"),
]


@pytest.mark.parametrize(
    ("written", "read"),
    RATIO_OR_DATE + CALENDAR + FIGURE_BY_FIGURE + MEASURED + NAMES,
    ids=lambda text: text[:24],
)
def test_of_two_readings_the_one_that_is_meant_is_taken(written: str, read: str) -> None:
    assert re.sub(r"[,.]", "", spoken_line(written).spoken) == read


@pytest.mark.parametrize(
    "written", ["khai giảng 5/9", "có khi 7/10", "điểm 11/10", "giá 1.2 triệu", "chừng 12 500 người"]
)
def test_what_the_words_around_do_not_decide_is_left_to_the_editor(written: str) -> None:
    assert len(spoken_line(written).open_items) == 1


def test_an_account_number_is_said_in_the_groups_it_is_written_in() -> None:
    assert spoken_line("STK 0011 0042").spoken == "số tài khoản không không một một, không không bốn hai."
    assert spoken_line("STK 1234567890123").spoken == (
        "số tài khoản một hai ba bốn, năm sáu bảy tám, chín không một hai ba."
    )


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("\x1b[31mLũ lên\x1b[0m nhanh", "Lũ lên nhanh"),
        ("\x1b[1;38;5;196mLũ\x1b[K", "Lũ"),
        ("\x9b31mLũ lên", "Lũ lên"),
        ("\x1b]0;tiêu đề\x07Lũ lên", "Lũ lên"),
        ("\x1b]8;;http://a.vn\x1b\\Lũ\x1b]8;;\x1b\\ lên", "Lũ lên"),
        ("\x1b(BLũ lên\x1b", "Lũ lên"),
        ("bà\x00con\x07trong\x00\x00xã", "bà con trong xã"),
        ("mức [31m", "mức [31m"),
    ],
)
def test_what_a_terminal_left_in_a_text_is_not_read_out(pasted: str, text: str) -> None:
    assert clean_text(pasted) == text


def test_a_dot_inside_a_number_of_a_clause_or_a_line_ends_no_sentence() -> None:
    assert len(spoken_line("Mục II.1 và lộ 371E23.1 mất điện. Chú ý").sentences) == 2
