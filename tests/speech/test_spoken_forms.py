"""A cross-section of what communes write, kind by kind, with the breaths that the announcer takes."""

from __future__ import annotations

import re

import pytest

from smartradio.speech.spoken.text import spoken_line

DAYS = [
    ("từ ngày 5-7 tháng 9", "từ ngày mùng năm đến ngày mùng bảy tháng chín"),
    ("từ 5 đến 7 tháng 9", "từ ngày mùng năm đến ngày mùng bảy tháng chín"),
    ("ngày 05 và 06 tháng 9", "ngày mùng năm và mùng sáu tháng chín"),
    ("ngày 7, 8 và 9 tháng 4", "ngày mùng bảy, mùng tám và mùng chín tháng tư"),
    ("từ 25 đến ngày 27/10", "từ ngày hai mươi lăm đến ngày hai mươi bảy tháng mười"),
    ("từ 5 đến 7 tháng tuổi", "từ năm đến bảy tháng tuổi"),
    ("trẻ 5, 7 tháng tuổi", "trẻ năm, bảy tháng tuổi"),
    (
        "từ 29/12 đến 2/1/2027",
        "từ ngày hai mươi chín tháng mười hai đến ngày mùng hai tháng một năm hai nghìn không trăm hai mươi bảy",
    ),
    ("hạn chót 31/12", "hạn chót ngày ba mươi mốt tháng mười hai"),
    ("Thời gian: 5/10", "thời gian, ngày mùng năm tháng mười"),
    ("mùng 1-3 Tết", "mùng một đến ba tết"),
    ("từ tháng 9-12/2026", "từ tháng chín đến tháng mười hai năm hai nghìn không trăm hai mươi sáu"),
    ("nghỉ lễ 30/4-01/5", "nghỉ lễ ngày ba mươi tháng tư đến ngày mùng một tháng năm"),
    ("chiều thứ bảy 14/3", "chiều thứ bảy ngày mười bốn tháng ba"),
    ("ngày 1-7-2025", "ngày mùng một tháng bảy năm hai nghìn không trăm hai mươi lăm"),
    ("T6, 05/12/2025", "thứ sáu, ngày mùng năm tháng mười hai năm hai nghìn không trăm hai mươi lăm"),
]
CLOCK = [
    ("19h00' ngày 17/7", "mười chín giờ ngày mười bảy tháng bảy"),
    ("6g30 - 7g", "sáu giờ ba mươi phút đến bảy giờ"),
    ("từ 8:00 - 11:30", "từ tám giờ đến mười một giờ ba mươi phút"),
    ("5h30 sáng-7h tối", "năm giờ ba mươi phút sáng đến bảy giờ tối"),
    ("chạy 3'30\"", "chạy ba phút ba mươi giây"),
    ("khoảng 22-23h đêm nay", "khoảng hai mươi hai đến hai mươi ba giờ đêm nay"),
    ("từ 0h ngày 15/9", "từ không giờ ngày mười lăm tháng chín"),
    ("lúc 14:05:30", "lúc mười bốn giờ năm phút ba mươi giây"),
    ("24/7", "hai mươi bốn trên bảy"),
    ("kéo dài 45'", "kéo dài bốn mươi lăm phút"),
]
SIGNS = [
    ("tăng trưởng -2,5%", "tăng trưởng âm hai phẩy năm phần trăm"),
    ("nhiệt độ -2 đến 5°C", "nhiệt độ âm hai đến năm độ xê"),
    ("mưa >50mm", "mưa trên năm mươi mi li mét"),
    ("mực nước +3,5m", "mực nước cộng ba phẩy năm mét"),
    ("+5%", "cộng năm phần trăm"),
    ("$100", "một trăm đô la"),
    ("10⁰C", "mười độ xê"),
    ("37 ℃", "ba mươi bảy độ xê"),
    ("1 ½ ngày", "một và một phần hai ngày"),
    ("cấp 8-cấp 9", "cấp tám đến cấp chín"),
    ("thôn 1 - thôn 3", "thôn một đến thôn ba"),
]
RATIOS = [
    ("tỷ lệ 3:1", "tỷ lệ ba trên một"),
    ("tỷ số 2:1", "tỷ số hai một"),
    ("hồ 45,50m/50,00m", "hồ bốn mươi lăm phẩy năm mươi mét trên năm mươi phẩy không không mét"),
    ("cấy 1/2 diện tích", "cấy một phần hai diện tích"),
    ("1,005 tỷ đồng", "một phẩy không không năm tỷ đồng"),
    ("hơn 3/4 số hộ", "hơn ba phần tư số hộ"),
    ("huyết áp 130/80 mmHg", "huyết áp một trăm ba mươi trên tám mươi mi li mét thủy ngân"),
    ("35 lít/người/ngày đêm", "ba mươi lăm lít một người một ngày đêm"),
    ("800 đồng/kWh", "tám trăm đồng một ki lô oát giờ"),
    ("trạm 110/35/22kV", "trạm một trăm mười trên ba mươi lăm trên hai mươi hai ki lô vôn"),
    ("thông điệp 5K", "thông điệp năm ca"),
    ("trẻ từ 5 - dưới 12 tuổi", "trẻ từ năm đến dưới mười hai tuổi"),
    ("thị lực 10/10", "thị lực mười trên mười"),
    ("dân số 22.100", "dân số hai mươi hai nghìn một trăm"),
    ("(-0,5%)", "âm không phẩy năm phần trăm"),
    ("công nghiệp 4.0", "công nghiệp bốn chấm không"),
    ("tiêu chí 15.4", "tiêu chí mười lăm chấm bốn"),
    ("các thôn 1,2,3", "các thôn một, hai, ba"),
    ("thôn 1,2 và 10", "thôn một, hai và mười"),
    ("tổ 4,5", "tổ bốn, năm"),
    ("khu 1,5 ha", "khu một phẩy năm héc ta"),
    ("mỗi ngày 2,4 triệu đồng", "mỗi ngày hai phẩy bốn triệu đồng"),
    ("các ngày 2,4,16", "các ngày mùng hai, mùng bốn, mười sáu"),
    ("trong tháng 3,4", "trong tháng ba, tư"),
    ("Điều 5,6 Luật Đê điều", "điều năm, sáu luật đê điều"),
]
PHONES = [
    (
        "0912345678/0987654321",
        "không chín một hai, ba bốn năm, sáu bảy tám, không chín tám bảy, sáu năm bốn, ba hai một",
    ),
    (
        "0912.345.678 - 0987.654.321",
        "không chín một hai, ba bốn năm, sáu bảy tám, không chín tám bảy, sáu năm bốn, ba hai một",
    ),
    ("0229.3860.115/116", "không hai hai chín, ba tám sáu không, một một năm, một một sáu"),
    ("điện thoại: 3860.115", "điện thoại, ba tám sáu không, một một năm"),
    ("máy lẻ 102", "máy lẻ một không hai"),
    ("soạn tin gửi 1405", "soạn tin gửi một bốn không năm"),
    ("gửi 500 suất quà", "gửi năm trăm suất quà"),
    ("cấp cứu 115", "cấp cứu một một năm"),
    ("Cảnh sát PCCC 114", "cảnh sát phòng cháy chữa cháy một một bốn"),
    ("113/114/115", "một một ba, một một bốn, một một năm"),
    ("112 hoặc 114", "một một hai hoặc một một bốn"),
    ("gọi 1900-1234", "gọi một chín không không, một hai ba bốn"),
    ("giai đoạn 1900-1954", "giai đoạn một nghìn chín trăm đến một nghìn chín trăm năm mươi bốn"),
    ("18001091", "một tám không không, một không chín một"),
    ("+84912345678", "cộng tám bốn, chín một hai, ba bốn năm, sáu bảy tám"),
    ("(024) 3825 1234", "không hai bốn, ba tám hai năm, một hai ba bốn"),
    ("có 115 hộ", "có một trăm mười lăm hộ"),
    ("tuyển 125 công dân", "tuyển một trăm hai mươi lăm công dân"),
]
DOCUMENTS = [
    ("công văn số 1234/UBND-VX", "công văn số một nghìn hai trăm ba mươi bốn ủy ban nhân dân văn xã"),
    ("Công văn số 2345/BC-UBND", "công văn số hai nghìn ba trăm bốn mươi lăm báo cáo ủy ban nhân dân"),
    ("Chỉ thị số 15-CT/TW", "chỉ thị số mười lăm chỉ thị trung ương"),
    ("Luật số 26/2023/QH15", "luật số hai mươi sáu năm hai nghìn không trăm hai mươi ba quốc hội mười lăm"),
    ("NĐ168", "nghị định một trăm sáu mươi tám"),
    ("Đề án 06", "đề án không sáu"),
    ("Quy định số 37-QĐ/TW", "quy định số ba mươi bảy quy định trung ương"),
    ("Công điện số 05/CĐ-BCHPCTT", "công điện số không năm công điện ban chỉ huy phòng chống thiên tai"),
    (
        "Công văn 12/SNNPTNT-TTBVTV",
        "công văn mười hai sở nông nghiệp và phát triển nông thôn trung tâm bảo vệ thực vật",
    ),
    ("TCVN 5574:2018", "tiêu chuẩn việt nam năm nghìn năm trăm bảy mươi bốn, hai nghìn không trăm mười tám"),
    ("Thông báo số 03-TB/ĐU", "thông báo số không ba thông báo đảng ủy"),
    (
        "Nghị quyết số 1656/NQ-UBTVQH15",
        "nghị quyết số một nghìn sáu trăm năm mươi sáu nghị quyết ủy ban thường vụ quốc hội mười lăm",
    ),
]
ROMANS = [
    ("quý I-II", "quý một đến hai"),
    ("chương V", "chương năm"),
    ("Quân khu IV", "quân khu bốn"),
    ("lớp X", "lớp mười"),
    ("Hội nghị Trung ương 8 khóa XIII", "hội nghị trung ương tám khóa mười ba"),
    ("lần thứ V", "lần thứ năm"),
    ("ĐẠI HỘI ĐẢNG BỘ XÃ LẦN THỨ I", "đại hội đảng bộ xã lần thứ nhất"),
    ("BẦU CỬ ĐBQH KHÓA XVI", "bầu cử đại biểu quốc hội khóa mười sáu"),
]
SEA = [
    ("15-17N; 110-112E", "mười lăm đến mười bảy độ vĩ bắc, một trăm mười đến một trăm mười hai độ kinh đông"),
    ("18.5N 110.3E", "mười tám phẩy năm độ vĩ bắc một trăm mười phẩy ba độ kinh đông"),
    ("20,1 độ N; 107,2 độ E", "hai mươi phẩy một độ vĩ bắc, một trăm linh bảy phẩy hai độ kinh đông"),
    ("20°15'N, 105°58'E", "hai mươi độ mười lăm phút vĩ bắc, một trăm linh năm độ năm mươi tám phút kinh đông"),
    ("15,5-16,5 độ Vĩ Bắc", "mười lăm phẩy năm đến mười sáu phẩy năm độ vĩ bắc"),
    ("giật trên cấp 17", "giật trên cấp mười bảy"),
    ("cấp 8 - 9, giật cấp 11", "cấp tám đến chín, giật cấp mười một"),
    ("mức BĐ III", "mức báo động ba"),
    ("BĐ1 - 2", "báo động một đến báo động hai"),
    ("xấp xỉ BĐ3", "xấp xỉ báo động ba"),
]
PEOPLE = [
    ("BCH Đảng bộ xã", "ban chấp hành đảng bộ xã"),
    ("BCH Quân sự xã", "ban chỉ huy quân sự xã"),
    ("TL. Chủ tịch", "thừa lệnh chủ tịch"),
    ("PCT. UBND xã", "phó chủ tịch ủy ban nhân dân xã"),
    ("Đ.c Hùng", "đồng chí hùng"),
    ("Gs Nguyễn Lân", "giáo sư nguyễn lân"),
    ("Th.S Lê Hoa", "thạc sĩ lê hoa"),
    ("BSCKI. Trần Mai", "bác sĩ chuyên khoa một trần mai"),
    ("K'Ho", "cơ ho"),
    ("M'Nông", "mờ nông"),
    ("TX. Tam Điệp", "thị xã tam điệp"),
    ("Q.1", "quận một"),
    ("tỉnh TT-Huế", "tỉnh thừa thiên huế"),
    ("PGS.TS.BS Lê An", "phó giáo sư tiến sĩ bác sĩ lê an"),
    ("ông N.V.A (SN 1985)", "ông nờ vê a, sinh năm một nghìn chín trăm tám mươi lăm"),
    ("chị H. (35 tuổi)", "chị hát, ba mươi lăm tuổi"),
    ("Trường PTDTBT xã", "trường phổ thông dân tộc bán trú xã"),
]
HEADINGS = [
    ("THÔNG BÁO CỦA UBND XÃ VỀ VIỆC TIÊM VẮC XIN", "thông báo của ủy ban nhân dân xã về việc tiêm vắc xin"),
    ("LỊCH CẮT ĐIỆN CỦA EVN", "lịch cắt điện của e vê nờ"),
    ("KẾT QUẢ CĐS QUÝ I NĂM 2025", "kết quả chuyển đổi số quý một năm hai nghìn không trăm hai mươi lăm"),
    ("CHƯƠNG TRÌNH MTQG XÂY DỰNG NTM", "chương trình mục tiêu quốc gia xây dựng nông thôn mới"),
    ("MƯA TO 200-350MM, GIÓ CẤP 8-9", "mưa to hai trăm đến ba trăm năm mươi mi li mét, gió cấp tám đến chín"),
    (
        "MỰC NƯỚC 4,52M, TRÊN BĐ3 0,52M",
        "mực nước bốn phẩy năm mươi hai mét, trên báo động ba, không phẩy năm mươi hai mét",
    ),
    ("XẢ LŨ HỒ CHỨA 1.500 M3/S", "xả lũ hồ chứa một nghìn năm trăm mét khối trên giây"),
    ("HỌP TỪ 7 GIỜ 30 ĐẾN 17H NGÀY 5/9", "họp từ bảy giờ ba mươi phút đến mười bảy giờ ngày mùng năm tháng chín"),
    ("SỬA ĐƯỜNG DÂY 35KV, TRẠM 400KVA", "sửa đường dây ba mươi lăm ki lô vôn, trạm bốn trăm ki lô vôn am pe"),
    ("THU 500.000Đ/HỘ, 2 LẦN/NĂM", "thu năm trăm nghìn đồng một hộ, hai lần một năm"),
    ("THEO QUYẾT ĐỊNH SỐ 749/QĐ-TTG", "theo quyết định số bảy trăm bốn mươi chín quyết định thủ tướng chính phủ"),
    ("THÔNG TƯ CỦA BỘ, ĐẠI HỘI XIII", "thông tư của bộ, đại hội mười ba"),
    ("LỪA ĐẢO QUA ZALO, FACEBOOK", "lừa đảo qua zalo, facebook"),
    ("PGS.TS. NGUYỄN THỊ LAN", "phó giáo sư tiến sĩ nguyễn thị lan"),
    ("II. Dự báo", "hai, dự báo"),
    ("1) Thời gian", "một, thời gian"),
    ("1/ Thời gian", "một, thời gian"),
    ("b. Địa điểm", "bê, địa điểm"),
    ("A. PHẦN CHUNG", "a, phần chung"),
    ("- Thời gian: 7h30", "thời gian, bảy giờ ba mươi phút"),
    ("+ Trẻ em", "trẻ em"),
    ("* Lưu ý", "lưu ý"),
    ("•) Người già", "người già"),
    ("1.1. Kết quả", "một chấm một, kết quả"),
    ("(a) Người dân", "a, người dân"),
]


