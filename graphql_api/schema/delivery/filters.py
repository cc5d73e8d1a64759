"""What can be asked of entries, categories, tags, people and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import ColumnElement, Text, select

from cms.reading import relations
from cms.reading.rows import BylineRow, CategoryRow, EntryRow, LinkRow, PersonRow, TagRow
from cms.reading.visibility import is_at_or_below
from cms.review import relations as review_relations
from graphql_api.planner.declarations import Call, Row, Rows
from graphql_api.planner.filters import Compare, CompareSeen, Test, ToMany, ToOne
from graphql_api.planner.source import Chosen, Sql
from graphql_api.schema.declaring.fields import FEW, Declared, R, of_call, of_row
from graphql_api.schema.declaring.inputs import LEAF_FILTERS, add_quantified, add_where
from graphql_api.schema.declaring.row_sources import category_rows, entry_rows, revision_rows
from graphql_api.schema.declaring.type_registry import Namespace
from graphql_api.schema.delivery.entry import entry_incoming_links, entry_links, translations_of


def leaf_comparison(type_: str, sql: Callable[[R], Sql], description: str) -> Declared:
    """Declare a filter on a leaf of a built-in type."""
    return comparison(LEAF_FILTERS[type_][0], sql, description)


def indexed_comparison(sql: Callable[[R], Sql], description: str, type_: str = "str") -> Declared:
    """Declare a filter on a leaf by whose value an index finds a few rows."""
    name, _ = LEAF_FILTERS[type_]
    return Declared(f"{name} | None", Compare(of_row(sql), narrows=FEW), description)


def comparison(filter_: str, sql: Callable[[R], Sql], description: str) -> Declared:
    """Declare a filter on a leaf, of this filter type."""
    return Declared(f"{filter_} | None", Compare(of_row(sql)), description)


def tags_of(entry: EntryRow, _: Call) -> Rows:
    """Return an entry's tags, in no order."""
    return Rows(
        Chosen(relations.revision_tags()), (lambda tag: tag.revision_id == entry.revision_id,)
    )


def _reviewers_of(entry: EntryRow, call: Call) -> Rows:
    return Rows(Chosen(review_relations.reviewers(call.view, entry.edition_id, entry.digest)))


def _review(column: str) -> Callable[[Row, Call], Sql]:
    def of(entry: EntryRow, call: Call) -> Sql:
        review = review_relations.review(call.view, entry.edition_id, entry.digest).subquery(
            "review_of"
        )
        return select(review.c[column]).scalar_subquery()

    return of_call(of)


def _is_within(category: Row, root: Sql) -> ColumnElement[bool]:
    return is_at_or_below(CategoryRow.path(category), root)


# What can be asked of every entry.
ENTRY_WHERE: Mapping[str, Declared] = {
    "id": indexed_comparison(EntryRow.id, "Its id.", "ID"),
    "type": comparison("EntryTypeFilter", EntryRow.content_type, "Its content type."),
    "slug": leaf_comparison("str", EntryRow.slug, "Its slug."),
    "path": indexed_comparison(EntryRow.path, "Where it stands on the site."),
    "title": leaf_comparison("str", EntryRow.title, "What it is called."),
    "summary": leaf_comparison("str", EntryRow.summary, "Its summary."),
    "published_at": leaf_comparison(
        "DateTime", EntryRow.published_at, "When the revision became public."
    ),
    "first_published_at": leaf_comparison(
        "DateTime", EntryRow.first_published_at, "When it first became public."
    ),
    "updated_at": leaf_comparison("DateTime", EntryRow.created_at, "When the revision was saved."),
    "category": Declared(
        "CategoryWhere | None",
        ToOne(
            key=EntryRow.category_id,
            rows=lambda _: category_rows(),
            target=CategoryRow.id,
            unique=frozenset({"id", "treePath"}),
        ),
        "It is in a category that fits.",
    ),
    "tags": Declared("TagsWhere | None", ToMany(of_call(tags_of)), "What its tags are."),
    "locale": comparison("LocaleFilter", EntryRow.locale, "The language of the edition."),
    "is_outdated": leaf_comparison(
        "bool", EntryRow.is_outdated, "Whether it lags behind what it translates."
    ),
    "translations": Declared(
        "EntriesWhere | None", ToMany(of_call(translations_of)), "It in the other languages."
    ),
    "author": Declared(
        "PersonWhere | None",
        ToOne(
            key=EntryRow.author_id,
            rows=lambda _: Rows(Chosen(relations.bylines())),
            target=BylineRow.account_id,
        ),
        "Who saved the revision.",
    ),
    "reviewers": Declared(
        "PeopleWhere | None", ToMany(of_call(_reviewers_of)), "Who signed it off."
    ),
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
    "links": Declared("LinksWhere | None", ToMany(of_call(entry_links)), "Its links."),
    "incoming_links": Declared(
        "LinksWhere | None",
        ToMany(of_call(entry_incoming_links), work=15),
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
            "id": indexed_comparison(CategoryRow.id, "Its id.", "ID"),
            "slug": leaf_comparison("str", CategoryRow.slug, "Its slug."),
            "tree_path": indexed_comparison(CategoryRow.path, "Its place in the tree."),
            "name": leaf_comparison("str", CategoryRow.name, "What it is called."),
            "within": Declared(
                "str | None",
                Test(_is_within, Text(), narrows=2),
                "It has this path, or is somewhere below it.",
            ),
        },
    )
    for name, thing, row in (("TagWhere", "a tag", TagRow), ("PersonWhere", "a person", PersonRow)):
        add_where(
            namespace,
            name,
            f"What is asked of {thing}.",
            {
                "id": leaf_comparison("ID", row.id, "The id."),
                "slug": leaf_comparison("str", row.slug, "The slug."),
                "name": leaf_comparison("str", row.name, "The name."),
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
            "kind": comparison("LinkKindFilter", LinkRow.kind, "Its kind."),
            "label": leaf_comparison("str", LinkRow.label, "Its words."),
            "url": leaf_comparison("str", LinkRow.url, "Where it leads."),
            "origin": comparison("LinkOriginFilter", LinkRow.origin, "Where it stands."),
            "target": Declared(
                "EntryWhere | None",
                ToOne(
                    key=LinkRow.target_id,
                    rows=lambda call: entry_rows(call.view),
                    target=EntryRow.id,
                ),
                "It leads to an entry that fits.",
            ),
            "source": Declared(
                "EntryWhere | None",
                ToOne(
                    key=LinkRow.revision_id,
                    rows=lambda call: revision_rows(call.view),
                    target=EntryRow.revision_id,
                ),
                "It stands in an entry that fits.",
            ),
        },
    )
