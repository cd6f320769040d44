"""A throw-away copy of this machine, started by its own systemd: what is installed in it is gone with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

# What boots in it: one script, and nothing of what this machine starts.
_TARGET = """\
[Unit]
Requires=basic.target trial.service
AllowIsolate=yes
"""
_SERVICE = """\
[Unit]
After=basic.target systemd-journald.service
[Service]
Type=oneshot
ExecStart=/bin/bash /trial/script
StandardOutput=file:/trial/output
StandardError=inherit
TimeoutStartSec=400
ExecStopPost=+/bin/systemctl exit --no-block
"""
_UNITS = Path("etc/systemd/system")


class Machine:
    """This machine's disk beneath a layer in memory; `run` boots it for one script."""

    def __init__(self, folder: Path, *, lends: dict[str, Path]) -> None:
        self._folder = folder
        self._lends = lends
        self.root = folder / "root"

    @staticmethod
    def missing() -> str | None:
        """Say what keeps this machine from starting a copy of itself, None if nothing does."""
        if os.geteuid() != 0:
            return "a machine of its own needs root"
        if shutil.which("systemd-nspawn") is None:
            return "apt install systemd-container"
        if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii"):
            return "this machine cannot lay one file system over another"
        mounts = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(mounts, capture_output=True, check=False).returncode != 0:
            return "this machine cannot start a copy of itself: its container lets nobody mount"
        return None

    def __enter__(self) -> Self:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(self._folder)], check=True)
        for name in ("upper", "work", "root"):
            (self._folder / name).mkdir()
        layers = f"lowerdir=/,upperdir={self._folder / 'upper'},workdir={self._folder / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, str(self.root)], check=True)
        for wanted in (self.root / _UNITS).glob("*.wants/*"):
            wanted.unlink()
        self.write(_UNITS / "trial.target", _TARGET)
        self.write(_UNITS / "trial.service", _SERVICE)
        # What is lent must not be hidden by an empty /tmp.
        (self.root / _UNITS / "tmp.mount").symlink_to("/dev/null")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["umount", str(self.root)], check=True)
        subprocess.run(["umount", str(self._folder)], check=True)

    def write(self, path: Path | str, text: str, mode: int = 0o644) -> None:
        """Put a file into it."""
        target = self.root / str(path).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def run(self, script: str) -> str:
        """Boot, run the script as root, switch off; return what it printed."""
        self.write("/trial/script", script)
        lent = [f"--bind-ro={place}:{inside}" for inside, place in self._lends.items()]
        done = subprocess.run(
            [
                "systemd-nspawn",
                "--quiet",
                "--register=no",
                "--keep-unit",
                "--link-journal=no",
                # A service in it may be kept from devices by a program in the kernel.
                "--capability=all",
                "--system-call-filter=bpf",
                "--private-network",
                f"--uuid={uuid.uuid4().hex}",
                f"--directory={self.root}",
                *lent,
                "--boot",
                "--",
                "--unit=trial.target",
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            timeout=500,
            check=False,
        )
        output = self.root / "trial/output"
        assert output.is_file(), f"the machine did not boot: {(done.stdout + done.stderr).decode(errors='replace')}"
        return output.read_text(encoding="utf-8", errors="replace")
