"""The content model, from people and categories to publications and the audit chain."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

from cms.storage.dialects import CLUSTERED, JsonDocument, Key, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "audit_record", "category", "counter", "entry", "person", "tag", "account", "edition",
    "revision", "role_grant", "link", "publication", "review", "revision_tag", "sign_off",
)  # fmt: skip
# What history is made of: no row of these is ever changed, and most are never deleted.
FROZEN = {
    "revision": ("update",),
    "link": ("update",),
    "revision_tag": ("update",),
    "sign_off": ("update", "delete"),
    "audit_record": ("update", "delete"),
    "publication": ("delete",),
    "review": ("delete",),
}
# Rows that are closed once; these columns of theirs say when and how.
CLOSED_BY = {
    "publication": ("ended_at", "ended_position"),
    "review": ("ended_at", "outcome"),
}
# What belongs to a revision, and must not be added to or taken from one that was public or signed.
PARTS = ("link", "revision_tag")


def upgrade() -> None:
    op.create_table(
        "audit_record",
        _column("sequence", sa.BigInteger()),
        _column("recorded_at", Moment()),
        _column("actor", Key),
        _column("action", Key),
        _column("subject", Key, nullable=True),
        _column("outcome", Key),
        _column("detail", JsonDocument),
        _column("previous_hash", Key),
        _column("hash", Key),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_record"),
    )
    op.create_table(
        "category",
        _column("id", Key),
        _column("parent_id", Key, nullable=True),
        _column("slug", Key),
        _column("path", Key),
        _column("name", Key),
        _column("description", Key),
        _column("ordinal", sa.Integer()),
        _column("created_at", Moment()),
        sa.CheckConstraint("parent_id <> id", name="ck_category_no_loop"),
        sa.ForeignKeyConstraint(["parent_id"], ["category.id"], name="fk_category_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_category"),
        sa.UniqueConstraint("parent_id", "slug", name="uq_category_parent_id_slug"),
        sa.UniqueConstraint("path", name="uq_category_path"),
    )
    op.create_index("ix_category_ordinal", "category", ["parent_id", "ordinal"])
    _partial_index("uq_category_root_slug", "category", ["slug"], "parent_id is null", unique=True)
    op.create_table(
        "counter",
        _column("name", Key),
        _column("value", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "entry",
        _column("id", Key),
        _column("content_type", Key),
        _column("singleton", Key, nullable=True),
        _column("created_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("singleton", name="uq_entry_singleton"),
    )
    op.create_table(
        "person",
        _column("id", Key),
        _column("slug", Key),
        _column("name", Key),
        _column("bio", Key),
        _column("links", JsonDocument),
        _column("created_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("slug", name="uq_person_slug"),
    )
    op.create_table(
        "tag",
        _column("id", Key),
        _column("slug", Key),
        _column("name", Key),
        _column("created_at", Moment()),
        sa.PrimaryKeyConstraint("id", name="pk_tag"),
        sa.UniqueConstraint("slug", name="uq_tag_slug"),
    )
    op.create_table(
        "account",
        _column("id", Key),
        _column("email", Key),
        _column("person_id", Key, nullable=True),
        _column("created_at", Moment()),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
    )
    op.create_table(
        "edition",
        _column("id", Key),
        _column("entry_id", Key),
        _column("locale", Key),
        _column("head_id", Key, nullable=True),
        _column("created_at", Moment()),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_edition_entry_id"),
        *_head_constraint(),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint("entry_id", "locale", name="uq_edition_entry_id_locale"),
    )
    op.create_table(
        "revision",
        _column("id", Key),
        _column("edition_id", Key),
        _column("number", sa.Integer()),
        _column("title", Key),
        _column("title_key", Key),
        _column("slug", Key),
        _column("summary", Key),
        _column("category_id", Key, nullable=True),
        _column("content", JsonDocument),
        _column("rendered", JsonDocument),
        _column("anchors", JsonDocument),
        _column("digest", Key),
        _column("author_id", Key),
        _column("note", Key),
        _column("created_at", Moment()),
        sa.CheckConstraint("number >= 1", name="ck_revision_number_from_one"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_revision_author_id"),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_revision_category_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_revision_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("edition_id", "id", name="uq_revision_edition_id_id"),
        sa.UniqueConstraint("edition_id", "number", name="uq_revision_edition_id_number"),
    )
    op.create_index("ix_revision_category_id", "revision", ["category_id"])
    op.create_index("ix_revision_slug", "revision", ["slug"])
    op.create_table(
        "role_grant",
        _column("id", Key),
        _column("account_id", Key),
        _column("role", Key),
        _column("stage", Key, nullable=True),
        _column("content_type", Key, nullable=True),
        _column("category_id", Key, nullable=True),
        _column("created_at", Moment()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_role_grant_account_id"),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name="fk_role_grant_category_id"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
    )
    op.create_index("ix_role_grant_account_id", "role_grant", ["account_id"])
    op.create_table(
        "link",
        _column("revision_id", Key),
        _column("field_path", Key),
        _column("ordinal", sa.Integer()),
        _column("origin", Key),
        _column("kind", Key),
        _column("label", Key),
        _column("note", Key),
        _column("target_id", Key, nullable=True),
        _column("fragment", Key),
        _column("url", Key, nullable=True),
        sa.CheckConstraint("origin in ('field', 'inline', 'reference')", name="ck_link_origin"),
        sa.CheckConstraint("(target_id is null) <> (url is null)", name="ck_link_one_target"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_link_revision_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["target_id"], ["entry.id"], name="fk_link_target_id"),
        sa.PrimaryKeyConstraint("revision_id", "field_path", "ordinal", name="pk_link"),
        **CLUSTERED,
    )
    op.create_index("ix_link_target_id", "link", ["target_id", "revision_id"])
    op.create_table(
        "publication",
        _column("id", Key),
        _column("position", sa.BigInteger()),
        _column("entry_id", Key),
        _column("edition_id", Key),
        _column("revision_id", Key),
        _column("content_type", Key),
        _column("locale", Key),
        _column("path", Key, nullable=True),
        _column("category_id", Key, nullable=True),
        _column("first_published_at", Moment()),
        _column("published_at", Moment()),
        _column("published_by", Key),
        _column("ended_at", Moment(), nullable=True),
        _column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_position is null)", name="ck_publication_ended"
        ),
        sa.CheckConstraint("ended_position > position", name="ck_publication_ends_later"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name="fk_publication_category_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_publication_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_publication_edition_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_publication_entry_id"),
        sa.ForeignKeyConstraint(
            ["published_by"], ["account.id"], name="fk_publication_published_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
    )
    op.create_index("ix_publication_edition_id", "publication", ["edition_id", "position"])
    _partial_index(
        "ix_publication_open_category",
        "publication",
        ["locale", "content_type", "category_id", "published_at", "entry_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_type",
        "publication",
        ["locale", "content_type", "published_at", "entry_id"],
        "ended_position is null",
    )
    op.create_index("ix_publication_revision_id", "publication", ["revision_id"])
    _partial_index(
        "uq_publication_open_entry",
        "publication",
        ["entry_id", "locale"],
        "ended_position is null",
        unique=True,
    )
    _partial_index(
        "uq_publication_open_path",
        "publication",
        ["locale", "path"],
        "ended_position is null",
        unique=True,
    )
    _partial_index(
        "uq_publication_open_revision",
        "publication",
        ["revision_id"],
        "ended_position is null",
        unique=True,
    )
    op.create_table(
        "review",
        _column("id", Key),
        _column("edition_id", Key),
        _column("revision_id", Key),
        _column("stages", JsonDocument),
        _column("note", Key),
        _column("requested_by", Key),
        _column("requested_at", Moment()),
        _column("ended_at", Moment(), nullable=True),
        _column("outcome", Key, nullable=True),
        sa.CheckConstraint("(ended_at is null) = (outcome is null)", name="ck_review_ended"),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_review_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_review_edition_id"),
        sa.ForeignKeyConstraint(["requested_by"], ["account.id"], name="fk_review_requested_by"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
    )
    _partial_index(
        "uq_review_open_edition_id", "review", ["edition_id"], "ended_at is null", unique=True
    )
    op.create_table(
        "revision_tag",
        _column("revision_id", Key),
        _column("tag_id", Key),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_revision_tag_revision_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name="fk_revision_tag_tag_id"),
        sa.PrimaryKeyConstraint("revision_id", "tag_id", name="pk_revision_tag"),
        **CLUSTERED,
    )
    op.create_index("ix_revision_tag_tag_id", "revision_tag", ["tag_id", "revision_id"])
    op.create_table(
        "sign_off",
        _column("id", Key),
        _column("edition_id", Key),
        _column("revision_id", Key),
        _column("review_id", Key),
        _column("digest", Key),
        _column("stage", Key),
        _column("account_id", Key),
        _column("person_id", Key),
        _column("note", Key),
        _column("signed_at", Moment()),
        _column("expires_at", Moment()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_off_account_id"),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_sign_off_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_sign_off_edition_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_sign_off_person_id"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_sign_off_review_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_off"),
    )
    op.create_index("ix_sign_off_digest", "sign_off", ["edition_id", "digest"])
    op.create_index("ix_sign_off_person_id", "sign_off", ["person_id"])
    if _is_postgresql():
        op.create_foreign_key("fk_edition_head_id", "edition", "revision", ["head_id"], ["id"])
    op.execute("insert into counter (name, value) values ('position', 0), ('audit', 0)")
    _create_triggers()


def downgrade() -> None:
    if _is_postgresql():
        op.drop_constraint("fk_edition_head_id", "edition", type_="foreignkey")
    for table in reversed(TABLES):
        op.drop_table(table)
    if _is_postgresql():
        op.execute("drop function copydesk_refuse_change(), copydesk_close_once()")
        op.execute("drop function copydesk_keep_parts()")


def _column(name: str, kind: TypeEngine[Any], *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=nullable, autoincrement=False)


def _partial_index(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)  # noqa: TID251  # plain SQL, written above
    op.create_index(
        name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _head_constraint() -> list[sa.ForeignKeyConstraint]:
    """Return edition.head_id's constraint for a database that takes it before its target."""
    constraint = sa.ForeignKeyConstraint(["head_id"], ["revision.id"], name="fk_edition_head_id")
    return [] if _is_postgresql() else [constraint]


