"""Structured data of pages, as in https://schema.org.

The reviewers and the time of the review are properties of the page, not of its main entity; they
come only from the sign-offs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from sqlalchemy import case, func, literal_column, null, or_, select, union_all

from cms.content.builtin import CATEGORY
from cms.content.content_type import ContentType
from cms.content.fields import Choice, Field, List
from cms.content.fields.computed import shown_as
from cms.content.schema_org import NAMED_THINGS, currency_of, is_in_offer, listed_word
from cms.reading import relations
from cms.reading.narrowing import narrowed
from cms.reading.rows import EntryRow
from cms.reading.view import View
from cms.review import relations as review_relations
from cms.site import Site
from cms.storage.dialects import EncodedPath
from graphql_api.planner.declarations import Call
from graphql_api.planner.json_sql import (
    Elements,
    JsonArray,
    JsonConstant,
    JsonObject,
    JsonTuple,
    ScriptSafe,
    WithoutNulls,
    element_index,
    element_text,
    json_of,
    member,
    text,
)
from graphql_api.planner.source import Columns, Sql
from graphql_api.schema.content_types.document import comparable, document_of
from graphql_api.schema.content_types.seo import description_of, home_of, if_type, page_url
from graphql_api.schema.declaring.fields import Declared, seen_value

# The number of pieces of SQL in structured data; see graphql_api.planner.cost.
_JSON_LD_PARTS = 60
# The endings of those schema.org types that have a headline.
_WITH_HEADLINE = ("Article", "Posting")
_DAY = 10  # characters of an ISO 8601 time


def structured_data_fields(site: Site) -> Mapping[str, Declared]:
    """Return the fields of an entry with structured data."""
    return {
        "json_ld": seen_value(
            "JSON",
            partial(_json_ld, site),
            "Structured data (JSON-LD, https://schema.org): the page, and its breadcrumbs in the "
            "tree of topics.",
            parts=_JSON_LD_PARTS,
        ),
        "json_ld_script": seen_value(
            "str",
            partial(_json_ld_script, site),
            "`jsonLd` as text that is safe inside a `script` element.",
            parts=_JSON_LD_PARTS,
        ),
    }


def _json_ld(site: Site, entry: EntryRow, call: Call) -> Sql:
    return JsonTuple(_page(site, entry, call.view), _breadcrumbs(site, entry, call.view))


def _json_ld_script(site: Site, entry: EntryRow, call: Call) -> Sql:
    return ScriptSafe(_json_ld(site, entry, call))


def _page(site: Site, entry: EntryRow, view: View) -> Sql:
    """Return the page, with its main entity if that is not the page itself."""
    types = site.content_types.values()
    pages = [if_type(entry, each, text(each.schema_org)) for each in types if each.is_web_page()]
    things = [if_type(entry, each, _thing(site, entry, each, view)) for each in types]
    review = review_relations.review(view, entry).subquery("last_review")
    last = func.substr(json_of(review.c.signed_at), 1, literal_column(str(_DAY)))
    return WithoutNulls(
        JsonObject(
            [
                ("@context", text("https://schema.org")),
                ("@type", case(*pages, else_=text("WebPage")) if pages else text("WebPage")),
                *_name_properties(site, entry),
                ("inLanguage", entry.locale),
                *_publication_properties(entry, view),
                ("reviewedBy", _reviewers(entry, view)),
                ("lastReviewed", select(last).scalar_subquery()),
                ("mainEntity", case(*things)),
            ]
        )
    )


def _name_properties(site: Site, entry: EntryRow) -> list[tuple[str, Sql]]:
    return [
        ("name", entry.title),
        ("description", func.nullif(description_of(site, entry), text(""))),
        ("url", page_url(site, entry)),
    ]


def _publication_properties(entry: EntryRow, view: View) -> list[tuple[str, Sql]]:
    return [
        ("datePublished", json_of(entry.first_published_at)),
        ("dateModified", json_of(entry.published_at)),
        ("author", _author(entry, view)),
    ]


def _thing(site: Site, entry: EntryRow, content_type: type[ContentType], view: View) -> Sql:
    """Return the main entity of a page; null where that is the page itself."""
    if content_type.is_web_page():
        return null()
    is_article = content_type.schema_org.endswith(_WITH_HEADLINE)
    article = (
        [("headline", entry.title), *_publication_properties(entry, view)] if is_article else []
    )
    said = {each.schema_org: each for each in content_type.fields.values() if each.schema_org}
    offered = {name for name in said if is_in_offer(content_type.schema_org, name)}
    properties = [
        (name, _property(entry, each)) for name, each in said.items() if name not in offered
    ]
    offer = [(name, _property(entry, said[name])) for name in said if name in offered]
    if "price" in said and "priceCurrency" not in said:
        currency = ("priceCurrency", text(currency_of(said["price"])))
        (offer if offered else properties).append(currency)
    return JsonObject(
        [
            ("@type", text(content_type.schema_org)),
            *_name_properties(site, entry),
            *article,
            *properties,
            *([("offers", _offer(site, entry, offer))] if offer else []),
        ]
    )


def _offer(site: Site, entry: EntryRow, properties: Sequence[tuple[str, Sql]]) -> Sql:
    """Return the offer of a thing; null without a price, if it is declared to have one."""
    offer = JsonObject([("@type", text("Offer")), ("url", page_url(site, entry)), *properties])
    known = [value.is_not(None) for name, value in properties if name == "price"]
    known = known or [value.is_not(None) for _, value in properties]
    return case((or_(*known), offer))


def _property(entry: EntryRow, field: Field) -> Sql:
    shown, thing = shown_as(field), NAMED_THINGS.get(field.schema_org)
    if isinstance(shown, List):
        return _list_property(entry, field, thing)
    value = comparable(field)(entry)
    if thing is not None:
        return case((value.is_not(None), _named(thing, json_of(value))))
    if isinstance(shown, Choice):
        words = {
            stored: text(f"https://schema.org/{word}")
            for name, stored in shown.words().items()
            if (word := listed_word(field.schema_org, name)) is not None
        }
        return case(words, value=value) if words else value
    return json_of(value)


def _list_property(entry: EntryRow, field: Field, thing: str | None) -> Sql:
    items, none = member(document_of(entry).json, field.stored_name), JsonConstant(b"[]", "jsonb")
    if thing is None:
        return case((items != none, items))
    elements = Elements(items).under("named", ())
    element = cast("Columns", elements.c)
    each = JsonArray(_named(thing, element_text(element)), [element_index(element)])
    return case((items != none, select(each).select_from(elements).scalar_subquery()))


def _named(type_: str, name: Sql) -> Sql:
    return JsonObject([("@type", text(type_)), ("name", name)])


def _author(entry: EntryRow, view: View) -> Sql:
    byline = narrowed(relations.people(view), ("id", "title")).subquery("byline")
    return (
        select(_named("Person", byline.c.title))
        .where(byline.c.id == entry.byline_id)
        .scalar_subquery()
    )


def _reviewers(entry: EntryRow, view: View) -> Sql:
    found = review_relations.reviewers(view, entry)
    reviewer = narrowed(found, ("id", "title", "title_key")).subquery("reviewer")
    person = _named("Person", reviewer.c.title)
    people = JsonArray(person, [reviewer.c.title_key, reviewer.c.id])
    is_reviewed = func.count() > literal_column("0")
    return select(case((is_reviewed, people))).select_from(reviewer).scalar_subquery()


def _breadcrumbs(site: Site, entry: EntryRow, view: View) -> Sql:
    """Return the breadcrumbs from the root of the tree of topics to the entry."""
    is_category = entry.content_type == text(CATEGORY)
    topic = case((is_category, entry.id), else_=entry.category_id)
    lineage = narrowed(
        relations.lineage(view, topic), ("id", "title", "distance", "path", "locale")
    )
    above = lineage.subquery("topic")
    steps = union_all(
        select(above.c.title, above.c.distance, above.c.path, above.c.locale).where(
            above.c.id != entry.id
        ),
        # The last step needs no address, since it is the page itself.
        select(entry.title, literal_column("-1"), null(), entry.locale),
    ).subquery("step")
    numbered = select(
        steps.c.title,
        steps.c.path,
        steps.c.locale,
        func.row_number().over(order_by=steps.c.distance.desc()).label("position"),
    ).subquery("numbered")
    item = JsonObject(
        [
            ("@type", text("ListItem")),
            ("position", numbered.c.position),
            ("name", numbered.c.title),
            ("item", home_of(site, numbered.c.locale) + EncodedPath(numbered.c.path)),
        ]
    )
    return JsonObject(
        [
            ("@context", text("https://schema.org")),
            ("@type", text("BreadcrumbList")),
            (
                "itemListElement",
                select(JsonArray(WithoutNulls(item), [numbered.c.position])).scalar_subquery(),
            ),
        ]
    )
