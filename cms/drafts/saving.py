"""Write: every save is a new revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import exists, or_, select

from cms.authorization.actions import Action
from cms.comparison.merge import merge
from cms.content.addresses import OwnAddresses, read_address
from cms.content.builtin import CATEGORY, PERSON, Category
from cms.content.content_type import ContentType
from cms.content.links import Edge, Origin
from cms.content.snapshot import (
    Changes,
    Draft,
    Snapshot,
    apply_changes,
    clean_draft,
    draft_of,
    snapshot_of,
    take_snapshot,
)
from cms.content.tags import tags_by_slug
from cms.drafts.addresses import move_drafts, path_of
from cms.drafts.category_tree import hold_tree, store_paths
from cms.drafts.link_targets import targets_of
from cms.drafts.loading import (
    Held,
    authorise_on,
    get,
    get_built_in,
    get_revision,
    hold,
    refuse_archived,
    visible_types,
)
from cms.drafts.pruning import drop_autosave
from cms.errors import (
    DuplicateName,
    InvalidValue,
    NotFound,
    Refused,
    StaleRevision,
    UserError,
)
from cms.events import DraftSaved
from cms.identifiers import new_id
from cms.ledger.counters import wait_for_turn
from cms.reading.visibility import is_public_now
from cms.tables import Edition, Entry, Link, Publication, Revision, RevisionTag
from cms.work.work import Reading, Work, command


@dataclass(frozen=True)
class Saved:
    """A revision that was saved, and the entry that it belongs to.

    Attributes:
        entry_id: the entry.
        revision: its newest revision in the edition that was written.
    """

    entry_id: str
    revision: Revision


@dataclass(frozen=True, kw_only=True)
class _About:
    """The values of a revision beside its content.

    Attributes:
        note: the author's remark.
        translated_from: id of the revision that it translates; ``None`` for that of the head.
        is_autosave: whether it is saved while an editor is typing.
    """

    note: str = ""
    translated_from: str | None = None
    is_autosave: bool = False


@command(Action.ENTRY_SAVE)
async def save_draft(
    work: Work,
    entry_id: str,
    draft: Draft,
    *,
    base_revision: str,
    locale: str | None = None,
    note: str = "",
) -> Saved:
    """Save a new revision of an entry and return both.

    A draft may be unfinished. Saving what is saved already makes no new revision.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        draft: the whole page as it shall be.
        base_revision: the id of the revision that the writer started from.
        locale: the edition; by default the site's default locale.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor may not, a value does not fit, or there is a newer save; then
            the error proposes how the two could be merged.
    """
    held = await _hold_to_write(work, entry_id, locale, draft.category)
    return await _save(work, held, draft, base_revision, _About(note=note))


@command(Action.ENTRY_SAVE)
async def update_entry(
    work: Work,
    entry_id: str,
    changes: Changes,
    *,
    base_revision: str,
    locale: str | None = None,
    note: str = "",
    content_type: str | None = None,
    translated_from: str | None = None,
) -> Saved:
    """Save a new revision with some values changed and the others as they were; return it.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        changes: what shall be different from ``base_revision``.
        base_revision: the id of the revision that the writer started from.
        locale: the edition; by default the site's default locale.
        note: what the author has to say about the revision.
        content_type: the type that the entry is expected to have, if it matters.
        translated_from: the id of the revision of another edition that it translates now; by
            default what the edition translated before.

    Raises:
        Refused: as for :func:`save_draft`; or the entry is of another type, or has no such
            revision to translate.
    """
    held, draft = await _save_changes(work, entry_id, changes, base_revision, locale, content_type)
    if translated_from is not None:
        await _check_source(work, held, translated_from)
    about = _About(note=note, translated_from=translated_from)
    return await _save(work, held, draft, base_revision, about)


@command(Action.ENTRY_SAVE)
async def autosave_entry(
    work: Work,
    entry_id: str,
    changes: Changes,
    *,
    base_revision: str,
    locale: str | None = None,
    content_type: str | None = None,
) -> Saved:
    """Save the current text of an editor as an autosave; return the revision.

    The author's autosaves in a row are one: a new one takes the place of the one before.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        changes: what is different on the screen from ``base_revision``.
        base_revision: the id of the revision that was saved or autosaved before.
        locale: the edition; by default the site's default locale.
        content_type: the type that the entry is expected to have, if it matters.

    Raises:
        Refused: as for :func:`update_entry`.
    """
    held, draft = await _save_changes(work, entry_id, changes, base_revision, locale, content_type)
    saved = await _save(work, held, draft, base_revision, _About(is_autosave=True))
    before, revision = held.head, saved.revision
    if before.is_autosave and before.id != revision.id and before.author_id == revision.author_id:
        await drop_autosave(work, before)
    return saved


@command(Action.ENTRY_SAVE)
async def restore_revision(
    work: Work,
    entry_id: str,
    revision_id: str,
    *,
    base_revision: str,
    locale: str | None = None,
) -> Saved:
    """Save what an earlier revision held as a new one, and return that.

    Content, link targets, tags, headings and digest are copied; nothing is cleaned, resolved or
    computed again. So sign-offs on the digest count again, whatever has changed on the site since.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        revision_id: the revision to go back to.
        base_revision: the id of the newest revision, which is what the writer has seen.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, there is no such revision, or there is a newer save.
    """
    held = await hold(work, entry_id, locale)
    await _check_writer(work, held, None)
    earlier = await get_revision(work, held.edition, revision_id)
    await _check_writer(work, held, earlier.category_id)
    snapshot = snapshot_of(held.content_type, earlier.content, earlier.digest)
    note = f"Restores revision {earlier.number}."
    return await _save_snapshot(work, held, snapshot, base_revision, _About(note=note))


async def first_revision(
    work: Work,
    entry: Entry,
    edition: Edition,
    draft: Draft,
    note: str,
    translated_from: str | None = None,
) -> Revision:
    """Save the first revision of a new edition and return it.

    Raises:
        Refused: with everything in the draft that does not fit.
    """
    content_type = work.site.content_type(entry.content_type)
    snapshot = await _snapshot(work, content_type, edition, draft)
    about = _About(note=note, translated_from=translated_from)
    return await _add(work, content_type, edition, 1, snapshot, about)


async def _check_source(work: Work, held: Held, revision_id: str) -> None:
    """Check that the entry has this revision in another edition."""
    revision = await get(work, Revision, revision_id)
    edition = await work.session.get_one(Edition, revision.edition_id)
    if edition.entry_id != held.entry.id or edition.id == held.edition.id:
        message = f"{revision_id} is not a revision of another edition of {held.entry.id}"
        raise Refused(InvalidValue(message=message, path=("translatedFrom",)))


async def _save_changes(
    work: Work,
    entry_id: str,
    changes: Changes,
    base_revision: str,
    locale: str | None,
    content_type: str | None,
) -> tuple[Held, Draft]:
    """Return an edition that the actor may write, and the draft that the changes make."""
    held = await hold(work, entry_id, locale)
    if content_type not in (None, held.entry.content_type):
        raise Refused(NotFound(message=f"there is no {content_type} {entry_id!r}"))
    await _check_writer(work, held, None)
    base = await get_revision(work, held.edition, base_revision)
    draft = apply_changes(draft_of(base.content), changes)
    await _check_writer(work, held, draft.category)
    return held, draft


async def _hold_to_write(
    work: Work, entry_id: str, locale: str | None, category_id: str | None
) -> Held:
    held = await hold(work, entry_id, locale)
    await _check_writer(work, held, category_id)
    return held


async def _check_writer(work: Work, held: Held, category_id: str | None) -> None:
    await authorise_on(work, Action.ENTRY_SAVE, held, *[category_id] if category_id else [])
    refuse_archived(held)


async def _save(work: Work, held: Held, draft: Draft, base_revision: str, about: _About) -> Saved:
    snapshot = await _snapshot(work, held.content_type, held.edition, draft)
    return await _save_snapshot(work, held, snapshot, base_revision, about)


async def _save_snapshot(
    work: Work, held: Held, snapshot: Snapshot, base_revision: str, about: _About
) -> Saved:
    """Add a revision on top of the head, unless it is the same or the base is not the head."""
    head = held.head
    if base_revision != head.id:
        raise Refused(await _conflict(work, held, base_revision, snapshot))
    about = replace(about, translated_from=about.translated_from or head.translated_from)
    is_same = head.digest == snapshot.digest and head.translated_from == about.translated_from
    if is_same and (about.is_autosave or not head.is_autosave):
        return Saved(held.entry.id, head)
    revision = await _add(work, held.content_type, held.edition, head.number + 1, snapshot, about)
    return Saved(held.entry.id, revision)


async def _conflict(work: Work, held: Held, base_revision: str, yours: Snapshot) -> StaleRevision:
    base = await get_revision(work, held.edition, base_revision)
    merged = merge(held.content_type, base.content, held.head.content, yours.content)
    return StaleRevision(
        message=(
            f"{held.head.id} is newer than {base_revision}; review the changes, "
            "and save the merge proposal on top of it"
        ),
        path=("baseRevision",),
        base_revision=base_revision,
        head_revision=held.head.id,
        merge=merged.to_json(),
    )


async def _add(
    work: Work,
    content_type: type[ContentType],
    edition: Edition,
    number: int,
    snapshot: Snapshot,
    about: _About,
) -> Revision:
    """Insert a revision with its parts, and make it the head of its edition."""
    draft = draft_of(snapshot.content)
    if content_type.name == PERSON:
        await refuse_taken_slug(work, edition.entry_id, draft.slug)
    path = await path_of(work, content_type, edition, draft.slug, draft.category)
    names_paths = content_type.name == CATEGORY and await _has_other_slug(work, edition, draft.slug)
    revision = Revision(
        id=new_id("rev"),
        edition_id=edition.id,
        number=number,
        title=draft.title,
        slug=draft.slug,
        summary=draft.summary,
        category_id=draft.category,
        content=snapshot.content,
        digest=snapshot.digest,
        author_id=work.actor.account_id,
        byline_id=work.actor.person_id,
        note=about.note,
        is_autosave=about.is_autosave,
        translated_from=about.translated_from,
        path=path,
        created_at=work.now,
    )
    await work.insert(revision)
    await work.insert(*(_link(revision, edge) for edge in snapshot.edges))
    await work.insert(*(_tag(revision, *each) for each in tags_by_slug(draft.tags).items()))
    await work.update(edition, head_id=revision.id, path=path)
    if names_paths:
        tree = await hold_tree(work)
        if changed := await store_paths(work, tree):
            await move_drafts(work, tree, changed)
    work.emit(
        DraftSaved(
            subject=revision.id,
            entry=edition.entry_id,
            locale=edition.locale,
            edition=edition.id,
            number=number,
            is_autosave=about.is_autosave,
            content_type=content_type.name,
            snapshot=snapshot,
        )
    )
    return revision


async def _has_other_slug(work: Work, edition: Edition, slug: str) -> bool:
    """Return whether a slug is not that of the edition's newest revision, if there is one."""
    if edition.head_id is None:
        return True
    return (await work.session.get_one(Revision, edition.head_id)).slug != slug


