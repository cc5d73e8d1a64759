"""People: public bylines, with the entries that they wrote and signed off."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, select

from cms.reading.rows import EntryRow, PersonRow
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.schema.declaring.connection import OF_A_PERSON
from graphql_api.schema.declaring.fields import many, of_row, value
from graphql_api.schema.declaring.json_parts import json_member
from graphql_api.schema.declaring.row_sources import entry_rows
from graphql_api.schema.declaring.search import entry_connection
from graphql_api.schema.delivery.node import Node


def _profiles(person: PersonRow, _: Call) -> Rows:
    return Rows(
        Elements(person.links),
        row=lambda element: element.value,
        order=lambda element: (OrderKey(element_index(element)),),
    )


def _reviewed_entries(person: PersonRow, call: Call) -> Rows:
    given = review_relations.signatures().subquery("given")
    editions = select(given.c.edition_id).where(given.c.person_id == person.id)

    def is_reviewed(entry: EntryRow) -> ColumnElement[bool]:
        counting = review_relations.sign_offs(call.view, entry).subquery("counting")
        return exists().where(counting.c.person_id == person.id)

    # The sign-offs alone would do; the edition lets databases find the few rows by an index.
    return entry_rows(call.view, lambda entry: entry.edition_id.in_(editions), of_row(is_reviewed))


def _authored_entries(person: PersonRow, call: Call) -> Rows:
    return entry_rows(call.view, lambda entry: entry.byline_id == person.id)


class PersonProfile:
    """Profile of a person on another site."""

    label = value("str", json_member("label"), "Name of the profile, for readers.")
    url = value("str", json_member("url"), "Address of the profile.")


class Person(Node):
    """Public byline of an author or a reviewer."""

    id = value("ID", PersonRow.id, "Id of the person.")
    slug = value("str", PersonRow.slug, "URL slug of the person.")
    name = value("str", PersonRow.name, "Name in the byline, as readers see it.")
    bio = value("str", PersonRow.bio, "Short biography for readers.")
    profiles = many(
        "list[PersonProfile]", _profiles, "Profiles of the person on other sites, in order."
    )
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
