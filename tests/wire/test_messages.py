from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.domain.evidence import Reason
from smartradio.wire import messages as m
from smartradio.wire.chunks import CHUNK_BYTES, Assembly, chunk_count, sha256_hex, split
from smartradio.wire.signing import RefusedError, SigningKey, open_envelope
from smartradio.wire.topics import Topics, version_of

KEY = SigningKey.new()
TOPIC = Topics("yen-hoa").node("thon-1", "plan")
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def order(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "order": "o1",
        "epoch": 1,
        "counter": 2,
        "station": "yen-hoa",
        "issued_at": NOW,
        "not_before": NOW,
        "expires_at": NOW + timedelta(minutes=1),
        "node": "thon-1",
        "action": "stop",
        "priority": 100,
    }
    return fields | changes


def test_a_sealed_message_comes_back_as_it_was() -> None:
    sent = m.Order.model_validate(order())
    assert m.unseal(m.Order, TOPIC, m.seal(KEY, TOPIC, sent), KEY.public_hex) == sent


def test_a_message_moved_to_another_topic_is_refused() -> None:
    payload = m.seal(KEY, TOPIC, m.Order.model_validate(order()))
    with pytest.raises(RefusedError) as refused:
        m.unseal(m.Order, Topics("yen-hoa").node("thon-2", "plan"), payload, KEY.public_hex)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_a_message_of_another_key_is_refused() -> None:
    payload = m.seal(SigningKey.new(), TOPIC, m.Order.model_validate(order()))
    with pytest.raises(RefusedError) as refused:
        m.unseal(m.Order, TOPIC, payload, KEY.public_hex)
    assert refused.value.reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.5])
def test_a_message_of_another_version_is_refused_by_that_name(version: object) -> None:
    envelope = json.loads(m.seal(KEY, TOPIC, m.Order.model_validate(order())))
    envelope["v"] = version
    with pytest.raises(RefusedError) as refused:
        open_envelope(TOPIC, json.dumps(envelope).encode(), KEY.public_hex)
    assert refused.value.reason is Reason.UNKNOWN_VERSION


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_passes(position: int, flip: int) -> None:
    payload = bytearray(m.seal(KEY, TOPIC, m.Order.model_validate(order())))
    payload[position % len(payload)] ^= flip
    try:
        body = open_envelope(TOPIC, bytes(payload), KEY.public_hex)
    except RefusedError:
        return
    # Only a change that leaves the very same content may pass.
    assert m.Order.model_validate(body) == m.Order.model_validate(order())


@given(st.binary(max_size=300))
def test_no_bytes_from_a_stranger_raise_anything_but_a_refusal(payload: bytes) -> None:
    with pytest.raises(RefusedError):
        open_envelope(TOPIC, payload, KEY.public_hex)
    with pytest.raises(RefusedError):
        m.read_plain(m.Want, payload)


@pytest.mark.parametrize(
    "changes",
    [
        {"node": None},
        {"zone": "thon-1"},
        {"action": "play"},
        {"issued_at": "2026-11-22T05:00:00"},
        {"priority": 99},
        {"more": 1},
        {"counter": -1},
        {"clip_airing": "a1"},
        {"action": "clip", "clip_airing": "no token"},
    ],
)
def test_an_order_of_a_wrong_shape_is_malformed(changes: dict[str, object]) -> None:
    body = m.Order.model_validate(order()).model_dump(mode="json") | changes
    with pytest.raises(RefusedError) as refused:
        m.unseal(m.Order, TOPIC, KEY.seal(TOPIC, body), KEY.public_hex)
    assert refused.value.reason is Reason.MALFORMED


