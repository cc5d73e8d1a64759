"""People."""

from __future__ import annotations

from sqlalchemy import select

from cms.reading import relations
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
    signed = review_relations.sign_offs(call.view).subquery()
    by_person = signed.c.person_id == person.id
    editions = select(signed.c.edition_id).where(by_person)
    digests = select(signed.c.digest).where(by_person)
    return entry_rows(
        call.view,
        # The digest says it all; by the edition alone, databases find the few rows to look at.
        lambda entry: entry.edition_id.in_(editions),
        lambda entry: entry.digest.in_(digests.where(signed.c.edition_id == entry.edition_id)),
    )


def _authored_entries(person: PersonRow, call: Call) -> Rows:
    bylines = relations.bylines().subquery()
    accounts = select(bylines.c.account_id).where(bylines.c.id == person.id)
    return entry_rows(call.view, lambda entry: entry.author_id.in_(accounts))


class PersonProfile:
    """Where else to find a person."""

    label = value("str", json_member("label"), "What it is called.")
    url = value("str", json_member("url"), "Where it is.")


class Person(Node):
    """A public byline: an author, a reviewer."""

    id = value("ID", PersonRow.id, "Their id.")
    slug = value("str", PersonRow.slug, "Their word in addresses.")
    name = value("str", PersonRow.name, "What they are called.")
    bio = value("str", PersonRow.bio, "Who they are.")
    profiles = many("list[PersonProfile]", _profiles, "Where else to find them.")
    authored = entry_connection(
        "Entry",
        _authored_entries,
        "The entries whose shown revision they saved.",
        where="EntryWhere",
        order="EntryOrder",
        extent=OF_A_PERSON,
    )
    reviewed = entry_connection(
        "Entry",
        _reviewed_entries,
        "The entries that they signed off, exactly as shown.",
        where="EntryWhere",
        order="EntryOrder",
        extent=OF_A_PERSON,
    )
