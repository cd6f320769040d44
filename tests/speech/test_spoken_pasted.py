"""Text as people really type and paste it: tables, other keyboards, labels, prices, slips of the finger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from smartradio.speech.spoken.read_back import read_back
from smartradio.speech.spoken.text import clean_text, spoken_line, spoken_text

TABLE = (
    "STT\tThôn\tSố hộ\tSố tiền\n"
    "1\tThôn 3\t125\t456\n"
    "2\tThôn 4\t\t1.500.000\n"
)  # fmt: skip


def spoken(written: str) -> str:
    """What is said for one line, without the pauses."""
    return spoken_line(clean_text(written)).spoken.rstrip(".").replace(",", "")


def test_the_cells_of_a_pasted_table_are_parted_so_that_two_numbers_never_become_one() -> None:
    lines = spoken_text(clean_text(TABLE))
    assert lines[1].spoken == "một, thôn ba, một trăm hai mươi lăm, bốn trăm năm mươi sáu."
    assert lines[2].spoken == "hai, thôn bốn, một triệu năm trăm nghìn."
    assert not read_back(lines)


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("1.\tHọp thôn", "1. Họp thôn"),
        ("-\tMang giấy tờ", "- Mang giấy tờ"),
        ("Thời gian\t: 7h30", "Thời gian : 7h30"),
        ("Kính gửi:\t\tbà con", "Kính gửi: bà con"),
        ("\tBà con chú ý\t", "Bà con chú ý"),
    ],
)
def test_a_tab_that_only_indents_makes_no_pause(written: str, cleaned: str) -> None:
    assert clean_text(written) == cleaned


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("gọi ٠٩٠٥١٢٣٤٥٦", "gọi không chín không năm một hai ba bốn năm sáu"),
        ("lúc １７ｈ３０ ngày ２０／１１", "lúc mười bảy giờ ba mươi phút ngày hai mươi tháng mười một"),
        ("ＵＢＮＤ xã, đạt ５０％", "ủy ban nhân dân xã đạt năm mươi phần trăm"),
        ("khóa Ⅲ, quý Ⅳ", "khóa ba quý bốn"),
        ("lần thứ Ⅰ", "lần thứ nhất"),
        ("chương ⅻ", "chương mười hai"),
        ("⅓ số hộ", "một phần ba số hộ"),
        ("rộng 20 ㎡", "rộng hai mươi mét vuông"),
        ("𝐓𝐇𝐎̂𝐍𝐆 𝐁𝐀́𝐎 lúc 𝟏𝟕𝐡𝟑𝟎", "thông báo lúc mười bảy giờ ba mươi phút"),
    ],
)
def test_figures_and_letters_of_another_shape_keep_their_value(written: str, read: str) -> None:
    line = spoken_line(clean_text(written))
    assert line.spoken.rstrip(".").replace(",", "") == read
    assert not line.open_items


def test_a_word_with_letters_that_only_look_latin_is_the_word_that_is_seen() -> None:
    assert spoken("СCCD của UВND хã") == "căn cước công dân của ủy ban nhân dân xã"


def test_a_letter_of_another_script_is_never_passed_over_in_silence() -> None:
    (item,) = spoken_line(clean_text("đến жã họp")).open_items
    assert (item.written, item.suggestion) == ("жã", "gõ lại bằng chữ Việt")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("bụi mịn 55 µg/m3", "bụi mịn năm mươi lăm mi crô gam trên mét khối"),
        ("12 μm", "mười hai mi crô mét"),
        ("bình 7Ah", "bình bảy am pe giờ"),
        ("ống Ø60mm", "ống phi sáu mươi mi li mét"),
        ("10 Kg, 5Km, 3Kwh", "mười ki lô gam năm ki lô mét ba ki lô oát giờ"),
        ("12V - 7Ah", "mười hai vôn bảy am pe giờ"),
        ("khu vực I, II và III", "khu vực một hai và ba"),
        ("½m2, 1½ kg", "một phần hai mét vuông một và một phần hai ki lô gam"),
        ("kỳ họp thứ 6, 4,729 tỷ", "kỳ họp thứ sáu bốn phẩy bảy hai chín tỷ"),
        ("cả 12 thôn, 38,14 vạn cây", "cả mười hai thôn ba mươi tám phẩy mười bốn vạn cây"),
        ("kỳ họp thứ 6, 4 đại biểu", "kỳ họp thứ sáu bốn đại biểu"),
        ("thứ 2, 4, 6 và thứ 3,5,7", "thứ hai tư sáu và thứ ba năm bảy"),
    ],
)
def test_a_measure_keeps_its_size_however_it_is_typed(written: str, read: str) -> None:
    assert spoken(written) == read


def test_three_numbers_with_commas_are_a_row_and_no_decimal() -> None:
    assert spoken("các nhóm: 1,2,3") == "các nhóm một hai ba"
    assert not read_back(spoken_text("các nhóm: 1,2,3"))


def test_a_web_address_loses_no_sign_and_its_numbers_are_found_again() -> None:
    written = "xem https://xa.gov.vn/tin/12/tuc?id=15&p=3 hoặc viết cho a+b12@xa.vn"
    line = spoken_line(written)
    assert "chấm hỏi i dê bằng mười lăm và pê bằng ba" in line.spoken
    assert "a cộng bê" in line.spoken
    assert not read_back([line])


@pytest.mark.parametrize(
    ("written", "doubtful"),
    [
        ("ngày 31/2", "31/2"),
        ("ngày 30/02/2026", "30/02/2026"),
        ("sáng 31/4", "31/4"),
        ("ngày 29/2/2025", "29/2/2025"),
        ("từ 25/6-31/6", "25/6-31/6"),
        ("ngày 32/1", "32/1"),
        ("ngày 15/13/2025", "15/13/2025"),
        ("tháng 13/2025", "13/2025"),
        ("ngày 12/2025", "12/2025"),
        ("ngày 31 tháng 6", "31 tháng 6"),
        ("ngày 29 tháng 2 năm 2025", "29 tháng 2 năm 2025"),
        ("lúc 24h30", "24h30"),
        ("lúc 24:15", "24:15"),
    ],
)
def test_a_day_or_hour_that_does_not_exist_is_shown_to_the_editor(written: str, doubtful: str) -> None:
    (item,) = spoken_line(written).open_items
    assert item.written == doubtful
    assert item.suggestion
    assert not read_back(spoken_text(written))


@pytest.mark.parametrize(
    "written",
    [
        "ngày 29/2",
        "ngày 29/2/2024",
        "ngày 30/2 âm lịch",
        "ngày 31 tháng 7",
        "ngày 30 tháng 2 âm lịch",
        "lương tháng 13",
        "đến 24h00",
        "mỗi ngày 5/20 hộ",
    ],
)
def test_a_day_that_may_be_is_not_held_up(written: str) -> None:
    assert not spoken_line(written).open_items


@pytest.mark.parametrize(
    "number", ["0905 123 45", "090512345", "0905 123 4567", "0236 382 215", "0236.382215", "0905.123.4567"]
)
def test_a_telephone_number_with_a_figure_too_few_or_too_many_is_reported_and_still_said_one_by_one(
    number: str,
) -> None:
    line = spoken_line(f"gọi {number}")
    assert [item.written for item in line.open_items] == [number]
    assert len(line.spoken.replace(",", "").split()) == 1 + sum(char.isdecimal() for char in number)
    assert not read_back([line])


@pytest.mark.parametrize(
    "written",
    [
        "gọi 0905 123 456", "gọi 0236 3822 150", "gọi 024.3736.9999", "mã hộ 023456789", "biên lai số 02345678",
        "STK 0212345678", "05-10-2025",
        "CCCD 048090001234", "gọi (0511) 3.888.777",
    ],
)  # fmt: skip
def test_a_number_of_the_right_length_or_of_another_kind_is_not_reported(written: str) -> None:
    assert not spoken_line(written).open_items


def test_a_number_with_the_country_in_brackets_is_a_telephone_number() -> None:
    for number in ("(84-236) 3822222", "(84) 236 3822222"):
        assert spoken(f"gọi {number}") == "gọi tám bốn hai ba sáu ba tám hai hai hai hai hai"
        assert not read_back(spoken_text(f"gọi {number}"))


def test_months_and_days_with_dots_are_dates_where_a_date_must_stand() -> None:
    assert spoken("tháng 12.2026") == "tháng mười hai năm hai nghìn không trăm hai mươi sáu"
    assert spoken("nghỉ từ ngày 29.4 - 3.5") == "nghỉ từ ngày hai mươi chín tháng tư đến ngày mùng ba tháng năm"


def test_signs_of_a_web_page_in_the_text_are_reported() -> None:
    assert [item.written for item in spoken_line("<b>in").open_items] == ["<", ">"]
    assert not spoken_line("x < 5 và 6 > 5").open_items


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Đợt 1: 15 hộ", "đợt một mười lăm hộ"),
        ("Mũi 1: 6-8 tuần", "mũi một sáu đến tám tuần"),
        ("Nhóm 1:20 người", "nhóm một hai mươi người"),
        ("pha 1:100", "pha một trên một trăm"),
        ("bản đồ tỷ lệ 1: 500", "bản đồ tỷ lệ một trên năm trăm"),
    ],
)
def test_the_colon_behind_a_label_makes_no_ratio(written: str, read: str) -> None:
    assert spoken(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("uống 1/2 viên", "uống một phần hai viên"),
        ("nghỉ 1/2 ngày.", "nghỉ một phần hai ngày"),
        ("chết 2/3 đàn", "chết hai phần ba đàn"),
    ],
)
def test_a_part_of_a_pill_or_of_a_day_is_no_date(written: str, read: str) -> None:
    assert spoken(written) == read
    assert not spoken_line(written).open_items


def test_a_feast_before_the_word_day_stays_a_date() -> None:
    assert spoken("dịp 1/5 ngày Quốc tế lao động").startswith("dịp mùng một tháng năm ngày")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("vé 30k/người", "vé ba mươi nghìn mỗi người"),
        ("1tr/sào", "một triệu mỗi sào"),
        ("5tr/m2", "năm triệu mỗi mét vuông"),
        ("hỗ trợ 2 triệu/hộ/năm", "hỗ trợ hai triệu mỗi hộ mỗi năm"),
        ("1,2 triệu đồng/hộ", "một phẩy hai triệu đồng một hộ"),
        ("12.000/quả", "mười hai nghìn một quả"),
    ],
)
def test_a_price_cannot_be_heard_as_a_larger_sum_and_holds_no_bulletin_up(written: str, read: str) -> None:
    assert spoken(written) == read
    assert not read_back(spoken_text(written))


def test_two_known_acronyms_written_as_one_are_read_part_by_part_and_shown() -> None:
    line = spoken_line("Họp BCĐCĐS với UBMTTQVN xã")
    assert "ban chỉ đạo chuyển đổi số với ủy ban mặt trận tổ quốc việt nam" in line.spoken
    assert [item.written for item in line.open_items] == ["BCĐCĐS", "UBMTTQVN"]


def test_a_figure_too_many_is_heard_even_where_its_word_also_means_year() -> None:
    line = spoken_line("liên hệ 0985.123.456")
    said = line.spoken.replace("tám năm", "tám năm, năm")
    (difference,) = read_back([replace(line, spoken=said, sentences=(said,))])
    assert difference.written in ("0985", "123", "456")


@pytest.mark.parametrize(
    "written",
    [
        "trồng ½m2 rau",
        "Đơn vị tính:m2",
        "6,1 triệu đồng/km2/năm",
        "thuê 50.000 đồng/m2/tháng",
        "xem https://xa.vn/gia-3.000-dong-50tr-24h30-m3.html",
        "viết cho to3.k5@xa.gov.vn hoặc xa1.gov.vn/2026/12/05",
    ],
)
def test_read_back_holds_up_no_half_metre_no_bare_unit_and_no_address(written: str) -> None:
    assert not read_back(spoken_text(written))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("GĐ Sở Y tế và GĐ văn hóa", "giám đốc sở y tế và gia đình văn hóa"),
        ("Bs.CKI Lê Văn Tám", "bác sĩ chuyên khoa một lê văn tám"),
        ("Tr.THCS Lê Lợi", "trường trung học cơ sở lê lợi"),
        ("UB MTTQ xã", "ủy ban mặt trận tổ quốc xã"),
        ("chờ xe 115, trung tâm 115", "chờ xe một một năm trung tâm một một năm"),
        ("đội 115 người", "đội một trăm mười lăm người"),
        ("máy bàn 3822 114", "máy bàn ba tám hai hai một một bốn"),
        ("1,8 con/phụ nữ", "một phẩy tám con một phụ nữ"),
    ],
)
def test_short_forms_are_read_by_what_stands_beside_them(written: str, read: str) -> None:
    assert spoken(written) == read


@pytest.mark.parametrize("written", ["250C", "25 0C", "20-250C", "37,50C"])
def test_a_nought_that_may_be_the_ring_of_degrees_is_shown_to_the_editor(written: str) -> None:
    (item,) = spoken_line(f"nhiệt độ {written}").open_items
    assert item.written == written
    assert item.suggestion.endswith("°C nếu là nhiệt độ")
    assert not read_back(spoken_text(f"nhiệt độ {written}"))
