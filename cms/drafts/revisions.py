"""Revisions: the stored forms of drafts, and their insertion as the newest of their editions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from cms.content.addresses import OwnAddresses, read_address
from cms.content.builtin import CATEGORY, PERSON
from cms.content.content_type import ContentType
from cms.content.link_places import link_columns, link_places
from cms.content.links import Edge, Origin, Targets
from cms.content.markup.markdown import keep_texts
from cms.content.snapshot import Draft, Rendered, Snapshot, clean_draft, take_snapshot
from cms.content.stored_names import named_edge
from cms.content.tags import tags_by_slug
from cms.content.unrendered import Unrendered, has_fields_of, keep_fields
from cms.drafts.addresses import PagesAhead, Placed, move_drafts, paths_of
from cms.drafts.category_tree import (
    CategoryTree,
    Key,
    WrongPath,
    hold_tree,
    store_paths,
)
from cms.drafts.heads import values_of_head
from cms.drafts.link_targets import NO_PAGES, Page, targets_of
from cms.drafts.loading import rows_by_id
from cms.drafts.person_slugs import hold_slugs
from cms.drafts.subjects import Place, places_of, visible_types_among
from cms.errors import InvalidValue, UserError
from cms.events import DraftSaved
from cms.identifiers import kind_of, new_id
from cms.tables import Edition, Entry, Link, Revision, RevisionTag
from cms.work.bulk import in_turn
from cms.work.work import Reading, Work

_NO_HEADS: Mapping[str, Revision] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class About:
    """The values of a revision beside its content.

    Attributes:
        note: the author's remark.
        translated_from: id of the revision that it translates; ``None`` for that of the head.
        is_autosave: whether it is saved while an editor is typing.
    """

    note: str = ""
    translated_from: str | None = None
    is_autosave: bool = False


@dataclass(frozen=True, eq=False)
class Stored:
    """A draft in its stored form.

    Attributes:
        page: the clean draft.
        snapshot: its stored form.
        path: where it would stand; ``None`` if it is no page.
        errors: all reasons why it cannot be saved.
    """

    page: Page
    snapshot: Snapshot
    path: str | None
    errors: Sequence[UserError] = ()


@dataclass(frozen=True, eq=False)
class Addition:
    """A revision to be inserted.

    Attributes:
        stored: the draft.
        head: the newest revision of its edition; ``None`` for a new edition.
        about: the values beside the content.
    """

    stored: Stored
    head: Revision | None
    about: About

    @property
    def content_type(self) -> str:
        """The name of the content type."""
        return self.stored.page.content_type.name

    @property
    def edition(self) -> Edition:
        """The edition."""
        return self.stored.page.edition

    @property
    def slug(self) -> str:
        """The slug."""
        return self.stored.page.draft.slug

    @property
    def renames_category(self) -> bool:
        """True if it gives a category another slug, or its first."""
        is_new = self.head is None or self.head.slug != self.slug
        return self.content_type == CATEGORY and is_new


async def stored_forms(
    reading: Reading,
    pages: Sequence[tuple[type[ContentType], Edition, Draft]],
    categories: Collection[str | None] = (),
    *,
    heads: Mapping[str, Revision] = _NO_HEADS,
    are_new: bool = False,
    expected: PagesAhead = NO_PAGES,
) -> list[Stored]:
    """Return the stored forms of drafts, each with everything in it that does not fit.

    Args:
        reading: the snapshot, or the transaction, and the actor.
        pages: the drafts, each of an edition.
        categories: ids that are known to be those of categories.
        heads: the newest revisions of editions, by the id of the edition. What derives from one
            does not derive again for a draft with the same fields.
        are_new: whether the editions begin now; then they can link to each other.
        expected: the pages that will stand at paths, whatever stands there now.
    """
    with keep_texts():
        cleaned = await in_turn(pages, _cleaned)
        drafts = [page for page, _ in cleaned]
        named = {each.draft.category for each in drafts}
        unknown = await _unknown_categories(reading, named - {*categories})
        paths = await paths_of(reading, [each.placed for each in drafts])
        saved = [(page, heads.get(page.edition.id), paths[page.placed]) for page in drafts]
        drafts = await in_turn(saved, _after)
        beginning = _beginning(drafts, paths) if are_new else NO_PAGES
        found = await targets_of(reading, drafts, paths, beginning, expected)
        snapshots = await in_turn(zip(drafts, found.targets, strict=True), _snapshot)
    ahead = [*beginning.places, *expected.places]
    faults = await _wrong_targets(
        reading, list(zip(drafts, snapshots, strict=True)), found.places, ahead
    )
    return [
        Stored(
            page,
            snapshot,
            paths[page.placed],
            [*problems, *unknown.get(page.draft.category or "", ()), *wrong],
        )
        for page, (_, problems), snapshot, wrong in zip(
            drafts, cleaned, snapshots, faults, strict=True
        )
    ]


def _beginning(drafts: Sequence[Page], paths: Mapping[Placed, str | None]) -> PagesAhead:
    """Return the pages of editions that begin now, in the order of their entries."""
    return PagesAhead(
        (path, page.place)
        for page in sorted(drafts, key=lambda each: each.edition.entry_id)
        if (path := paths[page.placed]) is not None
    )


def _cleaned(
    page: tuple[type[ContentType], Edition, Draft],
) -> tuple[Page, list[UserError]]:
    content_type, edition, written = page
    draft, problems = clean_draft(content_type, written)
    return Page(content_type, edition, draft), problems


def _after(saved: tuple[Page, Revision | None, str | None]) -> Page:
    """Return a page with the newest revision of its edition if that has its fields and path."""
    page, head, path = saved
    if head is None or head.path != path:
        return page
    is_same = has_fields_of(page.content_type, page.draft, head.content)
    return replace(page, before=head) if is_same else page


def _snapshot(page: tuple[Page, Targets]) -> Snapshot:
    written, targets = page
    content_type, draft, before = written.content_type, written.draft, written.before
    kept = before and keep_fields(content_type, draft, targets, before.id, before.content)
    return kept or take_snapshot(content_type, written.edition.locale, draft, targets)


async def refusals_of(
    work: Work, additions: Mapping[int, Addition]
) -> tuple[Mapping[int, Sequence[UserError]], CategoryTree | None]:
    """Return why the slugs of people and categories among revisions cannot be saved, by index.

    Beside them is the tree of categories with the other revisions, held until the transaction
    ends, if it changes. Two revisions may give one slug; the first is kept.
    """
    people = {
        index: (each.edition.entry_id, each.slug)
        for index, each in additions.items()
        if each.content_type == PERSON
    }
    taken = await hold_slugs(work, people)
    refused: dict[int, Sequence[UserError]] = {index: [error] for index, error in taken.items()}
    renamed = {
        index: ((each.edition.entry_id, each.edition.locale), each.slug)
        for index, each in additions.items()
        if each.renames_category
    }
    if not renamed:
        return refused, None
    tree, wrong = _with_renamed(await hold_tree(work), renamed)
    return {**refused, **wrong}, tree


def _with_renamed(
    tree: CategoryTree, renamed: Mapping[int, tuple[Key, str]]
) -> tuple[CategoryTree, Mapping[int, Sequence[UserError]]]:
    """Return the tree with those new slugs that give each category a path of its own.

    One that is refused is in the way of no other.
    """
    refused: dict[int, Sequence[UserError]] = {}
    while (wrong := _wrong(tree, kept := _kept(renamed, refused))) is not None:
        after = tree.with_drafted(kept)
        lineages = {id_ for each in wrong.category_ids for id_ in after.lineage(each)}
        culprit = max(
            (
                index
                for index, ((category_id, _), _) in renamed.items()
                if index not in refused and category_id in lineages
            ),
            default=max(renamed.keys() - refused.keys(), default=None),
        )
        if culprit is None:
            return after, refused  # the tree was so before
        refused[culprit] = [wrong.error]
    for index in sorted(refused):
        others = {each: errors for each, errors in refused.items() if each != index}
        if _wrong(tree, _kept(renamed, others)) is None:
            refused = others
    return tree.with_drafted(_kept(renamed, refused)), refused


def _kept(renamed: Mapping[int, tuple[Key, str]], refused: Collection[int]) -> Mapping[Key, str]:
    return dict(each for index, each in renamed.items() if index not in refused)


def _wrong(tree: CategoryTree, slugs: Mapping[Key, str]) -> WrongPath | None:
    """Return a path that categories would have with new slugs, and cannot have."""
    return next(tree.with_drafted(slugs).wrong_paths(), None)


async def add_revisions(
    work: Work, additions: Sequence[Addition], tree: CategoryTree | None
) -> list[Revision]:
    """Insert revisions with their parts, and make each the head of its edition.

    Args:
        work: the transaction and the actor.
        additions: the revisions, which :func:`refusals_of` does not refuse.
        tree: the tree that it returned.
    """
    if not additions:
        return []
    revisions = [_revision(work, each) for each in additions]
    added = list(zip(revisions, additions, strict=True))
    await work.insert(*revisions)
    await _insert_links(work, [(each, addition.stored.snapshot) for each, addition in added])
    await work.insert_parts(
        RevisionTag,
        (
            {"revision_id": revision.id, "slug": slug, "word": word}
            for revision, each in added
            for slug, word in tags_by_slug(each.stored.page.draft.tags).items()
        ),
    )
    await work.update_each(
        (each.edition, {"path": revision.path, **values_of_head(revision)})
        for revision, each in added
    )
    if tree is not None and (changed := await store_paths(work, tree)):
        await move_drafts(work, tree, changed)
    for revision, each in added:
        work.emit(_event(revision, each))
    return revisions


def _revision(work: Work, addition: Addition) -> Revision:
    about, head, stored = addition.about, addition.head, addition.stored
    draft = stored.page.draft
    return Revision(
        id=new_id("rev"),
        edition_id=addition.edition.id,
        number=head.number + 1 if head is not None else 1,
        title=draft.title,
        slug=draft.slug,
        summary=draft.summary,
        category_id=draft.category,
        content=stored.snapshot.content,
        digest=stored.snapshot.digest,
        author_id=work.actor.account_id,
        byline_id=work.actor.person_id,
        note=about.note,
        is_autosave=about.is_autosave,
        translated_from=about.translated_from,
        path=stored.path,
        created_at=work.now,
    )


def _event(revision: Revision, addition: Addition) -> DraftSaved:
    return DraftSaved(
        subject=revision.id,
        entry=addition.edition.entry_id,
        locale=addition.edition.locale,
        edition=addition.edition.id,
        number=revision.number,
        is_autosave=revision.is_autosave,
        content_type=addition.stored.page.content_type.stored_name,
        snapshot=addition.stored.snapshot,
    )


async def _unknown_categories(
    reading: Reading, category_ids: Iterable[str | None]
) -> Mapping[str, Sequence[UserError]]:
    """Return an error for each id that is not that of a category."""
    wanted = {each for each in category_ids if each is not None}
    found = await rows_by_id(reading, Entry, [each for each in wanted if kind_of(each) == "cat"])
    return {
        each: [InvalidValue(message=f"there is no category {each!r}", path=("category",))]
        for each in wanted
        if each not in found or found[each].content_type != CATEGORY
    }


async def _wrong_targets(
    reading: Reading,
    pages: Sequence[tuple[Page, Snapshot]],
    places: Collection[Place],
    ahead: Collection[Place],
) -> list[list[UserError]]:
    """Return an error for each edge that leads to no entry, or to one of the wrong type.

    Args:
        reading: the snapshot, or the transaction, and the actor.
        pages: the drafts, with their stored forms.
        places: the places of some targets, with all their editions.
        ahead: the places of editions that are not stored yet.
    """
    wanted: dict[str, set[str]] = {}
    for page, snapshot in pages:
        own_id = page.edition.entry_id
        others = {edge.target for edge in snapshot.edges if edge.target not in {None, own_id}}
        wanted.setdefault(own_id, set()).update(map(str, others))
    unknown = set[str]().union(*wanted.values()) - {each.entry_id for each in places}
    coming = [each for each in ahead if each.entry_id in unknown]
    known = [*places, *await places_of(reading, unknown), *coming]
    seen = await visible_types_among(reading, known, wanted)
    own = reading.site.addresses
    return [
        [
            InvalidValue(
                message=fault,
                path=named_edge(page.content_type, snapshot.content, edge).value_path(),
            )
            for edge in snapshot.edges
            if (fault := _fault_of(edge, types, own))
        ]
        for page, snapshot in pages
        for types in [
            {
                **seen[page.edition.entry_id],
                # Which has no revision yet in its first draft.
                page.edition.entry_id: page.content_type.name,
            }
        ]
    ]


def _fault_of(edge: Edge, types: Mapping[str, str], own: OwnAddresses) -> str:
    if edge.target is None:
        is_for_entries = edge.accepts or edge.origin is Origin.REFERENCE
        if not is_for_entries or _may_be_entry(str(edge.url), own):
            return ""
        of_type = f" of type {', '.join(edge.accepts)}" if edge.accepts else ""
        return f"expected an entry{of_type}"
    if edge.target not in types:
        return f"there is no entry {edge.target!r}"
    if edge.accepts and types[edge.target] not in edge.accepts:
        return f"expected an entry of type {', '.join(edge.accepts)}, not {types[edge.target]}"
    return ""


def _may_be_entry(url: str, own: OwnAddresses) -> bool:
    """Return whether an entry could be at an address on the site at which there is none."""
    address = read_address(url, own)
    return address is not None and not own.is_route(address.path)


async def _insert_links(work: Work, added: Sequence[tuple[Revision, Snapshot]]) -> None:
    """Insert the links of new revisions, or copy them with what derives of them."""
    rendered = [(each, snapshot) for each, snapshot in added if isinstance(snapshot, Rendered)]
    await work.insert_parts(
        Link,
        (
            {**link_columns(revision.id, edge), **vars(place)}
            for revision, snapshot in rendered
            for edge, place in link_places(snapshot.edges, snapshot.derived.places, revision.path)
        ),
    )
    kept = [
        (each, snapshot)
        for each, snapshot in added
        if isinstance(snapshot, Unrendered) and snapshot.edges
    ]
    await work.copy_parts(
        Link,
        {revision.id: snapshot.before for revision, snapshot in kept},
        (link_columns(revision.id, edge) for revision, each in kept for edge in each.edges),
    )
