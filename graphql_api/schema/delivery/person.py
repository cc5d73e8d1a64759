"""People: public bylines, with the entries that they wrote and signed off."""

from __future__ import annotations

from sqlalchemy import select

from cms.reading.rows import PersonRow
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, OrderKey, Rows
from graphql_api.planner.json_sql import Elements, element_index
from graphql_api.schema.declaring.connection import OF_A_PERSON
from graphql_api.schema.declaring.fields import many, value
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
    signed = review_relations.reviewer_ids(call.view).subquery()
    revisions = select(signed.c.revision_id).where(signed.c.person_id == person.id)
    return entry_rows(call.view, lambda entry: entry.revision_id.in_(revisions))


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
