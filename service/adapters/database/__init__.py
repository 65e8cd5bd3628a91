"""The database: SQLAlchemy 2 on a SQLite file or on PostgreSQL.

    upgrade("sqlite:////var/lib/sluis/sluis.db")     # or postgresql+psycopg://user@host/name
    database = SqlDatabase(url, random_bytes=randomness.key)
    with database.begin() as uow:                    # on SQLite: the write lock, now
        uow.rounds.add(round_, wrapped_key)
        uow.commit(event)                            # both or neither; leaving without it rolls back
    with database.look() as uow:                     # reads one moment; cannot write
        uow.rounds.get("beds-2019")
    database.dispose()

A transaction that was refused (Conflict by a constraint, Unavailable) is dead: leave it and begin another.
Where to find what: `tables` (constraints), `columns` (types), `refusals` (which error means what), `engine` (how
each database is set), `revisions` (migrations), one module per repository, `database` (the unit of work).
"""

from service.adapters.database.database import SqlDatabase, SqlUnitOfWork
from service.adapters.database.engine import Patience
from service.adapters.database.refusals import RowRefused
from service.adapters.database.revisions import current, downgrade, head, migrations_directory, upgrade

__all__ = [
    "Patience",
    "RowRefused",
    "SqlDatabase",
    "SqlUnitOfWork",
    "current",
    "downgrade",
    "head",
    "migrations_directory",
    "upgrade",
]
