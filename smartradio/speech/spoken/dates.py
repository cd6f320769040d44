"""Dates in all their written forms."""

from __future__ import annotations

import re
from calendar import isleap
from re import Match

from smartradio.speech.spoken.numerals import cardinal
from smartradio.speech.spoken.ratios import COUNT_CUES, COUNTED, is_ratio
from smartradio.speech.spoken.rules import Reading, Rule, after, before, begins_with, ends_with, rule, words

DAY = r"(?:0?[1-9]|[12]\d|3[01])"
MONTH = r"(?:0?[1-9]|1[0-2])"
YEAR = r"(?:1[5-9]|20|21)\d\d"
_LEFT = r"(?<![\w.,/\-])"
_RIGHT = r"(?![\w/]|[.,\-]\d)"

_DAY_OF_WEEK = re.compile(r"\bngày (?:thứ \w+|chủ nhật),?$")

_LUNAR_TENTH = re.compile(r"(?<!mùng )\bmười tháng")
_STREETS = words("đường phố quảng_trường")
_LUNAR_MONTHS = re.compile(r"(?<=tháng )(?:một|mười hai)$")
_FEAST = re.compile(r"(?:\blễ|\bdịp|kỷ niệm|ngày)(?: \d{1,2}-\d{1,2}(?: và|,))?$")
_FEAST_WORDS = re.compile(
    r"\bngày\b|\blễ\b|\bdịp\b|kỷ niệm|kỉ niệm|quốc khánh|quốc tế|thành lập|truyền thống|hưởng ứng|mừng|nghỉ|giải phóng"
)
_FEAST_AFTER = frozenset({"tết"})
_NO_MONTH = words("quý đợt kỳ số thông_tư nghị_định quyết_định nghị_quyết công_văn chỉ_thị kế_hoạch luật")

_NO_SUCH_DAY = ("Không có ngày này trong lịch", "xem lại ngày, tháng, năm")
_LUNAR = frozenset({"âm lịch", "al", "(âm lịch"})
_LUNAR_DAYS = 30
_SHORT = (4, 6, 9, 11)
_EVERY_DAY = re.compile(r"(?:mỗi|một|hằng|hàng|trong|\d) ngày$")
DAY_WORDS = frozenset({"ngày", "mùng", "mồng", "hôm", "rằm"})
TIME_WORDS = words(
    "từ đến trước sau tới hết sáng trưa chiều tối đêm hai ba tư năm sáu bảy nhật vào lúc trong nay mai "
    "khuya giờ và hoặc phút hạn thời_điểm rạng_sáng"
)
_LABELS = words("thời_gian hạn hạn_chót hạn_cuối hạn_nộp khai_mạc bế_mạc khai_giảng lịch ngày thứ")
"""What a date stands after, with a colon: `Thời gian: 5/10`."""
_OPENS_ENTRY = re.compile(r"[:,;.)\-]|\Z|sáng|chiều|tối|trưa|âm lịch")
_FROM = words("từ ngày mùng mồng các những hai ba sáng trưa chiều tối đêm")
_MOMENTS = words("thời_điểm họp_bàn")
"""Their last words look like a count."""
HOLIDAYS = frozenset(
    {(1, 1), (3, 2), (27, 2), (8, 3), (26, 3), (30, 4), (1, 5), (15, 5), (19, 5), (1, 6), (5, 6), (28, 6),
     (27, 7), (19, 8), (2, 9), (10, 10), (13, 10), (20, 10), (9, 11), (18, 11), (20, 11), (19, 12), (22, 12)}
)  # fmt: skip


def day_words(day: int) -> str:
    """The name of a day of the month; one to nine carry `mùng`."""
    return f"mùng {cardinal(day)}" if day < 10 else cardinal(day)


def month_words(month: int) -> str:
    """The name of a month; the fourth is `tư`."""
    return "tư" if month == 4 else cardinal(month)


def date_words(day: str, month: str, year: str | None, *, said: str = "") -> str:
    """Read a date; `said` is the text before it, which may already have said `ngày` or `mùng`."""
    words = f"{_day_after(said, int(day))} tháng {month_words(int(month))}"
    return f"{words} năm {cardinal(int(year))}" if year else words


def _day_after(said: str, day: int) -> str:
    if ends_with(said, frozenset({"mùng", "mồng"})):
        return cardinal(day)
    if ends_with(said, frozenset({"ngày", "hôm"})) or _DAY_OF_WEEK.search(said):
        return day_words(day)
    return f"ngày {day_words(day)}"


def in_calendar(day: str, month: str, year: str | None, *, lunar: bool = False) -> bool:
    """Whether there is such a day; without a year 29/2 is one, a lunar month may have thirty days."""
    if lunar:
        return int(day) <= _LUNAR_DAYS
    leap = year is None or isleap(int(year))
    return int(day) <= (29 if leap else 28) if int(month) == 2 else int(day) <= (30 if int(month) in _SHORT else 31)


