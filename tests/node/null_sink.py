"""A PulseAudio server of its own with a two-channel null sink, whose monitor hears what two nodes play."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

ASOUNDRC = """\
pcm.left { type pulse device left }
pcm.right { type pulse device right }
pcm.mic { type pulse device spk.monitor }
"""
# An ALSA route over the pulse plugin never asks for samples; PulseAudio's own remapping does.
MODULES = (
    "module-native-protocol-unix",
    "module-null-sink sink_name=spk rate=48000 channels=2 channel_map=front-left,front-right",
    *(
        f"module-remap-sink sink_name={side} master=spk channels=1 remix=no"
        f" channel_map=front-{side} master_channel_map=front-{side}"
        for side in ("left", "right")
    ),
)


class NullSink:
    """Device names for PortAudio: outputs `left` and `right` (one channel each), input `mic` (the monitor).

    `environment` is what a child process needs to find the server. Two players on the two channels of one
    sink are recorded by one stream, so their distance in time is exact.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, parents=True)
        (folder / ".asoundrc").write_text(ASOUNDRC)
        self.environment = dict(os.environ) | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(runtime),
            "PULSE_RUNTIME_PATH": str(runtime / "pulse"),
        }
        self._server: subprocess.Popen[bytes] | None = None

    @staticmethod
    def missing() -> str | None:
        """Return what is not installed, or None."""
        absent = [program for program in ("pulseaudio", "pactl") if shutil.which(program) is None]
        return f"not installed: {', '.join(absent)}" if absent else None

    def start(self) -> None:
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit"]
        command += ["--log-target=stderr", *(word for module in MODULES for word in ("-L", module))]
        with (self.folder / "pulse.log").open("wb") as log:
            self._server = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=log)
        deadline = time.monotonic() + 15
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline or self._server.poll() is not None:
                raise RuntimeError(f"PulseAudio did not start: {(self.folder / 'pulse.log').read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait(5)
