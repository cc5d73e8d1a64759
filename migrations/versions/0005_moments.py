"""What reads the times in content, so that they can be indexed."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# A cast from text to a time follows the session's settings where the text names no zone, so
# PostgreSQL indexes none. Here every text names one, and what is no time at all is nothing.
FUNCTION_ON_POSTGRESQL = r"""
    create function copydesk_moment(told text)
    returns timestamptz language sql immutable parallel safe strict as $$
        select case
            when told ~ (
                    '^\d{4}-\d\d-\d\dT([01]\d|2[0-3])(:[0-5]\d){2}\.\d{3}'
                    '(Z|[+-](0\d|1[0-5]):[0-5]\d)$')
                and jsonb_path_exists(to_jsonb(left(told, 10)), '$.datetime()', '{}', true)
            then told::timestamptz
        end
    $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION_ON_POSTGRESQL)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # With the indexes of fields that are made of it.
        op.execute("drop function copydesk_moment(text) cascade")
