"""People: public bylines, with the entries that they wrote and signed off."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, exists, select

from cms.reading import relations
from cms.reading.rows import EntryRow
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.ordering import OrderTerm
from graphql_api.schema.declaring.connection import OF_A_PERSON
from graphql_api.schema.declaring.fields import Declared, of_row, value
from graphql_api.schema.declaring.inputs import order_terms
from graphql_api.schema.declaring.row_sources import found_in, site_entry_rows
from graphql_api.schema.declaring.search import entry_connection
from graphql_api.schema.delivery.entry import Entry
from graphql_api.schema.delivery.filters import leaf_comparison


def _reviewed_entries(person: EntryRow, call: Call) -> Rows:
    given = review_relations.signatures().subquery("given")
    editions = select(given.c.edition_id).where(given.c.person_id == person.id)

    def is_reviewed(entry: EntryRow) -> ColumnElement[bool]:
        counting = review_relations.sign_offs(call.view, entry).subquery("counting")
        return exists().where(counting.c.person_id == person.id)

    rows = site_entry_rows(call.view, of_row(is_reviewed))
    return found_in(rows, call.view, "edition_id", editions)


def _authored_entries(person: EntryRow, call: Call) -> Rows:
    rows = site_entry_rows(call.view, lambda entry: entry.byline_id == person.id)
    if call.view.past is None:
        return rows
    written = relations.bylines().subquery("written")
    revisions = select(written.c.revision_id).where(written.c.byline_id == person.id)
    return found_in(rows, call.view, "revision_id", revisions)


class Person(Entry):
    """Public byline: an entry, whose title is the name and summary the biography."""

    name = value("str", EntryRow.title, "Name in the byline, as readers see it: the title.")
    biography = value("str", EntryRow.summary, "Short biography for readers: the summary.")
    authored = entry_connection(
        "Entry",
        _authored_entries,
        "Entries whose visible revision has the byline of the person.",
        where="EntryWhere",
        order="EntryOrder",
        extent=OF_A_PERSON,
    )
    reviewed = entry_connection(
        "Entry",
        _reviewed_entries,
        "Entries whose visible content the person signed off.",
        where="EntryWhere",
        order="EntryOrder",
        extent=OF_A_PERSON,
    )


# The filters and the orders that only people have.
PERSON_WHERE: Mapping[str, Declared] = {
    "name": leaf_comparison("str", EntryRow.title, "Name of the person."),
}
PERSON_ORDERS: Mapping[str, OrderTerm] = order_terms({"name": (EntryRow.title_key, False)})
