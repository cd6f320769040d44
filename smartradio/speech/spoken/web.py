"""E-mail and web addresses."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.acronym_table import ACRONYMS
from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import digits, whole
from smartradio.speech.spoken.rules import Reading, Rule, rule
from smartradio.speech.spoken.syllables import is_syllable

LABELS = {
    "gov": "gờ o vê", "vn": "vê nờ", "com": "com", "net": "nét", "org": "o rờ gờ", "edu": "e đu",
    "www": "vê kép vê kép vê kép", "gmail": "gờ meo", "dichvucong": "dịch vụ công",
    "baohiemxahoi": "bảo hiểm xã hội", "congan": "công an", "http": "", "https": "", "facebook": "facebook",
    "thuvienphapluat": "thư viện pháp luật", "chinhphu": "chính phủ", "bocongan": "bộ công an",
    "ninhbinh": "ninh bình", "thanhhoa": "thanh hóa", "dancuquocgia": "dân cư quốc gia",
    "vneid": "vê nờ e i đê", "zalo": "zalo", "youtube": "youtube", "dcs": "đê xê ét", "email": "email",
}  # fmt: skip
_SIGNS = {
    ".": "chấm", "/": "gạch chéo", "-": "gạch ngang", "_": "gạch dưới", "@": "a còng", ":": "hai chấm",
    "?": "chấm hỏi", "=": "bằng", "&": "và", "+": "cộng", "%": "phần trăm", "#": "thăng", "~": "ngã",
}  # fmt: skip
_TLD = r"(?:vn|com|net|org|gov|edu|info|asia|io|me|tv|app|online|site|top|xyz|shop|club|mobi|ly|gl)"


def _address(found: Match[str]) -> Reading:
    text = re.sub(r"^https?://", "", found[0]).rstrip("/")
    words = []
    for part in re.findall(r"[^\W_\d]+|\d+|[._/@:\-?=&+%#~]", text):
        if part in _SIGNS:
            words.append(_SIGNS[part])
        elif part.isdecimal():
            words.append(whole(part) if len(part) == 2 else digits(part))
        else:
            words.append(_label(part))
    return Reading(" ".join(word for word in words if word))


def _label(text: str) -> str:
    low = text.lower()
    if low in LABELS:
        return LABELS[low]
    if low.upper() in ACRONYMS:
        return spell(low)
    if is_syllable(low) or (len(low) > 3 and re.search(r"[aeiouy]", low)):
        return low
    return spell(low)


RULES: tuple[Rule, ...] = (
    rule("e-mail", r"(?<![\w.])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,5}(?!\w)", _address, needs="@"),
    rule(
        "web-address",
        rf"(?<![\w@.\-])(?:https?://[^\s,;)\"”]{{3,200}}(?<![.!?:])|(?:[A-Za-z0-9\-]{{1,63}}\.){{1,5}}{_TLD}(?![\w.]*\w)(?:/[\w\-./]*\w)?)",
        _address,
        needs=".:",
    ),
)
