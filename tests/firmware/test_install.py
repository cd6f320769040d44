"""firmware/install on a machine of its own: systemd starts the node, watches it and keeps it in its sandbox."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.firmware.machine import Machine
from tests.firmware.packed import CONSTRAINTS, PICKY, ROOT, broken_release, pip

# One machine is started and does all of it before the first test.
pytestmark = pytest.mark.timeout(550)

SETTINGS = f"""\
name = "thon-1"
zone = "thon-1"
station = "yen-hoa"
station_public_key = "{"0" * 64}"
data = "/var/lib/smartradio"
"""

# Run beside the node, as its user and in its sandbox.
PROBE = """\
for place in /etc /usr /opt/smartradio /home /root /var/lib/smartradio /tmp; do
  if (: >"$place/probe") 2>/dev/null; then echo "probe: may write $place"; fi
done
for device in /dev/null /dev/fuse; do
  if (: <"$device") 2>/dev/null; then echo "probe: may open $device"; fi
done
if unshare --user true 2>/dev/null; then echo "probe: may make a namespace"; fi
if chrt --fifo 10 true 2>/dev/null; then echo "probe: may take the processor"; fi
"""

# Asks for nothing of the network; what it was asked for is kept.
APT = """\
#!/bin/sh
echo "$@" >>/trial/apt
"""

SCRIPT = """\
part() { echo "== $1"; }
pid() { systemctl show -P MainPID smartradio-node; }
wait_for() {  # wait_for SECONDS COMMAND...
  local left=$(($1 * 10)); shift
  until "$@"; do left=$((left - 1)); [ $left -gt 0 ] || return 1; sleep 0.1; done
}
another() { systemctl is-active --quiet smartradio-node && [ "$(pid)" != "$1" ]; }
again() { [ "$(systemctl show -P NRestarts smartradio-node)" -ge 1 ] && systemctl is-active --quiet smartradio-node; }
cp -r /source /srv/source
cd /srv/source
mknod -m 0666 /dev/fuse c 10 229

part unfilled
firmware/install --wheels /wheels 2>&1
systemctl is-active smartradio-node
systemctl is-enabled smartradio-node

part running
cp /trial/node.toml /etc/smartradio/node.toml
systemctl start smartradio-node
systemctl show -p ActiveState,StatusText,NRestarts,WatchdogUSec,StartLimitIntervalUSec smartradio-node
grep -E 'Uid|NoNewPrivs|Seccomp:|CapBnd|CapEff' /proc/$(pid)/status
stat -c '%n %U %G %a' /etc/smartradio/node.toml /var/lib/smartradio /var/lib/smartradio/node.key
id -nG smartradio

part sandbox
mkdir -p /etc/systemd/system/smartradio-node.service.d
cat >/etc/systemd/system/smartradio-node.service.d/probe.conf <<'X'
[Service]
ExecStartPost=/bin/sh /trial/probe
WatchdogSec=3
X
systemctl daemon-reload
systemctl restart smartradio-node
journalctl --output cat --unit smartradio-node | grep '^probe'

part hanging
rm /etc/systemd/system/smartradio-node.service.d/probe.conf
printf '[Service]\\nWatchdogSec=3\\n' >/etc/systemd/system/smartradio-node.service.d/watch.conf
systemctl daemon-reload
systemctl restart smartradio-node
kill -STOP "$(pid)"
wait_for 30 again && echo came back
journalctl --output cat --unit smartradio-node | grep -E 'Watchdog timeout|Fatal Python error|in step'

part killed
before="$(pid)"
kill -KILL "$before"
wait_for 30 another "$before" && echo came back

part broken
before="$(readlink /opt/smartradio/venv)"
key="$(cat /var/lib/smartradio/node.key)"
firmware/install --wheels /broken 2>&1
echo "code $?"
[ "$(readlink /opt/smartradio/venv)" = "$before" ] && echo old program
systemctl is-active smartradio-node
/opt/smartradio/venv/bin/smartradio --version
ls -d /opt/smartradio/venv-* | wc -l
cmp /trial/node.toml /etc/smartradio/node.toml && echo settings untouched

part incomplete
firmware/install --wheels /half 2>&1
echo "code $?"
[ "$(readlink /opt/smartradio/venv)" = "$before" ] && echo old program
systemctl is-active smartradio-node

part unfit
running="$(pid)"
firmware/install --wheels /picky 2>&1
echo "code $?"
[ "$(readlink /opt/smartradio/venv)" = "$before" ] && [ "$(pid)" = "$running" ] && echo still the same process

part doctor
/opt/smartradio/venv/bin/smartradio doctor 2>&1 | grep 'packages: node'

