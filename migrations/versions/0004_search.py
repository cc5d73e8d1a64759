"""Full text search, and words to suggest.

What was saved before has to be indexed once: ``copydesk search rebuild``.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from cms.storage.dialects import CLUSTERED, JsonDocument, Key

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# The words of the columns, each once more, under the number of the row. They are told apart by
# spaces, and what is not ASCII counts as a letter, so no word is split or changed.
INDEX_ON_SQLITE = (
    """
    create virtual table search_index using fts5(
        title, summary, body,
        content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2 3')
    """,
    """
    create trigger search_document_indexed after insert on search_document begin
        insert into search_index (rowid, title, summary, body)
        values (new.id, new.title, new.summary, new.body);
    end
    """,
    """
    create trigger search_document_not_indexed after delete on search_document begin
        delete from search_index where rowid = old.id;
    end
    """,
)
# A tsvector made of the words as they are, since every parser of PostgreSQL would split some of
# them. The places of the parts lie apart, so that no phrase begins in one and ends in another.
FUNCTION_ON_POSTGRESQL = """
    create function copydesk_search_vector(title text, summary text, body text)
    returns tsvector language sql immutable parallel safe strict as $$
        select coalesce(string_agg('''' || word || ''':' || place, ' '), '')::tsvector
        from (
            select word, place
            from unnest(string_to_array(title, ' ')) with ordinality as title(word, place)
            union all
            select word, place + 400
            from unnest(string_to_array(summary, ' ')) with ordinality as summary(word, place)
            union all
            select word, place + 1500
            from unnest(string_to_array(body, ' ')) with ordinality as body(word, place)
        ) as words
    $$
"""
# The short ones are in the row itself, where it takes no time to look at them.
VECTORS_ON_POSTGRESQL = {
    "vector": "copydesk_search_vector(title, summary, body)",
    "title_vector": "copydesk_search_vector(title, '', '')",
    "summary_vector": "copydesk_search_vector('', summary, '')",
}


def upgrade() -> None:
    if _is_postgresql():
        op.execute(FUNCTION_ON_POSTGRESQL)
    op.create_table(
        "search_document",
        _column("id", sa.Integer()),
        _column("revision_id", Key),
        _column("title_words", sa.Integer()),
        _column("title", Key),
        _column("summary", Key),
        _column("body", Key),
        _column("shown", JsonDocument),
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
        "search_word",
        _column("locale", Key),
        _column("word", Key),
        _column("folded", Key),
        _column("grams", sa.Integer()),
        _column("editions", sa.Integer()),
        sa.PrimaryKeyConstraint("locale", "word", name="pk_search_word"),
        **CLUSTERED,
    )
    op.create_table(
        "search_gram",
        _column("locale", Key),
        _column("gram", Key),
        _column("word", Key),
        sa.ForeignKeyConstraint(
            ["locale", "word"],
            ["search_word.locale", "search_word.word"],
            name="fk_search_gram_locale_word",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("locale", "gram", "word", name="pk_search_gram"),
        **CLUSTERED,
    )
    op.create_index("ix_search_gram_word", "search_gram", ["locale", "word"])
    _create_index()


def downgrade() -> None:
    if not _is_postgresql():
        op.execute("drop table search_index")
    for table in ("search_gram", "search_word", "search_document"):
        op.drop_table(table)
    if _is_postgresql():
        op.execute("drop function copydesk_search_vector(text, text, text)")


def _create_index() -> None:
    if not _is_postgresql():
        for statement in INDEX_ON_SQLITE:
            op.execute(statement)
        return
    for name, made_of in VECTORS_ON_POSTGRESQL.items():
        computed = sa.Computed(made_of, persisted=True)
        op.add_column("search_document", sa.Column(name, postgresql.TSVECTOR(), computed))
    # What is written comes into the index at once: what waits in a list makes every search slow.
    op.create_index(
        "ix_search_document_vector",
        "search_document",
        ["vector"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )


def _column(name: str, kind: TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"
