"""The table of the wire contract as each broker's own rule files."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.broker.mosquitto import password_line, rules_text, write_files
from smartradio.broker.nats_config import NatsPlaces, to_subjects, write_config
from smartradio.broker.rules import gauge_grants, node_grants, station_grants
from smartradio.broker.users import STATION_USER, BrokerUser, UserTable, new_password, write_private
from smartradio.domain.errors import SmartradioError

STATION_PASSWORD = "n-station-password"
NODE_PASSWORD = "n-node-password-1"


def table() -> UserTable:
    return UserTable("yen-hoa", STATION_PASSWORD, {"thon-1": ("trung-tam", NODE_PASSWORD)})


def test_a_node_may_only_speak_as_itself() -> None:
    grants = node_grants("yen-hoa", "thon-1", "trung-tam")
    assert all(topic.startswith("smartradio/1/yen-hoa/node/thon-1/") for topic in grants.publish)
    assert not {"plan", "config", "order", "ack"} & {topic.rsplit("/", 1)[1] for topic in grants.publish}


def test_a_node_hears_its_zone_and_audio_and_no_other_node() -> None:
    heard = node_grants("yen-hoa", "thon-1", "trung-tam").subscribe
    assert "smartradio/1/yen-hoa/zone/trung-tam/order" in heard
    assert "smartradio/1/yen-hoa/live/trung-tam" in heard
    assert "smartradio/1/yen-hoa/live/thon-2" not in heard
    assert "smartradio/1/yen-hoa/audio/+/+" in heard
    assert all("/node/+" not in topic and "#" not in topic for topic in heard)


def test_the_station_stays_below_its_own_root() -> None:
    grants = station_grants("yen-hoa")
    assert set(grants.publish + grants.subscribe) == {"smartradio/1/yen-hoa/#"}


def test_a_gauge_tells_its_own_readings_and_hears_nothing() -> None:
    grants = gauge_grants("yen-hoa", "cau-lu")
    assert grants.publish == ("smartradio/1/yen-hoa/gauge/cau-lu",)
    assert grants.subscribe == ()


@pytest.mark.parametrize(
    ("mqtt", "subjects"),
    [
        ("a/b", ("a.b",)),
        ("a/+/c", ("a.*.c",)),
        ("a/#", ("a", "a.>")),
        ("a/+/#", ("a.*", "a.*.>")),
        ("#", (">",)),
        ("+", ("*",)),
    ],
)
def test_mqtt_filters_as_nats_subjects(mqtt: str, subjects: tuple[str, ...]) -> None:
    assert to_subjects(mqtt) == subjects


@pytest.mark.parametrize("mqtt", ["a.b", "a/*/c", "a/>", "a b", "/a", "a//b", "a/"])
def test_a_filter_that_nats_would_widen_is_not_translated(mqtt: str) -> None:
    with pytest.raises(ValueError, match="counterpart"):
        to_subjects(mqtt)


LEVEL = st.text(alphabet="abc-_$", min_size=1, max_size=4)
TOPIC = st.lists(LEVEL, min_size=1, max_size=5)
FILTER = st.tuples(st.lists(LEVEL | st.just("+"), min_size=1, max_size=5), st.booleans()).map(
    lambda parts: parts[0] + (["#"] if parts[1] else [])
)


def mqtt_matches(pattern: list[str], topic: list[str]) -> bool:
    if pattern[-1] == "#":
        head = pattern[:-1]
        return len(topic) >= len(head) and mqtt_matches([*head, "."], [*topic[: len(head)], "."])
    return len(pattern) == len(topic) and all(p in ("+", t) for p, t in zip(pattern, topic, strict=True))


def nats_matches(subject: str, topic: list[str]) -> bool:
    tokens = subject.split(".")
    if tokens[-1] == ">":
        return len(topic) >= len(tokens) and all(p in ("*", t) for p, t in zip(tokens[:-1], topic, strict=False))
    return len(tokens) == len(topic) and all(p in ("*", t) for p, t in zip(tokens, topic, strict=True))


@given(pattern=FILTER, topic=TOPIC)
def test_a_translated_filter_lets_through_the_same_topics(pattern: list[str], topic: list[str]) -> None:
    subjects = to_subjects("/".join(pattern))
    assert any(nats_matches(subject, topic) for subject in subjects) == mqtt_matches(pattern, topic)


def test_every_nats_user_is_kept_to_mqtt_and_to_its_rules(tmp_path: Path) -> None:
    places = NatsPlaces("127.0.0.1", 1883, tmp_path / "s", tmp_path / "l", tmp_path / "p")
    text = write_config("yen-hoa", places, table().entries(), "probe-password-0000")
    users = [line for line in text.splitlines() if "user:" in line]
    assert [json.loads(re.findall(r'user: ("[^"]+")', line)[0]) for line in users] == [
        "_probe",
        STATION_USER,
        "thon-1",
    ]
    assert all('allowed_connection_types: ["MQTT"]' in line for line in users)
    assert all("allow" in line or 'deny: [">"]' in line for line in users)
    assert '"smartradio.1.yen-hoa.node.thon-1.clip.*.*"' in users[2]
    assert 'listen: "127.0.0.1:1883"' in text
    assert "no_auth_user" not in text


def test_a_gauge_named_like_a_node_is_another_user_in_both_brokers_files(tmp_path: Path) -> None:
    table = UserTable("yen-hoa", None, {"thon-1": ("trung-tam", NODE_PASSWORD)}, {"thon-1": "n-gauge-password-1"})
    places = NatsPlaces("127.0.0.1", 1883, tmp_path / "s", tmp_path / "l", tmp_path / "p")
    line = write_config("yen-hoa", places, table.entries(), "probe-password-0000").splitlines()
    gauge = next(each for each in line if '"_gauge-thon-1"' in each)
    assert 'publish: { allow: ["smartradio.1.yen-hoa.gauge.thon-1"] }' in gauge
    assert 'subscribe: { allow: ["$MQTT.sub.>"] }' in gauge
    assert rules_text(table).split("\n\n")[1].splitlines() == [
        "user _gauge-thon-1",
        "topic write smartradio/1/yen-hoa/gauge/thon-1",
    ]


def test_gauges_come_back_with_the_table(tmp_path: Path) -> None:
    table = UserTable("yen-hoa", STATION_PASSWORD, {}, {"cau-lu": "n-gauge-password-1"})
    table.save(tmp_path / "users.json")
    assert UserTable.load(tmp_path / "users.json", "yen-hoa") == table


@pytest.mark.parametrize(("name", "password"), [("Cầu Lũ", NODE_PASSWORD), ("a/b", NODE_PASSWORD), ("a", "short")])
def test_a_gauge_that_could_break_a_rule_file_is_refused(name: str, password: str) -> None:
    with pytest.raises(SmartradioError):
        UserTable("yen-hoa", STATION_PASSWORD, {}, {name: password})


def test_an_ipv6_address_is_bracketed(tmp_path: Path) -> None:
    places = NatsPlaces("::1", 1883, tmp_path, tmp_path, tmp_path)
    assert 'listen: "[::1]:1883"' in write_config("yen-hoa", places, [], "probe-password-0000")


def test_mosquitto_rules_name_every_grant() -> None:
    blocks = rules_text(table()).split("\n\n")
    assert blocks[0].splitlines() == [
        f"user {STATION_USER}",
        "topic write smartradio/1/yen-hoa/#",
        "topic read smartradio/1/yen-hoa/#",
    ]
    node = blocks[1].splitlines()
    assert node[0] == "user thon-1"
    assert "topic write smartradio/1/yen-hoa/node/thon-1/clip/+/+" in node
    assert "topic read smartradio/1/yen-hoa/zone/trung-tam/order" in node
    states = [line for line in node if line.startswith("topic read") and line.endswith("/state")]
    assert states == ["topic read smartradio/1/yen-hoa/node/thon-1/state"]


@pytest.mark.contract
def test_our_password_line_is_mosquitto_passwds_own(tmp_path: Path) -> None:
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    subprocess.run([program, "-c", "-b", str(file), "thon-1", NODE_PASSWORD], check=True, capture_output=True)
    theirs = file.read_text().strip()
    _, kind, rounds, salt, _ = theirs.split("$")
    assert (kind, rounds) == ("7", "101")
    assert password_line("thon-1", NODE_PASSWORD, base64.b64decode(salt)) == theirs


def test_two_users_of_one_password_have_different_lines() -> None:
    assert password_line("a", NODE_PASSWORD) != password_line("a", NODE_PASSWORD)


def test_mosquittos_files_hold_no_password_and_no_stranger_may_read_them(tmp_path: Path) -> None:
    files = write_files(tmp_path, table(), port=18_830)
    for file in (files.config, files.passwords, files.rules):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert NODE_PASSWORD not in file.read_text()
    config = files.config.read_text()
    assert "listener 18830 127.0.0.1" in config
    assert "allow_anonymous false" in config


def test_the_table_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    table().save(tmp_path / "users.json")
    assert stat.S_IMODE((tmp_path / "users.json").stat().st_mode) == 0o600
    assert UserTable.load(tmp_path / "users.json", "yen-hoa") == table()


def test_without_a_file_there_is_no_user_at_all(tmp_path: Path) -> None:
    assert UserTable.load(tmp_path / "users.json", "yen-hoa").entries() == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"station": "yen-hoa"}', '{"nodes": {"a": 1}}'])
def test_a_spoiled_table_is_told_with_its_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "users.json"
    file.write_text(text)
    with pytest.raises(SmartradioError, match=re.escape(str(file))):
        UserTable.load(file, "yen-hoa")


def test_another_stations_table_is_not_taken(tmp_path: Path) -> None:
    table().save(tmp_path / "users.json")
    with pytest.raises(SmartradioError, match="belongs to station"):
        UserTable.load(tmp_path / "users.json", "tan-lap")


@pytest.mark.parametrize(
    ("name", "zone", "password"),
    [
        ("Thôn 1", "a", NODE_PASSWORD),
        ("a/b", "a", NODE_PASSWORD),
        ("+", "a", NODE_PASSWORD),
        ("#", "a", NODE_PASSWORD),
        ("", "a", NODE_PASSWORD),
        (STATION_USER, "a", NODE_PASSWORD),
        ("a\nuser x", "a", NODE_PASSWORD),
        ("a", "b.c", NODE_PASSWORD),
        ("a", "a", "short"),
        ("a", "a", ""),
        ("a", "a", '" } evil { "xxxxxxxxx'),
        ("a", "a", "$2a$11$abcdefghijklmnop"),
    ],
)
def test_names_and_passwords_that_could_break_a_rule_file_are_refused(name: str, zone: str, password: str) -> None:
    with pytest.raises(SmartradioError) as caught:
        UserTable("yen-hoa", STATION_PASSWORD, {name: (zone, password)})
    assert not password or password not in str(caught.value)


def test_new_passwords_are_long_random_and_accepted() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    assert min(map(len, made)) >= 32
    UserTable("yen-hoa", None, {f"thon-{n}": ("a", each) for n, each in enumerate(made)})


def test_a_password_does_not_stand_in_a_repr() -> None:
    assert NODE_PASSWORD not in repr(table()) + repr(BrokerUser("thon-1", NODE_PASSWORD))


def test_a_failed_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "users.json"
    write_private(file, "old")

    def disk_full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(SmartradioError, match="No space left"):
        write_private(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
