"""Alembic's entry: runs the steps on the connection that the store hands in, in its transaction."""

from __future__ import annotations

from alembic import context

from smartradio.station.store.tables import metadata

# All steps or none: a power cut in the middle leaves the old shape.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
