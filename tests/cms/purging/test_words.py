"""Each column in which words can stand has a decision: emptied, erased, or without words."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from importlib import import_module

import pytest
from sqlalchemy import Boolean, Column, Integer
from sqlalchemy.types import JSON

from cms import events
from cms.events import Event, without_words
from cms.ledger.words import EMPTIED, ERASED, OWN_ID, PURGE_TIME, WITHOUT_WORDS
from cms.storage.dialects import Moment
from cms.tables import Base

RULES = import_module("migrations.versions.0002_rules")
TABLES = Base.metadata.tables


def may_have_words(column: Column[object]) -> bool:
    """Return whether a column is a text or a document, and not an id or a reference."""
    is_id = column.name in {"id", "key"} or column.name.endswith("_id") or column.name == "subject"
    is_reference = bool(column.foreign_keys)
    is_plain = isinstance(column.type, Moment | Integer | Boolean)
    return not (is_id or is_reference or is_plain)


def decided() -> set[str]:
    """Return the columns with a decision, as ``table.column``."""
    emptied = {f"{table}.{name}" for table, left in EMPTIED.items() for name in left}
    whole = [name for name in (*ERASED, *WITHOUT_WORDS) if "." not in name]
    tables = {f"{name}.{column.name}" for name in whole for column in TABLES[name].columns}
    return emptied | tables | {name for name in WITHOUT_WORDS if "." in name}


def test_every_column_that_can_have_words_has_a_decision() -> None:
    columns = {
        f"{name}.{column.name}"
        for name, table in TABLES.items()
        for column in table.columns
        if may_have_words(column)
    }
    assert columns - decided() == set()


def test_no_column_has_two_decisions_and_each_exists() -> None:
    assert EMPTIED.keys() & {name for name in (*ERASED, *WITHOUT_WORDS) if "." not in name} == set()
    emptied = {f"{table}.{name}" for table, left in EMPTIED.items() for name in left}
    assert emptied & WITHOUT_WORDS.keys() == set()
    every = {f"{name}.{column.name}" for name, table in TABLES.items() for column in table.columns}
    assert decided() <= every


def test_the_database_permits_what_a_purge_does() -> None:
    own = {
        table: {
            name: RULES.OWN_ID if value is OWN_ID else RULES.ANY if value is PURGE_TIME else value
            for name, value in left.items()
        }
        for table, left in EMPTIED.items()
    }
    links = {"attestation", "audit_record", "audit_row"}
    assert {name: left for name, left in RULES.EMPTIED.items() if name not in links} == own


def test_a_value_that_is_left_fits_the_column() -> None:
    for table, left in EMPTIED.items():
        for name, value in left.items():
            column = TABLES[table].columns[name]
            assert value is not None or column.nullable
            assert (value == {}) is (value is not None and isinstance(column.type, JSON))


KINDS = sorted(
    (each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)),
    key=lambda each: each.__name__,
)
# Fields of events with ids, numbers, times, and words of the product or of the site's declaration.
PLAIN = {
    "changes",
    *("account", "basis", "cause", "content_type", "digest", "edition", "entries", "entry"),
    *("keys", "locale"),
    *("parent", "replaced", "revision", "role", "scopes", "sign_offs", "stage", "subject"),
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.__name__)
def test_every_text_of_an_event_has_a_decision(kind: type[Event]) -> None:
    for each in fields(kind):
        if not each.metadata.get("is_recorded", True) or "str" not in str(each.type):
            continue
        is_reason_of_the_product = (kind.__name__, each.name) == ("SessionEnded", "reason")
        has_words = bool(each.metadata.get("has_words"))
        assert has_words is (each.name not in PLAIN and not is_reason_of_the_product)


def test_texts_of_an_event_are_left_out_and_facts_stay() -> None:
    event = events.SignOffsInvalidated(
        subject="account_1", since=datetime.fromisoformat("2026-11-29T10:00:00Z"), reason="Jane"
    )
    left = {"event": "SignOffsInvalidated", "since": "2026-11-29T10:00:00.000Z"}
    assert without_words(event.to_json()) == left


def test_of_the_event_of_a_plugin_only_the_entry_is_left() -> None:
    detail = {"event": "RecallStarted", "entry": "entry_1", "note": "Jane"}
    assert without_words(detail) == {"event": "RecallStarted", "entry": "entry_1"}
