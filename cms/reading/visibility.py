"""Visibility: the revision of each edition that a view shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    join,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)

from cms.content.builtin import CATEGORY
from cms.reading.aliases import aliased_table, word
from cms.reading.link_metrics import METRICS, NO_METRICS, is_of_current_run, metric_columns
from cms.reading.locales import BUILT_IN, branches_of, is_best
from cms.reading.narrowing import KeyJoin
from cms.reading.periods import is_in_force, is_public_now, stands_in, was_shown_at
from cms.reading.view import EVERYTHING, ContentScope, Perspective, Preview, View
from cms.storage.dialects import ArchivedAt, Key, Unindexed
from cms.tables import (
    Address,
    CategoryPlace,
    Edition,
    Entry,
    LinkMetric,
    Publication,
    Rendition,
    Revision,
)

Relation: TypeAlias = Select[*tuple[Any, ...]]
# Columns of entries that only some have, by values of which indexes of their own have the entries:
# those of other tables than publications, and the values of fields.
Leading: TypeAlias = Literal["path", "field_values", "metrics"]

_SLASH, _ZERO = word("/"), word("0")
_CATEGORY, _NO_POSITION = word(CATEGORY), literal_column("0", BigInteger())

# The columns of a publication that say why it was public.
_BASIS = ("basis", "break_glass_reason", "source", "claimed_review", "reviewers")
# What a publication has copied of its revision.
_COPIED = ("title", "title_key", "slug", "summary")
# What an entry shows of its revision, beside what a publication knows as well.
_REVISION = (*("number", "content", "digest", "author_id", "note", "created_at", "purged_at"),)


def published_entries(view: View) -> Relation:
    """Return entries as of each of their publications."""
    return _published(_tables(None), view)


def published_in_order(view: View, leading: Leading | None) -> Iterator[Relation]:
    """Yield what is public, for each of the view's locales the entries that it shows in it.

    So an index that begins with the locale has each of these relations in an order, which it has of
    none that is in one locale or another.

    Args:
        view: the view.
        leading: the column by which the entries are read; only those with a value are found.
    """
    tables = _tables(leading)
    page = tables.page
    found = _published(tables, view).where(is_open(page, view))
    for branch in branches_of(
        *(tables.kinds.c.content_type, tables.kinds.c.locale, view),
        lambda locales: _is_public_in(locales, page.c.entry_id, view),
    ):
        yield found.where(branch)


def _tables(leading: Leading | None) -> Published:
    return Published(
        *(Publication.__table__, Revision.__table__, Rendition.__table__),
        *(aliased_table(Address, "stands"), aliased_table(LinkMetric, "metrics"), leading),
    )


def _published(published: Published, view: View) -> Relation:
    page = published.page
    return (
        select(*published.columns(view))
        # In words, since a condition on other publications leaves SQLAlchemy in doubt.
        .select_from(published.joined_to(page, view))
        .where(*is_declared(view, published.kinds.c.content_type))
    )


@dataclass(frozen=True)
class Published:
    """The tables of a public entry.

    Attributes:
        page: the publication.
        revision: the revision that is public.
        rendition: the values that derive from it.
        stands: the address at which it stands.
        metrics: its metrics in the link graph.
        leading: the column whose table is read first, in the order of an index.
    """

    page: FromClause
    revision: FromClause
    rendition: FromClause
    stands: FromClause
    metrics: FromClause
    leading: Leading | None = None

    @property
    def kinds(self) -> FromClause:
        """The table from which the content type and the locale are read."""
        match self.leading:
            case "path":
                return self.stands
            case "metrics":
                return self.metrics
            case _:
                return self.page

    def joined_to(self, rows: FromClause, view: View, *, isouter: bool = False) -> FromClause:
        """Return rows, which have the publication, joined to the other tables.

        Args:
            rows: the rows.
            view: the view.
            isouter: whether some of the rows have no publication.
        """
        page, revision, rendition = self.page.c, self.revision.c, self.rendition.c
        rows = KeyJoin(rows, self.revision, revision.id == page.revision_id, isouter=isouter)
        if self.leading == "path":
            stands = self.stands.c
            is_there = page.edition_id == Unindexed(stands.edition_id)
            is_page = and_(is_there, stands.edition_id.is_not(None), stands_in(self.stands, view))
            rows = KeyJoin(rows, self.stands, is_page)
        else:
            rows = with_address(rows, page.edition_id, self.stands, view)
        is_of_page = rendition.revision_id == page.revision_id
        rows = KeyJoin(rows, self.rendition, is_of_page, isouter=isouter)
        if self.leading == "metrics":
            is_own = page.edition_id == Unindexed(self.metrics.c.edition_id)
        else:
            is_own = self.metrics.c.edition_id == page.edition_id
        is_measured = and_(is_own, is_of_current_run(self.metrics, view))
        return KeyJoin(rows, self.metrics, is_measured, isouter=self.leading != "metrics")

    def columns(self, view: View) -> list[ColumnElement[Any]]:
        """Return the columns of the entry."""
        page, revision = self.page.c, self.revision.c
        # From the table that is read first, so that its index has it in order.
        is_measured_first = self.leading == "metrics"
        return [
            page.entry_id.label("id"),
            self.metrics.c.edition_id if is_measured_first else page.edition_id,
            page.revision_id,
            *(self.kinds.c.content_type, self.kinds.c.locale),
            self.stands.c.path,
            page.category_id,
            page.byline_id,
            page.first_published_at,
            page.published_at,
            *(page[name] for name in (*_COPIED, *_BASIS)),
            page.saved_at.label("created_at"),
            page.id.label("publication_id"),
            # What editors ask of drafts they can ask of what is public as well.
            page.first_published_at.label("live_first_published_at"),
            page.published_at.label("live_published_at"),
            page.revision_id.label("live_revision_id"),
            ArchivedAt(page.entry_id).label("archived_at"),
            revision.is_autosave,
            true().label("is_head"),
            _is_outdated(revision.translated_from, view).label("is_outdated"),
            *(revision[name] for name in _REVISION if name != "created_at"),
            self.rendition.c.rendered,
            page.field_values,
            *metric_columns(self.metrics),
        ]


def drafts(view: View) -> Relation:
    """Return entries as of each of their revisions, as far as the view reaches."""
    live = aliased_table(Publication, "live")
    head = aliased_table(Revision, "head")
    is_open = and_(live.c.edition_id == Edition.id, is_public_now(live))
    is_live = live.c.revision_id == Revision.id
    of_edition = join(Revision, Edition, Edition.id == Revision.edition_id)
    of_entry = KeyJoin(of_edition, Entry.__table__, Entry.id == Edition.entry_id)
    stands = aliased_table(Address, "stands")
    of_live = KeyJoin(of_entry, live, is_open, isouter=True)
    with_live = with_address(of_live, live.c.edition_id, stands, view)
    joined = KeyJoin(with_live, head, head.c.id == Edition.head_id)
    return (
        select(
            Edition.entry_id.label("id"),
            Revision.edition_id,
            Revision.id.label("revision_id"),
            *(Entry.content_type, Edition.locale),
            case(
                (is_live, stands.c.path),
                (Edition.head_id == Revision.id, Edition.path),
                else_=Revision.path,
            ).label("path"),
            *(Revision.category_id, Revision.byline_id),
            *(Revision.title, Rendition.title_key, Revision.slug, Revision.summary),
            # What readers would see, were it published; and what is so.
            func.coalesce(live.c.first_published_at, Revision.created_at).label(
                "first_published_at"
            ),
            func.coalesce(live.c.published_at, Revision.created_at).label("published_at"),
            live.c.first_published_at.label("live_first_published_at"),
            live.c.published_at.label("live_published_at"),
            # What made public another revision is not this one's.
            *(case((is_live, live.c[name])).label(name) for name in _BASIS),
            case((is_live, live.c.id)).label("publication_id"),
            live.c.revision_id.label("live_revision_id"),
            *(Entry.archived_at, Revision.is_autosave),
            (Edition.head_id == Revision.id).label("is_head"),
            _is_outdated(Revision.translated_from, view).label("is_outdated"),
            *(Revision.__table__.c[name] for name in _REVISION),
            Rendition.rendered,
            null().label("field_values"),  # which only publications repeat
            *NO_METRICS,
        )
        # In words: implicit joins are ambiguous once the columns of a relation are narrowed.
        .select_from(KeyJoin(joined, Rendition.__table__, Rendition.revision_id == Revision.id))
        # An old revision may be of a category that one sees, and the entry no more; or so again.
        .where(
            *is_declared(view, Entry.content_type),
            *(
                is_within(
                    view,
                    Entry.content_type,
                    category_in_rights(Entry.content_type, Entry.id, category_id),
                    Edition.locale,
                )
                for category_id in (Revision.category_id, head.c.category_id)
            ),
        )
    )


# What an entry has, whether it is public or previewed.
_COMMON = (
    *("id", "edition_id", "revision_id", "content_type", "locale", "path", "category_id"),
    "byline_id",
    *("first_published_at", "published_at", *_COPIED, *_BASIS, "publication_id"),
    *("is_outdated", *_REVISION, "rendered", "field_values", *METRICS),
)


def with_preview(view: View, preview: Preview) -> Relation:
    """Return what is public, with one edition as it is in one revision.

    Of each entry it is the edition in the first of the view's locales, the previewed one included.
    """
    shown = translations_with_preview(view, preview)
    columns = shown.selected_columns
    best = is_best(
        *(columns["content_type"], columns["locale"], view),
        lambda locales: _is_seen_in(locales, columns["id"], view, preview),
    )
    return shown.where(best)


def _is_seen_in(
    locales: Sequence[ColumnElement[str]],
    entry_id: SQLColumnExpression[str],
    view: View,
    preview: Preview,
) -> ColumnElement[bool]:
    """Return whether an edition in one of these locales is public, or previewed."""
    previewed = aliased_table(Edition, "better_preview")
    return or_(
        _is_public_in(locales, entry_id, view),
        exists().where(
            previewed.c.id.in_(_edition_of(preview)),
            previewed.c.entry_id == entry_id,
            previewed.c.locale.in_(locales),
        ),
    )


def previewed_in_order(view: View, preview: Preview, leading: Leading | None) -> Iterator[Relation]:
    """Yield :func:`with_preview` in parts, as :func:`published_in_order`; the last is a draft."""
    tables = _tables(leading)
    kinds = tables.kinds.c
    public = _beside_preview(tables, view, preview)
    for branch in branches_of(
        *(kinds.content_type, kinds.locale, view),
        lambda locales: _is_seen_in(locales, tables.page.c.entry_id, view, preview),
    ):
        yield public.where(branch)
    best = is_best(
        *(Entry.content_type, Edition.locale, view),
        lambda locales: _is_seen_in(locales, Edition.entry_id, view, preview),
    )
    yield _previewed(view, preview).where(best)


def translations_with_preview(view: View, preview: Preview) -> Relation:
    """Return what is public in every language, with one edition as it is in one revision."""
    public = _with_common(_beside_preview(_tables(None), view, preview))
    both = union_all(public, _with_common(_previewed(view, preview))).subquery("shown")
    return select(*both.c)


def _beside_preview(tables: Published, view: View, preview: Preview) -> Relation:
    """Return what is public in every language but for the edition of a previewed revision."""
    page = tables.page
    return _published(tables, view).where(
        is_open(page, view), page.c.edition_id.not_in(_edition_of(preview))
    )


def _previewed(view: View, preview: Preview) -> Relation:
    """Return the entry as of the previewed revision."""
    draft = drafts(replace(view, scopes=EVERYTHING))
    return draft.where(Revision.id == preview.revision_id, Revision.purged_at.is_(None))


def _with_common(relation: Relation) -> Relation:
    columns = (relation.selected_columns[name] for name in _COMMON)
    return relation.with_only_columns(*columns, maintain_column_froms=True)


def _edition_of(preview: Preview) -> Select[Any]:
    return select(Revision.edition_id).where(Revision.id == preview.revision_id)


def is_declared(view: View, content_type: SQLColumnExpression[str]) -> list[ColumnElement[bool]]:
    """Return the condition that a content type is declared; none if all that there were are."""
    if not view.retired_types:
        return []
    return [content_type.not_in([word(name) for name in view.retired_types])]


def is_of_site(content_type: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Return whether a content type is one of the site's own, and not a built-in one."""
    return content_type.not_in(BUILT_IN)


