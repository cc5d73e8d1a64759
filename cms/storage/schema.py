"""The schema of a database: its revision, compared with that of this version."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from cms.errors import DatabaseError
from cms.storage.database import Database

# Prefix of the names of indexes over fields, which are declared by sites, not by tables.
OF_FIELDS = "ix_field_"

_PACKAGED = Path(__file__).parents[1] / "_migrations"
_IN_REPOSITORY = Path(__file__).parents[2] / "migrations"
MIGRATIONS = _PACKAGED if _PACKAGED.exists() else _IN_REPOSITORY

# The table in which Alembic keeps the revision.
_ALEMBIC = table("alembic_version", column("version_num"))


async def check_migrated(database: Database) -> None:
    """Check that the database has the schema of this version.

    Raises:
        DatabaseError: if it does not, or cannot be reached.
    """
    async with database.reading() as session:
        connection = await session.connection()
        current = await connection.run_sync(known_revision)
    newest = revisions()[-1]
    if current is None:
        raise DatabaseError("the database has not been migrated yet; run: copydesk migrate")
    if current != newest:
        raise DatabaseError(
            f"the database is at revision {current}, but this version needs {newest}; "
            "run: copydesk migrate"
        )


def known_revision(connection: Connection) -> str | None:
    """Return the schema revision of the database; ``None`` before the first.

    Raises:
        DatabaseError: if this version does not know the revision.
    """
    if not inspect(connection).has_table(_ALEMBIC.name):
        return None
    stored = set(connection.scalars(select(_ALEMBIC.c.version_num)))
    if unknown := sorted(stored - {*revisions()}):
        raise DatabaseError(
            f"the database is newer than this version, which does not know its revision "
            f"{', '.join(unknown)}; install a newer version"
        )
    return max(stored, default=None)


def revisions() -> list[str]:
    """Return the revisions of this version in order.

    They are read from the names of the files, since loading Alembic takes longer than the check.
    """
    files = (MIGRATIONS / "versions").glob("*_*.py")
    return sorted(each.name.partition("_")[0] for each in files)
