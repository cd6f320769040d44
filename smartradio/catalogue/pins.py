"""What was installed, byte for byte: `lock.toml` in the models folder, first seen, kept from then on."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from smartradio.catalogue.entries import ModelFile
from smartradio.domain.errors import BadInputError
from smartradio.files import write_whole

LOCK_FILE = "lock.toml"

_HEAD = """# Written by `smartradio models install`: what was installed, where from, and its SHA-256 when first seen.
# A later install or verify that finds other bytes is refused. To take a maker's new version on purpose,
# remove its entries here.
"""


class Pin(BaseModel):
    """One file as it was first seen. `file` is a path in the model's folder; `inside` the zip it came out of.

    The zip itself is pinned too, with `packed` set: it is not kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    file: str
    address: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]
    installed: AwareDatetime
    packed: bool = False
    inside: str = ""


class _LockFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    file: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """The SHA-256 that a file must have, and who says so ("the catalogue")."""

    sha256: str
    by: str


class Pins:
    """All pins of a models folder. Raises BadInputError for a lock file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LOCK_FILE
        self._pins = _read(self._path)

    @property
    def path(self) -> Path:
        """The lock file."""
        return self._path

    def of(self, model: str) -> tuple[Pin, ...]:
        """Return a model's pins; none for a model never installed."""
        return tuple(pin for pin in self._pins if pin.model == model)

    def brought(self, model: str, file: str) -> Pin | None:
        """Return the pin of a file as it is brought (a zip as a zip); None for one never seen."""
        return next((pin for pin in self.of(model) if pin.file == file and not pin.inside), None)

    def known(self, model: str, file: ModelFile) -> Known | None:
        """Return what a file must be; None where neither catalogue nor lock file has one."""
        if file.sha256 is not None:
            return Known(file.sha256, "the catalogue's")
        pin = self.brought(model, file.name)
        if pin is None:
            return None
        return Known(pin.sha256, f"the one first installed on {pin.installed.date().isoformat()} ({self._path})")

    def installed_at(self, model: str) -> datetime | None:
        """Return when a model was last installed."""
        return max((pin.installed for pin in self.of(model)), default=None)

    def keep(self, model: str, pins: Iterable[Pin]) -> None:
        """Replace a model's pins, on the disk before this returns; raises OSError."""
        self._pins = tuple(pin for pin in self._pins if pin.model != model) + tuple(pins)
        write_whole(self._path, _toml(self._pins).encode())


def _read(path: Path) -> tuple[Pin, ...]:
    mend = "put back a copy, or remove it and install each model again"
    try:
        return _LockFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).file
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInputError(f"{path}: is not TOML ({error}): {mend}") from error
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in fault["loc"])
        raise BadInputError(f"{path}: {where}: {fault['msg']}: {mend}") from error


def _toml(pins: Iterable[Pin]) -> str:
    tables = [_HEAD]
    for pin in pins:
        lines = ["[[file]]"]
        for name, value in pin.model_dump(exclude_defaults=True).items():
            lines.append(f"{name} = {_scalar(value)}")
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
