"""Where models lie and where the list of them is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from smartradio.domain.errors import SmartradioError

_HERE = Path(__file__).resolve()


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of installed models: SMARTRADIO_MODELS, or `smartradio/models` in the user's data folder.

    A service that runs as nobody in particular has no such folder, and its state below /var/lib.
    A model lies in a folder of its name; names that begin with a dot are half-done and no models.
    Source of the default: XDG Base Directory Specification 0.8.
    """
    chosen = environment.get("SMARTRADIO_MODELS")
    if chosen:
        return Path(chosen)
    data = environment.get("XDG_DATA_HOME", "")
    # A relative path there is invalid and to be ignored, says the specification.
    try:
        home = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    except RuntimeError:  # neither HOME nor an entry in the list of users
        home = Path("/var/lib")
    return home / "smartradio" / "models"


def built_in_catalogue() -> Path:
    """Return the shipped list, in an installed package or in a checkout; raises SmartradioError."""
    for folder in (_HERE.parents[1] / "models", _HERE.parents[2] / "models"):
        if (folder / "catalogue.toml").is_file():
            return folder / "catalogue.toml"
    raise SmartradioError("models/catalogue.toml is missing; install smartradio again")
