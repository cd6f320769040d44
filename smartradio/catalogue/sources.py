"""Where a model's files come from: the internet, or a stick that somebody brought."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from smartradio.catalogue.download import Patience, Progress, download
from smartradio.catalogue.entries import Model, ModelFile
from smartradio.catalogue.pins import Known
from smartradio.catalogue.unpacking import is_archive, take_files
from smartradio.domain.errors import BadInputError, SmartradioError

_CHUNK = 1 << 20


class Source(Protocol):
    """Brings a model's files."""

    @property
    def resumes(self) -> bool:
        """Whether what was brought before a failure is of use to the next try."""
        ...

    def bring(
        self, model: Model, known: Mapping[str, Known | None], folder: Path, progress: Progress
    ) -> Mapping[str, str]:
        """Put every file of a model into a folder under its name; return where each came from.

        Sizes are bounded; hashes are the installer's to check. Raises BadInputError or SmartradioError.
        """
        ...


class FromInternet:
    """Downloads from the addresses of the catalogue."""

    resumes = True

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()

    def bring(
        self, model: Model, known: Mapping[str, Known | None], folder: Path, progress: Progress
    ) -> Mapping[str, str]:
        """See `Source`."""
        for file in model.files:
            download(file, known[file.name], folder, progress, self._patience)
        return {file.name: file.address for file in model.files}


class FromFile:
    """Takes the files from a disk: one file, a folder of them, or a .zip or .tar.gz of them. No network is touched."""

    resumes = False

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise BadInputError(f"{path}: there is no such file or folder")
        if not (path.is_file() or path.is_dir()):
            # A pipe or device has no end, and its reader would hold the models folder for as long.
            raise BadInputError(f"{path}: is neither a file nor a folder")
        self._path = path

    def bring(
        self,
        model: Model,
        known: Mapping[str, Known | None],  # noqa: ARG002 - the installer checks
        folder: Path,
        progress: Progress,
    ) -> Mapping[str, str]:
        """See `Source`."""
        try:
            if self._path.is_dir():
                found = self._from_folder(model)
            elif len(model.files) == 1 and not self._holds(model):
                found = {model.files[0].name: self._path}
            elif is_archive(self._path):
                return self._from_archive(model, folder)
            else:
                names = ", ".join(file.name for file in model.files)
                line = f"{self._path}: {model.name} has several files: give a folder or a .zip of them ({names})"
                raise BadInputError(line)
            for file in model.files:
                _copy(found[file.name], folder / file.name, file, progress)
        except OSError as error:
            raise SmartradioError(f"{error.filename or self._path}: {error.strerror or error}") from error
        return {name: str(path.absolute()) for name, path in found.items()}

    def _holds(self, model: Model) -> bool:
        """Say whether a model of one file lies packed once more, as a download manager may leave it."""
        file = model.files[0]
        right_size = file.least_bytes <= self._path.stat().st_size <= file.most_bytes
        return is_archive(self._path) and not (file.unpack and (right_size or self._path.name == file.name))

    def _from_folder(self, model: Model) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for file in model.files:
            for path in (self._path / file.name, self._path / model.name / file.name):
                if path.is_file():
                    found[file.name] = path
                    break
        _all_there(self._path, model, found)
        return found

    def _from_archive(self, model: Model, folder: Path) -> dict[str, str]:
        found = take_files(self._path, {file.name: file.most_bytes for file in model.files}, folder)
        _all_there(self._path, model, found)
        return dict.fromkeys(found, str(self._path.absolute()))


def _all_there(path: Path, model: Model, found: Mapping[str, Path] | list[str]) -> None:
    missing = [file.name for file in model.files if file.name not in found]
    if missing:
        raise BadInputError(f"{path}: {', '.join(missing)} of {model.name} is missing there")


def _copy(source: Path, target: Path, file: ModelFile, progress: Progress) -> None:
    size = source.stat().st_size
    if not file.least_bytes <= size <= file.most_bytes:
        expected = file.size if file.size is not None else f"about {file.about}"
        raise BadInputError(f"{source}: another file than {file.name}: {size} bytes instead of {expected}")
    done = 0
    with source.open("rb") as data, target.open("xb") as out:
        while chunk := data.read(min(_CHUNK, file.most_bytes + 1 - done)):
            out.write(chunk)
            done += len(chunk)
            progress(file.name, done, size)
