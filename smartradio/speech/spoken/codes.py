"""Numbers of decrees, decisions and other documents."""

from __future__ import annotations

import re
from re import Match

from smartradio.speech.spoken.acronym_table import ACRONYMS
from smartradio.speech.spoken.letters import spell
from smartradio.speech.spoken.numerals import cardinal, digits, whole
from smartradio.speech.spoken.rules import Reading, Rule, before, ends_with, rule

KINDS = {
    "QĐ": "quyết định", "NĐ": "nghị định", "NQ": "nghị quyết", "TT": "thông tư", "TTLT": "thông tư liên tịch",
    "CT": "chỉ thị", "KH": "kế hoạch", "TB": "thông báo", "CV": "công văn", "BC": "báo cáo", "HD": "hướng dẫn",
    "CĐ": "công điện", "QC": "quy chế", "QyĐ": "quy định", "QĐi": "quy định", "TTr": "tờ trình",
    "CTr": "chương trình", "CTrHĐ": "chương trình hành động", "CTHĐ": "chương trình hành động", "ĐA": "đề án",
    "PA": "phương án", "KL": "kết luận", "PL": "pháp lệnh", "GM": "giấy mời", "BB": "biên bản",
    "VBHN": "văn bản hợp nhất", "SL": "sắc lệnh", "TTg": "thủ tướng", "L": "luật", "QH": "quốc hội",
    "QCPH": "quy chế phối hợp", "GP": "giấy phép", "HĐ": "hợp đồng", "TL": "thể lệ",
    "LCT": "lệnh chủ tịch nước", "QCVN": "quy chuẩn Việt Nam", "TCVN": "tiêu chuẩn Việt Nam",
    "CVĐ": "công văn đi", "KHPH": "kế hoạch phối hợp",
}  # fmt: skip
ISSUERS = {
    "CP": "chính phủ", "TTg": "thủ tướng chính phủ", "TU": "tỉnh ủy", "TW": "trung ương", "TƯ": "trung ương",
    "CTN": "chủ tịch nước", "UBTVQH": "ủy ban thường vụ quốc hội", "HU": "huyện ủy", "ĐU": "đảng ủy",
    "BTV": "ban thường vụ", "CAX": "công an xã", "CAT": "công an tỉnh", "BCĐ": "ban chỉ đạo",
    "BCH": "ban chỉ huy", "BCHTW": "ban chấp hành trung ương", "BTGTW": "ban tuyên giáo trung ương",
    "VPCP": "văn phòng chính phủ", "VPUBND": "văn phòng ủy ban nhân dân", "VP": "văn phòng",
    "ĐUX": "đảng ủy xã", "CT": "chủ tịch", "BTTTT": "bộ thông tin và truyền thông", "BYT": "bộ y tế",
    "BNN": "bộ nông nghiệp", "BNNPTNT": "bộ nông nghiệp và phát triển nông thôn",
    "BNNMT": "bộ nông nghiệp và môi trường", "BNV": "bộ nội vụ", "BTC": "bộ tài chính", "BCT": "bộ công thương",
    "BCA": "bộ công an", "BQP": "bộ quốc phòng", "BTP": "bộ tư pháp", "BXD": "bộ xây dựng",
    "BGTVT": "bộ giao thông vận tải", "BTNMT": "bộ tài nguyên và môi trường",
    "BKHCN": "bộ khoa học và công nghệ", "BKHĐT": "bộ kế hoạch và đầu tư", "BGDĐT": "bộ giáo dục và đào tạo",
    "BGD": "bộ giáo dục", "BLĐTBXH": "bộ lao động thương binh và xã hội",
    "BVHTTDL": "bộ văn hóa thể thao và du lịch", "BNG": "bộ ngoại giao", "BHXH": "bảo hiểm xã hội",
    "BDTTG": "bộ dân tộc và tôn giáo", "NHNN": "ngân hàng nhà nước", "TTCP": "thanh tra chính phủ",
    "STTTT": "sở thông tin và truyền thông", "SYT": "sở y tế", "SNN": "sở nông nghiệp",
    "SNNMT": "sở nông nghiệp và môi trường", "SGDĐT": "sở giáo dục và đào tạo", "STC": "sở tài chính",
    "SNV": "sở nội vụ", "SXD": "sở xây dựng", "SKHCN": "sở khoa học và công nghệ",
    "SVHTT": "sở văn hóa và thể thao", "SCT": "sở công thương", "STP": "sở tư pháp",
    "PCTT": "phòng chống thiên tai", "PCLB": "phòng chống lụt bão", "BCĐQG": "ban chỉ đạo quốc gia",
    "MTTW": "mặt trận trung ương", "TLĐ": "tổng liên đoàn", "TWĐTN": "trung ương đoàn thanh niên",
    "TWĐ": "trung ương đoàn", "ĐCT": "đoàn chủ tịch", "VX": "văn xã", "TL": "thủy lợi",
    "KGVX": "khoa giáo văn xã", "NC": "nội chính", "KT": "kinh tế", "NVY": "nghiệp vụ y",
    "NVD": "nghiệp vụ dược", "NNTN": "nông nghiệp tài nguyên", "TNMT": "tài nguyên môi trường",
    "KTN": "kinh tế ngành", "KTTH": "kinh tế tổng hợp", "KSTT": "kiểm soát thủ tục", "TCD": "tiếp công dân",
    "TH": "tổng hợp", "QLĐĐ": "quản lý đất đai", "TNCN": "thu nhập cá nhân",
    "TTHĐND": "thường trực hội đồng nhân dân", "UBMTTQ": "ủy ban mặt trận tổ quốc", "MTTQ": "mặt trận tổ quốc",
    "BTT": "ban thường trực", "BCHĐ": "ban chấp hành đoàn", "LĐLĐ": "liên đoàn lao động",
    "TTHC": "thủ tục hành chính", "TCCB": "tổ chức cán bộ", "KHTC": "kế hoạch tài chính",
    "GDTH": "giáo dục tiểu học", "GDMN": "giáo dục mầm non", "GDTrH": "giáo dục trung học",
    "BVTV": "bảo vệ thực vật", "TT": "trồng trọt", "QLXD": "quản lý xây dựng", "DP": "dự phòng",
    "MT": "môi trường", "KCB": "khám chữa bệnh", "TTTT": "thông tin và truyền thông", "ĐK": "đăng ký",
    "BTL": "bộ tư lệnh", "TCT": "tổng cục thuế", "BHXHVN": "bảo hiểm xã hội việt nam",
    "NHCS": "ngân hàng chính sách", "HĐBC": "hội đồng bộ trưởng",
}  # fmt: skip

