"""What can be asked of entries, categories, tags, people and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Text, select

from cms.reading import relations
from cms.reading.visibility import is_at_or_below
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, Row, Rows, Sql
from graphql_api.planner.filters import Compare, CompareSeen, Test, ToMany, ToOne
from graphql_api.planner.source import Chosen
from graphql_api.schema.declaring.fields import FEW, Declared
from graphql_api.schema.declaring.inputs import LEAF_FILTERS, add_quantified, add_where
from graphql_api.schema.declaring.row_sources import category_rows, entry_rows, revision_rows
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.delivery.entry import entry_incoming_links, entry_links, translations_of


def compared(type_: str, sql: Callable[[Row], Sql], description: str) -> Declared:
    """Declare a filter on a leaf of a built-in type."""
    return filtered(LEAF_FILTERS[type_][0], sql, description)


def key(sql: Callable[[Row], Sql], description: str, type_: str = "str") -> Declared:
    """Declare a filter on a leaf by whose value an index finds a few rows."""
    name, _ = LEAF_FILTERS[type_]
    return Declared(f"{name} | None", Compare(sql, narrows=FEW), description)


def filtered(filter_: str, sql: Callable[[Row], Sql], description: str) -> Declared:
    """Declare a filter on a leaf, of this filter type."""
    return Declared(f"{filter_} | None", Compare(sql), description)


def tags_of(entry: Row, _: Call) -> Rows:
    """Return an entry's tags, in no order."""
    return Rows(
        Chosen(relations.revision_tags()), (lambda tag: tag.revision_id == entry.revision_id,)
    )


def _reviewers_of(entry: Row, call: Call) -> Rows:
    return Rows(Chosen(review_relations.reviewers(call.view, entry.edition_id, entry.digest)))


def _review(column: str) -> Callable[[Row, Call], Sql]:
    def of(entry: Row, call: Call) -> Sql:
        review = review_relations.review(call.view, entry.edition_id, entry.digest).subquery(
            "review_of"
        )
        return select(review.c[column]).scalar_subquery()

    return of


# What can be asked of every entry.
ENTRY_WHERE: Mapping[str, Declared] = {
    "id": key(lambda entry: entry.id, "Its id.", "ID"),
    "type": filtered("EntryTypeFilter", lambda entry: entry.content_type, "Its content type."),
    "slug": compared("str", lambda entry: entry.slug, "Its slug."),
    "path": key(lambda entry: entry.path, "Where it stands on the site."),
    "title": compared("str", lambda entry: entry.title, "What it is called."),
    "summary": compared("str", lambda entry: entry.summary, "Its summary."),
    "published_at": compared(
        "DateTime", lambda entry: entry.published_at, "When the revision became public."
    ),
    "first_published_at": compared(
        "DateTime", lambda entry: entry.first_published_at, "When it first became public."
    ),
    "updated_at": compared(
        "DateTime", lambda entry: entry.created_at, "When the revision was saved."
    ),
    "category": Declared(
        "CategoryWhere | None",
        ToOne(
            key=lambda entry: entry.category_id,
            rows=lambda _: category_rows(),
            target=lambda category: category.id,
            unique=frozenset({"id", "treePath"}),
        ),
        "It is in a category that fits.",
    ),
    "tags": Declared("TagsWhere | None", ToMany(tags_of), "What its tags are."),
    "locale": filtered("LocaleFilter", lambda entry: entry.locale, "The language of the edition."),
    "is_outdated": compared(
        "bool", lambda entry: entry.is_outdated, "Whether it lags behind what it translates."
    ),
    "translations": Declared(
        "EntriesWhere | None", ToMany(translations_of), "It in the other languages."
    ),
    "author": Declared(
        "PersonWhere | None",
        ToOne(
            key=lambda entry: entry.author_id,
            rows=lambda _: Rows(Chosen(relations.bylines())),
            target=lambda byline: byline.account_id,
        ),
        "Who saved the revision.",
    ),
    "reviewers": Declared("PeopleWhere | None", ToMany(_reviewers_of), "Who signed it off."),
    "reviewed_at": Declared(
        "DateTimeFilter | None",
        CompareSeen(_review("signed_at")),
        "When it was last signed off.",
    ),
    "review_expires_at": Declared(
        "DateTimeFilter | None",
        CompareSeen(_review("expires_at")),
        "When it is due for review again.",
    ),
    "links": Declared("LinksWhere | None", ToMany(entry_links), "Its links."),
    "incoming_links": Declared(
        "LinksWhere | None",
        ToMany(entry_incoming_links, work=15),
        "The links of other pages to it.",
    ),
}


def add_wheres(namespace: Namespace, entry_filters: Mapping[str, Declared]) -> None:
    """Add the filters that are the same for every site.

    Args:
        namespace: where they are added.
        entry_filters: what else can be asked of an entry.
    """
    add_where(
        namespace,
        "CategoryWhere",
        "What is asked of a category.",
        {
            "id": key(lambda category: category.id, "Its id.", "ID"),
            "slug": compared("str", lambda category: category.slug, "Its slug."),
            "tree_path": key(lambda category: category.path, "Its place in the tree."),
            "name": compared("str", lambda category: category.name, "What it is called."),
            "within": Declared(
                "str | None",
                Test(lambda category, root: is_at_or_below(category.path, root), Text(), narrows=2),
                "It has this path, or is somewhere below it.",
            ),
        },
    )
    for name, thing in (("TagWhere", "a tag"), ("PersonWhere", "a person")):
        add_where(
            namespace,
            name,
            f"What is asked of {thing}.",
            {
                "id": compared("ID", lambda row: row.id, "The id."),
                "slug": compared("str", lambda row: row.slug, "The slug."),
                "name": compared("str", lambda row: row.name, "The name."),
            },
        )
    add_quantified(namespace, "TagsWhere", "TagWhere", "tags")
    add_quantified(namespace, "PeopleWhere", "PersonWhere", "people")
    add_quantified(namespace, "LinksWhere", "LinkWhere", "links")
    _add_link_where(namespace)
    add_quantified(namespace, "EntriesWhere", "EntryWhere", "entries")
    every = {**ENTRY_WHERE, **entry_filters}
    add_where(namespace, "EntryWhere", "What is asked of an entry.", every)


def _add_link_where(namespace: Namespace) -> None:
    add_where(
        namespace,
        "LinkWhere",
        "What is asked of a link.",
        {
            "kind": filtered("LinkKindFilter", lambda link: link.kind, "Its kind."),
            "label": compared("str", lambda link: link.label, "Its words."),
            "url": compared("str", lambda link: link.url, "Where it leads."),
            "origin": filtered("LinkOriginFilter", lambda link: link.origin, "Where it stands."),
            "target": Declared(
                "EntryWhere | None",
                ToOne(
                    key=lambda link: link.target_id,
                    rows=lambda call: entry_rows(call.view),
                    target=lambda entry: entry.id,
                ),
                "It leads to an entry that fits.",
            ),
            "source": Declared(
                "EntryWhere | None",
                ToOne(
                    key=lambda link: link.revision_id,
                    rows=lambda call: revision_rows(call.view),
                    target=lambda entry: entry.revision_id,
                ),
                "It stands in an entry that fits.",
            ),
        },
    )