def checked(found: Match[str], words: str) -> Reading:
    """A reading of day (`d`), month (`m`) and year (`y`), and the second ones, with a doubt if there is no such day."""
    got = found.groupdict()
    lunar = begins_with(after(found), _LUNAR)
    first = (got["d"], got.get("m") or got.get("m2"), got.get("y") or got.get("y2"))
    second = (got.get("d2"), got.get("m2"), got.get("y2") or got.get("y"))
    for day, month, year in (first, second):
        if day and month and not in_calendar(day, month, year, lunar=lunar):
            return Reading(words, *_NO_SUCH_DAY)
    return Reading(words)


def _full(found: Match[str]) -> Reading:
    return checked(found, date_words(found["d"], found["m"], found["y"], said=before(found)))


def _full_range(found: Match[str]) -> Reading:
    first = date_words(found["d"], found["m"], found["y"], said=before(found))
    return checked(found, f"{first} đến {date_words(found['d2'], found['m2'], found['y2'])}")


def _dotted_range(found: Match[str]) -> Reading | None:
    """`ngày 29.4 - 3.5`: only where a day must follow."""
    if not ends_with(before(found), DAY_WORDS):
        return None
    first = date_words(found["d"], found["m"], None, said=before(found))
    return checked(found, f"{first} đến {date_words(found['d2'], found['m2'], None)}")


def _no_such_day(found: Match[str]) -> Reading | None:
    """`ngày 32/1`, `ngày 15/13/2025`: said as it stands, for somebody to look at."""
    said = before(found)
    if not ends_with(said, frozenset({"ngày"})) or _EVERY_DAY.search(said) or begins_with(after(found), COUNTED):
        return None
    words = f"{cardinal(int(found['d']))} tháng {cardinal(int(found['m']))}"
    return Reading(f"{words} năm {cardinal(int(found['y']))}" if found["y"] else words, *_NO_SUCH_DAY)


def _no_such_named_day(found: Match[str]) -> Reading | None:
    """`ngày 31 tháng 6`."""
    if begins_with(after(found), _LUNAR) or in_calendar(found["d"], found["m"], found["y"]):
        return None
    words = f"{cardinal(int(found['d']))} tháng {month_words(int(found['m']))}"
    return Reading(f"{words} năm {cardinal(int(found['y']))}" if found["y"] else words, *_NO_SUCH_DAY)


def _no_such_month(found: Match[str]) -> Reading:
    return Reading(f"{cardinal(int(found['m']))} năm {cardinal(int(found['y']))}", *_NO_SUCH_DAY)


def _days_of_month(found: Match[str]) -> Reading | None:
    """`16-18/9`, `30/8-2/9`, `25 và 26/11`: one month, or two, one year."""
    said = before(found)
    glued = found["join"] == "," or re.search(r",\d", found["more"])
    if glued and not ends_with(said, DAY_WORDS):  # `15,8/20 điểm` is a decimal
        return None
    if not ends_with(said, DAY_WORDS) and is_ratio(found, found["d2"], found["m2"]):
        return None
    last = date_words(found["d2"], found["m2"], found["y2"])
    first = _day_after(said, int(found["d"]))
    if found["m"]:
        first += f" tháng {month_words(int(found['m']))}"
    written = found["join"].removesuffix("ngày ").strip()
    if written in ("-", "đến", "tới"):
        return checked(found, f"{first} {'đến' if written == '-' else written} {last}")
    more = [day_words(int(day)) for day in found["more"].replace(",", " ").split()]
    join = {",": ", ", "&": " và "}.get(written, f" {written} ")
    return checked(found, ", ".join([first, *more]) + join + last.removeprefix("ngày "))


def _days_of_named_month(found: Match[str]) -> str | None:
    """`05-10 tháng 9`, `7 và 8 tháng 4`: days whose month follows in words."""
    said = before(found)
    join = found["join"].strip()
    if not ends_with(said, DAY_WORDS if join == "," else _FROM | DAY_WORDS):
        return None
    days = [int(day) for day in re.findall(r"\d+", f"{found['d']} {found['more']}")]
    first = ", ".join([_day_after(said, days[0]), *map(day_words, days[1:])])
    last = day_words(int(found["d2"]))
    if join in ("-", "đến", "tới"):
        return f"{first} {'đến' if join == '-' else join} ngày {last}"
    return f"{first}, {last}" if join == "," else f"{first} {'và' if join == '&' else join} {last}"