def test_what_came_later_travels_only_when_it_says_something() -> None:
    """A node that does not know the newer fields refuses them; all else must still reach it."""
    plain = m.Order.model_validate(order())
    asking = m.Order.model_validate(order(action="clip", clip_airing="a1"))
    assert "clip_airing" not in plain.model_dump(mode="json")
    assert asking.model_dump(mode="json")["clip_airing"] == "a1"
    assert m.unseal(m.Order, TOPIC, m.seal(KEY, TOPIC, asking), KEY.public_hex) == asking
    # The order stands in the plan too, and in its JSON text.
    plan = m.Plan(station="s", node="n", epoch=1, counter=1, issued_at=NOW, orders=(plain, asking))
    assert ["clip_airing" in each for each in plan.model_dump(mode="json")["orders"]] == [False, True]
    assert m.Plan.model_validate_json(plan.model_dump_json()) == plan
    settings = {"station": "s", "node": "n", "epoch": 1, "counter": 1, "issued_at": NOW, "zone": "n"}
    assert "kept_clip_days" not in m.NodeConfig.model_validate(settings).model_dump(mode="json")
    assert m.NodeConfig.model_validate(settings | {"kept_clip_days": 0}).model_dump(mode="json")["kept_clip_days"] == 0


SIREN = {"sha256": "a" * 64, "size_bytes": 9_000, "duration_s": 6.0, "kind": "chime"}
CONFIG = {"station": "s", "node": "n", "epoch": 1, "counter": 1, "issued_at": NOW, "zone": "n"}
WORDS = {"sha256": "b" * 64, "size_bytes": 5_000, "duration_s": 4.0, "pause_after_s": 0.9}


def alert(**changes: object) -> m.PlannedAiring:
    fields: dict[str, object] = {
        "airing": "lu-1",
        "recording": "c" * 64,
        "priority": 100,
        "starts_at": NOW,
        "expires_at": NOW + timedelta(minutes=10),
        "segments": (SIREN,),
    }
    return m.PlannedAiring.model_validate(fields | changes)


def test_what_grows_and_what_replaces_travels_only_where_it_is_so() -> None:
    plain, growing = alert(), alert(grows=True, replaces=("lu-0",))
    assert not {"grows", "replaces"} & set(plain.model_dump(mode="json"))
    told = growing.model_dump(mode="json")
    assert (told["grows"], told["replaces"]) == (True, ["lu-0"])
    assert m.PlannedAiring.model_validate_json(growing.model_dump_json()) == growing
    assert "kept" not in m.NodeConfig.model_validate(CONFIG).model_dump(mode="json")
    keeping = m.NodeConfig.model_validate(CONFIG | {"kept": (SIREN,)})
    assert m.unseal(m.NodeConfig, TOPIC, m.seal(KEY, TOPIC, keeping), KEY.public_hex).kept == keeping.kept


@pytest.mark.parametrize(
    "changes",
    [
        {"grows": True, "ends_by": NOW + timedelta(minutes=5)},
        {"grows": True, "live": {"length_s": 60}},
        {"replaces": ("lu-1",)},
        {"replaces": ("no token",)},
    ],
)
def test_a_growing_airing_has_no_set_end_and_none_replaces_itself(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"grows|replace|pattern"):
        alert(**changes)


def test_what_has_grown_begins_with_what_was_known() -> None:
    known = alert(grows=True)
    assert alert(segments=(SIREN, WORDS)).continues(known)
    assert alert(segments=(SIREN, WORDS), grows=True).continues(known)
    # No more than these: it is told to be at its end.
    assert alert().continues(known)
    assert not known.continues(known)
    assert not alert(segments=(WORDS, SIREN)).continues(known)
    assert not alert(segments=(SIREN | {"pause_after_s": 1.0}, WORDS)).continues(known)
    assert not alert(airing="lu-2", segments=(SIREN, WORDS)).continues(known)
    assert not alert(segments=(SIREN, WORDS)).continues(alert())


def test_a_signed_message_in_another_encoding_is_malformed() -> None:
    payload = m.seal(KEY, TOPIC, m.Order.model_validate(order()))
    for encoding in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig"):
        with pytest.raises(RefusedError) as refused:
            m.unseal(m.Order, TOPIC, payload.decode().encode(encoding), KEY.public_hex)
        assert refused.value.reason is Reason.MALFORMED


