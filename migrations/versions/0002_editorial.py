"""Accounts that sign in, comments, change requests, attestations, and what makes writes safe."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from cms.storage.dialects import CLUSTERED, JsonDocument, Key, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "attestation", "client_mutation", "presence", "throttle", "comment", "look", "token",
    "change_request", "review_assignee", "edition_contributor",
)  # fmt: skip
COLUMNS = (
    ("account", "password_hash"),
    ("account", "disabled_at"),
    ("entry", "archived_at"),
    ("publication", "break_glass_reason"),
    ("review", "due_at"),
    ("revision", "is_autosave"),
    ("revision", "path"),
    ("role_grant", "revoked_at"),
)
# What is looked up by these columns, or has to be free of references before it is deleted.
INDEXES = {
    "ix_change_request_edition_id": ("change_request", ["edition_id", "digest"]),
    "ix_change_request_revision_id": ("change_request", ["revision_id"]),
    "ix_comment_thread_id": ("comment", ["thread_id"]),
    "ix_edition_head_id": ("edition", ["head_id"]),
    "ix_publication_entry_id": ("publication", ["entry_id"]),
    "ix_review_revision_id": ("review", ["revision_id"]),
    "ix_review_edition_id": ("review", ["edition_id", "requested_at"]),
    "ix_revision_created_at": ("revision", ["created_at"]),
    "ix_sign_off_review_id": ("sign_off", ["review_id"]),
    "ix_sign_off_revision_id": ("sign_off", ["revision_id"]),
}
FROZEN = ("change_request", "attestation")
# Rows that are closed once; these columns of theirs say when and how. Their triggers on SQLite
# name every other column, and so have to be made again when there are more.
CLOSED_BY = {
    "publication": ("ended_at", "ended_position"),
    "review": ("ended_at", "outcome"),
}


def upgrade() -> None:
    op.create_table(
        "attestation",
        _column("id", Key),
        _column("sequence", sa.BigInteger()),
        _column("hash", Key),
        _column("envelope", JsonDocument),
        sa.PrimaryKeyConstraint("id", name="pk_attestation"),
        sa.UniqueConstraint("sequence", name="uq_attestation_sequence"),
    )
    op.create_table(
        "client_mutation",
        _column("actor", Key),
        _column("key", Key),
        _column("input_digest", Key),
        _column("answer", JsonDocument),
        _column("answered_at", Moment()),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_client_mutation"),
    )
    op.create_table(
        "presence",
        _column("account_id", Key),
        _column("edition_id", Key),
        _column("field_path", Key, nullable=True),
        _column("seen_at", Moment()),
        sa.PrimaryKeyConstraint("account_id", "edition_id", name="pk_presence"),
    )
    op.create_table(
        "throttle",
        _column("name", Key),
        _column("since", Moment()),
        _column("count", sa.Integer()),
        sa.PrimaryKeyConstraint("name", name="pk_throttle"),
    )
    op.create_table(
        "comment",
        _column("id", Key),
        _column("edition_id", Key),
        _column("thread_id", Key, nullable=True),
        _column("body", Key),
        _column("author_id", Key),
        _column("created_at", Moment()),
        _column("field_path", Key, nullable=True),
        _column("start", sa.Integer(), nullable=True),
        _column("quote", Key, nullable=True),
        _column("before", Key, nullable=True),
        _column("after", Key, nullable=True),
        _column("resolved_at", Moment(), nullable=True),
        _column("resolved_by", Key, nullable=True),
        sa.CheckConstraint("(field_path is null) = (quote is null)", name="ck_comment_anchor"),
        sa.CheckConstraint(
            "(resolved_at is null) = (resolved_by is null)", name="ck_comment_resolved"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_comment_author_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_comment_edition_id"),
        sa.ForeignKeyConstraint(["resolved_by"], ["account.id"], name="fk_comment_resolved_by"),
        sa.ForeignKeyConstraint(["thread_id"], ["comment.id"], name="fk_comment_thread_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    op.create_index("ix_comment_edition_id", "comment", ["edition_id"])
    op.create_table(
        "look",
        _column("account_id", Key),
        _column("edition_id", Key),
        _column("revision_id", Key),
        _column("looked_at", Moment()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_look_account_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_look_edition_id"),
        sa.PrimaryKeyConstraint("account_id", "edition_id", name="pk_look"),
        **CLUSTERED,
    )
    op.create_table(
        "token",
        _column("id", Key),
        _column("account_id", Key),
        _column("kind", Key),
        _column("name", Key),
        _column("hash", Key),
        _column("scopes", JsonDocument, nullable=True),
        _column("revision_id", Key, nullable=True),
        _column("session_id", Key, nullable=True),
        _column("created_at", Moment()),
        _column("expires_at", Moment()),
        _column("last_used_at", Moment(), nullable=True),
        _column("revoked_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "kind in ('access', 'preview', 'refresh', 'service')", name="ck_token_kind"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_token_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
    )
    op.create_index("ix_token_account_id", "token", ["account_id"])
    op.create_index("ix_token_session_id", "token", ["session_id"])
    op.create_table(
        "change_request",
        _column("id", Key),
        _column("review_id", Key),
        _column("edition_id", Key),
        _column("revision_id", Key),
        _column("digest", Key),
        _column("account_id", Key),
        _column("reason", Key),
        _column("requested_at", Moment()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_change_request_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_change_request_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name="fk_change_request_edition_id"
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_change_request_review_id"),
        sa.PrimaryKeyConstraint("id", name="pk_change_request"),
    )
    op.create_index("ix_change_request_review_id", "change_request", ["review_id"])
    op.create_table(
        "review_assignee",
        _column("review_id", Key),
        _column("account_id", Key),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_review_assignee_account_id"
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_review_assignee_review_id"),
        sa.PrimaryKeyConstraint("review_id", "account_id", name="pk_review_assignee"),
        **CLUSTERED,
    )
    op.create_table(
        "edition_contributor",
        _column("edition_id", Key),
        _column("account_id", Key),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_edition_contributor_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name="fk_edition_contributor_edition_id"
        ),
        sa.PrimaryKeyConstraint("edition_id", "account_id", name="pk_edition_contributor"),
        **CLUSTERED,
    )
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns)
    op.create_index("uq_account_person_id", "account", ["person_id"], unique=True)
    op.add_column("account", _column("password_hash", Key, nullable=True))
    op.add_column("account", _column("disabled_at", Moment(), nullable=True))
    op.add_column("entry", _column("archived_at", Moment(), nullable=True))
    op.add_column("publication", _column("break_glass_reason", Key, nullable=True))
    op.add_column("review", _column("due_at", Moment(), nullable=True))
    op.add_column("revision", _column("is_autosave", sa.Boolean(), server_default=sa.false()))
    op.add_column("revision", _column("path", Key, nullable=True))
    op.create_index("ix_revision_path", "revision", ["path"])
    op.add_column("role_grant", _column("revoked_at", Moment(), nullable=True))
    op.execute("insert into counter (name, value) values ('attestation', 0), ('taxonomy', 0)")
    _freeze()
    if not _is_postgresql():
        _close_once_anew()


def downgrade() -> None:
    op.execute("delete from counter where name in ('attestation', 'taxonomy')")
    if not _is_postgresql():
        for table in CLOSED_BY:
            op.execute(f"drop trigger {table}_close_once")
    op.drop_index("ix_revision_path", "revision")
    op.drop_index("uq_account_person_id", "account")
    for name, (table, _) in INDEXES.items():
        if table not in TABLES:
            op.drop_index(name, table)
    for table, column in COLUMNS:
        op.drop_column(table, column)
    for table in reversed(TABLES):
        op.drop_table(table)
    if not _is_postgresql():
        _close_once_anew()


def _column(
    name: str, kind: TypeEngine[Any], *, nullable: bool = False, server_default: Any = None
) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable, server_default=server_default)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _freeze() -> None:
    for table in FROZEN:
        if _is_postgresql():
            op.execute(
                f"create trigger {table}_frozen before update or delete on {table} "
                "for each row execute function copydesk_refuse_change()"
            )
            continue
        for action in ("update", "delete"):
            op.execute(
                f"create trigger {table}_no_{action} before {action} on {table} begin "
                f"select raise(abort, '{table} rows are history: no {action}'); end"
            )


def _close_once_anew() -> None:
    for table, closing in CLOSED_BY.items():
        columns = [row[1] for row in op.get_bind().exec_driver_sql(f"pragma table_info({table})")]
        same = " and ".join(f"old.{name} is new.{name}" for name in columns if name not in closing)
        op.execute(f"drop trigger if exists {table}_close_once")
        op.execute(
            f"create trigger {table}_close_once before update on {table} "
            f"when not ({same} and old.ended_at is null and new.ended_at is not null) begin "
            f"select raise(abort, '{table} rows are history: they can only be closed, once'); end"
        )
