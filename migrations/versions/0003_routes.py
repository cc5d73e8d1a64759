"""Indexes for what stood at a path, and for what changed between two positions."""

from __future__ import annotations

from alembic import op

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
    for name, columns in INDEXES.items():
        op.create_index(name, "publication", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "publication")
