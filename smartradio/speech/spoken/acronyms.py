"""Acronyms, titles and written abbreviations."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Match

from smartradio.speech.spoken.acronym_table import ACRONYMS
from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import digits, whole
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, ends_with, rule, words
from smartradio.speech.spoken.syllables import has_mark, is_syllable

TITLES = {
    "PGS.TSKH": "phó giáo sư tiến sĩ khoa học", "PGS.TS": "phó giáo sư tiến sĩ",
    "PGS. TS": "phó giáo sư tiến sĩ", "PGS, TS": "phó giáo sư tiến sĩ", "GS.TSKH": "giáo sư tiến sĩ khoa học",
    "GS.TS": "giáo sư tiến sĩ", "GS. TS": "giáo sư tiến sĩ", "GS, TS": "giáo sư tiến sĩ",
    "TS.BS": "tiến sĩ bác sĩ", "ThS.BS": "thạc sĩ bác sĩ", "BS.CKII": "bác sĩ chuyên khoa hai",
    "BS.CKI": "bác sĩ chuyên khoa một", "BSCKII": "bác sĩ chuyên khoa hai", "BSCKI": "bác sĩ chuyên khoa một",
    "BS CKII": "bác sĩ chuyên khoa hai", "BS CKI": "bác sĩ chuyên khoa một", "PGS": "phó giáo sư",
    "Gs": "giáo sư", "Pgs": "phó giáo sư", "PCT": "phó chủ tịch", "BSCK2": "bác sĩ chuyên khoa hai",
    "BSCK1": "bác sĩ chuyên khoa một", "BS.CK2": "bác sĩ chuyên khoa hai", "BS.CK1": "bác sĩ chuyên khoa một",
    "BS CK2": "bác sĩ chuyên khoa hai", "BS CK1": "bác sĩ chuyên khoa một", "ĐD": "điều dưỡng",
    "CVC": "chuyên viên chính", "PGS.,TS": "phó giáo sư tiến sĩ", "GS.,TS": "giáo sư tiến sĩ", "GS": "giáo sư",
    "TS": "tiến sĩ", "Ts": "tiến sĩ", "TSKH": "tiến sĩ khoa học", "ThS": "thạc sĩ", "Th.S": "thạc sĩ",
    "Ths": "thạc sĩ", "Th.s": "thạc sĩ", "BS": "bác sĩ", "Bs": "bác sĩ", "DS": "dược sĩ", "KS": "kỹ sư",
    "Ks": "kỹ sư", "CN": "cử nhân", "LS": "luật sư", "NSND": "nghệ sĩ nhân dân", "NSƯT": "nghệ sĩ ưu tú",
    "NGND": "nhà giáo nhân dân", "NGƯT": "nhà giáo ưu tú", "KTS": "kiến trúc sư", "YS": "y sĩ", "VS": "viện sĩ",
}  # fmt: skip
TITLES |= {title.replace("BS", "Bs"): words for title, words in TITLES.items()}
PLACES = {
    "TP": "thành phố", "Tp": "thành phố", "tp": "thành phố", "TX": "thị xã", "Tx": "thị xã", "TT": "thị trấn",
    "Q": "quận", "P": "phường", "H": "huyện", "X": "xã", "T": "tỉnh", "F": "phường", "Đ": "đường",
}  # fmt: skip
WRITTEN = {
    "v/v": "về việc", "V/v": "về việc", "đ/c": "đồng chí", "Đ/c": "đồng chí", "Đ/C": "đồng chí",
    "đ/ c": "đồng chí", "k/g": "kính gửi", "K/g": "kính gửi", "v.v": "vân vân", "v..v": "vân vân",
    "vv": "vân vân", "T/M": "thay mặt", "pH": "pê hát", "PM2.5": "pê mờ hai phẩy năm", "PM10": "pê mờ mười",
    "Wi-Fi": "wifi", "Wi-fi": "wifi", "wi-fi": "wifi", "iPhone": "ai phôn", "TM.": "thay mặt",
    "KT.": "ký thay", "TL.": "thừa lệnh", "TUQ.": "thừa ủy quyền", "Đ.c": "đồng chí", "đ.c": "đồng chí",
    "Đc": "đồng chí", "đc": "đồng chí", "sn": "sinh năm", "Nxb": "nhà xuất bản", "TT-Huế": "thừa thiên huế",
    "TT Huế": "thừa thiên huế", "BR-VT": "bà rịa vũng tàu", "P.CT": "phó chủ tịch", "SARS-CoV-2": "xa cô vi hai",
    "TNHH MTV": "trách nhiệm hữu hạn một thành viên", "MTV": "một thành viên",
    "Tp HCM": "thành phố hồ chí minh",
 "Ng.": "nguyễn", "T.P": "thành phố", "VD": "ví dụ", "vd": "ví dụ", "UVT.Ư": "ủy viên trung ương",
    "UVT.W": "ủy viên trung ương", "T.Ư": "trung ương", "T.W": "trung ương",
    "BCH T.Ư": "ban chấp hành trung ương", "đ/v": "đối với", "b/c": "báo cáo", "h/s": "học sinh",
    "x/h": "xã hội", "tr.": "trang", "ĐC": "địa chỉ", "Đ/c:": "địa chỉ", "TP.HCM": "thành phố hồ chí minh",
    "TP. HCM": "thành phố hồ chí minh", "Tp.HCM": "thành phố hồ chí minh", "Tp. HCM": "thành phố hồ chí minh",
    "TP HCM": "thành phố hồ chí minh", "SĐT": "số điện thoại", "sđt": "số điện thoại", "Sđt": "số điện thoại",
    "Tel": "điện thoại", "Bộ TT và TT": "bộ thông tin và truyền thông",
    "TT và TT": "thông tin và truyền thông", "&": "và", "sx": "sản xuất", "kv": "khu vực", "cty": "công ty",
    "Cty": "công ty", "ktx": "ký túc xá",
}  # fmt: skip
_COMMANDS = re.compile(r"quân sự|qs|pctt|pclb|phòng|ptds|tkcn|thống nhất|chiến dịch|công trường|công an|bộ đội")
"""After `BCH`: a command, ban chỉ huy; elsewhere it is a committee, ban chấp hành."""
_HEADS = {"K": "c", "C": "c", "Đ": "đ"}
DISEASES = {"COVID": "covid", "Covid": "covid", "covid": "covid", "CoViD": "covid"}
_NAMED = frozenset({"bão", "tên", "quốc tế", "siêu bão"})
_STORM_NUMBER = re.compile(r"\bbão số \d{1,2}$")
_LED = re.compile(
    r"sở|công an|công ty|cty|bệnh viện|bv|trung tâm|tt|nhà máy|ngân hàng|hợp tác xã|htx|đài|chi nhánh|ban ql"
)
"""After `GĐ`: what has a director; elsewhere it is gia đình."""
_PROGRAMMES = words("mtqg mục_tiêu ocop xây_dựng đào_tạo khuyến_nông hành_động giảm_nghèo")
_SHORTEST_PART = 3
_LAST = frozenset({"VN", "TW", "TƯ"})
_PHONE_WORDS = re.compile(r"^[:.]?\s*[+(]?\d")


def _longest_first(names: dict[str, str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _acronym(found: Match[str]) -> str | Reading | None:
    name = found[0]
    if is_syllable(name) and is_heading(found.string) and name != "TU":
        return None
    if name == "CT" and after(found)[:1] == "-":
        return None
    return _by_context(name, found) or ACRONYMS.get(name)


def _by_context(name: str, found: Match[str]) -> str | None:
    if name == "ĐT" and _PHONE_WORDS.match(after(found)):
        return "điện thoại"
    if name == "TT" and ends_with(before(found), frozenset({"bộ", "sở"})):
        return "thông tin truyền thông"
    if name == "BCH" and _COMMANDS.match(after(found)):
        return "ban chỉ huy"
    if name == "GĐ" and _LED.match(after(found)):
        return "giám đốc"
    if name == "CT" and begins_with(after(found), _PROGRAMMES):
        return "chương trình"
    return None


def _compound(found: Match[str]) -> str | None:
    """`PCTT-TKCN`, `QLVB&ĐH`: known acronyms joined by a sign."""
    parts = re.split(r"([&\-/])", found[0])
    words = []
    for part in parts:
        if part in "&-/":
            words.append("và" if part == "&" else "," if part == "/" else "")
        elif part in ACRONYMS:
            words.append(ACRONYMS[part])
        else:
            return None
    return " ".join(word for word in words if word).replace(" ,", ",")


@lru_cache(maxsize=16)
def is_heading(line: str) -> bool:
    """Whether a line is written in capitals throughout, so that capitals there mark nothing."""
    letters = [char for char in line if char.isalpha()]
    large = sum(char.isupper() for char in letters)
    return len(letters) >= 8 and large >= 0.7 * len(letters)


def _capitals(found: Match[str]) -> Reading | None:
    """Capitals that no table knows: Vietnamese words are words, the rest is spelled and reported."""
    text = found[0]
    if is_syllable(text) and (has_mark(text) or is_heading(found.string) or _neighbour_is_capital(found)):
        return Reading(text.lower())
    said = before(found).rstrip("( ")
    if ends_with(said, _NAMED) or _STORM_NUMBER.search(said):
        return Reading(text.lower())
    if is_syllable(text):
        return Reading(text.lower(), "Chữ viết hoa lạ", "viết đầy đủ, hoặc viết thường nếu là một từ")
    if joined := _joined(text):
        return Reading(joined, "Chữ viết tắt ghép, đang đọc từng phần", "viết đầy đủ nếu phần nào không đúng")
    if is_heading(found.string) and len(text) > 5:
        return None
    return Reading(spell(text), "Chữ viết tắt lạ, đang đánh vần", "viết đầy đủ")


def _joined(text: str) -> str:
    """Read `UBMTTQVN`, `BCĐCĐS`: two known acronyms written as one, where only one cut gives them."""
    cuts = [
        f"{ACRONYMS[text[:cut]]} {ACRONYMS[text[cut:]]}"
        for cut in range(_SHORTEST_PART, len(text) - 1)
        if text[:cut] in ACRONYMS
        and text[cut:] in ACRONYMS
        and (len(text) - cut >= _SHORTEST_PART or text[cut:] in _LAST)
    ]
    return cuts[0] if len(cuts) == 1 else ""


def _neighbour_is_capital(found: Match[str]) -> bool:
    """Whether the words beside it are words in capitals too, as in a stressed phrase."""
    line = found.string
    neighbours = [
        *line[max(0, found.start() - 12) : found.start()].split()[-1:],
        *line[found.end() : found.end() + 12].split()[:1],
    ]
    words = [word.strip(",.;:!?()“”\"'") for word in neighbours]
    return any(len(word) > 1 and word.isupper() and is_syllable(word) for word in words)


def _place(found: Match[str]) -> str | None:
    """`P. Đông Sơn` is a ward, but the H of `Nguyễn Văn H. Hôm nay` is a name."""
    said = found.string[max(0, found.start() - 24) : found.start()].split()
    after_a_name = bool(said) and said[-1].istitle() and said[-1].isalpha()
    return None if after_a_name and len(found["p"]) == 1 else PLACES[found["p"]]


def _mobile_generation(found: Match[str]) -> str:
    return f"{whole(found['n'])} gờ"


def _road(found: Match[str]) -> str:
    name = {"QL": "quốc lộ", "TL": "tỉnh lộ", "ĐT": "đường tỉnh", "DT": "đường tỉnh", "ĐH": "đường huyện"}[
        found["road"]
    ]
    if ends_with(before(found), frozenset({"đường"})):
        name = name.removeprefix("đường ")
    return f"{name} {_road_number(found)}"


def _road_number(found: Match[str]) -> str:
    """Three figures and more are said one by one, as on the signs: `ĐT477` is bốn bảy bảy."""
    figures, letter = found["n"], found["letter"]
    words = digits(figures) if len(figures) > 2 or figures.startswith("0") else whole(figures)
    return f"{words} {spell(letter)}" if letter else words


def _people(found: Match[str]) -> str:
    """`H'Mông`, `M'Nông`, `K'Ho`, `Ea H'leo`: the consonant before the apostrophe is said with a short ơ."""
    return f"{_HEADS.get(found['h'], found['h'].lower())}ơ {found['n'].lower()}"


_TITLE = re.compile(_longest_first(TITLES))
ROUGH = r"[A-ZĐƯÂÊÔƠĂ]"
RULES: tuple[Rule, ...] = (
    rule(
        "abbreviation",
        rf"(?<![\w/])(?:{_longest_first(WRITTEN)})(?:(?<=v\.v)\.)?(?![\w/])",
        lambda found: WRITTEN[found[0].rstrip(".") if found[0].startswith("v.v") else found[0]],
    ),
    rule(
        "title-chain",
        rf"(?<![\w.])(?:{_longest_first(TITLES)})(?:[.,]{{1,2}} ?(?:{_longest_first(TITLES)})){{1,3}}\.?(?= ?{ROUGH})",
        lambda found: " ".join(TITLES[title] for title in _TITLE.findall(found[0])),
        needs=".,",
    ),
    rule(
        "academic-title",
        rf"(?<!\w)(?:{_longest_first(TITLES)})(?= {ROUGH}[^\W\dA-ZĐ_])",
        lambda found: TITLES[found[0]],
    ),
    rule(
        "title",
        rf"(?<![\w.])(?P<t>{_longest_first(TITLES)})\.(?= ?{ROUGH})",
        lambda found: TITLES[found["t"]],
        needs=".",
    ),
    rule(
        "initials",
        rf"(?<![\w.])(?:{ROUGH}\.){{2,4}}(?:{ROUGH}(?!\w))?",
        lambda found: spell(found[0]),
        needs=".",
    ),
    rule("acting", r"(?<![\w.])Q\.(?= ?(?:Chủ|Giám|Trưởng|Bí|Tổng|Hiệu))", lambda _: "quyền", needs="Q"),
    rule(
        "place",
        rf"(?<![\w.])(?P<p>{_longest_first(PLACES)})\.(?= ?[^\W\d_a-z]| ?\d)",
        _place,
        needs=".",
    ),
    rule(
        "disease",
        r"(?<!\w)(?P<d>COVID|Covid|covid|CoViD)[ \-]?(?P<n>19)?(?!\w)",
        lambda found: "covid mười chín" if found["n"] else "covid",
    ),
    rule(
        "road",
        r"(?<!\w)(?P<road>QL|TL|ĐT|DT|ĐH)\.? ?(?P<n>\d{1,4})(?P<letter>[A-EK])?(?![\w]|[.,/]\d)",
        _road,
        needs="0",
    ),
    rule(
        "road-number",
        r"(?i:(?<=quốc lộ )|(?<=tỉnh lộ )|(?<=đường tỉnh )|(?<=đường huyện ))"
        r"(?P<n>\d{1,4})(?P<letter>[A-EK])?(?![\w]|[.,/]\d)",
        _road_number,
        needs="0",
    ),
    rule("people-name", r"(?<!\w)(?P<h>[BCĐHKMNR])['’‘ʼ](?P<n>[^\W\d_]{1,7})(?!\w)", _people, needs="'’‘ʼ"),
    rule(
        "school",
        r"(?<!\w)Tr\.(?= ?(?:TH|THCS|THPT|MN|PTDT|Mầm|Tiểu|Trung học|Đại|Cao)(?!\w))",
        lambda _: "trường",
        needs="T",
    ),
    rule("mobile-generation", r"(?<!\w)(?P<n>[2-6])G(?!\w)", _mobile_generation, needs="G"),
    rule(
        "acronym-compound",
        rf"(?<!\w){ROUGH}{{2,8}}(?:[&\-/]{ROUGH}{{2,8}}){{1,3}}(?!\w)",
        lambda found: ACRONYMS.get(found[0]) or ACRONYMS.get(found[0].replace("-", "")) or _compound(found),
        needs="&-/",
    ),
    rule("acronym", r"(?<!\w)[A-ZĐƯ][A-Za-zĐĂÂÊÔƠƯ]{1,9}(?!\w)", _acronym),
    rule(
        "capitals",
        r"(?<!\w)[^\W\d_a-z]{2,12}(?!\w)",
        lambda found: _capitals(found) if found[0].isupper() else None,
    ),
)
