"""Audit records: their type, filter, facets and order."""

from __future__ import annotations

from collections.abc import Mapping

from cms.reading import management
from cms.reading.rows import AuditRow
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import Call, Extent, OrderKey, Rows
from graphql_api.planner.filters import Compare
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.aggregates import Summed
from graphql_api.schema.declaring.facet_counts import Facet
from graphql_api.schema.declaring.fields import FEW, Declared, of_row, one, value
from graphql_api.schema.declaring.row_sources import Condition
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.filters import indexed_comparison, leaf_comparison
from graphql_api.schema.management.account import account_rows


def audit_rows(*conditions: Condition) -> Rows:
    """Return audit records, the newest first."""
    return Rows(
        Chosen(management.audit_records()),
        conditions,
        order=lambda record: (OrderKey(record.sequence, descending=True),),
    )


def _account(record: AuditRow, _: Call) -> Rows:
    return account_rows(lambda account: account.id == record.actor)


class AuditRecord:
    """A record of the audit chain: an action that was done, its actor and its subject."""

    sequence = value("int", AuditRow.sequence, "Sequence number in the chain, without gaps.")
    recorded_at = value("DateTime", AuditRow.recorded_at, "When the action was recorded.")
    actor = value("str", AuditRow.actor, "Id of the account that acted, or `operator`.")
    account = one(
        "Account | None",
        _account,
        "Account that acted; null if the actor was no account.",
    )
    action = word("Action", AuditRow.action, "Action that the actor did.")
    action_name = word_text("str", "action", AuditRow.action)
    subject = value(
        "str | None", AuditRow.subject, "Id of the object of the action; null for none."
    )
    detail = value("JSON", AuditRow.detail, "Further facts about the action, by name.")
    rows_root = value(
        "str | None",
        AuditRow.rows_root,
        "Root of the hashes of the rows that the command wrote; null if it has a later record.",
    )
    previous_hash = value("str", AuditRow.previous_hash, "Hash of the preceding record.")
    hash = value("str", AuditRow.hash, "Hash of this record, which the next one repeats.")


# The facets of audit records.
AUDIT_SUMMED = Summed(
    (
        Facet("actor", AuditRow.actor),
        Facet("action", AuditRow.action, enum="Action"),
    ),
    {"recordedAt": AuditRow.recorded_at},
)


# The records of all entries, of which each has some.
AUDIT_EXTENT = Extent(3, is_ordered=True)


def _entry_id(record: AuditRow) -> Sql:
    return JsonText(record.detail, text("entry"))


AUDIT_WHERE: Mapping[str, Declared] = {
    "sequence": leaf_comparison("int", AuditRow.sequence, "Filter on the sequence number."),
    "recorded_at": leaf_comparison(
        "DateTime", AuditRow.recorded_at, "Filter on the time of the record."
    ),
    "actor": indexed_comparison(
        AuditRow.actor, "Filter on the id of the account that acted, or `operator`."
    ),
    "action": Declared(
        "ActionFilter | None",
        Compare(of_row(AuditRow.action), narrows=FEW),
        "Filter on the action.",
    ),
    "subject": indexed_comparison(
        AuditRow.subject, "Filter on the id of the object of the action."
    ),
    "entry": indexed_comparison(
        _entry_id, "Filter on the id of the entry that the action concerned.", "ID"
    ),
}