@pytest.mark.parametrize(
    ("written", "read"),
    DAYS + CLOCK + SIGNS + RATIOS + PHONES + DOCUMENTS + ROMANS + SEA + PEOPLE + HEADINGS,
    ids=lambda text: text[:24],
)
def test_a_form_is_read_without_a_doubt(written: str, read: str) -> None:
    line = spoken_line(written)
    assert line.spoken == f"{read}."
    assert not line.open_items


@pytest.mark.parametrize("frame", ["{}.", "{};", "{}:", "({})", "“{}”", "- {}", "{}!", "{}, rồi"])
def test_what_stands_around_a_form_does_not_change_its_reading(frame: str) -> None:
    framed = [*DAYS, *CLOCK, *RATIOS, *PHONES, *DOCUMENTS, *ROMANS, *SEA, *PEOPLE]
    assert [_words(spoken_line(frame.format(written)).spoken) for written, _ in framed] == [
        _words(read) + (["rồi"] if "rồi" in frame else []) for _, read in framed
    ]


def _words(spoken: str) -> list[str]:
    return re.findall(r"[^\s,.!]+", spoken)


GATE = [
    ("giá 3.5 triệu", "3.5"),
    ("có 1,234 tấn", "1,234 tấn"),
    ("ngày 5-10", "5-10"),
    ("đạt 12.5", "12.5"),
    ("họp 4/5", "4/5"),
    ("trên BĐ4", "BĐ4"),
    ('màn hình 24"', '"'),
    ("mã 3*4", "*"),
    ("12/abc", "/"),
    ("7:5", ":"),
    ("1-2-3", "-"),
    ("họp -5 hộ", "-"),
    ("-3,2%", "-3,2%"),
    ("theo 9/ABCXYZ-KT", "9/ABCXYZ-KT"),
    ("Hội XYZW", "XYZW"),
    ("khám TeleHealth", "TeleHealth"),
    ("mã A12b9c", "A12b9c"),
    ("nghỉ 15p", "15p"),
    ("cao 15,73xy", "15,73xy"),
    ("2:35 triệu đồng", ":"),
    ("674 39 723 459", "674 39 723 459"),
    ("có 1.000.00 đồng", "1.000.00"),
    ("dài 5 kbl", "kbl"),
    ("họp 10/10", "10/10"),
    ("lũ lên 🌊", "🌊"),
    ("giá 水 tốt", "水"),
    ("khoảng 15-3 hộ", "15-3"),
]


@pytest.mark.parametrize(("written", "doubtful"), GATE, ids=[written for written, _ in GATE])
def test_what_is_uncertain_is_reported_at_its_place_with_advice_in_vietnamese(written: str, doubtful: str) -> None:
    items = spoken_line(written).open_items
    assert doubtful in [item.written for item in items]
    for item in items:
        assert written[item.start : item.end] == item.written
        assert item.problem
        assert item.suggestion


@pytest.mark.parametrize(
    "written",
    [
        "“định danh mức độ 2”",
        '"mức độ 2"',
        "vắc-xin",
        "Nam Định - Thanh Hóa",
        "lớp 6A, 7B",
        "mục 1.2",
        "số 12/3 đường Lê Lợi",
        "và/hoặc",
        "- 5 hộ",
        "1.1 Kết quả",
    ],
)
def test_an_ordinary_sign_opens_no_item(written: str) -> None:
    assert not spoken_line(written).open_items