def _day_month(found: Match[str]) -> Reading | None:
    said = before(found)
    if found["s"] == "-" and begins_with(after(found), _FEAST_AFTER):
        return None
    if found["s"] != "/" and not (ends_with(said, DAY_WORDS) or _FEAST.search(said)):
        return None
    lunar = begins_with(after(found), _LUNAR)
    cued = lunar or ends_with(said, DAY_WORDS)
    if not cued and not ends_with(said, _MOMENTS) and is_ratio(found, found["d"], found["m"]):
        return None
    words = date_words(found["d"], found["m"], None, said=said)
    if not in_calendar(found["d"], found["m"], None, lunar=lunar):
        return Reading(words, *_NO_SUCH_DAY)
    if found["s"] == "-" and not _is_holiday(found):
        return Reading(
            words,
            "Có thể là ngày tháng hoặc khoảng ngày",
            f"viết {found['d']}/{found['m']} nếu là ngày tháng",
        )
    if lunar:
        words = _LUNAR_TENTH.sub("mùng mười tháng", words)
        words = _LUNAR_MONTHS.sub(lambda month: {"một": "giêng", "mười hai": "chạp"}[month[0]], words)
    return Reading(words) if cued or ends_with(said, TIME_WORDS) else _day_without_cue(found, said, words)


def _day_without_cue(found: Match[str], said: str, words: str) -> Reading:
    if _is_holiday(found) and said[-1:].isalnum():
        words = words.removeprefix("ngày ")
        if int(found["d"]) > int(found["m"]) or _FEAST_WORDS.search(said):
            return Reading(words)
    if _can_only_be_a_day(found, said):
        return Reading(words)
    return Reading(words, "Có thể là ngày tháng hoặc tỷ số", f"viết “ngày {found[0]}” nếu là ngày tháng")


def _is_holiday(found: Match[str]) -> bool:
    return (int(found["d"]), int(found["m"])) in HOLIDAYS


def _can_only_be_a_day(found: Match[str], said: str) -> bool:
    """Whether no ratio is written so: more than the whole, or an entry of its own in a list of days."""
    if ends_with(said, COUNT_CUES):
        return False
    if int(found["d"]) > int(found["m"]):
        return True
    if not said or said[-1] in "(-;.":
        return bool(_OPENS_ENTRY.match(after(found)) and after(found))
    return said[-1] in ",:" and ends_with(said, _LABELS | TIME_WORDS)


def _street(found: Match[str]) -> str | None:
    """`đường 3/2`: a day that has become a name loses its `mùng`."""
    if not ends_with(before(found), _STREETS):
        return None
    return f"{cardinal(int(found['d']))} tháng {month_words(int(found['m']))}"


def _month_year(found: Match[str]) -> Reading | str:
    year = f"năm {cardinal(int(found['y']))}"
    month = month_words(int(found["m"]))
    if ends_with(before(found), frozenset({"ngày"})):
        return Reading(f"tháng {month} {year}", "Sau “ngày” chỉ có tháng và năm", "viết đủ ngày/tháng/năm")
    if ends_with(before(found), _NO_MONTH):
        return f"{cardinal(int(found['m']))} {year}"
    return f"{month} {year}" if ends_with(before(found), frozenset({"tháng"})) else f"tháng {month} {year}"


def _month_range(found: Match[str]) -> str:
    first = month_words(int(found["m"])) + (f" năm {cardinal(int(found['y']))}" if found["y"] else "")
    head = "" if ends_with(before(found), frozenset({"tháng"})) else "tháng "
    return f"{head}{first} đến tháng {month_words(int(found['m2']))} năm {cardinal(int(found['y2']))}"


def _months(found: Match[str]) -> str:
    span = f"{month_words(int(found['m']))} đến tháng {month_words(int(found['m2']))}"
    return f"{span} năm {cardinal(int(found['y']))}" if found["y"] else span


def _bare_day(found: Match[str]) -> str | None:
    said = before(found).split()
    if len(said) > 1 and said[-2].isdecimal():
        return None
    return day_words(int(found[0])) if ends_with(before(found), frozenset({"ngày"})) else None


def _short_month(found: Match[str]) -> str:
    return f"tháng {month_words(int(found['m']))} năm {cardinal(int(found['y']))}"


def _week_year(found: Match[str]) -> str:
    return f"{cardinal(int(found['w']))} năm {cardinal(int(found['y']))}"


