"""``Node`` and ``Entry``: what everything has, and what every entry has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select

from cms.reading import relations
from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import text
from graphql_api.schema.declaring.connection import connection
from graphql_api.schema.declaring.fields import Declared, many, one, row_object, value
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    incoming_link_rows,
    link_rows,
    tag_rows,
    translation_rows,
)
from graphql_api.schema.declaring.words import name_of, word
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.delivery.review import publication_attestation, review_rows


def _category(entry: EntryRow, _: Call) -> Rows:
    return category_rows(lambda category: category.id == entry.category_id)


def _tags(entry: EntryRow, _: Call) -> Rows:
    tagged = relations.revision_tags().subquery()
    ids = select(tagged.c.id).where(tagged.c.revision_id == entry.revision_id)
    return tag_rows(lambda tag: tag.id.in_(ids))


def entry_links(entry: EntryRow, call: Call) -> Rows:
    """Return an entry's links, as they stand."""
    return link_rows(
        call.view,
        lambda link: link.revision_id == entry.revision_id,
        lambda link: link.origin != text("reference"),
    )


def entry_incoming_links(entry: EntryRow, call: Call) -> Rows:
    """Return the links of other pages to an entry."""
    return incoming_link_rows(
        call.view,
        lambda link: link.target_id == entry.id,
        lambda link: link.origin != text("reference"),
    )


def translations_of(entry: EntryRow, call: Call) -> Rows:
    """Return an entry in the other languages."""
    return translation_rows(
        call.view,
        lambda other: other.id == entry.id,
        lambda other: other.locale != entry.locale,
    )


def available_locales(words: Mapping[str, str]) -> Declared:
    """Declare the locales in which an entry can be asked for, of those that are declared."""
    declared = [text(locale) for locale in words.values()]

    def rows(entry: EntryRow, call: Call) -> Rows:
        editions = translation_rows(
            call.view,
            lambda other: other.id == entry.id,
            lambda other: other.locale.in_(declared),
        )
        return replace(editions, row=lambda other: name_of(words, other.locale))

    return many("list[Locale]", rows, "The languages that it can be had in.")


class Entry(Node):
    """A piece of content, as the view shows it."""

    id = value("ID", EntryRow.id, "Its id, over all locales and revisions.")
    type = value("EntryType", EntryRow.content_type, "Its content type.")
    locale = word("Locale", EntryRow.locale, "The language of this edition.")
    locale_name = value("str", EntryRow.locale, "Language tag of the edition (BCP 47): `pt-BR`.")
    translations = many("list[Entry]", translations_of, "It in the other languages.")
    is_outdated = value(
        "bool",
        EntryRow.is_outdated,
        "Whether what it was translated from says something else by now.",
    )
    slug = value("str", EntryRow.slug, "Its word in addresses.")
    path = value("str | None", EntryRow.path, "Where it stands on the site, if it does.")
    title = value("str", EntryRow.title, "What it is called.")
    summary = value("str", EntryRow.summary, "One or two sentences; may be empty.")
    published_at = value("DateTime", EntryRow.published_at, "When this revision became public.")
    first_published_at = value(
        "DateTime", EntryRow.first_published_at, "When the edition first became public."
    )
    updated_at = value("DateTime", EntryRow.created_at, "When this revision was saved.")
    category = one("Category | None", _category, "Where it belongs in the tree of topics.")
    tags = many("list[Tag]", _tags, "Its tags, by name.")
    links = connection(
        "Link",
        entry_links,
        "Its links, those in its text included, as they stand.",
        where="LinkWhere",
        order="LinkOrder",
    )
    incoming_links = connection(
        "Link",
        entry_incoming_links,
        "The links of other public pages to it.",
        where="LinkWhere",
        order="LinkOrder",
    )
    review = one(
        "Review | None",
        review_rows,
        "Who signed off exactly what is shown; null if it was published without.",
        work=100,
    )
    attestation = one(
        "Attestation | None",
        publication_attestation,
        "The signed statement that these bytes were published.",
    )
    break_glass_reason = value(
        "str | None",
        EntryRow.break_glass_reason,
        "Why it was published without sign-offs that it should have; null if it has them.",
    )
    revision = row_object("Revision", lambda entry: entry, "The revision that is shown.")
