"""The audit chain."""

from __future__ import annotations

from collections.abc import Mapping

from cms.reading import management
from cms.storage.dialects import JsonText
from graphql_api.planner.declarations import OrderKey, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.aggregates import Facet, Summed
from graphql_api.schema.declaring.fields import Declared, one, value
from graphql_api.schema.declaring.row_sources import Condition
from graphql_api.schema.declaring.words import word, word_text
from graphql_api.schema.delivery.filters import compared, filtered
from graphql_api.schema.management.account import account_rows


def audit_rows(*conditions: Condition) -> Rows:
    """Return audit records, the newest first."""
    return Rows(
        Chosen(management.audit_records()),
        conditions,
        order=lambda record: (OrderKey(record.sequence, descending=True),),
    )


class AuditRecord:
    """Who did what, when, to what."""

    sequence = value("int", lambda record: record.sequence, "Its number, without gaps.")
    recorded_at = value("DateTime", lambda record: record.recorded_at, "When it was done.")
    actor = value("str", lambda record: record.actor, "An account's id, or operator.")
    account = one(
        "Account | None",
        lambda record, _: account_rows(lambda account: account.id == record.actor),
        "The account, if it was one.",
    )
    action = word("Action", lambda record: record.action, "What was asked for.")
    action_name = word_text("str", "action", lambda record: record.action)
    subject = value("str | None", lambda record: record.subject, "The id of what it was done to.")
    outcome = word("AuditOutcome", lambda record: record.outcome, "Whether it was done.")
    detail = value("JSON", lambda record: record.detail, "What else there is to know.")
    previous_hash = value(
        "str", lambda record: record.previous_hash, "The hash of the record before it."
    )
    hash = value("str", lambda record: record.hash, "The hash of this one.")


# What several records can have in common.
AUDIT_SUMMED = Summed(
    (
        Facet("actor", lambda record: record.actor),
        Facet("action", lambda record: record.action, enum="Action"),
        Facet("outcome", lambda record: record.outcome, enum="AuditOutcome"),
    ),
    {"recordedAt": lambda record: record.recorded_at},
)

AUDIT_WHERE: Mapping[str, Declared] = {
    "sequence": compared("int", lambda record: record.sequence, "Its number."),
    "recorded_at": compared("DateTime", lambda record: record.recorded_at, "When it was done."),
    "actor": compared("str", lambda record: record.actor, "Who did it."),
    "action": filtered("ActionFilter", lambda record: record.action, "What was asked for."),
    "subject": compared("str", lambda record: record.subject, "What it was done to."),
    "entry": compared(
        "ID",
        lambda record: JsonText(record.detail, text("entry")),
        "The entry that it was about.",
    ),
    "outcome": filtered(
        "AuditOutcomeFilter", lambda record: record.outcome, "Whether it was done."
    ),
}