def _create_triggers() -> None:
    create = _create_postgresql_triggers if _is_postgresql() else _create_sqlite_triggers
    create()


def _create_sqlite_triggers() -> None:
    for table, actions in FROZEN.items():
        for action in actions:
            op.execute(
                f"create trigger {table}_no_{action} before {action} on {table} begin "
                f"select raise(abort, '{table} rows are history: no {action}'); end"
            )
    for table, closing in CLOSED_BY.items():
        columns = [row[1] for row in op.get_bind().exec_driver_sql(f"pragma table_info({table})")]
        same = " and ".join(f"old.{name} is new.{name}" for name in columns if name not in closing)
        op.execute(
            f"create trigger {table}_close_once before update on {table} "
            f"when not ({same} and old.ended_at is null and new.ended_at is not null) begin "
            f"select raise(abort, '{table} rows are history: they can only be closed, once'); end"
        )
    for table in PARTS:
        for action, row in (("insert", "new"), ("delete", "old")):
            # A revision that is being deleted takes its parts along; then it is gone already.
            op.execute(
                f"create trigger {table}_keep_on_{action} before {action} on {table} "
                f"when exists (select 1 from revision where id = {row}.revision_id) and ("
                f"exists (select 1 from publication where revision_id = {row}.revision_id) or "
                f"exists (select 1 from sign_off where revision_id = {row}.revision_id)) begin "
                f"select raise(abort, '{table} rows are part of a revision with a history'); end"
            )


