"""In whose name an alert is said that names nobody: the people's committee of the commune."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smartradio.station.alerts.usual_issuer import usual_issuer
from tests.station.commune import settings

NAMED: dict[str, tuple[dict[str, Any], str]] = {
    "by the title": ({"title": "Đài truyền thanh xã Yên Hòa"}, "Ủy ban nhân dân xã Yên Hòa"),
    "by the title, with more behind it": (
        {"title": "Truyền thanh Xã Yên Hòa - Cầu Giấy"},
        "Ủy ban nhân dân xã Yên Hòa",
    ),
    "by the names in warnings": (
        {"title": "Đài", "alerts": {"names": ["tỉnh Ninh Bình", "phường Tây Hoa Lư"]}},
        "Ủy ban nhân dân phường Tây Hoa Lư",
    ),
    "as it is set": (
        {"title": "Đài truyền thanh xã Yên Hòa", "alerts": {"issuer": "Ban chỉ huy phòng thủ dân sự xã"}},
        "Ban chỉ huy phòng thủ dân sự xã",
    ),
    "where no commune is named": ({"title": "Hệ thống loa Yên Hòa"}, "Hệ thống loa Yên Hòa"),
}


@pytest.mark.parametrize("how", sorted(NAMED))
def test_somebody_is_always_named(tmp_path: Path, how: str) -> None:
    changes, named = NAMED[how]
    assert usual_issuer(settings(tmp_path, **changes)) == named