_BY_OFFICE = {
    "BCH": "ban chỉ huy", "BCĐ": "ban chỉ đạo", "VP": "văn phòng", "BQL": "ban quản lý", "TT": "trung tâm",
    "S": "sở", "B": "bộ", "P": "phòng",
}  # fmt: skip
"""First letters of an office made of known parts: `BCHPCTT`, `SNNPTNT`."""
_BY_CONTEXT = {("QĐ", "quy định"): "quy định", ("CT", "chương trình"): "chương trình", ("TT", "tờ trình"): "tờ trình"}

_PART = r"[A-ZĐ][A-Za-zĐđƯ]*(?:&[A-ZĐ]+)?(?:\d{1,2}(?!\d))?"


def _document(found: Match[str]) -> Reading | None:
    words, unknown = [], []
    said = before(found)
    for position, part in enumerate(re.split(r"[-/]", found["body"])):
        known = _part_words(part, first=position == 0, said=said)
        if known is None:
            unknown.append(part)
        words.append(
            known or f"{spell(part)} {' '.join(cardinal(int(n)) for n in re.findall(r'[0-9]+', part))}".strip()
        )
    if unknown and len(unknown) == len(words) and not ends_with(before(found), frozenset({"số"})):
        return None
    spoken = f"{_number_words(found['no'], found['year'])} {' '.join(words)}"
    if unknown:
        return Reading(spoken, f"Ký hiệu văn bản lạ: {', '.join(unknown)}", "viết đầy đủ tên cơ quan ban hành")
    return Reading(spoken)


