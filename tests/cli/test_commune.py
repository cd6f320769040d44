from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.cli.commune import Commune, node_names, read_faults
from smartradio.config import load_settings, to_toml
from smartradio.domain.errors import BadInputError
from smartradio.node.settings import NodeSettings

SCALARS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f")),
    st.integers(-(2**53), 2**53),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@given(
    st.dictionaries(
        NAMES,
        st.one_of(
            SCALARS,
            st.lists(st.integers(), max_size=3),
            st.dictionaries(NAMES, SCALARS, max_size=3),
            st.lists(st.dictionaries(NAMES, SCALARS, min_size=1, max_size=2), min_size=1, max_size=2),
        ),
        max_size=4,
    )
)
def test_what_is_written_as_toml_is_read_back(values: dict[str, object]) -> None:
    assert tomllib.loads(to_toml(values)) == values


def test_faults_name_a_node_and_a_kind() -> None:
    nodes = node_names(3)
    assert read_faults(["thon-2=silent", "thon-3=wrong"], nodes) == {"thon-2": "silent", "thon-3": "wrong"}


@pytest.mark.parametrize(
    ("pair", "line"),
    [
        ("thon-2", "NODE=KIND"),
        ("thon-9=silent", "no node 'thon-9'; there are thon-1, thon-2, thon-3"),
        ("thon-2=loud", "no fault 'loud'; there are silent, neighbour"),
        ("=silent", "no node ''"),
    ],
)
def test_a_wrong_fault_is_told_with_what_would_be_right(pair: str, line: str) -> None:
    with pytest.raises(BadInputError, match=line):
        read_faults([pair], node_names(3))


def test_a_node_has_one_fault() -> None:
    with pytest.raises(BadInputError, match="already has the fault"):
        read_faults(["thon-1=cut", "thon-1=silent"], node_names(1))


@pytest.mark.parametrize("count", [0, -1, 31])
def test_a_demo_of_no_or_too_many_nodes_is_refused(count: int) -> None:
    with pytest.raises(BadInputError, match="between 1 and 30"):
        node_names(count)


def test_every_node_of_a_commune_gets_settings_it_can_start_from(tmp_path: Path) -> None:
    commune = Commune(tmp_path, node_names(3), {"thon-2": "muffled"})
    station = commune.station_settings()
    assert [node.name for node in station.nodes] == ["thon-1", "thon-2", "thon-3"]
    for node in station.nodes:
        path = commune.write_node(node.name, station_key="0" * 64, host="127.0.0.1", port=1883)
        assert path.stat().st_mode & 0o077 == 0
        settings = load_settings(NodeSettings, path, prefix="SMARTRADIO_NODE_")
        assert settings.link.password is not None
        assert settings.link.password.get_secret_value() == node.password.get_secret_value()
        neighbours = {neighbour.node: neighbour.distance_m for neighbour in settings.virtual.neighbours}
        assert all(100 <= distance <= 400 for distance in neighbours.values())
        assert (settings.virtual.fault is not None) == (node.name == "thon-2")
    assert neighbours.keys() == {"thon-2"}
