"""What the machine's own network has carried is read where Linux counts it."""

from __future__ import annotations

from pathlib import Path

from smartradio.node.meter import Interface, default_interface

_ROUTES = """\
Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
wlan0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0
ppp0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
"""


def counted(folder: Path) -> tuple[Path, Path]:
    routes, figures = folder / "route", folder / "net" / "ppp0" / "statistics"
    routes.write_text(_ROUTES, encoding="ascii")
    figures.mkdir(parents=True)
    (figures / "rx_bytes").write_text("4200000\n", encoding="ascii")
    (figures / "tx_bytes").write_text("130000\n", encoding="ascii")
    return routes, folder / "net"


def test_the_interface_of_the_default_route_is_the_one_that_is_paid_for(tmp_path: Path) -> None:
    assert default_interface(*counted(tmp_path)) == Interface("ppp0", 4_200_000, 130_000)


def test_without_a_way_out_there_is_nothing_to_count(tmp_path: Path) -> None:
    routes, devices = counted(tmp_path)
    routes.write_text(_ROUTES.splitlines()[0], encoding="ascii")
    assert default_interface(routes, devices) is None
    assert default_interface(tmp_path / "other system", devices) is None
