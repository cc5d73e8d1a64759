"""Case folding, for comparisons without regard to case in every script.

Both databases fold each character by itself, by Unicode's mapping: a final sigma is folded like
any other, and an ``İ`` to an ``i``. Characters newer than Unicode 14 may differ between the
databases.
"""

from __future__ import annotations

from sqlalchemy import Text

from cms.storage.dialects.dialect_function import DialectFunction

# The SQL function: created by a migration on PostgreSQL, registered by readers on SQLite.
FOLD = "copydesk_folded"


def fold_case(text: str | None) -> str | None:
    """Return a text case-folded."""
    return None if text is None else text.replace("İ", "i").lower().replace("ς", "σ")


class Folded(DialectFunction):
    """A case-folded text, compared by code points."""

    type = Text()
    sqlite = "copydesk_folded({0})"
    postgresql = """(copydesk_folded({0}) collate "C")"""


class FoldedItems(DialectFunction):
    """A parameter that is a list of texts, each case-folded like :class:`Folded`."""

    type = Text()
    sqlite = "(select json_group_array(copydesk_folded(value)) from json_each({0}))"
    postgresql = "array(select copydesk_folded(item) from unnest({0}) as item)"
