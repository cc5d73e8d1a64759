"""The differences between SQLite and PostgreSQL.

Callers use neutral functions and types, which this package compiles for each database. No other
module of ``cms`` depends on the kind of database.

SQLite comes from the ``pysqlite3`` wheel, for writing and for reading alike. The one that
Python bundles is often older than 3.51.3, and can then lose commits when two connections
write at once (https://sqlite.org/wal.html#walreset). Two copies of SQLite in one process
must not open the same file, since each drops the other's locks
(https://sqlite.org/howtocorrupt.html, section 2.2.1), hence one driver for both.
"""

from __future__ import annotations

from cms.storage.dialects.columns import (
    CLUSTERED,
    JsonDocument,
    Key,
    Moment,
    Words,
    as_text,
    partial_index,
)
from cms.storage.dialects.connecting import (
    backend,
    index_names,
    lock_schema,
    refresh_stale_statistics,
    refresh_statistics,
)
from cms.storage.dialects.expressions import (
    element_number,
    element_text,
    elements_of,
    moment_ago,
    present_moment,
)
from cms.storage.dialects.failures import named
from cms.storage.dialects.folding import Folded, FoldedItems
from cms.storage.dialects.numbers import DecimalMean, DecimalSum, JustNumber, NumberText
from cms.storage.dialects.reading import Reader
from cms.storage.dialects.search import Lookups, found_documents, ranked_documents, snippet_of
from cms.storage.dialects.spelled import Spelled
from cms.storage.dialects.turns import Turns, wait_for
from cms.storage.dialects.values import (
    BooleanOf,
    ColourOf,
    IntegerOf,
    JsonScalar,
    JsonText,
    MomentOf,
    NumberOf,
    TextOf,
)

__all__ = [
    "CLUSTERED",
    "BooleanOf",
    "ColourOf",
    "DecimalMean",
    "DecimalSum",
    "Folded",
    "FoldedItems",
    "IntegerOf",
    "JsonDocument",
    "JsonScalar",
    "JsonText",
    "JustNumber",
    "Key",
    "Lookups",
    "Moment",
    "MomentOf",
    "NumberOf",
    "NumberText",
    "Reader",
    "Spelled",
    "TextOf",
    "Turns",
    "Words",
    "as_text",
    "backend",
    "element_number",
    "element_text",
    "elements_of",
    "found_documents",
    "index_names",
    "lock_schema",
    "moment_ago",
    "named",
    "partial_index",
    "present_moment",
    "ranked_documents",
    "refresh_stale_statistics",
    "refresh_statistics",
    "snippet_of",
    "wait_for",
]
