"""What stays on this machine needs no encryption; what only looks so does."""

from __future__ import annotations

import pytest

from smartradio.domain.hosts import is_this_machine


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "LOCALHOST", "localhost.", "loa.localhost"])
def test_this_machine_is_known_by_name_and_by_number(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize(
    "host",
    ["", "192.168.1.10", "10.0.0.1", "0.0.0.0", "dai.yen-hoa.vn", "localhost.yen-hoa.vn", "127.0.0.1.vn", "fe80::1"],
)
def test_another_machine_is_none(host: str) -> None:
    assert not is_this_machine(host)
