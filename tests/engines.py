"""One set of compiled statements for the databases of all tests."""

from __future__ import annotations

from sqlalchemy import Engine

from cms.storage.database import Database

# The first engine that has connected, by kind of database and use.
_FIRST: dict[tuple[str, str], Engine] = {}


def share_compiled_statements(database: Database) -> None:
    """Let the engines of a database use statements that those of another one have compiled.

    SQLAlchemy keeps compiled statements for each engine and its dialect, and a test has engines of
    its own. Without this, a quarter of a test's time is spent on compiling.
    """
    engines = {
        "writing": database.engine.sync_engine,
        "reading": database._reading.sync_engine,
    }
    kind = database.engine.dialect.name
    for use, engine in engines.items():
        first = _FIRST.get((kind, use))
        # A dialect knows the server once its engine has connected.
        if first is None or getattr(first.dialect, "server_version_info", None) is None:
            _FIRST[kind, use] = engine
        else:
            engine.dialect = engine.pool._dialect = first.dialect
            engine._compiled_cache = first._compiled_cache
