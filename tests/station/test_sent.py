"""What the station sent is counted for whom it was meant."""

from __future__ import annotations

from smartradio.station.sent import CountedLink, SentBytes
from smartradio.wire.messages import Want, WantedObject
from tests.station.commune import TOPICS, FakeLink

SHA = "a" * 64


class Stopwatch:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def counted() -> tuple[SentBytes, Stopwatch]:
    watch = Stopwatch()
    return SentBytes(TOPICS, {"thon-1": ["thon-1", "thon-1b"]}, watch), watch


def test_an_order_to_a_zone_counts_for_each_of_its_nodes() -> None:
    sent, _ = counted()
    sent.published(TOPICS.zone_order("thon-1"), b"x" * 500)
    taken = sent.take()
    assert set(taken) == {"thon-1", "thon-1b"}
    assert 500 < taken["thon-1"] < 600
    assert sent.take() == {}


def test_a_chunk_counts_for_those_who_wished_for_it_and_still_listen() -> None:
    sent, watch = counted()
    heard: list[Want] = []
    sent.watching(heard.append)(Want(node="thon-2", objects=(WantedObject(sha256=SHA),)))
    assert [want.node for want in heard] == ["thon-2"]
    sent.published(TOPICS.audio(SHA, 0), b"x" * 500)
    assert set(sent.take()) == {"thon-2"}
    watch.now_s = 601.0
    sent.published(TOPICS.audio(SHA, 1), b"x" * 500)
    assert sent.take() == {}


def test_only_what_the_link_took_was_sent() -> None:
    sent, _ = counted()
    fake = FakeLink()
    fake.start = fake.stop = lambda: None  # type: ignore[attr-defined]
    link = CountedLink(fake, sent)  # type: ignore[arg-type]
    fake.up = False
    assert not link.publish(TOPICS.node("thon-1", "plan"), b"x")
    assert sent.take() == {}
    fake.up = True
    assert link.publish(TOPICS.node("thon-1", "plan"), b"x")
    assert set(sent.take()) == {"thon-1"}
