"""What the doctor says of a node's machine."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from smartradio.audio.codec import encode_opus
from smartradio.cli.health_checks import Check
from smartradio.cli.node_checks import node_checks
from smartradio.node.health import KEPT
from smartradio.node.journal import Journal
from smartradio.node.machine.counted import Counted, month_of
from tests.cli.conftest import Run
from tests.node.fakes import voice
from tests.node.pi import MMCLI, WIRELESS, Pi, no_program
from tests.node.settings_file import settings


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    made = Pi(tmp_path / "root")
    made.interface("wlan0")
    return made


def checked(pi: Pi, more: str = "", answer: Any = no_program) -> dict[str, Check]:
    found = node_checks(settings(pi.data, more), tree=pi.tree, ask=answer)
    return {check.part.removeprefix("node: "): check for check in found}


def test_a_machine_in_order_has_nothing_to_mend(pi: Pi) -> None:
    pi.put("sys/class/thermal/thermal_zone0/temp", "52000")
    pi.card(kind="MMC", life_time="0x02 0x01", pre_eol_info="0x01")
    found = checked(pi)
    assert [check.part for check in found.values() if not check.found] == []
    assert found["temperature"].seen == "52 °C"
    assert found["wear"].seen == "emmc, up to 20 % of its life used"
    assert found["line"].seen == "wlan0: ethernet"
    assert found["data"].seen == "nothing counted yet"


def test_heat_weak_supply_and_a_worn_card_have_a_line_that_mends_them(pi: Pi) -> None:
    pi.put("sys/class/thermal/thermal_zone0/temp", "84000")
    pi.put("sys/devices/platform/soc/soc:firmware/get_throttled", "50000")
    pi.card(kind="MMC", life_time="0x0b 0x01", pre_eol_info="0x03")
    pi.put("sys/fs/ext4/mmcblk0p2/errors_count", "4")
    bad = {name: check for name, check in checked(pi).items() if not check.found}
    assert set(bad) == {"temperature", "power", "wear", "file system"}
    assert bad["power"].seen == "was too weak since it was switched on"
    assert bad["file system"].seen == "4 faults found"
    assert all(check.mend and not check.needed for check in bad.values())


def test_a_card_that_does_not_tell_its_wear_is_not_called_good(pi: Pi) -> None:
    pi.card(kind="SD")
    assert checked(pi)["wear"].seen == "sd: such a card does not tell its wear"


def test_a_weak_signal_is_told_of_wifi_and_of_a_modem(pi: Pi) -> None:
    pi.put("sys/class/net/wlan0/wireless/status", "0")
    pi.put(
        "proc/net/wireless", f"{WIRELESS} wlan0: 0000   20.  -82.  -256        0      0      0      0      0        0"
    )
    assert (checked(pi)["line"].found, checked(pi)["line"].seen) == (False, "wlan0: wifi, -82 dBm")
    pi.interface("wwan0", kind=65534, uevent="DEVTYPE=wwan")
    found = checked(pi, answer=lambda _: MMCLI)["line"]
    assert (found.found, found.seen) == (True, "wwan0: modem, lte 67 %")


def test_no_way_out_is_told(pi: Pi) -> None:
    (pi.root / "proc/net/route").unlink()
    assert checked(pi)["line"].seen == "no way out of this machine"


@pytest.mark.parametrize(("used_mb", "good"), [(300, True), (401, False)])
def test_the_months_data_is_held_against_its_budget(pi: Pi, used_mb: int, good: bool) -> None:
    journal = Journal(pi.data / "journal.db")
    journal.put({KEPT: Counted({month_of(datetime.now(UTC), 5): used_mb * 1_000_000}).text()})
    found = checked(pi, "data_budget_mb = 500\ndata_month_starts_on = 5")["data"]
    assert (found.found, found.seen) == (good, f"{used_mb} MB this month of 500 MB")
    journal.close()


def test_a_journal_that_is_none_is_told(pi: Pi) -> None:
    (pi.data / "journal.db").write_bytes(b"no database, though of some length" * 100)
    assert not checked(pi)["data"].found


def test_the_buttons_recording_is_decoded(pi: Pi) -> None:
    own = pi.data / "goi.opus"
    own.write_bytes(encode_opus(voice(2.0)))
    found = checked(pi, f"[button]\npin = 23\nrecording = '{own}'")
    assert (found["button"].found, found["button"].seen) == (True, "own recording, 2 s")
    own.write_bytes(b"nothing of the kind")
    found = checked(pi, f"[button]\npin = 23\nrecording = '{own}'")
    assert (found["button"].found, found["button"].seen) == (False, "shipped recording, 16 s")
    assert "pins" in found
    assert checked(pi, "[button]\npin = 23")["button"].found


def test_a_virtual_node_shares_its_machines_line(pi: Pi) -> None:
    assert not {"line", "data"} & set(checked(pi, "sound = 'virtual'"))


def test_a_read_only_data_folder_ends_with_one(pi: Pi, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.statvfs(pi.data)
    read_only = os.statvfs_result((*real[:8], real.f_flag | os.ST_RDONLY, real.f_namemax))
    monkeypatch.setattr("smartradio.node.machine.storage.os.statvfs", lambda _: read_only)
    assert checked(pi)["file system"].needed


def test_the_command_finds_the_node_beside_it_or_the_one_that_is_named(
    smartradio: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smartradio.cli.doctor.all_checks", lambda **_: iter(()))

    def parts(*arguments: object) -> list[str]:
        code, out, _ = smartradio("doctor", "--json", *arguments)
        assert code == 0
        return [check["part"] for check in json.loads(out)]

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings(tmp_path)
    monkeypatch.chdir(elsewhere)
    assert parts() == []
    assert "node: wear" in parts("--node", tmp_path / "node.toml")
    monkeypatch.chdir(tmp_path)
    assert "node: wear" in parts()
