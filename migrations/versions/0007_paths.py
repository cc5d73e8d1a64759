"""Indexes of paths without the rows that have none."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Where most rows have no path, SQLite takes an index that holds them for one that tells few rows
# apart, and scans the table for any path.
HAS_PATH = "path is not null"
IS_OPEN = "ended_position is null"
WITH_PATHS = {
    "ix_revision_path": HAS_PATH,
    "ix_publication_path": HAS_PATH,
    "uq_publication_open_path": f"{IS_OPEN} and {HAS_PATH}",
}
WITH_ALL = {
    "ix_revision_path": None,
    "ix_publication_path": None,
    "uq_publication_open_path": IS_OPEN,
}


def upgrade() -> None:
    _remake(WITH_PATHS)


def downgrade() -> None:
    _remake(WITH_ALL)


def _remake(conditions: Mapping[str, str | None]) -> None:
    _index("ix_revision_path", "revision", ["path"], conditions)
    _index("ix_publication_path", "publication", ["path", "locale"], conditions)
    _index("uq_publication_open_path", "publication", ["locale", "path"], conditions)


def _index(name: str, table: str, columns: list[str], conditions: Mapping[str, str | None]) -> None:
    condition = conditions[name]
    where = sa.text(condition) if condition else None  # noqa: TID251  # plain SQL
    op.drop_index(name, table)
    op.create_index(
        name,
        table,
        columns,
        unique=name.startswith("uq_"),
        sqlite_where=where,
        postgresql_where=where,
    )
