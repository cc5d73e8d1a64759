"""Upper and lower case taken for the same, in every script.

The two databases fold each letter by itself, as Unicode has it: a sigma is a sigma wherever in
a word it stands, and an ``İ`` is an ``i``. Of the letters that Unicode got after version 14,
each database knows its own.
"""

from __future__ import annotations

from sqlalchemy import Text

from cms.storage.dialects.dialect_function import DialectFunction

# What folds text in SQL: a migration made it on PostgreSQL, readers bring it to SQLite.
FOLD = "copydesk_folded"


def fold_case(text: str | None) -> str | None:
    """Return text with upper and lower case made the same."""
    return None if text is None else text.replace("İ", "i").lower().replace("ς", "σ")


class Folded(DialectFunction):
    """A text with upper and lower case made the same, compared by its code points."""

    type = Text()
    sqlite = "copydesk_folded({0})"
    postgresql = """(copydesk_folded({0}) collate "C")"""


class FoldedItems(DialectFunction):
    """A parameter that is a list of texts, each folded as :class:`Folded` does it."""

    type = Text()
    sqlite = "(select json_group_array(copydesk_folded(value)) from json_each({0}))"
    postgresql = "array(select copydesk_folded(item) from unnest({0}) as item)"