def _number_words(text: str, year: str | None) -> str:
    words = digits(text) if text.startswith("0") else whole(text)
    return f"{words} năm {cardinal(int(year))}" if year else words


def _part_words(part: str, *, first: bool, said: str = "") -> str | None:
    name, figures = re.fullmatch(r"(.*?)(\d*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
    if first:
        for (kind, cue), words in _BY_CONTEXT.items():
            if name == kind and cue in said:
                return words
    tables = (KINDS, ISSUERS, ACRONYMS) if first else (ISSUERS, ACRONYMS, KINDS)
    for table in tables:
        if name in table:
            return f"{table[name]} {cardinal(int(figures))}" if figures else table[name]
    return None if figures else _office(name)


def _office(name: str) -> str | None:
    for head, words in _BY_OFFICE.items():
        rest = name.removeprefix(head)
        if rest != name and len(rest) > 1 and (known := ACRONYMS.get(rest) or ISSUERS.get(rest)):
            return f"{words} {known}"
    return None


def _symbol(found: Match[str]) -> str | None:
    if found[0] in ACRONYMS:  # `KT-XH` and its kin are no documents
        return None
    kind, issuer = KINDS[found["kind"]], _part_words(found["issuer"], first=False)
    return f"{kind} {issuer or spell(found['issuer'])}"


def _decision_number(found: Match[str]) -> str:
    return digits(found["no"])


def _standard(found: Match[str]) -> str:
    number = _number_words(found["no"], None)
    part = f" {cardinal(int(found['part']))}" if found["part"] else ""
    issuer = f" {_part_words(found['issuer'], first=False) or spell(found['issuer'])}" if found["issuer"] else ""
    return f"{ACRONYMS[found['kind']]} {number}{part}, {cardinal(int(found['year']))}{issuer}"


def _number_year(found: Match[str]) -> str:
    return _number_words(found["no"], found["year"])


RULES: tuple[Rule, ...] = (
    rule(
        "standard",
        r"(?<!\w)(?P<kind>QCVN|TCVN|ISO) ?(?P<no>\d{1,5})(?:-(?P<part>\d{1,2}))?[:\-] ?(?P<year>(?:19|20)\d\d)"
        rf"(?:/(?P<issuer>{_PART}))?(?!\w)",
        _standard,
        needs=":-",
    ),
    rule(
        "decision-number",
        r"(?i:(?<=đề án )|(?<=nghị quyết )|(?<=nghị định )|(?<=chỉ thị )|(?<=quyết định )|(?<=thông tư )"
        r"|(?<=kế hoạch )|(?<=kết luận )|(?<=công văn )|(?<=công điện )|(?<=luật )|(?<=mẫu )|(?<=tổ công tác ))"
        r"(?P<no>0\d{1,2})(?!\w| ?/|-\w| - ?[A-ZĐ]{2}|[.,]\d)",
        _decision_number,
        needs="0",
    ),
    rule(
        "document-code",
        rf"(?<![\w.,/\-])(?P<no>\d{{1,6}})(?:/(?P<year>(?:19|20)\d\d))? ?[/-] ?"
        rf"(?P<body>{_PART}(?: ?[-/] ?{_PART}){{0,4}})(?!\w)",
        _document,
        needs="/-",
    ),
    rule(
        "document-symbol",
        rf"(?<![\w/\-])(?P<kind>{'|'.join(k for k in KINDS if len(k) > 1)})-(?P<issuer>{_PART})(?!\w)",
        _symbol,
        needs="-",
    ),
    rule(
        "document-short",
        r"(?<!\w)(?P<kind>NĐ|QĐ|NQ)(?P<no>\d{1,4})(?!\w|[.,/\-]\d)",
        lambda found: f"{KINDS[found['kind']]} {_number_words(found['no'], None)}",
        needs="ĐQ",
    ),
    rule(
        "document-year",
        r"(?i:(?<=\bsố )|(?<=nghị định )|(?<=thông tư )|(?<=quyết định )|(?<=nghị quyết )|(?<=luật ))"
        r"(?P<no>\d{1,4})/(?P<year>(?:19|20)\d\d)(?![\w/]|[.,]\d)",
        _number_year,
        needs="/",
    ),
)
