"""Warnings as nobody should write them: real styles with bytes turned, parts lost, and attacks on readers of XML."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from smartradio.alerting.cap.areas import ZonePlace, reach
from smartradio.alerting.cap.as_alert import draft
from smartradio.alerting.cap.chain import stand
from smartradio.alerting.cap.feeds import read_feed
from smartradio.alerting.cap.findings import CapError
from smartradio.alerting.cap.message import Named, Point
from smartradio.alerting.cap.reading import read_cap
from smartradio.alerting.cap.rules import check
from smartradio.alerting.cap.writing import write_cap

SOURCES = sorted((Path(__file__).resolve().parents[1] / "tests" / "alerting" / "cap" / "issuers").glob("*.xml"))
MOST_BYTES = 2_000_000
"""Twice what is read at all: more is refused by its length alone."""
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
_TAG = re.compile(rb"<[^<>]{1,400}>")
_LEAF = re.compile(rb"<([\w:]+)>([^<]{0,2000})</\1>")
_ZONES = (
    ZonePlace("thon-1", "Thôn 1", points=(Point(20.15, 105.95),)),
    ZonePlace("thon-2", "Thôn 2", polygons=(((Point(20, 105), Point(20, 106), Point(21, 106), Point(20, 105)),),)),
    ZonePlace("thon-3", "Thôn 3", geocodes=(Named("SAME", "029099"),)),
)
_ODD = (
    b"", b" ", b"0", b"-1", b"1e999", b"nan", b"inf", b"9" * 400, b"\x00", b"\xff\xfe", "\ufeff\u202e".encode(),
    b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2026-11-23T25:61:61+07:00", b"2026-11-23T09:30:00Z",
    b"90,180", b"91,0 91,1 92,1 91,0", b"20,105 20,106 21,106 20,105", b"0,0 20040", b"Actual", b"Cancel", b"&amp;",
    b"&#0;", b"&#xD800;", b"&nbsp;", b"<![CDATA[", b"]]>", b"%s%n{0}{x}", b"a,b,2026-11-22T00:00:00+07:00", b",,,",
    b'"', b"<b/>",
)  # fmt: skip

Mutation = Callable[[random.Random, bytes, str], bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `read`, `refused` with its line, or `crashed`."""

    kind: str
    line: str = ""


def mutated(seed: int, sources: Sequence[bytes], address: str) -> bytes:
    """Return the file of a seed; `address` is where its external entities point, a web address or a file."""
    chance = random.Random(seed)
    data = chance.choice(sources)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(MUTATIONS)(chance, data, address)[:MOST_BYTES]
    return data


def handle(data: bytes) -> Outcome:
    """Do with a file all that the station does: read, hold against the standard, place, draft, write, read again."""
    try:
        read_feed(data)
        message = read_cap(data)
        assert read_cap(write_cap(message)) == message
        for finding in (*check(message, now=NOW), *(each.finding for each in stand([message], now=NOW).told)):
            assert "\n" not in str(finding)
        reach((area for info in message.infos for area in info.areas), _ZONES, commune=("Yên Hòa",))
        draft(message, _ZONES, id="x", now=NOW)
    except CapError as error:
        return (
            Outcome("crashed", "a refusal of several lines") if "\n" in str(error) else Outcome("refused", str(error))
        )
    except BaseException as error:  # noqa: BLE001 - what is counted here is just that anything else comes out
        return Outcome("crashed", f"{type(error).__name__}: {error}"[:200])
    return Outcome("read", repr(message))


def _flip(chance: random.Random, data: bytes, _: str) -> bytes:
    turned = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        if turned:
            turned[chance.randrange(len(turned))] = chance.randrange(256)
    return bytes(turned)


def _cut(chance: random.Random, data: bytes, _: str) -> bytes:
    begin = chance.randrange(len(data) + 1)
    return data[:begin] + data[begin + chance.choice((1, 10, 1_000, len(data))) :]


def _twice(chance: random.Random, data: bytes, _: str) -> bytes:
    begin, length = chance.randrange(len(data) + 1), chance.choice((5, 50, 500))
    return data[:begin] + data[begin : begin + length] * chance.choice((2, 20)) + data[begin + length :]


def _drop_tag(chance: random.Random, data: bytes, _: str) -> bytes:
    tags = list(_TAG.finditer(data))
    if not tags:
        return data
    tag = chance.choice(tags)
    return data[: tag.start()] + data[tag.end() :]


def _drop_leaf(chance: random.Random, data: bytes, _: str) -> bytes:
    leaves = list(_LEAF.finditer(data))
    if not leaves:
        return data
    leaf = chance.choice(leaves)
    return data[: leaf.start()] + data[leaf.end() :]


def _odd_value(chance: random.Random, data: bytes, _: str) -> bytes:
    leaves = list(_LEAF.finditer(data))
    if not leaves:
        return data
    leaf = chance.choice(leaves)
    return data[: leaf.start(2)] + chance.choice(_ODD) + data[leaf.end(2) :]


def _swap_leaves(chance: random.Random, data: bytes, _: str) -> bytes:
    leaves = list(_LEAF.finditer(data))
    if len(leaves) < 2:
        return data
    first, second = sorted(chance.sample(leaves, 2), key=lambda leaf: leaf.start())
    return data[: first.start()] + second[0] + data[first.end() : second.start()] + first[0] + data[second.end() :]


def _many_blocks(chance: random.Random, data: bytes, _: str) -> bytes:
    leaf = chance.choice(list(_LEAF.finditer(data)) or [None])
    return data if leaf is None else data[: leaf.end()] + leaf[0] * chance.choice((2, 100, 5_000)) + data[leaf.end() :]


