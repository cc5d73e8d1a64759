"""Save drafts: every save is a new revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cms.authorization.actions import Action
from cms.comparison.merge import merge
from cms.content.snapshot import Changes, Draft, apply_changes, draft_of, snapshot_of
from cms.content.tags import with_tags
from cms.drafts.addresses import PagesAhead, paths_of
from cms.drafts.link_targets import NO_PAGES, Page
from cms.drafts.loading import (
    EditionKey,
    Held,
    ancestries_beside,
    authorise_in,
    held_in,
    hold_all,
    refuse_archived,
    revision_in,
    revisions_by_id,
    rows_by_id,
)
from cms.drafts.pruning import drop_autosave
from cms.drafts.revisions import About, Addition, Stored, add_revisions, refusals_of, stored_forms
from cms.drafts.subjects import Ancestries
from cms.errors import InvalidValue, NotFound, Refused, StaleRevision
from cms.tables import Edition, Revision
from cms.work.bulk import Batch, Mode, Outcome, alone, check_items, check_notes
from cms.work.work import Work, command


@dataclass(frozen=True)
class Saved:
    """A revision that was saved, and the entry that it belongs to.

    Attributes:
        entry_id: the entry.
        revision: its newest revision in the edition that was written.
        edition: the edition, if the command has loaded it; it is not loaded again while it is here.
    """

    entry_id: str
    revision: Revision
    edition: Edition | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class TagChanges:
    """Tags to add to those of a draft and to remove from them.

    Attributes:
        add: words; one with the slug of a tag that is there changes nothing.
        remove: words, each in any spelling with the same slug.
    """

    add: Sequence[str] = ()
    remove: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class SaveItem:
    """A save of one edition.

    Attributes:
        entry_id: the entry.
        base_revision: the id of the revision that the writer started from.
        values: what shall be different from it, or the whole page as it shall be.
        locale: the edition; by default the site's default locale.
        content_type: the type that the entry is expected to have, if it matters.
        translated_from: the id of the revision of another edition that it translates now; by
            default what the edition translated before.
        note: what the author has to say about the revision; by default the note of all.
    """

    entry_id: str
    base_revision: str
    values: Changes | TagChanges | Draft
    locale: str | None = None
    content_type: str | None = None
    translated_from: str | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class _RestoreItem:
    """The restoring of an earlier revision of one edition."""

    entry_id: str
    base_revision: str
    revision_id: str
    locale: str | None = None


_Item = TypeVar("_Item", SaveItem, _RestoreItem)


@dataclass(frozen=True, eq=False)
class _Writing:
    """A revision to be saved, and its base."""

    held: Held
    base_revision: str
    stored: Stored
    about: About


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
    item = SaveItem(entry_id=entry_id, base_revision=base_revision, values=draft, locale=locale)
    return await alone(_save(work, [item], "all", About(note=note)))


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
    item = SaveItem(
        entry_id=entry_id,
        base_revision=base_revision,
        values=changes,
        locale=locale,
        content_type=content_type,
        translated_from=translated_from,
    )
    return await alone(_save(work, [item], "all", About(note=note)))


@command(Action.ENTRY_SAVE)
async def save_entries(
    work: Work,
    items: Sequence[SaveItem],
    *,
    mode: Mode = "all",
    note: str = "",
    expected: PagesAhead = NO_PAGES,
) -> Sequence[Outcome[Saved]]:
    """Save a new revision of each of many editions; return an outcome for each, in their order.

    Args:
        work: the transaction and the actor.
        items: what to save, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        note: what the author has to say about the revisions.
        expected: the pages that an import brings to paths, whatever stands there now.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    return await _save(work, items, mode, About(note=note), expected)


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
    item = SaveItem(
        entry_id=entry_id,
        base_revision=base_revision,
        values=changes,
        locale=locale,
        content_type=content_type,
    )
    saved = await alone(_save(work, [item], "all", About(is_autosave=True)))
    revision = saved.revision
    if revision.id != base_revision:
        before = await work.session.get_one(Revision, base_revision)
        if before.is_autosave and before.author_id == revision.author_id:
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
    item = _RestoreItem(
        entry_id=entry_id, base_revision=base_revision, revision_id=revision_id, locale=locale
    )
    return await alone(_restore(work, item))


