"""Differences between SQLite and PostgreSQL in storage and connections.

Callers use expressions, types and functions that this package implements for each database.
Nothing else in ``cms`` depends on which database is used.

SQLite comes from the ``pysqlite3`` wheel, for both writing and reading. The version that Python
bundles is often older than 3.51.3, and can then lose commits when two connections write at once
(https://sqlite.org/wal.html#walreset). Two copies of SQLite in one process must not open the same
file, since each drops the other's locks (https://sqlite.org/howtocorrupt.html, section 2.2.1), so
both use the same driver.
"""

from __future__ import annotations

from cms.storage.dialects.columns import (
    CLUSTERED,
    JsonDocument,
    Key,
    Moment,
    Words,
    as_text,
    given_by_index,
    partial_index,
)
from cms.storage.dialects.connecting import (
    backend,
    index_names,
    lift_time_limit,
    lock_schema,
    refresh_stale_statistics,
    refresh_statistics,
)
from cms.storage.dialects.decimals import DecimalText, ExactMean, ExactSum, Scaled, as_decimal
from cms.storage.dialects.dialect_function import AsCondition, DialectFunction
from cms.storage.dialects.direct import DirectConnection
from cms.storage.dialects.expressions import (
    ArchivedAt,
    DistinctTexts,
    DocumentText,
    HasText,
    InOrderOf,
    IsAmongRows,
    IsLookedUp,
    MomentText,
    Unindexed,
    WithMembers,
    element_itself,
    element_json,
    element_number,
    element_text,
    elements_of,
    hold_rows,
    is_among,
    is_among_given,
    moment_ago,
    present_moment,
    texts,
    upsert,
)
from cms.storage.dialects.failures import translate_failures
from cms.storage.dialects.folding import Folded, FoldedItems, fold_case
from cms.storage.dialects.numbers import DecimalMean, DecimalSum, JustNumber, NumberText
from cms.storage.dialects.paths import EncodedPath, encoded_path
from cms.storage.dialects.reading import LONGEST_IDLE, Reader
from cms.storage.dialects.search import (
    IsMatch,
    IsPlainMatch,
    Lookups,
    LookupsIf,
    PlainPoints,
    best_documents,
    matching_documents,
    ranked_documents,
    snippet_of,
)
from cms.storage.dialects.turns import RestingTurns, Turns, run_to_end, wait_for
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
    "LONGEST_IDLE",
    "ArchivedAt",
    "AsCondition",
    "BooleanOf",
    "ColourOf",
    "DecimalMean",
    "DecimalSum",
    "DecimalText",
    "DialectFunction",
    "DirectConnection",
    "DistinctTexts",
    "DocumentText",
    "EncodedPath",
    "ExactMean",
    "ExactSum",
    "Folded",
    "FoldedItems",
    "HasText",
    "InOrderOf",
    "IntegerOf",
    "IsAmongRows",
    "IsLookedUp",
    "IsMatch",
    "IsPlainMatch",
    "JsonDocument",
    "JsonScalar",
    "JsonText",
    "JustNumber",
    "Key",
    "Lookups",
    "LookupsIf",
    "Moment",
    "MomentOf",
    "MomentText",
    "NumberOf",
    "NumberText",
    "PlainPoints",
    "Reader",
    "RestingTurns",
    "Scaled",
    "TextOf",
    "Turns",
    "Unindexed",
    "WithMembers",
    "Words",
    "as_decimal",
    "as_text",
    "backend",
    "best_documents",
    "element_itself",
    "element_json",
    "element_number",
    "element_text",
    "elements_of",
    "encoded_path",
    "fold_case",
    "given_by_index",
    "hold_rows",
    "index_names",
    "is_among",
    "is_among_given",
    "lift_time_limit",
    "lock_schema",
    "matching_documents",
    "moment_ago",
    "partial_index",
    "present_moment",
    "ranked_documents",
    "refresh_stale_statistics",
    "refresh_statistics",
    "run_to_end",
    "snippet_of",
    "texts",
    "translate_failures",
    "upsert",
    "wait_for",
]
