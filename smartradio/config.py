"""Settings from a TOML file, each overridable from the environment.

`SMARTRADIO_STATION_TITLE=...` overrides `title` of a station's file, `SMARTRADIO_NODE_LINK__HOST=...` overrides
`host` in the `[link]` table of a node's: two underscores go one level down.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from smartradio.domain.errors import BadInputError

S = TypeVar("S", bound=BaseModel)
_FIELD = re.compile(r'field "(\w+)"')


def read_toml(path: Path) -> dict[str, Any]:
    """Read a settings file; a missing or broken one raises BadInputError with its place."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{path}: is not TOML: {error}") from error


def load_settings(kind: type[S], path: Path | None, *, prefix: str) -> S:
    """Return settings of a kind from file and environment; the environment wins.

    `prefix` is the environment's, such as "SMARTRADIO_NODE_". Raises BadInputError with one line that names the
    file and the field.
    """
    file_values = read_toml(path) if path is not None else {}
    for variable in os.environ:
        setting = variable.removeprefix(prefix).partition("__")[0].lower()
        if variable.startswith(prefix) and setting not in kind.model_fields:
            raise BadInputError(f"environment {variable}: no such setting")

    class FromFileAndEnvironment(kind, BaseSettings):  # type: ignore[valid-type,misc]
        model_config = SettingsConfigDict(env_prefix=prefix, env_nested_delimiter="__", extra="forbid", frozen=True)

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, InitSettingsSource(settings_cls, file_values)

    source = str(path) if path is not None else "environment"
    try:
        loaded = FromFileAndEnvironment()
    except ValidationError as error:
        raise BadInputError(f"{source}: {first_fault(error)}") from error
    except SettingsError as error:
        named = _FIELD.search(str(error))
        variable = prefix + (named.group(1).upper() if named else "*")
        raise BadInputError(f"environment {variable}: cannot be read as this setting's value") from error
    return kind.model_validate({name: getattr(loaded, name) for name in kind.model_fields})


def first_fault(error: ValidationError) -> str:
    """Return one line for the first of a validation's faults: the field's path and what is wrong."""
    fault = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "settings"
    said = fault["msg"]
    if fault["type"] == "extra_forbidden":
        said = "no such setting"
    more = error.error_count() - 1
    return f"{where}: {said}" + (f" (and {more} more)" if more else "")


def to_toml(values: Mapping[str, Any]) -> str:
    """Write plain settings as TOML: scalars first, then tables; a JSON string is a TOML string."""

    def scalar(value: Any) -> str:
        if isinstance(value, list | tuple):
            return "[" + ", ".join(scalar(item) for item in value) + "]"
        return json.dumps(value, ensure_ascii=False)

    def table(values: Mapping[str, Any], path: str) -> list[str]:
        lines: list[str] = []
        inner: list[str] = []
        for name, value in values.items():
            at = f"{path}.{name}" if path else name
            if isinstance(value, Mapping):
                inner += ["", f"[{at}]", *table(value, at)]
            elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
                for item in value:
                    inner += ["", f"[[{at}]]", *table(item, at)]
            elif value is not None:
                lines.append(f"{name} = {scalar(value)}")
        return lines + inner

    return "\n".join(table(values, "")) + "\n"
