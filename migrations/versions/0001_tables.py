"""All tables, with their constraints and indexes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The column types of :mod:`cms.storage.dialects` as they are in this migration.
KEY = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
JSON = sqlite.JSONB().with_variant(postgresql.JSONB(), "postgresql")

TABLES = (
    "attestation", "audit_record", "audit_row", "client_mutation", "counter",
    "entry", "position", "presence", "search_word",
    "tag_count", "throttle", "type_version", "account",
    "category_path", "category_place", "edition", "address",
    "search_gram",
    "comment", "edition_contributor", "look", "revision", "role_grant", "token", "link",
    "publication", "rendition", "review", "revision_tag", "search_document", "change_request",
    "publication_stage", "review_assignee", "sign_off", "publication_sign_off", "imported_file",
    "purge", "tombstone", "link_metric_run", "link_metric",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "attestation",
        _column("id", KEY),
        _column("sequence", sa.BigInteger()),
        _column("hash", KEY),
        _column("envelope", JSON),
        sa.PrimaryKeyConstraint("id", name="pk_attestation"),
        sa.UniqueConstraint("sequence", name="uq_attestation_sequence"),
    )
    op.create_table(
        "audit_record",
        _column("sequence", sa.BigInteger()),
        _column("recorded_at", MOMENT),
        _column("actor", KEY),
        _column("action", KEY),
        _column("subject", KEY, nullable=True),
        _column("detail", JSON),
        _column("rows_root", KEY, nullable=True),
        _column("previous_hash", KEY),
        _column("hash", KEY),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_record"),
    )
    for column in ("actor", "action", "subject"):
        op.create_index(f"ix_audit_record_{column}", "audit_record", [column, "sequence"])
    collation = ' collate "C"' if op.get_bind().dialect.name == "postgresql" else ""
    entry = f"((detail ->> 'entry'){collation})"
    op.execute(f"create index ix_audit_record_entry on audit_record ({entry}, sequence)")
    op.create_table(
        "audit_row",
        _column("table_name", KEY),
        _column("key", KEY),
        _column("sequence", sa.BigInteger()),
        _column("version", sa.Integer()),
        _column("salt", KEY),
        _column("hash", KEY, nullable=True),
        sa.PrimaryKeyConstraint("table_name", "key", "sequence", name="pk_audit_row"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_row_sequence", "audit_row", ["sequence"])
    op.create_table(
        "client_mutation",
        _column("actor", KEY),
        _column("key", KEY),
        _column("input_digest", KEY),
        _column("answer", JSON),
        _column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("actor", "key", name="pk_client_mutation"),
    )
    op.create_table(
        "counter",
        _column("name", KEY),
        _column("value", sa.BigInteger()),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "entry",
        _column("id", KEY),
        _column("content_type", KEY),
        _column("singleton", KEY, nullable=True),
        _column("created_at", MOMENT),
        _column("archived_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("singleton", name="uq_entry_singleton"),
    )
    _partial_index(
        "ix_entry_archived_at", "entry", ["id", "archived_at"], "archived_at is not null"
    )
    op.create_table(
        "position",
        _column("number", sa.BigInteger()),
        _column("nonce", KEY),
        _column("taken_at", MOMENT),
        _column("before_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_position"),
    )
    op.create_table(
        "presence",
        _column("account_id", KEY),
        _column("edition_id", KEY),
        _column("field_path", KEY, nullable=True),
        _column("seen_at", MOMENT),
        sa.PrimaryKeyConstraint("account_id", "edition_id", name="pk_presence"),
    )
    op.create_table(
        "search_word",
        _column("locale", KEY),
        _column("word", KEY),
        _column("folded", KEY),
        _column("grams", sa.Integer()),
        _column("editions", sa.Integer()),
        _column("titles", sa.Integer()),
        sa.PrimaryKeyConstraint("locale", "word", name="pk_search_word"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tag_count",
        _column("locale", KEY),
        _column("content_type", KEY),
        _column("slug", KEY),
        _column("editions", sa.Integer()),
        sa.PrimaryKeyConstraint("locale", "content_type", "slug", name="pk_tag_count"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "link_metric_run",
        _column("id", sa.Integer()),
        _column("locales", KEY),
        _column("link_set", KEY),
        _column("basis", KEY),
        _column("position", sa.BigInteger()),
        _column("computed_at", MOMENT),
        _column("is_current", sa.Boolean()),
        _column("written_at", MOMENT, nullable=True),
        _column("summary", JSON),
        sa.PrimaryKeyConstraint("id", name="pk_link_metric_run"),
    )
    _partial_index(
        "uq_link_metric_run_locales",
        "link_metric_run",
        ["locales", "link_set"],
        "is_current",
        unique=True,
    )
    op.create_table(
        "link_metric",
        _column("run_id", sa.Integer()),
        _column("edition_id", KEY),
        _column("locale", KEY),
        _column("content_type", KEY),
        _column("in_degree", sa.Integer()),
        _column("in_pages", sa.Integer()),
        _column("out_degree", sa.Integer()),
        _column("out_pages", sa.Integer()),
        _column("page_rank", sa.Double()),
        _column("click_depth", sa.Integer(), nullable=True),
        _column("component", KEY),
        _column("community", KEY),
        _column("is_orphan", sa.Boolean()),
        _column("is_dead_end", sa.Boolean()),
        sa.ForeignKeyConstraint(["run_id"], ["link_metric_run.id"], name="fk_link_metric_run_id"),
        sa.PrimaryKeyConstraint("run_id", "edition_id", name="pk_link_metric"),
    )
    numbers = (
        *("in_degree", "in_pages", "out_degree", "out_pages", "page_rank", "click_depth"),
        *("is_orphan", "is_dead_end"),
    )
    for name in ("page_rank", "in_degree", "click_depth"):
        others = [each for each in numbers if each != name]
        op.create_index(
            f"ix_link_metric_{name}",
            "link_metric",
            ["run_id", name, "edition_id", "locale", "content_type", *others],
        )
    op.create_table(
        "throttle",
        _column("name", KEY),
        _column("since", MOMENT),
        _column("count", sa.Integer()),
        sa.PrimaryKeyConstraint("name", name="pk_throttle"),
    )
    op.create_table(
        "type_version",
        _column("number", sa.Integer()),
        _column("declaration", JSON),
        _column("schemas", JSON),
        _column("created_at", MOMENT),
        sa.PrimaryKeyConstraint("number", name="pk_type_version"),
    )
    op.create_table(
        "account",
        _column("id", KEY),
        _column("email", KEY),
        _column("person_id", KEY, nullable=True),
        _column("password_hash", KEY, nullable=True),
        _column("created_at", MOMENT),
        _column("disabled_at", MOMENT, nullable=True),
        _column("purged_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["entry.id"], name="fk_account_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("email", name="uq_account_email"),
    )
    op.create_index("uq_account_person_id", "account", ["person_id"], unique=True)
    op.create_table(
        "category_path",
        _column("category_id", KEY),
        _column("locale", KEY),
        _column("path", KEY),
        sa.ForeignKeyConstraint(["category_id"], ["entry.id"], name="fk_category_path_category_id"),
        sa.PrimaryKeyConstraint("category_id", "locale", name="pk_category_path"),
        sa.UniqueConstraint("locale", "path", name="uq_category_path_locale_path"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "category_place",
        _column("id", KEY),
        _column("position", sa.BigInteger()),
        _column("category_id", KEY),
        _column("parent_id", KEY, nullable=True),
        _column("ordinal", sa.Integer()),
        _column("began_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("parent_id <> category_id", name="no_loop"),
        sa.CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        sa.ForeignKeyConstraint(
            ["category_id"], ["entry.id"], name="fk_category_place_category_id"
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["entry.id"], name="fk_category_place_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_category_place"),
    )
    op.create_index("ix_category_place_category_id", "category_place", ["category_id", "position"])
    op.create_index("ix_category_place_parent_id", "category_place", ["parent_id"])
    _partial_index(
        "ix_category_place_ended_position",
        "category_place",
        ["ended_position"],
        "ended_position is not null",
    )
    _partial_index(
        "uq_category_place_open",
        "category_place",
        ["category_id"],
        "ended_position is null",
        unique=True,
    )
    op.create_table(
        "edition",
        _column("id", KEY),
        _column("entry_id", KEY),
        _column("locale", KEY),
        _column("head_id", KEY, nullable=True),
        _column("path", KEY, nullable=True),
        _column("content_type", KEY),
        _column("category_id", KEY, nullable=True),
        _column("byline_id", KEY, nullable=True),
        _column("title_key", KEY, nullable=True),
        _column("slug", KEY, nullable=True),
        _column("changed_at", MOMENT, nullable=True),
        _column("created_at", MOMENT),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_edition_entry_id"),
        *_head_constraint(),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint("entry_id", "locale", name="uq_edition_entry_id_locale"),
    )
    op.create_index("ix_edition_head_id", "edition", ["head_id"])
    _partial_index("ix_edition_path", "edition", ["path"], "path is not null")
    newest = ("changed_at", "entry_id")
    op.create_index(
        "ix_edition_newest", "edition", ["locale", *newest, "content_type", "head_id", "id"]
    )
    for column in ("content_type", "category_id", "byline_id"):
        op.create_index(f"ix_edition_{column}", "edition", ["locale", column, *newest])
    for column in ("title_key", "slug"):
        of_type = ["locale", "content_type", column, "entry_id"]
        op.create_index(f"ix_edition_{column}", "edition", of_type)
        op.create_index(f"ix_edition_any_{column}", "edition", ["locale", column, "entry_id"])
    op.create_table(
        "address",
        _column("id", KEY),
        _column("position", sa.BigInteger()),
        _column("locale", KEY),
        _column("path", KEY, nullable=True),
        _column("edition_id", KEY, nullable=True),
        _column("content_type", KEY, nullable=True),
        _column("entry_id", KEY, nullable=True),
        _column("url", KEY, nullable=True),
        _column("began_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        sa.CheckConstraint("ended_position > position", name="ends_later"),
        sa.CheckConstraint("(entry_id is null) <> (url is null)", name="one_target"),
        sa.CheckConstraint("edition_id is null or entry_id is not null", name="entry_of_edition"),
        sa.CheckConstraint(
            "(edition_id is null) = (content_type is null)", name="content_type_of_edition"
        ),
        sa.CheckConstraint("path is not null or ended_at is not null", name="open_path"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_address_edition_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_address_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_address"),
    )
    op.create_index("ix_address_edition_id", "address", ["edition_id", "position"])
    _partial_index(
        "ix_address_ended_position", "address", ["ended_position"], "ended_position is not null"
    )
    op.create_index("ix_address_entry_id", "address", ["entry_id"])
    op.create_index("ix_address_path", "address", ["path", "locale"])
    op.create_index("ix_address_position", "address", ["position"])
    _partial_index(
        "uq_address_open_edition_id",
        "address",
        ["edition_id"],
        "ended_position is null and edition_id is not null",
        unique=True,
    )
    for name, covered in (
        ("type", ("locale", "content_type", "path", "edition_id")),
        ("locale", ("locale", "path", "edition_id", "content_type")),
    ):
        _partial_index(
            f"ix_address_open_{name}",
            "address",
            [*covered],
            "ended_position is null and edition_id is not null",
        )
    _partial_index(
        "uq_address_open_path", "address", ["path", "locale"], "ended_position is null", unique=True
    )
    op.create_table(
        "search_gram",
        _column("locale", KEY),
        _column("gram", KEY),
        _column("word", KEY),
        sa.ForeignKeyConstraint(
            ["locale", "word"],
            ["search_word.locale", "search_word.word"],
            name="fk_search_gram_locale_word",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("locale", "gram", "word", name="pk_search_gram"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_gram_word", "search_gram", ["locale", "word"])
    op.create_table(
        "comment",
        _column("id", KEY),
        _column("edition_id", KEY),
        _column("thread_id", KEY, nullable=True),
        _column("body", KEY),
        _column("author_id", KEY),
        _column("created_at", MOMENT),
        _column("field_path", KEY, nullable=True),
        _column("start", sa.Integer(), nullable=True),
        _column("quote", KEY, nullable=True),
        _column("before", KEY, nullable=True),
        _column("after", KEY, nullable=True),
        _column("occurrences", sa.Integer(), nullable=True),
        _column("sentence_occurrences", sa.Integer(), nullable=True),
        _column("resolved_at", MOMENT, nullable=True),
        _column("resolved_by", KEY, nullable=True),
        sa.CheckConstraint("(field_path is null) = (quote is null)", name="anchor"),
        sa.CheckConstraint("(resolved_at is null) = (resolved_by is null)", name="resolved"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_comment_author_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_comment_edition_id"),
        sa.ForeignKeyConstraint(["resolved_by"], ["account.id"], name="fk_comment_resolved_by"),
        sa.ForeignKeyConstraint(["thread_id"], ["comment.id"], name="fk_comment_thread_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comment"),
    )
    op.create_index("ix_comment_edition_id", "comment", ["edition_id"])
    op.create_index("ix_comment_thread_id", "comment", ["thread_id"])
    op.create_table(
        "imported_file",
        _column("id", KEY),
        _column("source", KEY),
        _column("path", KEY, nullable=True),
        _column("locale", KEY),
        _column("entry_id", KEY),
        _column("began_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint("path is not null or ended_at is not null", name="open_path"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_imported_file_entry_id"),
        sa.PrimaryKeyConstraint("id", name="pk_imported_file"),
    )
    op.create_index("ix_imported_file_entry_id", "imported_file", ["entry_id"])
    op.create_index("ix_imported_file_source", "imported_file", ["source", "path"])
    _partial_index(
        "uq_imported_file_open_entry_id",
        "imported_file",
        ["entry_id", "locale"],
        "ended_at is null",
        unique=True,
    )
    _partial_index(
        "uq_imported_file_open_path",
        "imported_file",
        ["source", "path"],
        "ended_at is null",
        unique=True,
    )
    op.create_table(
        "edition_contributor",
        _column("edition_id", KEY),
        _column("contributor_id", KEY),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name="fk_edition_contributor_edition_id"
        ),
        sa.PrimaryKeyConstraint("edition_id", "contributor_id", name="pk_edition_contributor"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "look",
        _column("account_id", KEY),
        _column("edition_id", KEY),
        _column("revision_id", KEY),
        _column("looked_at", MOMENT),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_look_account_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_look_edition_id"),
        sa.PrimaryKeyConstraint("account_id", "edition_id", name="pk_look"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "revision",
        _column("id", KEY),
        _column("edition_id", KEY),
        _column("number", sa.Integer()),
        _column("title", KEY),
        _column("slug", KEY),
        _column("summary", KEY),
        _column("category_id", KEY, nullable=True),
        _column("digest", KEY),
        _column("author_id", KEY, nullable=True),
        _column("byline_id", KEY, nullable=True),
        _column("note", KEY),
        _column("is_autosave", sa.Boolean(), server_default=sa.false()),
        _column("translated_from", KEY, nullable=True),
        _column("path", KEY, nullable=True),
        _column("created_at", MOMENT),
        _column("purged_at", MOMENT, nullable=True),
        _column("content", JSON),
        sa.CheckConstraint("number >= 1", name="number_from_one"),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name="fk_revision_author_id"),
        sa.ForeignKeyConstraint(["byline_id"], ["entry.id"], name="fk_revision_byline_id"),
        sa.ForeignKeyConstraint(["category_id"], ["entry.id"], name="fk_revision_category_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_revision_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
        sa.UniqueConstraint("edition_id", "id", name="uq_revision_edition_id_id"),
        sa.UniqueConstraint("edition_id", "number", name="uq_revision_edition_id_number"),
    )
    op.create_index("ix_revision_category_id", "revision", ["category_id"])
    op.create_index("ix_revision_byline_id", "revision", ["byline_id", "id"])
    op.create_index("ix_revision_created_at", "revision", ["created_at"])
    op.create_index("ix_revision_slug", "revision", ["slug"])
    op.create_table(
        "role_grant",
        _column("id", KEY),
        _column("account_id", KEY),
        _column("role", KEY),
        _column("stage", KEY, nullable=True),
        _column("content_type", KEY, nullable=True),
        _column("category_id", KEY, nullable=True),
        _column("locale", KEY, nullable=True),
        _column("created_at", MOMENT),
        _column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_role_grant_account_id"),
        sa.ForeignKeyConstraint(["category_id"], ["entry.id"], name="fk_role_grant_category_id"),
        sa.PrimaryKeyConstraint("id", name="pk_role_grant"),
    )
    op.create_index("ix_role_grant_account_id", "role_grant", ["account_id"])
    op.create_table(
        "token",
        _column("id", KEY),
        _column("account_id", KEY),
        _column("kind", KEY),
        _column("name", KEY),
        _column("hash", KEY),
        _column("scopes", JSON, nullable=True),
        _column("revision_id", KEY, nullable=True),
        _column("session_id", KEY, nullable=True),
        _column("created_at", MOMENT),
        _column("expires_at", MOMENT),
        _column("last_used_at", MOMENT, nullable=True),
        _column("revoked_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind in ('access', 'preview', 'refresh', 'service')", name="kind"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_token_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
    )
    op.create_index("ix_token_account_id", "token", ["account_id"])
    op.create_index("ix_token_session_id", "token", ["session_id"])
    op.create_table(
        "link",
        _column("revision_id", KEY),
        _column("field_path", KEY),
        _column("ordinal", sa.Integer()),
        _column("origin", KEY),
        _column("kind", KEY),
        _column("label", KEY),
        _column("note", KEY),
        _column("target_id", KEY, nullable=True),
        _column("query", KEY),
        _column("fragment", KEY),
        _column("url", KEY, nullable=True),
        _column("section", KEY, nullable=True),
        _column("section_anchor", KEY, nullable=True),
        _column("page_position", sa.Integer()),
        _column("in_block", sa.Boolean()),
        _column("host", KEY, nullable=True),
        _column("path", KEY, nullable=True),
        sa.CheckConstraint("(target_id is null) <> (url is null)", name="one_target"),
        sa.CheckConstraint("origin in ('field', 'inline', 'reference')", name="origin"),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name="fk_link_revision_id"),
        sa.ForeignKeyConstraint(["target_id"], ["entry.id"], name="fk_link_target_id"),
        sa.PrimaryKeyConstraint("revision_id", "field_path", "ordinal", name="pk_link"),
        sqlite_with_rowid=False,
    )
    _partial_index(
        "ix_link_target_id", "link", ["target_id", "revision_id", "origin"], "target_id is not null"
    )
    _partial_index("ix_link_host", "link", ["host", "revision_id"], "host is not null")
    of_urls = ["revision_id", "host", "path", "origin"]
    _partial_index("ix_link_url", "link", of_urls, "target_id is null")
    _partial_index("ix_link_fragment", "link", ["revision_id"], "fragment <> ''")
    _partial_index(
        "ix_link_path", "link", ["path", "revision_id"], "path is not null and url is null"
    )
    op.create_table(
        "publication",
        _column("id", KEY),
        _column("position", sa.BigInteger()),
        _column("entry_id", KEY),
        _column("edition_id", KEY),
        _column("revision_id", KEY),
        _column("content_type", KEY),
        _column("locale", KEY),
        _column("title", KEY),
        _column("title_key", KEY),
        _column("slug", KEY),
        _column("summary", KEY),
        _column("category_id", KEY, nullable=True),
        _column("byline_id", KEY, nullable=True),
        _column("saved_at", MOMENT),
        _column("first_published_at", MOMENT),
        _column("published_at", MOMENT),
        _column("published_by", KEY, nullable=True),
        _column("basis", KEY),
        _column("break_glass_reason", KEY, nullable=True),
        _column("source", KEY, nullable=True),
        _column("claimed_review", JSON, nullable=True),
        _column("review_due_at", MOMENT, nullable=True),
        _column("reviewed_at", MOMENT, nullable=True),
        _column("due_at", MOMENT, nullable=True),
        _column("reviewers", JSON, nullable=True),
        _column("field_values", JSON, nullable=True),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_position", sa.BigInteger(), nullable=True),
        _column("purged_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "basis in ('signed_off', 'break_glass', 'imported', 'setup')",
            name="basis",
        ),
        sa.CheckConstraint(
            "(basis = 'break_glass') = (break_glass_reason is not null)",
            name="break_glass",
        ),
        sa.CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        sa.CheckConstraint("ended_position > position", name="ends_later"),
        sa.ForeignKeyConstraint(["byline_id"], ["entry.id"], name="fk_publication_byline_id"),
        sa.ForeignKeyConstraint(["category_id"], ["entry.id"], name="fk_publication_category_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_publication_edition_id"),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_publication_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_publication_entry_id"),
        sa.ForeignKeyConstraint(
            ["published_by"], ["account.id"], name="fk_publication_published_by"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_publication"),
    )
    op.create_index("ix_publication_edition_id", "publication", ["edition_id", "position"])
    _partial_index(
        "ix_publication_ended_position",
        "publication",
        ["ended_position"],
        "ended_position is not null",
    )
    _partial_index(
        "ix_publication_ended_at", "publication", ["ended_at"], "ended_position is not null"
    )
    _partial_index(
        "ix_publication_category",
        "publication",
        [
            *("locale", "content_type", "category_id", "published_at", "entry_id"),
            *("position", "ended_position"),
        ],
        "position > 0",
    )
    op.create_index(
        "ix_publication_entry_id",
        "publication",
        ["entry_id", "position", "ended_position", "locale"],
    )
    if not _is_postgresql():  # which refuses index rows with some eighty reviewers
        _partial_index(
            "ix_publication_open_reviewers",
            "publication",
            ["locale", "reviewers", "content_type"],
            "ended_position is null",
        )
    _partial_index(
        "ix_publication_open_due_at", "publication", ["due_at", "id"], "ended_position is null"
    )
    _partial_index(
        "ix_publication_open_again",
        "publication",
        ["position"],
        "ended_position is null and published_at > first_published_at",
    )
    _partial_index(
        "ix_publication_open_category",
        "publication",
        ["locale", "content_type", "category_id", "published_at", "entry_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_newest",
        "publication",
        ["locale", "published_at", "entry_id", "content_type", "category_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_title",
        "publication",
        ["locale", "content_type", "title_key", "entry_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_type",
        "publication",
        ["locale", "content_type", "published_at", "entry_id", "category_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_first",
        "publication",
        ["locale", "first_published_at", "entry_id", "content_type"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_any_title",
        "publication",
        ["locale", "title_key", "entry_id", "content_type"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_any_category",
        "publication",
        ["locale", "category_id", "published_at", "entry_id", "content_type", "revision_id"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_open_category_title",
        "publication",
        ["locale", "category_id", "title_key", "entry_id", "content_type"],
        "ended_position is null",
    )
    for name, columns in (
        ("slug", ("locale", "content_type", "slug", "entry_id")),
        ("any_slug", ("locale", "slug", "entry_id", "content_type")),
        ("saved", ("locale", "content_type", "saved_at", "entry_id")),
        ("any_saved", ("locale", "saved_at", "entry_id", "content_type")),
        ("type_first", ("locale", "content_type", "first_published_at", "entry_id")),
        ("everywhere", ("published_at", "content_type")),
    ):
        _partial_index(
            f"ix_publication_open_{name}", "publication", [*columns], "ended_position is null"
        )
    _partial_index(
        "ix_publication_open_byline",
        "publication",
        ["locale", "byline_id", "published_at", "entry_id", "content_type"],
        "ended_position is null",
    )
    _partial_index(
        "ix_publication_newest",
        "publication",
        ["locale", "published_at", "entry_id", "position", "ended_position"],
        "position > 0",
    )
    _partial_index(
        "ix_publication_type",
        "publication",
        ["locale", "content_type", "published_at", "entry_id", "position", "ended_position"],
        "position > 0",
    )
    _partial_index(
        "ix_publication_any_category",
        "publication",
        ["locale", "category_id", "published_at", "entry_id", "position", "ended_position"],
        "position > 0",
    )
    op.create_index(
        "ix_publication_category_id",
        "publication",
        ["category_id", "entry_id", "position", "ended_position"],
    )
    op.create_index("ix_publication_position", "publication", ["position"])
    for name, column in (("position", "position"), ("ended", "ended_position")):
        _partial_index(
            f"ix_publication_category_{name}",
            "publication",
            [column],
            "content_type = 'Category'",
        )
    op.create_index(
        "ix_publication_revision_id",
        "publication",
        ["revision_id", "locale", "content_type", "ended_position"],
    )
    _partial_index(
        "ix_publication_open_entry",
        "publication",
        [
            *("entry_id", "locale", "content_type", "edition_id", "revision_id", "category_id"),
            *("title", "slug"),
        ],
        "ended_position is null",
    )
    _partial_index(
        "uq_publication_open_edition_id",
        "publication",
        ["edition_id"],
        "ended_position is null",
        unique=True,
    )
    _partial_index(
        "uq_publication_open_revision",
        "publication",
        ["revision_id"],
        "ended_position is null",
        unique=True,
        include=("locale", "content_type", "entry_id"),
    )
    op.create_table(
        "rendition",
        _column("revision_id", KEY),
        _column("version", KEY),
        _column("title_key", KEY),
        _column("anchors", JSON),
        _column("rendered", JSON),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_rendition_revision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", name="pk_rendition"),
    )
    op.create_index("ix_rendition_version", "rendition", ["version"])
    op.create_table(
        "review",
        _column("id", KEY),
        _column("edition_id", KEY),
        _column("revision_id", KEY),
        _column("stages", JSON),
        _column("note", KEY),
        _column("requested_by", KEY),
        _column("requested_at", MOMENT),
        _column("due_at", MOMENT, nullable=True),
        _column("ended_at", MOMENT, nullable=True),
        _column("outcome", KEY, nullable=True),
        sa.CheckConstraint("(ended_at is null) = (outcome is null)", name="ended"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_review_edition_id"),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_review_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["account.id"], name="fk_review_requested_by"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
    )
    op.create_index("ix_review_edition_id", "review", ["edition_id", "requested_at"])
    op.create_index("ix_review_revision_id", "review", ["revision_id"])
    _partial_index(
        "ix_review_open_due_at", "review", ["due_at", "requested_at", "id"], "ended_at is null"
    )
    _partial_index(
        "uq_review_open_edition_id", "review", ["edition_id"], "ended_at is null", unique=True
    )
    op.create_table(
        "revision_tag",
        _column("revision_id", KEY),
        _column("slug", KEY),
        _column("word", KEY),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revision.id"], name="fk_revision_tag_revision_id"
        ),
        sa.PrimaryKeyConstraint("revision_id", "slug", name="pk_revision_tag"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_revision_tag_slug", "revision_tag", ["slug", "revision_id"])
    op.create_table(
        "search_document",
        _column("id", sa.Integer()),
        _column("revision_id", KEY),
        _column("title_words", sa.Integer()),
        _column("title", KEY),
        _column("summary", KEY),
        _column("body", KEY),
        _column("shown", JSON),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["revision.id"],
            name="fk_search_document_revision_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_search_document"),
        sa.UniqueConstraint("revision_id", name="uq_search_document_revision_id"),
    )
    op.create_table(
        "change_request",
        _column("id", KEY),
        _column("review_id", KEY, nullable=True),
        _column("edition_id", KEY),
        _column("revision_id", KEY),
        _column("digest", KEY),
        _column("account_id", KEY),
        _column("reason", KEY),
        _column("requested_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_by", KEY, nullable=True),
        _column("end_cause", KEY, nullable=True),
        sa.CheckConstraint("(ended_at is null) = (end_cause is null)", name="ended"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_change_request_account_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name="fk_change_request_edition_id"
        ),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_change_request_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name="fk_change_request_ended_by"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_change_request_review_id"),
        sa.PrimaryKeyConstraint("id", name="pk_change_request"),
    )
    op.create_index("ix_change_request_account_id", "change_request", ["account_id"])
    op.create_index("ix_change_request_edition_id", "change_request", ["edition_id", "digest"])
    op.create_index("ix_change_request_review_id", "change_request", ["review_id"])
    op.create_index("ix_change_request_revision_id", "change_request", ["revision_id"])
    op.create_table(
        "publication_stage",
        _column("publication_id", KEY),
        _column("ordinal", sa.Integer()),
        _column("name", KEY),
        _column("role", KEY),
        _column("approvals", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name="fk_publication_stage_publication_id"
        ),
        sa.PrimaryKeyConstraint("publication_id", "ordinal", name="pk_publication_stage"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_assignee",
        _column("review_id", KEY),
        _column("account_id", KEY),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_review_assignee_account_id"
        ),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_review_assignee_review_id"),
        sa.PrimaryKeyConstraint("review_id", "account_id", name="pk_review_assignee"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sign_off",
        _column("id", KEY),
        _column("edition_id", KEY),
        _column("revision_id", KEY),
        _column("review_id", KEY, nullable=True),
        _column("digest", KEY),
        _column("stage", KEY),
        _column("account_id", KEY),
        _column("person_id", KEY),
        _column("note", KEY),
        _column("signed_at", MOMENT),
        _column("expires_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_by", KEY, nullable=True),
        _column("end_cause", KEY, nullable=True),
        sa.CheckConstraint("(ended_at is null) = (end_cause is null)", name="ended"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_sign_off_account_id"),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_sign_off_edition_id"),
        sa.ForeignKeyConstraint(
            ["edition_id", "revision_id"],
            ["revision.edition_id", "revision.id"],
            name="fk_sign_off_edition_id_revision_id",
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name="fk_sign_off_ended_by"),
        sa.ForeignKeyConstraint(["person_id"], ["entry.id"], name="fk_sign_off_person_id"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"], name="fk_sign_off_review_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_off"),
    )
    op.create_index("ix_sign_off_account_id", "sign_off", ["account_id"])
    op.create_index("ix_sign_off_digest", "sign_off", ["edition_id", "digest"])
    op.create_index("ix_sign_off_person_id", "sign_off", ["person_id"])
    op.create_index("ix_sign_off_review_id", "sign_off", ["review_id"])
    op.create_index("ix_sign_off_revision_id", "sign_off", ["revision_id"])
    op.create_table(
        "publication_sign_off",
        _column("publication_id", KEY),
        _column("sign_off_id", KEY),
        _column("person_id", KEY),
        _column("position", sa.BigInteger()),
        _column("counted_at", MOMENT),
        _column("ended_at", MOMENT, nullable=True),
        _column("ended_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(ended_at is null) = (ended_position is null)", name="ended"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["entry.id"], name="fk_publication_sign_off_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], name="fk_publication_sign_off_publication_id"
        ),
        sa.ForeignKeyConstraint(
            ["sign_off_id"], ["sign_off.id"], name="fk_publication_sign_off_sign_off_id"
        ),
        sa.PrimaryKeyConstraint("publication_id", "sign_off_id", name="pk_publication_sign_off"),
        sqlite_with_rowid=False,
    )
    _partial_index(
        "ix_publication_sign_off_ended_position",
        "publication_sign_off",
        ["ended_position"],
        "ended_position is not null",
    )
    op.create_index("ix_publication_sign_off_position", "publication_sign_off", ["position"])
    op.create_index("ix_publication_sign_off_sign_off_id", "publication_sign_off", ["sign_off_id"])
    op.create_table(
        "purge",
        _column("id", KEY),
        _column("keys", JSON),
        _column("reason", KEY),
        _column("position", sa.BigInteger(), nullable=True),
        _column("purged_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_purge"),
    )
    _partial_index("ix_purge_position", "purge", ["position"], "position is not null")
    op.create_table(
        "tombstone",
        _column("table_name", KEY),
        _column("key", KEY),
        _column("purge_id", KEY),
        _column("remainder", KEY, nullable=True),
        sa.ForeignKeyConstraint(["purge_id"], ["purge.id"], name="fk_tombstone_purge_id"),
        sa.PrimaryKeyConstraint("table_name", "key", name="pk_tombstone"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tombstone_purge_id", "tombstone", ["purge_id"])
    if _is_postgresql():
        op.create_foreign_key("fk_edition_head_id", "edition", "revision", ["head_id"], ["id"])


def downgrade() -> None:
    if _is_postgresql():
        op.drop_constraint("fk_edition_head_id", "edition", type_="foreignkey")
    for table in reversed(TABLES):
        op.drop_table(table)


def _column(
    name: str, kind: TypeEngine[Any], *, nullable: bool = False, server_default: Any = None
) -> sa.Column[Any]:
    # Only the number of a search document is assigned by the database.
    return sa.Column(
        name,
        kind,
        nullable=nullable,
        server_default=server_default,
        autoincrement="auto" if name == "id" else False,
    )


def _partial_index(
    name: str,
    table: str,
    columns: list[str],
    where: str,
    *,
    unique: bool = False,
    include: tuple[str, ...] = (),
) -> None:
    column, _, test = where.partition(" ")
    if test.startswith("is null") and not unique:
        # SQLite reads the index alone only if it has the column of the condition too.
        columns = [*columns, column]
    condition = sa.text(where)  # noqa: TID251  # plain SQL, written above
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
        postgresql_include=[*include],
    )


def _head_constraint() -> list[sa.ForeignKeyConstraint]:
    """Return edition.head_id's constraint for a database that takes it before its target."""
    constraint = sa.ForeignKeyConstraint(["head_id"], ["revision.id"], name="fk_edition_head_id")
    return [] if _is_postgresql() else [constraint]


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