part gone
firmware/install --uninstall 2>&1
systemctl is-active smartradio-node
ls /opt/smartradio 2>&1
[ "$(cat /var/lib/smartradio/node.key)" = "$key" ] && echo key stays
cmp /trial/node.toml /etc/smartradio/node.toml && echo settings stay
part end
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, node_wheel: Path) -> Iterator[dict[str, str]]:
    """What each part of the script printed; one machine tells it all."""
    missing = Machine.missing()
    if missing:
        pytest.skip(missing)
    folders = {name: tmp_path_factory.mktemp(name) for name in ("wheels", "broken", "picky", "half", "machine")}
    # It takes itself along.
    pip("download", "--only-binary", ":all:", "-c", str(CONSTRAINTS), "-d", str(folders["wheels"]), str(node_wheel))
    broken_release(folders["broken"])
    broken_release(folders["picky"], PICKY)
    # A stick that was pulled out while it was written: our own wheel without what it needs.
    (folders["half"] / node_wheel.name).write_bytes(node_wheel.read_bytes())
    lends = {"/source": ROOT, **{f"/{name}": folders[name] for name in ("wheels", "broken", "picky", "half")}}
    with Machine(folders["machine"], lends=lends) as machine:
        machine.write("/trial/node.toml", SETTINGS)
        machine.write("/trial/probe", PROBE)
        machine.write("/usr/local/bin/apt-get", APT, mode=0o755)
        output = machine.run(SCRIPT)
        parts = re.split(r"^== (\w+)\n", output, flags=re.MULTILINE)
        assert parts[-2:] == ["end", ""], output
        yield dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_new_node_waits_for_its_settings(told: dict[str, str]) -> None:
    assert "Now fill in /etc/smartradio/node.toml" in told["unfilled"]
    assert "Hãy điền /etc/smartradio/node.toml" in told["unfilled"]
    assert told["unfilled"].splitlines()[-2:] == ["inactive", "enabled"]


def test_systemd_knows_when_it_is_ready_and_watches_it(told: dict[str, str]) -> None:
    running = told["running"]
    assert "ActiveState=active" in running
    assert "StatusText=nothing to play now; no link to the broker, trying; time is not trusted yet" in running
    assert "NRestarts=0" in running
    assert "WatchdogUSec=30s" in running
    # However often it failed, it is started again.
    assert "StartLimitIntervalUSec=0" in running


def test_it_runs_without_rights_and_others_cannot_read_its_key(told: dict[str, str]) -> None:
    lines = {line.split()[0]: line.split()[1:] for line in told["running"].splitlines() if line}
    assert lines["Uid:"] != ["0"] * 4
    assert lines["NoNewPrivs:"] == ["1"]
    assert lines["Seccomp:"] == ["2"]
    assert lines["CapBnd:"] == lines["CapEff:"] == ["0" * 16]
    assert lines["/etc/smartradio/node.toml"] == ["root", "smartradio", "640"]
    assert lines["/var/lib/smartradio"] == ["smartradio", "smartradio", "700"]
    assert lines["/var/lib/smartradio/node.key"] == ["smartradio", "smartradio", "600"]
    assert "audio" in told["running"].splitlines()[-1].split()


def test_it_reaches_its_own_folder_and_the_devices_it_needs(told: dict[str, str]) -> None:
    assert told["sandbox"].splitlines() == [
        "probe: may write /var/lib/smartradio",
        "probe: may write /tmp",
        "probe: may open /dev/null",
    ]


def test_a_node_that_hangs_is_ended_with_a_trace_and_comes_back(told: dict[str, str]) -> None:
    assert "came back" in told["hanging"]
    assert "Watchdog timeout" in told["hanging"]
    assert "Fatal Python error: Aborted" in told["hanging"]


def test_a_node_that_is_killed_comes_back(told: dict[str, str]) -> None:
    assert "came back" in told["killed"]


def test_a_release_that_does_not_start_leaves_the_old_one_playing(told: dict[str, str]) -> None:
    lines = told["broken"].splitlines()
    assert any("the old one is back" in line for line in lines)
    assert any("đã trở lại bản cũ" in line for line in lines)
    assert lines[-6:] == ["code 1", "old program", "active", "smartradio 0.1.0", "1", "settings untouched"]


def test_wheels_that_are_not_complete_change_nothing(told: dict[str, str]) -> None:
    assert "nothing was changed" in told["incomplete"]
    assert told["incomplete"].splitlines()[-3:] == ["code 1", "old program", "active"]


def test_settings_that_a_release_does_not_take_leave_the_old_one_undisturbed(told: dict[str, str]) -> None:
    assert "does not take the settings (volume_db: no such setting); nothing was changed" in told["unfit"]
    assert told["unfit"].splitlines()[-2:] == ["code 1", "still the same process"]


def test_the_doctor_finds_a_node_complete(told: dict[str, str]) -> None:
    assert "complete" in told["doctor"]


def test_uninstalling_leaves_settings_and_key(told: dict[str, str]) -> None:
    assert "Settings, keys and recordings stay" in told["gone"]
    assert "inactive" in told["gone"]
    assert "No such file" in told["gone"]
    assert told["gone"].splitlines()[-2:] == ["key stays", "settings stay"]


def refused(*arguments: str) -> str:
    done = subprocess.run(
        [str(ROOT / "firmware/install"), *arguments], capture_output=True, text=True, timeout=60, check=False, cwd="/"
    )
    assert done.returncode == 1
    return done.stderr


def test_what_is_wrong_is_said_in_both_languages_and_nothing_is_done(tmp_path: Path) -> None:
    assert refused("--weels", "x").splitlines() == [
        "smartradio: --weels is no option; see firmware/install --help",
        "smartradio: không có tùy chọn --weels; xem firmware/install --help",
    ]
    assert "--wheels needs a folder that exists" in refused("--wheels")
    assert "--root needs a folder that exists" in refused("--root", str(tmp_path / "gone"))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no smartradio wheel" in refused("--root", str(tmp_path), "--wheels", str(empty))
    assert list(tmp_path.iterdir()) == [empty]
