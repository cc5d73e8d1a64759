"""``Entry``: the interface of all content types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import ColumnElement

from cms.reading.rows import EntryRow
from graphql_api.planner.declarations import Call, Rows
from graphql_api.planner.json_sql import text
from graphql_api.planner.source import Sql
from graphql_api.schema.declaring.connection import OF_A_HUB, connection
from graphql_api.schema.declaring.fields import Declared, many, one, row_object, seen_value, value
from graphql_api.schema.declaring.row_sources import (
    category_rows,
    incoming_link_rows,
    link_rows,
    revision_tag_rows,
    translation_rows,
)
from graphql_api.schema.declaring.words import declared_name, name_of, word
from graphql_api.schema.delivery.link_metrics import LINK_METRICS
from graphql_api.schema.delivery.node import Node
from graphql_api.schema.delivery.review import publication_attestation, review_rows


def _category(entry: EntryRow, call: Call) -> Rows:
    return category_rows(call.view, lambda category: category.id == entry.category_id)


def _tags(entry: EntryRow, _: Call) -> Rows:
    return revision_tag_rows(lambda tag: tag.revision_id == entry.revision_id)


def entry_links(entry: EntryRow, call: Call) -> Rows:
    """Return the links of an entry, in their order in the content."""
    return link_rows(
        call.view,
        lambda link: link.revision_id == entry.revision_id,
        lambda link: link.origin != text("reference"),
    )


def entry_incoming_links(entry: EntryRow, call: Call) -> Rows:
    """Return the links from other pages to an entry."""
    return incoming_link_rows(
        call.view,
        lambda link: link.target_id == entry.id,
        lambda link: link.origin != text("reference"),
    )


def translations_of(entry: EntryRow, call: Call) -> Rows:
    """Return the editions of an entry in its other locales."""
    return translation_rows(
        call.view,
        lambda other: other.id == entry.id,
        lambda other: other.locale != entry.locale,
    )


def available_locales(words: Mapping[str, str]) -> Declared:
    """Declare the locales of an entry, without those that the site no longer declares."""
    declared = [text(locale) for locale in words.values()]

    def rows(entry: EntryRow, call: Call) -> Rows:
        editions = translation_rows(
            call.view,
            lambda other: other.id == entry.id,
            lambda other: other.locale.in_(declared),
        )
        return replace(editions, row=lambda other: name_of(words, other.locale))

    return many(
        "list[Locale]", rows, "Locales that the entry has an edition in and the site declares."
    )


def _has_claimed_review(entry: EntryRow) -> ColumnElement[bool]:
    return entry.claimed_review.is_not(None)


def _type_of(entry: EntryRow, call: Call) -> Sql:
    return declared_name(dict(call.view.renamed_types), entry.content_type)


class Entry(Node):
    """Content entry, in the edition and revision that the view selects."""

    id = value("ID", EntryRow.id, "Entry id, the same for all locales and revisions.")
    type = seen_value("EntryType", _type_of, "Content type of the entry.", parts=1)
    locale = word("Locale", EntryRow.locale, "Locale of this edition.")
    locale_name = value("str", EntryRow.locale, "Language tag of the edition (BCP 47): `pt-BR`.")
    translations = many("list[Entry]", translations_of, "Editions in other locales, by locale.")
    is_outdated = value(
        "bool",
        EntryRow.is_outdated,
        "Whether the edition that this one was translated from has changed since.",
    )
    slug = value("str", EntryRow.slug, "URL slug of the entry.")
    path = value(
        "str | None", EntryRow.path, "URL path on the site; null for an entry without a page."
    )
    title = value("str", EntryRow.title, "Title of this edition.")
    summary = value("str", EntryRow.summary, "Summary in one or two sentences; may be empty.")
    published_at = value("DateTime", EntryRow.published_at, "Publication time of this revision.")
    first_published_at = value(
        "DateTime", EntryRow.first_published_at, "Time of the edition's first publication."
    )
    updated_at = value("DateTime", EntryRow.created_at, "Time at which this revision was saved.")
    category = one(
        "Category | None", _category, "Category of the entry in the tree of topics; null for none."
    )
    tags = many("list[Tag]", _tags, "Tags of this edition, by name.")
    links = connection(
        "EntryLink",
        entry_links,
        "Links from the entry, those inside its texts included, in their order in the content.",
        where="EntryLinkWhere",
        order="EntryLinkOrder",
    )
    incoming_links = connection(
        "EntryLink",
        entry_incoming_links,
        "Links from other public pages to the entry.",
        where="EntryLinkWhere",
        order="EntryLinkOrder",
        share_of_hub=OF_A_HUB,
    )
    link_metrics = LINK_METRICS
    review = one(
        "EntryReview | None",
        review_rows,
        "Sign-offs on exactly this content that count; null as long as a stage lacks any.",
        work=100,
    )
    attestation = one(
        "Attestation | None",
        publication_attestation,
        "Signed statement that exactly these bytes were published.",
    )
    basis = word(
        "PublicationBasis | None", EntryRow.basis, "Basis of the publication; null for a draft."
    )
    break_glass_reason = value(
        "str | None",
        EntryRow.break_glass_reason,
        "Reason for publishing without the required sign-offs; null if none was missing.",
    )
    import_source = value(
        "str | None",
        EntryRow.source,
        "System that the page was imported from without a sign-off; null for any other page.",
    )
    claimed_review = row_object(
        "ClaimedReview | None",
        EntryRow.claimed_review,
        "Review that the source of an imported page claims; null if there is no such claim.",
        present=_has_claimed_review,
    )
    revision = row_object(
        "Revision", lambda entry: entry, "Revision that the other fields are read from."
    )
