"""Rows: their classes have the columns that relations select, through every view."""

from __future__ import annotations

import inspect
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Select, column, literal_column, null

from cms.links import relations as links
from cms.publishing import relations as publishing
from cms.reading import management, relations, rows
from cms.reading.rows import Column, Row
from cms.reading.view import Perspective, Preview, View
from cms.reading.visibility import Leading
from cms.review import relations as review
from cms.search import relations as search

VIEW = View(("en", "de"), scopes=())
VIEWS = {
    "published": VIEW,
    "draft": replace(VIEW, perspective=Perspective.DRAFT),
    "preview": replace(VIEW, preview=Preview(null())),
}
ROWS = {
    relations.entries: rows.EntryRow,
    relations.site_entries: rows.EntryRow,
    relations.translations: rows.EntryRow,
    relations.revisions: rows.EntryRow,
    relations.referenced_entries: rows.ReferencedRow,
    relations.draft_places: rows.DraftPlaceRow,
    relations.references: rows.ReferenceRow,
    relations.link_targets: rows.LinkTargetRow,
    relations.bylines: rows.BylineRow,
    links.link_metrics: rows.LinkMetricsRow,
    relations.renditions: rows.RenditionRow,
    relations.links: rows.LinkRow,
    relations.site_links: rows.LinkRow,
    relations.link_periods: rows.LinkPeriodRow,
    relations.incoming_links: rows.LinkRow,
    relations.people: rows.EntryRow,
    relations.categories: rows.CategoryRow,
    relations.lineage: rows.LineageRow,
    relations.category_places: rows.PlaceRow,
    relations.tags: rows.TagRow,
    relations.tag_counts: rows.TagCountRow,
    relations.revision_tags: rows.RevisionTagRow,
    management.accounts: rows.AccountRow,
    management.grants: rows.GrantRow,
    management.made_redirects: rows.MadeRedirectRow,
    management.service_tokens: rows.TokenRow,
    management.publications: rows.PublicationRow,
    management.presences: rows.PresenceRow,
    management.audit_records: rows.AuditRow,
    management.attestations: rows.AttestationRow,
    review.sign_offs: review.SignOffRow,
    review.review: review.ReviewRow,
    review.reviewers: rows.EntryRow,
    review.signers: review.SignerRow,
    review.reviews: review.ReviewRequestRow,
    review.assignees: review.AssigneeRow,
    review.signatures: review.SignOffRow,
    review.counted_sign_offs: review.CountedSignOffRow,
    review.change_requests: review.ChangeRequestRow,
    review.comments: review.CommentRow,
    publishing.redirects: publishing.RedirectRow,
    publishing.standing_pages: publishing.StandingPageRow,
    publishing.changes: publishing.ChangeRow,
    publishing.affected_pages: publishing.AffectedRow,
    search.suggestions: search.SuggestionRow,
}
OF_EDITORS = {
    *("archived_at", "is_autosave", "is_head"),
    *("live_first_published_at", "live_published_at", "live_revision_id"),
}
# Relations of a view's entries with fewer or with more columns.
OTHERS = {
    relations.links_of,  # those of site_links, where indexes find them
    relations.links_to_urls,  # the same
    relations.paths,  # the two columns of them that links need, or all
    search.matching_revisions,  # ids alone
    search.matching_entries,
    search.matching_in_order,
    search.ranked_entries,
    search.best_entries,
    search.other_entries,
}
MODULES = (relations, management, links, review, publishing, search)


def relations_of(module: ModuleType) -> set[Any]:
    """Return the functions of a module that return relations."""
    return {
        each
        for name, each in vars(module).items()
        if inspect.isfunction(each)
        and each.__module__ == module.__name__
        and not name.startswith("_")
        and inspect.get_annotations(each)["return"] == "Relation"
    }


class MadeUp:
    """A row with any column."""

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return literal_column(name)


def select_of(relation: Any, view: View) -> Select[Any]:
    """Return a relation, of made-up columns where it asks for some."""
    others: dict[str, Any] = {"view": view, "singletons": [], "shown": MadeUp()}
    values = {
        name: others.get(name, literal_column(name))
        for name, parameter in inspect.signature(relation).parameters.items()
        if parameter.default is parameter.empty
    }
    selected: Select[Any] = relation(**values)
    return selected


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("relation", ROWS, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_rows_have_the_columns_that_their_relation_selects(relation: Any, view: View) -> None:
    missing = ROWS[relation].columns() - {*select_of(relation, view).selected_columns.keys()}
    # A preview is seen by readers, who have no schema in which these could be asked for.
    assert missing == (OF_EDITORS if view is VIEWS["preview"] and has_entries(relation) else set())
    of_target = {relations.links, relations.site_links}
    further = targets() if relation in of_target and view is VIEW else set()
    known = ROWS[relation].columns() | further
    assert {*select_of(relation, view).selected_columns.keys()} <= known


@pytest.mark.parametrize("leading", [None, "path", "rendered"])
@pytest.mark.parametrize("name", [each for each in VIEWS if each != "preview"])
def test_entries_in_order_are_entries(name: str, leading: Leading | None) -> None:
    view = replace(VIEWS[name], locales=("de", "en"))
    columns = [*relations.entries(view).selected_columns.keys()]
    parts = relations.entries_in_order(view, leading)
    assert [[*each.selected_columns.keys()] for each in parts] == [columns, columns]


def targets() -> set[str]:
    """Return the columns of the targets that public links have with them."""
    return {f"{rows.OF_TARGET}{name}" for name in rows.EntryRow.columns()}


def test_public_links_have_all_of_their_targets() -> None:
    assert {*select_of(relations.links, VIEW).selected_columns.keys()} >= targets()


def has_entries(relation: Any) -> bool:
    """Return whether the rows of a relation are entries."""
    return issubclass(ROWS[relation], rows.EntryRow)


def test_every_relation_has_its_rows() -> None:
    declared = {each for module in MODULES for each in relations_of(module)}
    assert declared == ROWS.keys() | OTHERS


def test_a_column_is_a_function_of_the_class_and_a_value_of_the_row() -> None:
    class Pair(Row):
        left = Column()
        right = Column()

    class Found:
        left: ColumnElement[Any] = column("l")

    assert Pair.left(Found()) is Found.left
    assert Pair.columns() == {"left", "right"}
