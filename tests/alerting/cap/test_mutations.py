"""A seeded sample of the warnings that `benchmarks/cap_mutations.py` breaks and poisons: each is read or refused."""

from __future__ import annotations

import importlib.util
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

SAMPLE = range(20_000, 20_300)
SECRET = "SECRET-OF-THE-STATION"


@pytest.fixture(scope="module")
def mutations() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "_cap_mutations.py"
    spec = importlib.util.spec_from_file_location("_cap_mutations", path)
    assert spec is not None and spec.loader is not None
    module = sys.modules["_cap_mutations"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_broken_warning_is_read_or_refused_and_nothing_it_points_to_is_opened(
    mutations: ModuleType, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET, encoding="utf-8")
    sources = [path.read_bytes() for path in mutations.SOURCES]
    with socket.create_server(("127.0.0.1", 0)) as web:
        addresses = (secret.as_uri(), f"http://127.0.0.1:{web.getsockname()[1]}/x.dtd")
        outcomes = {seed: mutations.handle(mutations.mutated(seed, sources, addresses[seed % 2])) for seed in SAMPLE}
        web.setblocking(False)
        with pytest.raises(BlockingIOError):
            web.accept()
    assert {seed: outcome.line for seed, outcome in outcomes.items() if outcome.kind == "crashed"} == {}
    assert [seed for seed, outcome in outcomes.items() if SECRET in outcome.line] == []
    assert {outcome.kind for outcome in outcomes.values()} == {"read", "refused"}


def test_the_sample_holds_every_kind_of_attack(mutations: ModuleType) -> None:
    sources = [path.read_bytes() for path in mutations.SOURCES]
    files = [mutations.mutated(seed, sources, "http://127.0.0.1:9/x.dtd") for seed in SAMPLE]
    for mark in (b"<!ENTITY e9", b'SYSTEM "http://127.0.0.1', b"<a><a><a>", b"xi:include", b"xmlns:n999=", b'a999="1"'):
        assert any(mark in data for data in files), mark
