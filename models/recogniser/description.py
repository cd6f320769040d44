"""The one writer of model.toml, which says what lies in a model's folder; the product reads it (model_folder.py)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from smartradio.listening.recognisers.model_folder import DESCRIPTION, LANGUAGE_MODEL, Description

VERSION = 1


def write_description(folder: Path, description: Description) -> None:
    """Write `description` into the folder; how words are found stands there if a language model does."""
    voices = ", ".join(f'"{voice}"' for voice in description.calibrated_voices)
    lines = [
        "# Written by models/recogniser; figures and how they were come by: models/recogniser/figures.md.",
        f"recipe_version = {VERSION}",
        f'sha256 = "{description.sha256}"',
    ]
    if description.language_model_sha256 is not None:
        lines.append(f'language_model_sha256 = "{description.language_model_sha256}"')
    lines += [
        f'language = "{description.language}"',
        f"frame_s = {description.frame_s}",
        f"stride = {description.stride}",
        "# Voices whose posteriors were measured; for others the recogniser says that it does not know.",
        f"calibrated_voices = [{voices}]",
    ]
    if description.language_model_sha256 is not None:
        settings = description.decoding.model_dump()
        lines += ["", "[decoding]", *(f"{name} = {value}" for name, value in settings.items())]
    (folder / DESCRIPTION).write_text("\n".join(lines) + "\n", encoding="utf-8")


def held_description(folder: Path) -> Description | None:
    """Return what the folder's model.toml says, None where there is none yet."""
    path = folder / DESCRIPTION
    return Description.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def kept_language_model(folder: Path) -> dict[str, object]:
    """Return what model.toml says of the language model: nothing once the file is gone, its hash as it was told.

    A file that has changed under its hash stays refused by the product, whatever weights come beside it.
    """
    held = held_description(folder)
    if held is None or held.language_model_sha256 is None or not (folder / LANGUAGE_MODEL).is_file():
        return {}
    return {"language_model_sha256": held.language_model_sha256, "decoding": held.decoding}
