"""Files people bring to a bulletin: opened in a child process, sounds kept on the shelf, Word files as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from smartradio.domain.errors import BadInputError
from smartradio.station.objects import Objects
from smartradio.station.studio import TakenSound
from smartradio.supervised import SupervisedWorker, WorkerError, WorkerTimeoutError

MAX_SOUND_BYTES: Final = 200_000_000
"""The largest sound file that is opened."""
MAX_DOCUMENT_BYTES: Final = 20_000_000
_OPENING_S: Final = 120.0
_START_S: Final = 30.0
_LONGEST_NAME: Final = 80


class BringingIn:
    """Opens one file at a time in a child of its own, which ends with it. Methods block."""

    def __init__(self, objects: Objects, *, opening_s: float = _OPENING_S) -> None:
        self._objects = objects
        self._opening_s = opening_s

    def sound(self, path: Path, name: str) -> TakenSound:
        """Check a sound file and keep it as FLAC of one channel at 16 kHz; BadInputError, then nothing is kept."""
        told, flac = self._opened("sound", path, name, MAX_SOUND_BYTES)
        warnings, duration_s = told["warnings"], told["duration_s"]
        assert isinstance(warnings, list)
        assert isinstance(duration_s, float)
        return TakenSound(self._objects.put(flac), duration_s, tuple(str(line) for line in warnings))

    def document(self, path: Path, name: str) -> str:
        """Return the text of a .docx or .txt file; BadInputError in one line that names it."""
        return self._opened("document", path, name, MAX_DOCUMENT_BYTES)[1].decode()

    def _opened(self, kind: str, path: Path, name: str, most_bytes: int) -> tuple[Mapping[str, object], bytes]:
        name = name_of_file(name)
        size_bytes = path.stat().st_size
        if size_bytes > most_bytes:
            raise BadInputError(f"{name}: has {size_bytes / 1e6:.0f} MB, at most {most_bytes / 1e6:.0f} are taken")
        worker = SupervisedWorker(
            "smartradio.speech.bringing_worker", name="files brought in", start_timeout_s=_START_S
        )
        try:
            told, content = worker.call({"kind": kind, "path": str(path), "name": name}, timeout_s=self._opening_s)
        except WorkerTimeoutError as error:
            line = f"{name}: could not be opened within {self._opening_s:g} s: save it as MP3, or shorter"
            raise BadInputError(line) from error
        except WorkerError as error:
            raise BadInputError(f"{name}: is damaged so badly that it cannot be opened; save it again") from error
        finally:
            worker.close()
        if "fault" in told:
            raise BadInputError(str(told["fault"]))
        return told, content


def name_of_file(name: str) -> str:
    """Return a file's name as people may be shown it: its last part, printable, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(character for character in last if character.isprintable()).strip()
    return shown[-_LONGEST_NAME:] or "tệp"
