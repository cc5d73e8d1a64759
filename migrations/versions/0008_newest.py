"""An index of what is public, the newest first, whatever its type."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NAME = "ix_publication_open_newest"
IS_OPEN = sa.text("ended_position is null")  # noqa: TID251  # plain SQL


def upgrade() -> None:
    op.create_index(
        NAME,
        "publication",
        ["locale", "published_at", "entry_id"],
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )


def downgrade() -> None:
    op.drop_index(NAME, "publication")
