"""What the simulated communes of the verdict benchmark air: written here, in no training text and no test.

Every bulletin is 8 to 25 s long when read. `changes` are words that another version of it would have instead: each
is one word of the same number of syllables, so that the sentence keeps its length and its melody.
"""

from __future__ import annotations

from dataclasses import dataclass

Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A bulletin as written, pairs of changed words, and changed numbers where it is an alert."""

    name: str
    lines: tuple[str, ...]
    changes: tuple[Changes, ...]
    numbers: tuple[Changes, ...] = ()


TEXTS = (
    Text(
        "flood",
        (
            "Ban chỉ huy phòng thủ dân sự xã Phú Lương phát tin lũ trên sông Cẩm.",
            "Mực nước tại cầu Vạn đo được 4,52 m, cao hơn báo động 2 và chưa có dấu hiệu rút.",
            "Các gia đình ven bãi dọn đồ lên gác, dắt trâu bò về gò Trám trước 19 giờ.",
        ),
        (
            (("rút", "lên"), ("gác", "xe")),
            (("gia đình", "cửa hàng"), ("trâu bò", "đàn vịt")),
        ),
        (
            (("4,52 m", "4,25 m"),),
            (("báo động 2", "báo động 3"),),
            (("19 giờ", "9 giờ"),),
        ),
    ),
    Text(
        "storm",
        (
            "Tin bão khẩn cấp phát lúc 16 giờ 20 phút.",
            "Bão số 7 còn cách bờ 130 km, gió giật cấp 12, đi chếch lên phía bắc.",
            "Chủ đầm tôm và người coi chòi phải vào bờ trước 21 giờ đêm nay.",
        ),
        (
            (("phía bắc", "phía nam"), ("đầm tôm", "thuyền câu")),
            (("Chủ đầm", "Thợ đầm"), ("đêm nay", "đêm mai")),
        ),
        (
            (("130 km", "310 km"),),
            (("cấp 12", "cấp 10"),),
            (("21 giờ", "23 giờ"),),
        ),
    ),
    Text(
        "dam",
        (
            "Hồ Đá Bạc mở hai cửa xả lúc 5 giờ 30 phút sáng mai, lưu lượng 85 mét khối một giây.",
            "Ai đang đặt vó, mò trai hay chăn vịt dưới hạ lưu hãy lên bờ ngay.",
        ),
        (
            (("sáng mai", "chiều mai"), ("đặt vó", "thả lưới")),
            (("lên bờ", "ở lại"), ("mở", "đóng")),
        ),
        (
            (("5 giờ 30 phút", "3 giờ 50 phút"),),
            (("85 mét", "58 mét"),),
        ),
    ),
    Text(
        "power",
        (
            "Tổ quản lý điện báo bà con xóm Mới và xóm Đình.",
            "Chủ nhật này đường dây nhánh bốn ngừng cấp điện từ tám giờ đến mười giờ rưỡi để chặt cành tre.",
            "Nhà nào có máy ấp trứng nên chuẩn bị máy nổ.",
        ),
        (
            (("Chủ nhật", "Thứ sáu"), ("ấp trứng", "xát gạo")),
            (("cành tre", "cành đa"), ("máy nổ", "bình nước")),
        ),
    ),
    Text(
        "clinic",
        (
            "Đoàn bác sĩ mắt của tỉnh về khám tại trường mầm non Hoa Sen vào chiều thứ tư.",
            "Người từ sáu mươi tuổi đo nhãn áp không mất tiền, nhớ nhịn cà phê và đem kính đang đeo.",
        ),
        (
            (("thứ tư", "thứ năm"), ("kính", "thuốc")),
            (("mắt", "răng"), ("sáu mươi", "bảy mươi")),
        ),
    ),
    Text(
        "fields",
        (
            "Hợp tác xã Bình Minh nhắc lịch lấy nước đợt ba.",
            "Đồng Trũng lấy trước, đồng Cao lấy sau, mỗi nơi hai ngày ba đêm.",
            "Ốc bươu nở nhiều ở góc ruộng, xin cắm que dụ rồi bắt bằng tay, đừng rải thuốc.",
            "Thóc giống còn bốn tạ, ai cần ghi tên với chị Duyên.",
        ),
        (
            (("trước", "chậm"), ("bốn tạ", "chín tạ")),
            (("nhiều", "ít"), ("chị Duyên", "anh Quyết")),
        ),
    ),
    Text(
        "school",
        (
            "Trường tiểu học Lê Lợi cho học sinh nghỉ một buổi vì sân còn ngập bùn.",
            "Cô giáo sẽ gọi từng nhà khi lớp học lau xong.",
        ),
        (
            (("một", "ba"), ("bùn", "nước")),
            (("Cô giáo", "Bảo vệ"), ("nghỉ", "tập")),
        ),
    ),
    Text(
        "market",
        (
            "Ban quản lý chợ Gò xin báo từ mồng năm chợ họp ở bãi mới cạnh ao sen.",
            "Hàng cá, hàng thịt vào cổng tây, hàng vải và hàng xáo vào cổng đông.",
            "Xe ba gác chỉ được đỗ sau lều số sáu.",
        ),
        (
            (("mồng năm", "mồng chín"), ("cổng tây", "cổng nam")),
            (("ao sen", "đình cũ"), ("số sáu", "số hai")),
        ),
    ),
)

FOREIGN = {
    "en": "Good evening. Here is the shipping forecast, followed by a short talk on the price of wheat and the weather "
    "in the northern harbours, where fog is expected to lift before midnight.",
    "fr": "Bonsoir. Voici le bulletin maritime, puis quelques mots sur le prix du blé et sur le brouillard qui devrait "
    "se lever avant minuit dans les ports du nord.",
    "cmn": "晚上好。下面播送海洋天气预报。北部港口今天夜里有大雾，预计午夜以前散去，小麦价格比上周略有上涨。",
    "id": "Selamat malam. Berikut ramalan cuaca untuk kapal, lalu berita singkat tentang harga gandum dan kabut di "
    "pelabuhan utara yang akan hilang sebelum tengah malam.",
    "ru": "Добрый вечер. Прослушайте прогноз погоды для судов и короткое сообщение о ценах на пшеницу; туман в "
    "северных портах рассеется до полуночи.",
}
