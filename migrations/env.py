"""Runs the migrations on the connection that `service.adapters.database.revisions` opened."""

from __future__ import annotations

from alembic import context

from service.adapters.database.tables import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run migrations with `sluis db upgrade`, which opens the database as the service does")

context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
