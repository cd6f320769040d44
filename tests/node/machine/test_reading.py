"""What a machine tells of itself, read from a tree as the kernel shows it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartradio.node.machine import line, power, storage
from smartradio.node.machine.reading import EVERY_S, Reading, Watch, read_machine
from smartradio.node.machine.tree import Tree, ask
from tests.node.pi import MMCLI, WIRELESS, Pi, no_program


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path / "root")


class TestSupplyAndHeat:
    def test_the_firmwares_own_word_needs_no_program(self, pi: Pi) -> None:
        pi.put("sys/devices/platform/soc/soc:firmware/get_throttled", "50005")
        flags = {"undervoltage_now", "throttled_now", "undervoltage_since_boot", "throttled_since_boot"}
        assert set(power.supply(pi.tree, no_program)) == flags

    @pytest.mark.parametrize(("alarm", "flags"), [("1", {"undervoltage_now": True}), ("0", {})])
    def test_else_the_voltages_alarm_is_asked(self, pi: Pi, alarm: str, flags: dict[str, bool]) -> None:
        pi.put("sys/class/hwmon/hwmon0/name", "cpu_thermal")
        pi.put("sys/class/hwmon/hwmon1/name", "rpi_volt")
        pi.put("sys/class/hwmon/hwmon1/in0_lcrit_alarm", alarm)
        assert power.supply(pi.tree, lambda _: "throttled=0x1") == flags

    def test_else_the_pis_program(self, pi: Pi) -> None:
        assert power.supply(pi.tree, lambda _: "throttled=0x10000\n") == {"undervoltage_since_boot": True}
        assert power.supply(pi.tree, lambda _: "error=1") == {}
        assert power.supply(pi.tree, no_program) == {}

    def test_a_word_of_another_shape_is_told(self) -> None:
        assert power.throttled("throttled=0x0\n") == {}
        with pytest.raises(ValueError, match="unexpected"):
            power.throttled("error=1")

    def test_the_temperature_is_in_degrees(self, pi: Pi) -> None:
        assert power.temperature_c(pi.tree) is None
        pi.put("sys/class/thermal/thermal_zone0/temp", "48312")
        assert power.temperature_c(pi.tree) == 48.3


class TestTheCard:
    def test_an_emmc_tells_how_much_of_its_life_is_used(self, pi: Pi) -> None:
        pi.card(kind="MMC", life_time="0x01 0x03", pre_eol_info="0x01")
        assert storage.wear(pi.tree, "mmcblk0") == {"disk_kind": "emmc", "disk_worn_percent": 30.0}

    @pytest.mark.parametrize(("life", "end"), [("0x0a 0x02", "0x01"), ("0x0b 0x0b", "0x01"), ("0x02 0x02", "0x02")])
    def test_one_near_its_end_is_a_fault(self, pi: Pi, life: str, end: str) -> None:
        pi.card(kind="MMC", life_time=life, pre_eol_info=end)
        assert storage.wear(pi.tree, "mmcblk0")["disk_worn"] is True

    def test_an_sd_card_tells_nothing_of_its_wear(self, pi: Pi) -> None:
        pi.card(kind="SD")
        assert storage.wear(pi.tree, "mmcblk0") == {"disk_kind": "sd"}

    def test_what_was_written_is_counted_in_sectors_of_512_bytes(self, pi: Pi) -> None:
        pi.card(sectors_written=2_000_000)
        assert storage.disk_of(pi.data, pi.tree) == "mmcblk0"
        assert storage.written(pi.tree, "mmcblk0") == storage.Written("mmcblk0", 1_024_000_000)

    def test_a_file_system_that_found_faults_in_itself_is_told(self, pi: Pi) -> None:
        assert storage.faults(pi.tree) == {}
        pi.put("sys/fs/ext4/mmcblk0p1/errors_count", "0")
        assert storage.faults(pi.tree) == {"disk_faults": 0.0}
        pi.put("sys/fs/ext4/mmcblk0p2/errors_count", "3")
        assert storage.faults(pi.tree) == {"disk_faults": 3.0, "disk_errors": True}

    def test_room_and_inodes_are_those_of_the_nodes_folder(self, pi: Pi, monkeypatch: pytest.MonkeyPatch) -> None:
        real = storage.os.statvfs(pi.data)
        told = storage.room(pi.data)
        assert told["disk_free_mb"] == pytest.approx(real.f_bavail * real.f_frsize / 1e6, rel=0.05)
        full = storage.os.statvfs_result((4096, 4096, 1000, 500, 500, 1000, 30, 30, storage.os.ST_RDONLY, 255))
        monkeypatch.setattr(storage.os, "statvfs", lambda _: full)
        assert storage.room(pi.data) == {
            "disk_free_mb": 2.0,
            "inodes_free_percent": 3.0,
            "inodes_low": True,
            "disk_read_only": True,
        }


class TestTheLine:
    @pytest.mark.parametrize(
        ("name", "kind", "uevent", "driver", "found"),
        [
            ("eth0", 1, "INTERFACE=eth0", "bcmgenet", "ethernet"),
            ("eth1", 1, "INTERFACE=eth1", "lan78xx", "ethernet"),
            ("usb0", 1, "INTERFACE=usb0", "cdc_ether", "modem"),
            ("enx0c5b8f27", 1, "INTERFACE=enx0c5b8f27", "rndis_host", "modem"),
            ("wwan0", 65534, "DEVTYPE=wwan\nINTERFACE=wwan0", "qmi_wwan", "modem"),
            ("ppp0", 512, "INTERFACE=ppp0", "", "modem"),
            ("wg0", 65534, "DEVTYPE=wireguard", "", "other"),
        ],
    )
    def test_each_is_known_by_what_the_kernel_shows(
        self, pi: Pi, name: str, kind: int, uevent: str, driver: str, found: str
    ) -> None:
        pi.interface(name, kind=kind, uevent=uevent, driver=driver)
        assert line.kind_of(pi.tree, name) == found

    @pytest.mark.parametrize(
        ("level", "dbm"), [("-56.", -56.0), ("200.", -56.0), ("0.", None), ("x", None), ("nan", None)]
    )
    def test_wifi_tells_its_level(self, pi: Pi, level: str, dbm: float | None) -> None:
        pi.put(
            "proc/net/wireless",
            f"{WIRELESS} wlan0: 0000   54.  {level}  -256        0      0      0      0      0        0",
        )
        assert line.wifi_dbm(pi.tree, "wlan0") == dbm
        assert line.wifi_dbm(pi.tree, "wlan1") is None

    def test_a_modem_tells_its_signal_through_modem_manager(self) -> None:
        asked: list[Sequence[str]] = []

        def answers(command: Sequence[str]) -> str:
            asked.append(command)
            return MMCLI

        assert line.modem(answers) == {"signal_percent": 67.0, "signal_kind": "lte"}
        assert asked == [["mmcli", "-m", "any", "-K"]]
        assert line.modem(no_program) == {}
        assert line.modem(lambda _: "modem.generic.signal-quality.value : --") == {}


class TestAllOfIt:
    def test_a_pi_on_a_pole(self, pi: Pi) -> None:
        pi.put("sys/class/thermal/thermal_zone0/temp", "61000")
        pi.card(kind="SD", sectors_written=4_000)
        pi.interface("wlan0", carried=5_000_000)
        pi.put("sys/class/net/wlan0/wireless/status", "0")
        pi.put(
            "proc/net/wireless",
            f"{WIRELESS} wlan0: 0000   54.  -61.  -256        0      0      0      0      0        0",
        )
        reading = read_machine(pi.data, own_network=True, tree=pi.tree, ask=no_program)
        told = reading.told
        assert (told["temperature_c"], told["disk_kind"], told["net_kind"], told["signal_dbm"]) == (
            61,
            "sd",
            "wifi",
            -61,
        )
        assert reading.interface is not None
        assert reading.interface.received_bytes == 5_000_000
        assert reading.written == storage.Written("mmcblk0", 2_048_000)

    def test_a_node_that_shares_its_machine_tells_nothing_of_its_network(self, pi: Pi) -> None:
        pi.interface("eth0")
        reading = read_machine(pi.data, own_network=False, tree=pi.tree, ask=no_program)
        assert reading.interface is None
        assert not [name for name in reading.told if name.startswith("net_")]

    def test_a_machine_that_tells_nothing_tells_nothing_false(self, pi: Pi) -> None:
        told = read_machine(pi.data, own_network=True, tree=pi.tree, ask=no_program).told
        assert set(told) <= {"load_1min", "disk_free_mb", "inodes_free_percent", "inodes_low"}

    def test_a_folder_that_is_gone_and_a_counter_that_cannot_be_read_are_told(self, pi: Pi) -> None:
        pi.interface("eth0")
        (pi.root / "sys/class/net/eth0/statistics/tx_bytes").unlink()
        told = read_machine(pi.root / "gone", own_network=True, tree=pi.tree, ask=no_program).told
        assert "No such file" in str(told["sensor_error"])
        assert "No such file" in str(told["network_error"])

    @given(st.binary(max_size=80), st.binary(max_size=80))
    def test_whatever_stands_in_the_kernels_files_nothing_is_raised(
        self, tmp_path_factory: pytest.TempPathFactory, one: bytes, other: bytes
    ) -> None:
        pi = Pi(tmp_path_factory.mktemp("pi"))
        pi.card(kind="MMC")
        pi.interface("wlan0")
        for path in (
            "sys/devices/platform/soc/mmc/mmcblk0/stat",
            "sys/class/thermal/thermal_zone0/temp",
            "sys/devices/platform/soc/soc:firmware/get_throttled",
            "sys/fs/ext4/x/errors_count",
            "sys/class/net/wlan0/type",
        ):
            pi.put(path, "0")
            (pi.root / path).write_bytes(one)
        for path in ("sys/block/mmcblk0/device/life_time", "proc/net/wireless", "sys/class/net/wlan0/device/uevent"):
            pi.put(path, "0")
            (pi.root / path).write_bytes(other)
        answer = other.decode("utf-8", "replace")
        read_machine(pi.data, own_network=True, tree=pi.tree, ask=lambda _: answer)

    def test_a_program_that_is_not_there_or_fails_is_no_answer(self) -> None:
        assert ask(["/no/such/program"]) is None
        assert ask(["false"]) is None
        assert ask(["echo", "throttled=0x0"]) == "throttled=0x0\n"

    def test_this_very_machine_can_be_read(self, tmp_path: Path) -> None:
        assert float(read_machine(tmp_path, own_network=True, tree=Tree()).told["disk_free_mb"] or 0) > 0


class TestReadingWithoutMakingAnybodyWait:
    def test_a_sensor_that_hangs_leaves_the_last_values_with_their_age(self) -> None:
        hangs, go_on, first = threading.Event(), threading.Event(), Reading({"temperature_c": 50.0})
        readings = iter([first])

        def read() -> Reading:
            found = next(readings, None)
            if found is None:
                hangs.set()
                go_on.wait(10.0)
            return found or first

        watch = Watch(read)
        watch.look(100.0)
        assert watch.latest(100.0) == (first, 0.0)
        watch.look(100.0 + EVERY_S)
        assert hangs.wait(5.0)
        for late_s in (60.0, 600.0):
            watch.look(100.0 + late_s)
            assert watch.latest(100.0 + late_s) == (first, late_s)
        go_on.set()

    def test_what_was_read_lately_is_not_read_again(self) -> None:
        read: list[int] = []

        def count() -> Reading:
            read.append(1)
            return Reading()

        watch = Watch(count)
        for second in range(60):
            watch.look(100.0 + second)
            assert watch._thread is not None
            watch._thread.join(5.0)
        assert len(read) == 3
