"""Unpublishing: ends of publications, after which readers do not see the entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cms.authorization.actions import Action
from cms.content.builtin import CATEGORY
from cms.drafts.category_tree import CategoryTree, load_tree
from cms.drafts.loading import (
    EditionKey,
    Held,
    ancestries_beside,
    authorise_in,
    held_in,
    hold_all,
)
from cms.errors import NotPublished, Refused, UserError
from cms.events import EntryUnpublished
from cms.hooks import IncomingEdge
from cms.identifiers import is_built_in_id
from cms.ledger.chain import ignore_progress
from cms.ledger.counters import wait_for_turn
from cms.publishing.addresses import close_addresses
from cms.publishing.gates import errors_of_incoming
from cms.publishing.link_facts import PublicLinks, public_links_to
from cms.publishing.loading import live_pages_of
from cms.publishing.moving import errors_of_tree, refresh_tree
from cms.publishing.opening import close_publications
from cms.publishing.public_editions import PublicEditions, public_editions
from cms.publishing.referenced import Showing, pages_showing
from cms.review.reviews import check_reason
from cms.tables import Address, Publication
from cms.work.bulk import MOST_ENTRIES, Batch, Mode, Outcome, alone, check_items, grouped
from cms.work.work import Reading, Work, command

# An open publication, and the address at which its page stands.
_LivePage = tuple[Publication, Address | None]


@dataclass(frozen=True, kw_only=True)
class UnpublishItem:
    """An edition to unpublish.

    Attributes:
        entry_id: the entry.
        locale: the edition; by default the site's default locale.
    """

    entry_id: str
    locale: str | None = None


@command(Action.ENTRY_UNPUBLISH)
async def unpublish_entry(work: Work, entry_id: str, *, locale: str | None = None) -> Publication:
    """Unpublish an entry, and return the publication, now closed.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, the entry is not public, or public pages link to it.
    """
    return await alone(
        _unpublish(work, [UnpublishItem(entry_id=entry_id, locale=locale)], "all", None)
    )


@command(Action.ENTRY_UNPUBLISH)
async def unpublish_entries(
    work: Work, items: Sequence[UnpublishItem], *, mode: Mode = "all", reason: str = ""
) -> Sequence[Outcome[Publication]]:
    """Unpublish many entries together; return an outcome for each, in their order.

    Links between them do not count. If each is refused by itself, one to which another leads,
    which is refused, is refused too.

    Args:
        work: the transaction and the actor.
        items: the editions, at most 1,000.
        mode: whether all are refused when one is, or each by itself.
        reason: the reason for the audit record.

    Raises:
        Refused: if there are too many items, or an edition twice; with
            :class:`~cms.work.bulk.NoneDone` if one is refused, and all are to be then.
    """
    check_items(items, work.site.default_locale)
    return await _unpublish(work, items, mode, reason or None)


@command(Action.ENTRY_UNPUBLISH)
async def unpublish_together(
    work: Work,
    items: Sequence[UnpublishItem],
    *,
    reason: str,
    progress: Callable[[int], object] = ignore_progress,
) -> Sequence[Publication]:
    """Unpublish all of any number of entries together, and return the publications, now closed.

    Args:
        work: the transaction and the actor.
        items: the editions.
        reason: the reason for the audit records.
        progress: called with the number of editions after each part of them is loaded.

    Raises:
        Refused: with the errors of each entry; the paths begin with ``entries`` and its index.
    """
    outcomes = await _unpublish(work, items, "all", check_reason(reason), progress)
    return [each.result for each in outcomes if each.result is not None]


async def _unpublish(
    work: Work,
    items: Sequence[UnpublishItem],
    mode: Mode,
    reason: str | None,
    progress: Callable[[int], object] = ignore_progress,
) -> list[Outcome[Publication]]:
    await wait_for_turn(work.session, "position")
    work = work.after_waiting()
    batch = Batch(items, mode, work.site.default_locale)
    live: dict[int, _LivePage] = {}
    for start in range(0, len(items), MOST_ENTRIES):  # since contents are loaded with them
        some = range(start, min(start + MOST_ENTRIES, len(items)))
        live |= await _live(work, batch, some)
        progress(len(some))
    await _check(work, batch, live)
    batch.settle()
    kept = batch.still(live)
    if kept:
        await _end(work, list(kept.values()), reason)
    return batch.outcomes({index: publication for index, (publication, _) in kept.items()})


async def _end(work: Work, pages: Sequence[_LivePage], reason: str | None) -> None:
    """End publications at one position, and close their addresses."""
    position = await work.take_position()
    await close_publications(work, [publication for publication, _ in pages], position)
    await close_addresses(
        work, [(each, work.now) for _, each in pages if each is not None], position
    )
    if any(publication.content_type == CATEGORY for publication, _ in pages):
        await refresh_tree(work)
    for publication, _ in pages:
        work.emit(
            EntryUnpublished(
                subject=publication.id,
                entry=publication.entry_id,
                locale=publication.locale,
                revision=publication.revision_id,
                position=position,
                reason=reason,
            )
        )


async def _live(
    work: Work, batch: Batch[UnpublishItem], indexes: Iterable[int]
) -> dict[int, _LivePage]:
    """Return the public pages of some items that the actor may unpublish."""
    keys = {index: batch.keys[index] for index in indexes}
    found = await hold_all(work, keys.values())
    held = batch.decide(keys, lambda _, key: held_in(found, key))
    live = await live_pages_of(work, [each.edition.id for each in held.values()])
    categories = {index: _categories(each, live) for index, each in held.items()}
    above = await ancestries_beside(
        [(held[index], each) for index, each in categories.items()], work
    )

    def check(index: int, each: Held) -> _LivePage:
        authorise_in(work, above, Action.ENTRY_UNPUBLISH, each, *categories[index])
        if each.edition.id not in live:
            message = f"{each.entry.id} is not public in {each.edition.locale!r}"
            raise Refused(NotPublished(message=message))
        return live[each.edition.id]

    return batch.decide(held, check)


def _categories(held: Held, live: Mapping[str, _LivePage]) -> Collection[str | None]:
    return [live[held.edition.id][0].category_id] if held.edition.id in live else []


async def _check(work: Work, batch: Batch[UnpublishItem], live: Mapping[int, _LivePage]) -> None:
    """Refuse the items whose pages cannot be unpublished with the others, until nothing changes."""
    if not live:
        return
    publications = {index: publication for index, (publication, _) in live.items()}
    removal = await removal_of(work, list(publications.values()))
    errors = await removal.errors(publications)
    targets = removal.targets() if errors else {}
    while errors:
        for index, found in errors.items():
            batch.refuse(index, *found)
        if batch.mode == "all":
            return
        led_to = {each for index in errors for each in targets[publications[index].edition_id]}
        publications = batch.still(publications)
        again = [
            index
            for index, each in publications.items()
            if each.entry_id in led_to or is_built_in_id(each.entry_id)
        ]
        errors = await removal.errors(publications, again)


@dataclass(frozen=True)
class Removal:
    """The facts about publications that are ended together.

    Attributes:
        reading: the snapshot.
        before: what is public now.
        links: the public links to their entries.
        showing: the public pages that show the categories and people among them.
        tree: the tree of categories, if a category is among them.
    """

    reading: Reading
    before: PublicEditions
    links: PublicLinks
    showing: Showing
    tree: CategoryTree | None

    def incoming(self, live: Publication, together: Collection[Publication]) -> list[IncomingEdge]:
        """Return the public links to an entry, with what its readers see afterwards.

        Args:
            live: the publication of the entry.
            together: all publications that are ended.
        """
        after = self.before.without(_keys(together))
        return self._incoming(live, after, {each.edition_id for each in together})

    def _incoming(
        self, live: Publication, after: PublicEditions, besides: Collection[str]
    ) -> list[IncomingEdge]:
        return self.links.incoming(_key(live), self.before, after, besides)

    def targets(self) -> Mapping[str, Collection[str]]:
        """Return the entries among them to which public pages lead, by the page's edition."""
        links = (each for links in self.links.to.values() for each in links)
        return grouped((each.source_edition, each.target_id) for each in links)

    async def errors(
        self, together: Mapping[int, Publication], wanted: Iterable[int] | None = None
    ) -> dict[int, list[UserError]]:
        """Return why publications cannot be ended together, by index.

        Args:
            together: all publications that are ended.
            wanted: the indexes of those in question; by default all.
        """
        keys = _keys(together.values())
        after = self.before.without(keys)
        editions = {each.edition_id for each in together.values()}
        immovable = await self._errors_of_tree(together.values())
        found = {
            index: [
                *errors_of_incoming(self._incoming(each, after, editions)),
                *self.showing.errors(_key(each), keys),
                *(immovable if each.content_type == CATEGORY else ()),
            ]
            for index in (together if wanted is None else wanted)
            for each in [together[index]]
        }
        return {index: errors for index, errors in found.items() if errors}

    async def _errors_of_tree(self, together: Collection[Publication]) -> list[UserError]:
        """Return why the tree of categories cannot be without the publications."""
        categories = [each for each in together if each.content_type == CATEGORY]
        if self.tree is None or not categories:
            return []
        after = self.tree.without(_keys(categories))
        editions = [each.edition_id for each in together]
        return await errors_of_tree(self.reading, self.tree, after, editions)


async def removal_of(reading: Reading, publications: Sequence[Publication]) -> Removal:
    """Return the facts about publications to end, which are loaded at once."""
    entry_ids = {each.entry_id for each in publications}
    before = await public_editions(reading, entry_ids)
    has_categories = any(each.content_type == CATEGORY for each in publications)
    return Removal(
        reading=reading,
        before=before,
        links=await public_links_to(reading, entry_ids),
        showing=await pages_showing(reading, _keys(publications), before),
        tree=await load_tree(reading.session, reading.site) if has_categories else None,
    )


def _key(publication: Publication) -> EditionKey:
    return publication.entry_id, publication.locale


def _keys(publications: Collection[Publication]) -> frozenset[EditionKey]:
    return frozenset(map(_key, publications))
