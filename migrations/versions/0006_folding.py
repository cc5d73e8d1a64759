"""What takes upper and lower case for the same, in every script."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Which collation knows the letters of all scripts is up to the server: from version 17 on
# PostgreSQL has one of its own, and before that the one of the ICU library, with which it is
# mostly built. Without either, the database's own has to do.
KNOWN = """
    select collname from pg_collation where collname in ('pg_c_utf8', 'und-x-icu')
    and collencoding in (-1, pg_char_to_encoding('UTF8')) order by collname limit 1
"""
# They agree on every letter by itself. Only ICU knows that a sigma at the end of a word is
# written in another way and that İ keeps its dot, so both are said here.
FUNCTION_ON_POSTGRESQL = """
    create function copydesk_folded(written text)
    returns text language sql immutable parallel safe strict as $$
        select translate(lower(translate(written, 'İ', 'i') collate "{}"), 'ς', 'σ')
    $$
"""


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        collation = bind.exec_driver_sql(KNOWN).scalar() or "default"
        op.execute(FUNCTION_ON_POSTGRESQL.format(collation))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function copydesk_folded(text)")