def _is_outdated(
    translated_from: SQLColumnExpression[str | None], view: View
) -> ColumnElement[bool]:
    """Return whether the edition that a text was translated from says something else by now."""
    source, newest = aliased_table(Revision, "source"), aliased_table(Revision, "newest")
    if view.perspective is Perspective.DRAFT:
        edition = aliased_table(Edition, "source_edition")
        is_newest = edition.c.head_id == newest.c.id
    else:
        edition = aliased_table(Publication, "source_edition")
        is_newest = and_(edition.c.revision_id == newest.c.id, is_open(edition, view))
    of_source = edition.c.id if view.perspective is Perspective.DRAFT else edition.c.edition_id
    return exists(
        select(literal_column("1"))
        .select_from(source, edition, newest)
        .where(
            source.c.id == translated_from,
            of_source == source.c.edition_id,
            is_newest,
            newest.c.digest != source.c.digest,
        )
    )


def is_within(
    view: View,
    content_type: SQLColumnExpression[Any],
    category_id: SQLColumnExpression[Any],
    locale: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    """Return whether the view reaches content of this type in this category and locale.

    It is what :func:`cms.authorization.actions.decide` says of reading, for whole lists.
    """
    if any(scope == ContentScope() for scope in view.scopes):
        return true()
    scopes = (_is_in(scope, content_type, category_id, locale) for scope in view.scopes)
    return or_(false(), *scopes)


def _is_in(
    scope: ContentScope,
    content_type: SQLColumnExpression[Any],
    category_id: SQLColumnExpression[Any],
    locale: SQLColumnExpression[Any],
) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    if scope.content_type is not None:
        conditions.append(content_type == scope.content_type)
    if scope.locale is not None:
        conditions.append(locale == scope.locale)
    if scope.category_id is not None:
        conditions.append(category_id.in_(_at_or_below(scope.category_id)))
    return and_(*conditions)


def _at_or_below(category_id: str) -> Select[Any]:
    """Return the ids of a category and of all below it, as the tree is now."""
    place = aliased_table(CategoryPlace, "place_below")
    root = select(literal(category_id, Key).label("id")).cte("within", recursive=True, nesting=True)
    below = select(place.c.category_id).join(root, place.c.parent_id == root.c.id)
    # Not "all", so that it ends, whatever the tree.
    return select(root.union(below.where(is_in_force(place))).c.id)


def category_in_rights(
    content_type: SQLColumnExpression[str],
    entry_id: SQLColumnExpression[str],
    category_id: SQLColumnExpression[Any],
) -> ColumnElement[Any]:
    """Return the category by which rights on an entry are limited; a category's is itself.

    In Python it is :func:`cms.content.builtin.category_in_rights`.
    """
    return case((content_type == _CATEGORY, entry_id), else_=category_id)


def is_at_or_below(path: SQLColumnExpression[str], root: ColumnElement[str]) -> ColumnElement[bool]:
    """Return whether a category's path is another's, or begins with it and a slash."""
    # Zero is the character that follows the slash: so an index over paths can be used.
    return or_(path == root, and_(path >= root + _SLASH, path < root + _ZERO))


def is_shown(publication: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether a publication is what the view shows of its entry."""
    best = is_best(
        publication.c.content_type,
        publication.c.locale,
        view,
        lambda locales: _is_public_in(locales, publication.c.entry_id, view),
    )
    return and_(is_open(publication, view), best)


def _is_public_in(
    locales: Sequence[ColumnElement[str]], entry_id: SQLColumnExpression[str], view: View
) -> ColumnElement[bool]:
    """Return whether readers see an edition of an entry in one of these locales."""
    better = aliased_table(Publication, "better")
    return exists().where(
        better.c.entry_id == entry_id, better.c.locale.in_(locales), is_open(better, view)
    )


def is_open(publication: FromClause, view: View) -> ColumnElement[bool]:
    """Return whether readers see a publication; the past has no purged and no undeclared ones."""
    if view.past is None:
        return is_public_now(publication)
    return and_(
        publication.c.position > _NO_POSITION,  # as in the condition of the indexes for the past
        was_shown_at(publication, view.past),
        publication.c.purged_at.is_(None),
        *is_declared(view, publication.c.content_type),
    )


def with_address(
    rows: FromClause, edition_id: SQLColumnExpression[Any], stands: FromClause, view: View
) -> FromClause:
    """Return rows joined to the address at which their edition stands in the view, if any.

    Args:
        rows: the rows.
        edition_id: their column with the edition.
        stands: the table of addresses.
        view: the view.
    """
    return KeyJoin(
        rows, stands, and_(stands.c.edition_id == edition_id, stands_in(stands, view)), isouter=True
    )
