"""Wheels as firmware/install takes them: a node's own, and one that installs and does not start."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).parents[2]
CONSTRAINTS = ROOT / "constraints.txt"


def pip(*arguments: str, **environment: str) -> None:
    """Run pip; its complaint is the failure's text."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, **environment}
    )
    assert done.returncode == 0, done.stderr


def build_for_a_node(folder: Path) -> Path:
    """Build the wheel that a node installs."""
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT), SMARTRADIO_BUILD="node")
    (wheel,) = folder.glob("smartradio-*.whl")
    return wheel


# Takes no settings, whatever stands in them.
PICKY = {
    "smartradio/config.py": (
        "from smartradio.domain.errors import SmartradioError\n"
        "def load_settings(kind, path, prefix):\n"
        '    raise SmartradioError("volume_db: no such setting")\n'
    ),
    "smartradio/domain/__init__.py": "",
    "smartradio/domain/errors.py": "class SmartradioError(Exception): ...\n",
    "smartradio/node/settings.py": "class NodeSettings: ...\n",
}


def broken_release(folder: Path, more: Mapping[str, str] = MappingProxyType({})) -> None:
    """Make a smartradio 9 that installs like any other and ends at once when it is started."""
    files = dict(more) | {
        "smartradio/__init__.py": '__version__ = "9"\n',
        "smartradio/node/__init__.py": "",
        "smartradio/node/run.py": "",
        "smartradio/broken.py": 'def main():\n    raise SystemExit("this release is broken")\n',
        "sounddevice.py": "",
        "smartradio-9.dist-info/METADATA": "Metadata-Version: 2.1\nName: smartradio\nVersion: 9\n",
        "smartradio-9.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "smartradio-9.dist-info/entry_points.txt": "[console_scripts]\nsmartradio = smartradio.broken:main\n",
    }
    record = [f"{name},sha256={_hash(text)},{len(text.encode())}" for name, text in files.items()]
    files["smartradio-9.dist-info/RECORD"] = "\n".join([*record, "smartradio-9.dist-info/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / "smartradio-9-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
