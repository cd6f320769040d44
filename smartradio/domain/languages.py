"""The languages a commune speaks in: those of Viet Nam's peoples, by BCP 47 tag.

A tag has two letters where ISO 639-1 has them (`vi`, `km`, `lo`), else the three of ISO 639-3 (`tyz` Tày,
`rad` Ê Đê); `hmn` stands for all Hmông and has its varieties beside it.
"""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import Final

from smartradio.domain.errors import BadInputError

VIETNAMESE: Final = "vi"

LANGUAGES: Final[dict[str, str]] = {
    VIETNAMESE: "Tiếng Việt",
    "bdq": "Ba Na",
    "blt": "Thái Đen",
    "bru": "Bru - Vân Kiều",
    "cja": "Chăm Tây",
    "cje": "Chu Ru",
    "cjm": "Chăm Đông",
    "cma": "Mạ",
    "cmo": "M'Nông",
    "crw": "Chơ Ro",
    "cua": "Co",
    "en": "Tiếng Anh",
    "hmn": "Hmông",
    "hmv": "Hmông Đỏ",
    "hnj": "Hmông Xanh",
    "hni": "Hà Nhì",
    "hre": "Hrê",
    "hro": "Chăm H'roi",
    "ium": "Dao",
    "jeh": "Giẻ",
    "jra": "Gia Rai",
    "khb": "Lự",
    "kjg": "Khơ Mú",
    "km": "Khmer",
    "kpm": "Cơ Ho",
    "ktv": "Cơ Tu",
    "lbt": "La Chí",
    "lhu": "La Hủ",
    "lo": "Lào",
    "mji": "Dao Tiền",
    "mlc": "Cao Lan",
    "mng": "M'Nông Đông",
    "mnn": "M'Nông Nam",
    "mtq": "Mường",
    "mww": "Hmông Trắng",
    "nut": "Nùng",
    "pcc": "Giáy, Bố Y",
    "rad": "Ê Đê",
    "rgs": "Ra Glai Nam",
    "rog": "Ra Glai Bắc",
    "scb": "Chứt",
    "sed": "Xơ Đăng",
    "sti": "Xtiêng Bù Lơ",
    "stt": "Xtiêng Bù Đeh",
    "tou": "Thổ",
    "tth": "Tà Ôi",
    "twh": "Thái Trắng",
    "tyz": "Tày",
    "yue": "Hoa (Quảng Đông)",
    "zh": "Hoa",
}
"""Tag → the people's language as Vietnamese names it."""


def language_name(tag: str) -> str:
    """Return what a language is called; a tag without a name stands for itself."""
    return LANGUAGES.get(tag, tag)


def check_language(tag: str) -> str:
    """Return a language's tag; raises BadInputError, with the tag that was probably meant, for no such one."""
    if tag in LANGUAGES:
        return tag
    wanted = _plain(tag)[:40]
    by_name = {_plain(name): known for known, name in LANGUAGES.items()}
    close = get_close_matches(wanted, [*by_name, *LANGUAGES], n=1, cutoff=0.7)
    if close:
        known = by_name.get(close[0], close[0])
        hint = f"did you mean {known!r} ({LANGUAGES[known]})?"
    else:
        hint = f"use a tag such as {', '.join(f'{t} ({LANGUAGES[t]})' for t in ('vi', 'hmn', 'km', 'tyz', 'jra'))}"
    raise BadInputError(f"unknown language {tag[:40]!r}; {hint}")


def _plain(text: str) -> str:
    """Return a name without its marks, in small letters, without what names of languages begin with."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return bare.replace("đ", "d").removeprefix("tieng ").replace("'", "").replace("’", "").strip()
