"""The migrations make what the tables say, on both databases, and can be taken back."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from service.adapters.database import SqlDatabase, current, downgrade, head, migrations_directory, upgrade
from service.adapters.database.engine import open_migrating_engine
from service.adapters.database.revisions import alembic_config
from service.adapters.database.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres").empty_database()


@pytest.fixture
def second_url(empty_url: str, request: pytest.FixtureRequest) -> str:
    if empty_url.startswith("sqlite"):
        return empty_url.replace("empty.db", "second.db")
    return request.getfixturevalue("postgres").empty_database()


def definitions(connection: Connection) -> set[str]:
    """Every table, constraint and index as the database itself writes it down; triggers are only in migrations."""
    if connection.dialect.name == "sqlite":
        written = connection.scalars(text("SELECT sql FROM sqlite_master WHERE type <> 'trigger' AND sql IS NOT NULL"))
        return {_sorted_parts(sql) for sql in written if "alembic_version" not in sql}
    queries = (
        """
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
        """,
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
        """
        SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, collation_name, column_default)
        FROM information_schema.columns WHERE table_schema = 'public'
        """,
    )
    found = {line for query in queries for line in connection.scalars(text(query))}
    return {line for line in found if "alembic_version" not in line}


def _sorted_parts(sql: str) -> str:
    """The statement with what stands between its brackets in a fixed order: that of constraints does not matter."""
    head_, body, tail = re.fullmatch(r"([^(]+)\((.*)\)([^)]*)", re.sub(r'[\s"]+', " ", sql)).groups()
    return f"{head_} ({', '.join(sorted(part.strip() for part in body.split(',')))}) {tail}"


def test_tables_and_migrations_agree(empty_url: str, second_url: str) -> None:
    upgrade(empty_url)
    with open_migrating_engine(empty_url).connect() as migrated:
        assert compare_metadata(MigrationContext.configure(migrated), metadata) == []
        from_migrations = definitions(migrated)
    with open_migrating_engine(second_url).begin() as connection:
        metadata.create_all(connection)
        from_tables = definitions(connection)
    assert from_migrations == from_tables
    assert len(from_tables) > len(metadata.tables)


def test_back_to_base_leaves_nothing(empty_url: str) -> None:
    upgrade(empty_url)
    downgrade(empty_url, "base")
    with open_migrating_engine(empty_url).connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        if connection.dialect.name == "sqlite":
            left = "SELECT name FROM sqlite_master WHERE tbl_name <> 'alembic_version'"
        else:
            left = "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.scalars(text(left)).all() == []
    assert current(empty_url) is None
    upgrade(empty_url)
    assert current(empty_url) == head()


def test_back_with_data_in_it(empty_url: str) -> None:
    from test_database_guards import a_drawing, a_public_copy, a_release, an_event, prepare

    upgrade(empty_url)
    database = SqlDatabase(empty_url, random_bytes=bytes)
    with database.begin() as uow:
        prepare(uow)
        uow.releases.add(a_release())
        uow.drawings.add(a_drawing())
        uow.public_figures.add(a_public_copy())
        uow.commit(an_event())
    database.dispose()
    downgrade(empty_url, "base")
    assert current(empty_url) is None


def test_every_step_goes_up_and_down(empty_url: str) -> None:
    steps = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]
    for revision in steps:
        upgrade(empty_url, revision)
        assert current(empty_url) == revision
    for revision in [*steps[-2::-1], "base"]:
        downgrade(empty_url, revision)
    assert current(empty_url) is None


def test_upgrading_again_or_together_does_nothing_more(empty_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(upgrade, [empty_url] * 2)) == [None, None]
    upgrade(empty_url)
    assert current(empty_url) == head()


def test_ready_means_at_the_newest_migration(empty_url: str) -> None:
    database = SqlDatabase(empty_url, random_bytes=bytes)
    assert not database.ready()
    upgrade(empty_url, "2026_11_22_first_tables")
    assert not database.ready()
    upgrade(empty_url)
    assert database.ready()
    database.dispose()


def test_migrations_are_named_by_date_and_topic() -> None:
    assert (migrations_directory() / "env.py").is_file()
    scripts = sorted((migrations_directory() / "versions").glob("*.py"))
    for script in scripts:
        assert re.fullmatch(r"\d{4}_\d{2}_\d{2}_[a-z_]+\.py", script.name)
        assert f'revision = "{script.stem}"' in script.read_text()
        assert len(script.stem) <= 32, "alembic keeps 32 characters"
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [head()]


def test_every_migration_file_leaves_the_models_alone() -> None:
    """A migration says what happened then; it may not change with the code."""
    for script in (migrations_directory() / "versions").glob("*.py"):
        assert "service" not in re.findall(r"^(?:from|import) (\w+)", script.read_text(), re.MULTILINE)