def _create_postgresql_triggers() -> None:
    op.execute(
        """
        create function copydesk_refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% rows are history: no %', tg_table_name, lower(tg_op)
                using errcode = 'restrict_violation';
        end $$
        """
    )
    op.execute(
        """
        create function copydesk_close_once() returns trigger language plpgsql as $$
        begin
            if old.ended_at is null and new.ended_at is not null
                and to_jsonb(old) - tg_argv = to_jsonb(new) - tg_argv then
                return new;
            end if;
            raise exception '% rows are history: they can only be closed, once', tg_table_name
                using errcode = 'restrict_violation';
        end $$
        """
    )
    op.execute(
        """
        create function copydesk_keep_parts() returns trigger language plpgsql as $$
        declare part record;
        begin
            if tg_op = 'DELETE' then part := old; else part := new; end if;
            if exists (select from revision where id = part.revision_id) and (
                exists (select from publication where revision_id = part.revision_id)
                or exists (select from sign_off where revision_id = part.revision_id)) then
                raise exception '% rows are part of a revision with a history', tg_table_name
                    using errcode = 'restrict_violation';
            end if;
            return part;
        end $$
        """
    )
    for table, actions in FROZEN.items():
        op.execute(
            f"create trigger {table}_frozen before {' or '.join(actions)} on {table} "
            "for each row execute function copydesk_refuse_change()"
        )
    for table, closing in CLOSED_BY.items():
        op.execute(
            f"create trigger {table}_close_once before update on {table} for each row "
            f"execute function copydesk_close_once({', '.join(closing)})"
        )
    for table in PARTS:
        op.execute(
            f"create trigger {table}_keep before insert or delete on {table} "
            "for each row execute function copydesk_keep_parts()"
        )