def _many_points(chance: random.Random, data: bytes, _: str) -> bytes:
    points = b" ".join(b"%.4f,%.4f" % (20 + chance.random(), 105 + chance.random()) for _ in range(2_000))
    return re.sub(rb"(<(?:cap:)?polygon>)[^<]*", rb"\g<1>" + points * chance.choice((1, 8)), data, count=1)


def _nested(chance: random.Random, data: bytes, _: str) -> bytes:
    depth = chance.choice((10, 100, 30_000, 200_000))
    name = chance.choice((b"info", b"a", b"x:y"))
    inside = b"<" + name + b">"
    closed = chance.random() < 0.5
    return _inside(chance, data, inside * depth + (b"</" + name + b">") * depth * closed)


def _laughs(chance: random.Random, data: bytes, _: str) -> bytes:
    deep, wide = chance.choice(((10, 10), (3, 60_000), (20, 4)))
    names = [f"e{n}".encode() for n in range(deep)]
    entities = [b'<!ENTITY e0 "ha">']
    for before, name in pairwise(names):
        entities.append(b"<!ENTITY " + name + b' "' + (b"&" + before + b";") * min(wide, 60_000 // deep) + b'">')
    return _with_doctype(data, b"".join(entities), b"&" + names[-1] + b";")


def _outside(chance: random.Random, data: bytes, address: str) -> bytes:
    there = address.encode()
    entities = chance.choice(
        (
            b'<!ENTITY x SYSTEM "' + there + b'">',
            b'<!ENTITY % p SYSTEM "' + there + b'"> %p;',
            b'<!ENTITY x PUBLIC "-//x" "' + there + b'">',
            b'<!NOTATION n SYSTEM "' + there + b'"><!ENTITY x SYSTEM "' + there + b'" NDATA n>',
        )
    )
    return _with_doctype(data, entities, b"&x;")


def _outside_by_other_means(chance: random.Random, data: bytes, address: str) -> bytes:
    there = address.encode()
    asking = chance.choice(
        (
            b'<?xml-stylesheet href="' + there + b'"?>',
            b'<!DOCTYPE alert SYSTEM "' + there + b'">',
            b'<!DOCTYPE alert PUBLIC "-//x" "' + there + b'">',
        )
    )
    if chance.random() < 0.5:
        including = b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="' + there + b'" parse="text"/>'
        return _inside(chance, data, including)
    head, mark, rest = data.partition(b"?>")
    return head + mark + asking + rest


def _huge_attribute(chance: random.Random, data: bytes, _: str) -> bytes:
    size = chance.choice((1_000, 100_000, 900_000))
    kind = chance.choice(
        (b' a="%s"' % (b"x" * size), b" ".join(b'a%d="1"' % n for n in range(size // 10)), b" " * size)
    )
    return re.sub(rb"(<(?:cap:)?alert)", lambda found: found[1] + b" " + kind, data, count=1)


def _namespaces(chance: random.Random, data: bytes, _: str) -> bytes:
    many = b" ".join(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(chance.choice((10, 1_000, 20_000))))
    return re.sub(rb"(<(?:cap:)?alert)", lambda found: found[1] + b" " + many, data, count=1)


def _coding(chance: random.Random, data: bytes, _: str) -> bytes:
    name = chance.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp1258", "utf-8-sig", "shift_jis"))
    return data.decode("utf-8", "replace").encode(name, "replace")


def _told_coding(chance: random.Random, data: bytes, _: str) -> bytes:
    name = chance.choice((b"UTF-16", b"utf-7", b"windows-1258", b"rot13", b"idna", b"../../x", b"UTF-32", b"hex"))
    return re.sub(rb"(?i)encoding\s*=\s*['\"][^'\"]*['\"]", b'encoding="' + name + b'"', data, count=1)


def _spliced(chance: random.Random, data: bytes, _: str) -> bytes:
    other = chance.choice(SOURCES).read_bytes()
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other)) :]


def _long_text(chance: random.Random, data: bytes, _: str) -> bytes:
    return _inside(chance, data, chance.choice((b"ha ", b"&#65;", b"&lt;", b"]]", "ầ".encode())) * 150_000)


def _stretched(chance: random.Random, data: bytes, _: str) -> bytes:
    leaves = list(_LEAF.finditer(data))
    if not leaves:
        return data
    leaf, much = chance.choice(leaves), chance.choice((b" ", b",", b"-", b"1 ", b"1,", b"\n", b'"')) * 45_000
    return data[: leaf.end(2)] + much + b"x" + data[leaf.end(2) :]


def _many_lines(chance: random.Random, data: bytes, _: str) -> bytes:
    lines = b"\n".join(b"- %05d." % number for number in range(chance.choice((100, 11_000))))
    return re.sub(rb"(<(?:cap:)?description>)[^<]*", lambda found: found[1] + lines, data)


def _inside(chance: random.Random, data: bytes, what: bytes) -> bytes:
    places = [tag.end() for tag in _TAG.finditer(data)] or [len(data)]
    place = chance.choice(places)
    return data[:place] + what + data[place:]


def _with_doctype(data: bytes, entities: bytes, use: bytes) -> bytes:
    head, mark, rest = data.partition(b"?>")
    with_use = re.sub(rb"(<(?:cap:)?event>)", lambda found: found[1] + use, rest, count=1)
    return head + mark + b"<!DOCTYPE alert [" + entities + b"]>" + with_use


MUTATIONS: tuple[Mutation, ...] = (
    _flip, _cut, _twice, _drop_tag, _drop_leaf, _odd_value, _odd_value, _odd_value, _swap_leaves, _many_blocks,
    _many_points, _nested, _laughs, _outside, _outside_by_other_means, _huge_attribute, _namespaces, _coding,
    _told_coding, _spliced, _long_text, _many_lines, _stretched,
)  # fmt: skip