@pytest.mark.parametrize("depth", [17, 500, 980, 5_000, 100_000])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'])
def test_deep_nesting_is_malformed_whatever_the_depth(depth: int, brackets: str) -> None:
    opening, closing = (brackets[:-1], brackets[-1])
    deep = opening * depth + "1" + closing * depth
    for payload in (f'{{"v":1,"body":{{"x":{deep}}},"sig":""}}', f'{{"node":"a","nonce":{deep}}}'):
        with pytest.raises(RefusedError) as refused:
            open_envelope(TOPIC, payload.encode(), KEY.public_hex)
        assert refused.value.reason is Reason.MALFORMED
        with pytest.raises(RefusedError):
            m.read_plain(m.TimeRequest, payload.encode())


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "9" * 400, "9" * 5_000])
def test_a_number_that_no_field_can_hold_is_malformed(number: str) -> None:
    with pytest.raises(RefusedError) as refused:
        open_envelope(TOPIC, f'{{"v":1,"body":{{"x":{number}}},"sig":""}}'.encode(), KEY.public_hex)
    assert refused.value.reason is Reason.MALFORMED


def test_a_time_outside_the_calendar_is_malformed() -> None:
    body = m.Order.model_validate(order()).model_dump(mode="json") | {"issued_at": "0001-01-01T00:00:00+23:00"}
    with pytest.raises(RefusedError) as refused:
        m.unseal(m.Order, TOPIC, KEY.seal(TOPIC, body), KEY.public_hex)
    assert refused.value.reason is Reason.MALFORMED


def test_nested_or_twin_keys_do_not_get_through() -> None:
    with pytest.raises(RefusedError):
        m.read_plain(m.TimeRequest, b'{"node":"a","node":"b","nonce":"x"}')
    with pytest.raises(RefusedError):
        m.read_plain(m.TimeRequest, b"[" * 100_000)


def test_times_leave_and_arrive_as_utc() -> None:
    answer = m.TimeAnswer(station="s", node="n", nonce="x", at=datetime.fromisoformat("2026-11-22T12:00:00+07:00"))
    assert answer.at == NOW
    assert answer.at.tzinfo is UTC


@given(st.binary(min_size=1, max_size=3 * CHUNK_BYTES), st.randoms(use_true_random=False))
def test_chunks_in_any_order_with_doubles_make_the_object(data: bytes, random: object) -> None:
    numbered = list(enumerate(split(data)))
    assert len(numbered) == chunk_count(len(data))
    assembly = Assembly(sha256_hex(data), len(data))
    random.shuffle(numbered)  # type: ignore[attr-defined]
    for number, chunk in [*numbered, numbered[0]]:
        assert assembly.add(number, chunk)
    assert assembly.whole() == data


def test_a_truncated_chunk_is_not_kept_and_is_asked_for_again() -> None:
    data = bytes(CHUNK_BYTES + 100)
    assembly = Assembly(sha256_hex(data), len(data))
    assert not assembly.add(1, bytes(99))
    assert not assembly.add(2, b"x")
    assert not assembly.add(-1, b"x")
    assert assembly.missing() == (0, 1)


def test_an_altered_chunk_drops_the_object() -> None:
    data = bytes(100)
    assembly = Assembly(sha256_hex(data), len(data))
    assert assembly.add(0, b"x" * 100)
    assert assembly.whole() is None
    assert assembly.missing() == (0,)


def test_topics_are_those_of_the_contract() -> None:
    topics = Topics("yen-hoa")
    assert topics.node("thon-1", "time/answer") == "smartradio/1/yen-hoa/node/thon-1/time/answer"
    assert topics.zone_order("thon-1") == "smartradio/1/yen-hoa/zone/thon-1/order"
    assert topics.audio("ab", 3) == "smartradio/1/yen-hoa/audio/ab/3"
    assert topics.clip("thon-1", "a9", 0) == "smartradio/1/yen-hoa/node/thon-1/clip/a9/0"
    assert topics.parse(topics.clip("thon-1", "a9", 0)) == ("node", "thon-1", "clip", "a9", "0")
    assert topics.parse("smartradio/2/yen-hoa/node/x/state") is None
    assert version_of("smartradio/2/yen-hoa/node/x/state") == 2
    assert version_of("other/2") is None
