"""Case folding in every script.

Both databases fold each letter separately, according to Unicode: a final sigma is a sigma, and an
``İ`` is an ``i``. For letters newer than Unicode 14, the databases can differ.
"""

from __future__ import annotations

from sqlalchemy import Text

from cms.storage.dialects.spelled import Spelled

# What folds text in SQL: a migration made it on PostgreSQL, readers bring it to SQLite.
FOLD = "copydesk_folded"


def folded(text: str | None) -> str | None:
    """Return text with its case folded."""
    return None if text is None else text.replace("İ", "i").lower().replace("ς", "σ")


class Folded(Spelled):
    """A case-folded text, compared by code points."""

    type = Text()
    sqlite = "copydesk_folded({0})"
    postgresql = """(copydesk_folded({0}) collate "C")"""


class FoldedItems(Spelled):
    """A parameter with a list of texts, each folded like :class:`Folded`."""

    type = Text()
    sqlite = "(select json_group_array(copydesk_folded(value)) from json_each({0}))"
    postgresql = "array(select copydesk_folded(item) from unnest({0}) as item)"