async def _snapshot(
    work: Work, content_type: type[ContentType], edition: Edition, draft: Draft
) -> Snapshot:
    cleaned, problems = clean_draft(content_type, draft)
    problems += await _unknown_category(work, cleaned.category)
    targets = await targets_of(work, content_type, edition, cleaned)
    snapshot = take_snapshot(content_type, edition.locale, cleaned, targets)
    problems += await _wrong_targets(work, content_type, edition, snapshot.edges)
    if problems:
        raise Refused(*problems)
    return snapshot


async def _unknown_category(work: Work, category_id: str | None) -> list[UserError]:
    if category_id is None:
        return []
    try:
        await get_built_in(work, Category, category_id)
    except Refused as refused:
        return [InvalidValue(message=refused.errors[0].message, path=("category",))]
    return []


async def refuse_taken_slug(work: Work, person_id: str, slug: str) -> None:
    """Check that no other person has this slug, in public or in the newest revision.

    Commands that give slugs to people wait for each other, until the transaction ends.

    Raises:
        Refused: with :class:`~cms.errors.DuplicateName`.
    """
    await wait_for_turn(work.session, "people")
    if errors := await taken_slug(work, person_id, slug):
        raise Refused(*errors)


async def taken_slug(reading: Reading, person_id: str, slug: str) -> list[UserError]:
    """Return an error if another person has this slug, in public or in the newest revision."""
    public = exists().where(Publication.revision_id == Revision.id, is_public_now(Publication))
    taken = await reading.session.scalar(
        select(Entry.id)
        .join(Edition, Edition.entry_id == Entry.id)
        .join(Revision, Revision.edition_id == Edition.id)
        .where(
            Revision.slug == slug,
            Entry.content_type == PERSON,
            Entry.id != person_id,
            or_(Revision.id == Edition.head_id, public),
        )
        .limit(1)
    )
    if taken is None:
        return []
    message = f"there is already a person with the slug {slug!r}: {taken}"
    return [DuplicateName(message=message, path=("slug",))]


async def _wrong_targets(
    work: Work, content_type: type[ContentType], edition: Edition, edges: Iterable[Edge]
) -> list[UserError]:
    wanted = [edge.target for edge in edges if edge.target]
    types = {
        **await visible_types(work, wanted, edition.entry_id),
        edition.entry_id: content_type.name,  # which has no revision yet in its first draft
    }
    own = work.site.addresses
    faults = ((edge, _fault_of(edge, types, own)) for edge in edges)
    return [InvalidValue(message=fault, path=edge.value_path()) for edge, fault in faults if fault]


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


def _tag(revision: Revision, slug: str, word: str) -> RevisionTag:
    return RevisionTag(revision_id=revision.id, slug=slug, word=word)


def _link(revision: Revision, edge: Edge) -> Link:
    return Link(
        revision_id=revision.id,
        field_path=edge.field_path,
        ordinal=edge.ordinal,
        origin=edge.origin,
        kind=edge.kind,
        label=edge.label,
        note=edge.note,
        target_id=edge.target,
        query=edge.query,
        fragment=edge.fragment,
        url=edge.url,
    )
