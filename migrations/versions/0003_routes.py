"""What a translation is of; indexes for routes, and for changes between two positions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cms.storage.dialects import Key

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_publication_path": ["path", "locale"],
    "ix_publication_position": ["position"],
    "ix_publication_ended_position": ["ended_position"],
}


def upgrade() -> None:
    op.add_column("revision", sa.Column("translated_from", Key, nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "publication", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "publication")
    op.drop_column("revision", "translated_from")
