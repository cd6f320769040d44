"""A station's database as an earlier program left it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from smartradio.station.store.database import FILE_NAME, _config


def store_of_shape(folder: Path, revision: str, statements: Sequence[str] = ()) -> None:
    """Make a database of this shape, with the rows that the statements insert."""
    engine = create_engine(f"sqlite:///{folder / FILE_NAME}")
    try:
        with engine.begin() as connection:
            command.upgrade(_config(connection), revision)
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