async def _save(
    work: Work,
    items: Sequence[SaveItem],
    mode: Mode,
    about: About,
    expected: PagesAhead = NO_PAGES,
) -> list[Outcome[Saved]]:
    batch = Batch(items, mode, work.site.default_locale)
    check_notes(batch)
    held = await _hold(work, batch)
    drafts = await _drafts(work, batch, held)
    await _check_sources(work, batch, held)
    drafts = batch.still(drafts)
    stored = await stored_forms(
        work,
        [(held[index].content_type, held[index].edition, drafts[index]) for index in drafts],
        {each.head.category_id for each in held.values()},
        # The head can be an autosave of which nothing is left after the next one.
        heads={} if about.is_autosave else {each.edition.id: each.head for each in held.values()},
        expected=expected,
    )
    for index, each in zip(drafts, stored, strict=True):
        batch.refuse(index, *each.errors)
    writings = {
        index: _Writing(
            held[index],
            items[index].base_revision,
            each,
            replace(
                about,
                note=items[index].note or about.note,
                translated_from=items[index].translated_from,
            ),
        )
        for index, each in zip(drafts, stored, strict=True)
    }
    return await _write(work, batch, batch.still(writings))


async def _restore(work: Work, item: _RestoreItem) -> list[Outcome[Saved]]:
    batch = Batch([item], "all", work.site.default_locale)
    held = await _hold(work, batch)
    revisions = await revisions_by_id(work, [item.revision_id])
    earlier = batch.decide(
        held, lambda _, each: revision_in(revisions, each.edition, item.revision_id)
    )
    above = await _above(work, held, {index: each.category_id for index, each in earlier.items()})
    batch.decide(
        earlier, lambda index, each: _authorise(work, above, held[index], each.category_id)
    )
    writings = {
        index: _Writing(
            held[index],
            item.base_revision,
            await _as_stored(work, held[index], each),
            About(note=f"Restores revision {each.number}."),
        )
        for index, each in batch.still(earlier).items()
    }
    return await _write(work, batch, writings)


async def _as_stored(work: Work, held: Held, earlier: Revision) -> Stored:
    """Return an earlier revision as a draft in its stored form, with the content that it has."""
    page = Page(held.content_type, held.edition, draft_of(held.content_type, earlier.content))
    paths = await paths_of(work, [page.placed])
    snapshot = snapshot_of(held.content_type, earlier.content, earlier.digest)
    return Stored(page, snapshot, paths[page.placed])


async def _hold(work: Work, batch: Batch[_Item]) -> dict[int, Held]:
    """Return the editions of items that the actor may write."""
    found = await hold_all(work, batch.keys)
    return batch.decide(
        batch.open(), lambda index, item: _held(work, found, batch.keys[index], item)
    )


def _held(work: Work, found: Mapping[EditionKey, Held], key: EditionKey, item: _Item) -> Held:
    held = held_in(found, key)
    expected = item.content_type if isinstance(item, SaveItem) else None
    if expected not in (None, held.content_type.name):
        raise Refused(NotFound(message=f"there is no {expected} {item.entry_id!r}"))
    _authorise(work, {}, held, held.head.category_id)
    refuse_archived(held)
    return held


def _authorise(work: Work, above: Ancestries, held: Held, category_id: str | None) -> None:
    authorise_in(work, above, Action.ENTRY_SAVE, held, category_id)


async def _above(
    work: Work, held: Mapping[int, Held], categories: Mapping[int, str | None]
) -> Ancestries:
    """Return the categories above those in which items would be."""
    places = [(held[index], [category_id]) for index, category_id in categories.items()]
    return await ancestries_beside(places, work)


