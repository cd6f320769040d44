"""The same airings as JSON, for scripts; behind the same login."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, Response

from smartradio.web.access import needs
from smartradio.web.console import Console
from smartradio.web.rights import Right


def as_json(value: Any) -> Any:
    """Return plain JSON values of a view: dataclasses by field, instants in ISO 8601, enums by value."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): as_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple, frozenset)):
        return [as_json(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def add_api(app: FastAPI, console: Console) -> None:
    """Put the JSON API on the app."""

    @app.get("/api/airings", dependencies=[needs(Right.LOOK)])
    async def airings(newest: Annotated[int, Query(ge=1, le=500)] = 50) -> Response:
        return JSONResponse({"airings": as_json(await asyncio.to_thread(console.desk.board, newest))})

    @app.get("/api/airings/{airing_id}", dependencies=[needs(Right.LOOK)])
    async def airing(airing_id: str) -> Response:
        view = await console.airing(airing_id)
        if view is None:
            return JSONResponse({"error": f"there is no airing {airing_id}"}, status_code=404)
        return JSONResponse(as_json(view))
