"""How fast written Vietnamese becomes spoken Vietnamese, on bulletins of this project's own."""

from __future__ import annotations

import statistics
import time

from _rows import row

from smartradio.speech.spoken.text import clean_text, spoken_text

BULLETIN = """\
TIN LŨ KHẨN CẤP TRÊN SÔNG CÁI
Tin phát lúc 04h15 ngày 18/10/2026. Hồi 04 giờ, mực nước tại cầu Bến Gỗ là 5,37m, trên BĐ2 0,12m, lên 6-9cm/giờ.
Dự báo trong 12 giờ tới có mưa 80-150mm, có nơi trên 220mm; gió cấp 6-7, giật cấp 9. Rủi ro thiên tai do lũ: cấp 2.
UBND xã yêu cầu 37 hộ (128 nhân khẩu) ở các xóm 1, 4 và 6 rời đến Trường THCS trước 07h30. Gọi 0204.3.555.018 hoặc 112.
LỊCH GIEO CẤY VỤ ĐÔNG XUÂN 2026-2027
- Đợt 1: từ 12-18/01, 214,6 ha; đợt 2: từ 25/01 đến 02/02/2027. Bón lót 12-15kg NPK 16-16-8/sào, giá 14.500đ/kg.
- HTX thu 185.000 đồng/sào/vụ theo Nghị quyết số 08/2026/NQ-HĐND và Quyết định 312/QĐ-UBND; đạt 96,4% kế hoạch quý II.
Bà con nộp hồ sơ qua dichvucong.gov.vn, quét mã QR, hoặc hỏi Tổ CNSCĐ vào 8h-10h thứ 3, thứ 5 hằng tuần tại nhà văn hóa.
Mời nhân dân cổ vũ giải bóng đá ngày 20/11, có 9/9 xóm dự với 135 cầu thủ; chung kết lúc 15:30, giải nhất 3 triệu đồng.
"""
LIMIT_US = 20.0
"""Microseconds a character may take: 50,000 characters a second."""


def main() -> None:
    text = clean_text(BULLETIN)
    spoken_text(text)  # loads the dictionary of foreign words
    repeats = 40
    taken_us = []
    for _ in range(7):
        begun = time.perf_counter()
        for _ in range(repeats):
            spoken_text(text)
        taken_us.append((time.perf_counter() - begun) * 1e6 / (repeats * len(text)))
    per_character_us = statistics.median(taken_us)
    note = f"{1e6 / per_character_us:,.0f} characters/s"
    row("written to spoken text: a character", per_character_us, "µs", LIMIT_US, note)


if __name__ == "__main__":
    main()