RULES: tuple[Rule, ...] = (
    rule(
        "date-week-year",
        r"(?i:(?<=tuần ))(?P<w>[1-9]|[1-4]\d|5[0-3]) ?/ ?(?P<y>(?:19|20)\d\d)(?!\w)",
        _week_year,
        needs="/",
    ),
    rule("date-short-month", rf"(?<!\w)T\.? ?(?P<m>{MONTH})[/\-](?P<y>{YEAR}){_RIGHT}", _short_month, needs="T"),
    rule("date-iso", rf"{_LEFT}(?P<y>{YEAR})-(?P<m>{MONTH})-(?P<d>{DAY}){_RIGHT}", _full, needs="-"),
    rule(
        "date-range",
        rf"{_LEFT}(?P<d>{DAY})(?P<s>[/.])(?P<m>{MONTH})(?P=s)(?P<y>{YEAR}) ?- ?"
        rf"(?P<d2>{DAY})(?P=s)(?P<m2>{MONTH})(?P=s)(?P<y2>{YEAR}){_RIGHT}",
        _full_range,
        needs="-",
    ),
    rule(
        "date-days",
        rf"{_LEFT}(?P<d>{DAY})(?:/(?P<m>{MONTH}))?(?P<more>(?:, ?{DAY}){{0,9}})"
        r"(?P<join> ?- ?|, ?| ?& ?| và | hoặc | đến (?:ngày )?| tới (?:ngày )?)"
        rf"(?P<d2>{DAY})/(?P<m2>{MONTH})(?:/(?P<y2>{YEAR}))?{_RIGHT}",
        _days_of_month,
        needs="/",
    ),
    rule(
        "date-days-named",
        rf"{_LEFT}(?P<d>{DAY})(?P<more>(?:, ?{DAY}(?!\d)){{0,9}})(?P<join> ?- ?|, ?| ?& ?| và | hoặc | đến | tới )"
        rf"(?P<d2>{DAY})(?= tháng (?:{MONTH}(?![\w/]|[.,\-]\d| tuổi)|[Gg]iêng|[Cc]hạp))",
        _days_of_named_month,
        needs="0",
    ),
    rule(
        "date-named-no-day",
        rf"(?i:(?<=ngày ))(?P<d>29|30|31) tháng (?P<m>{MONTH})(?: năm (?P<y>{YEAR}))?(?![\w/]|[.,]\d)",
        _no_such_named_day,
        needs="0",
    ),
    rule(
        "date-full",
        rf"{_LEFT}(?P<d>{DAY})(?P<s>[/.\-])(?P<m>{MONTH})(?P=s)(?P<y>{YEAR}){_RIGHT}",
        _full,
        needs="0",
    ),
    rule(
        "date-months",
        rf"(?i:(?<=tháng )){_LEFT}(?P<m>{MONTH}) ?- ?(?P<m2>{MONTH})(?:/(?P<y>{YEAR}))?{_RIGHT}",
        _months,
        needs="-",
    ),
    rule(
        "date-month-range",
        rf"{_LEFT}(?P<m>{MONTH})(?:/(?P<y>{YEAR}))? ?- ?(?:tháng )?(?P<m2>{MONTH})/(?P<y2>{YEAR}){_RIGHT}",
        _month_range,
        needs="-",
    ),
    rule(
        "date-month-dot",
        rf"(?i:(?<=tháng )){_LEFT}(?P<m>{MONTH})\.(?P<y>{YEAR}){_RIGHT}",
        _month_year,
        needs=".",
    ),
    rule(
        "date-no-month",
        rf"(?i:(?<=tháng ))(?P<m>0{{1,2}}|1[3-9]|[2-9]\d)[/\-](?P<y>{YEAR}){_RIGHT}",
        _no_such_month,
        needs="/-",
    ),
    rule("date-month-year", rf"{_LEFT}(?P<m>{MONTH})[/\-](?P<y>{YEAR}){_RIGHT}", _month_year, needs="/-"),
    rule(
        "date-range-dotted",
        rf"{_LEFT}(?P<d>{DAY})\.(?P<m>{MONTH}) ?- ?(?P<d2>{DAY})\.(?P<m2>{MONTH}){_RIGHT}",
        _dotted_range,
        needs=".",
    ),
    rule("date-street", rf"{_LEFT}(?P<d>{DAY})/(?P<m>{MONTH}){_RIGHT}", _street, needs="/"),
    rule("date-day-month", rf"{_LEFT}(?P<d>{DAY})(?P<s>[/.\-])(?P<m>{MONTH}){_RIGHT}", _day_month, needs="/.-"),
    rule(
        "date-no-day",
        rf"{_LEFT}(?P<d>\d{{1,2}})(?P<s>[/.\-])(?P<m>\d{{1,2}})(?:(?P=s)(?P<y>{YEAR}))?{_RIGHT}",
        _no_such_day,
        needs="/.-",
    ),
    rule("date-month", rf"(?i:(?<=tháng )){_LEFT}0?4{_RIGHT}", lambda _: "tư", needs="4"),
    rule("date-day", rf"(?i:(?<=ngày )){_LEFT}0?[1-9](?![\w/%]|[.,\-]\d| ?-)", _bare_day, needs="0"),
)