async def _drafts(work: Work, batch: Batch[SaveItem], held: Mapping[int, Held]) -> dict[int, Draft]:
    """Return the drafts that items make of their bases, in categories that the actor may use."""
    items = batch.still(batch.open())
    bases = await revisions_by_id(
        work, [each.base_revision for each in items.values() if not isinstance(each.values, Draft)]
    )
    drafts = batch.decide(items, lambda index, item: _draft(bases, held[index], item))
    categories = {index: each.category or None for index, each in drafts.items()}
    above = await _above(work, held, categories)
    batch.decide(categories, lambda index, each: _authorise(work, above, held[index], each))
    return batch.still(drafts)


def _draft(bases: Mapping[str, Revision], held: Held, item: SaveItem) -> Draft:
    if isinstance(item.values, Draft):
        # The address of a page stays, whatever would be proposed for its title now.
        return replace(item.values, slug=item.values.slug or held.head.slug)
    content = revision_in(bases, held.edition, item.base_revision).content
    base = draft_of(held.content_type, content)
    if isinstance(item.values, TagChanges):
        return replace(base, tags=with_tags(base.tags, item.values.add, item.values.remove))
    return apply_changes(base, item.values)


async def _check_sources(work: Work, batch: Batch[SaveItem], held: Mapping[int, Held]) -> None:
    """Check that entries have, in other editions, the revisions that they translate."""
    wanted = {
        index: item.translated_from
        for index, item in batch.open().items()
        if item.translated_from is not None
    }
    revisions = await revisions_by_id(work, wanted.values())
    editions = await rows_by_id(work, Edition, [each.edition_id for each in revisions.values()])

    def check(index: int, revision_id: str) -> None:
        source = revisions.get(revision_id)
        if source is None:
            raise Refused(NotFound(message=f"there is no revision {revision_id!r}"))
        edition = editions[source.edition_id]
        if edition.entry_id != held[index].entry.id or edition.id == held[index].edition.id:
            message = (
                f"{revision_id} is not a revision of another edition of {held[index].entry.id}"
            )
            raise Refused(InvalidValue(message=message, path=("translatedFrom",)))

    batch.decide(wanted, check)


async def _write(
    work: Work, batch: Batch[_Item], writings: Mapping[int, _Writing]
) -> list[Outcome[Saved]]:
    """Add revisions on top of the heads, unless they are the same or have another base."""
    stale = [each for each in writings.values() if each.base_revision != each.held.head.id]
    bases = await revisions_by_id(work, [each.base_revision for each in stale])
    additions = batch.decide(writings, lambda _, each: _addition(bases, each))
    new = {index: each for index, each in additions.items() if each is not None}
    refused, tree = await refusals_of(work, new)
    for index, errors in refused.items():
        batch.refuse(index, *errors)
    batch.settle()
    new = batch.still(new)
    added = dict(zip(new, await add_revisions(work, list(new.values()), tree), strict=True))
    return batch.outcomes(
        {
            index: Saved(held.entry.id, added.get(index, held.head), held.edition)
            for index in batch.still(additions)
            for held in [writings[index].held]
        }
    )


def _addition(bases: Mapping[str, Revision], writing: _Writing) -> Addition | None:
    """Return the revision to add; ``None`` if the newest one is the same."""
    held, snapshot = writing.held, writing.stored.snapshot
    head = held.head
    if writing.base_revision != head.id:
        raise Refused(_conflict(bases, writing))
    about = writing.about
    about = replace(about, translated_from=about.translated_from or head.translated_from)
    is_same = head.digest == snapshot.digest and head.translated_from == about.translated_from
    if is_same and (about.is_autosave or not head.is_autosave):
        return None
    return Addition(writing.stored, head, about)


def _conflict(bases: Mapping[str, Revision], writing: _Writing) -> StaleRevision:
    held, base_revision = writing.held, writing.base_revision
    base = revision_in(bases, held.edition, base_revision)
    merged = merge(
        held.content_type, base.content, held.head.content, writing.stored.snapshot.content
    )
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
