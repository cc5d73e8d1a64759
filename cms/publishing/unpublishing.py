"""Unpublishing: ends of publications, after which readers do not see the entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

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
from cms.publishing.addresses import close_addresses
from cms.publishing.deciding import Errors, refuse_failing
from cms.publishing.gates import errors_of_incoming
from cms.publishing.link_facts import PublicLinks, public_links_to
from cms.publishing.loading import LivePage, live_pages_of
from cms.publishing.moving import blame_categories, errors_of_tree, refresh_tree
from cms.publishing.opening import close_publications
from cms.publishing.public_editions import PublicEditions, public_editions
from cms.publishing.referenced import Showing, pages_showing
from cms.review.reviews import check_reason
from cms.tables import Address, Publication
from cms.work.bulk import MOST_ENTRIES, Batch, Mode, Outcome, alone, check_items, grouped
from cms.work.work import Reading, Work, command

# An open publication, and the address at which its page stands.
_OpenPage: TypeAlias = tuple[Publication, Address | None]


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
    work = await work.in_turn()
    batch = Batch(items, mode, work.site.default_locale)
    live: dict[int, _OpenPage] = {}
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


async def _end(work: Work, pages: Sequence[_OpenPage], reason: str | None) -> None:
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
) -> dict[int, _OpenPage]:
    """Return the public pages of some items that the actor may unpublish."""
    keys = {index: batch.keys[index] for index in indexes}
    found = await hold_all(work, keys.values())
    held = batch.decide(keys, lambda _, key: held_in(found, key))
    live = await live_pages_of(work, [each.edition.id for each in held.values()])
    categories = {index: _categories(live[each.edition.id]) for index, each in held.items()}
    above = await ancestries_beside(
        [(held[index], each) for index, each in categories.items()], work
    )

    def check(index: int, each: Held) -> _OpenPage:
        authorise_in(work, above, Action.ENTRY_UNPUBLISH, each, *categories[index])
        page = live[each.edition.id]
        if page.publication is None:
            message = f"{each.entry.id} is not public in {each.edition.locale!r}"
            raise Refused(NotPublished(message=message))
        return page.publication, page.address

    return batch.decide(held, check)


def _categories(page: LivePage) -> Collection[str | None]:
    return [page.publication.category_id] if page.publication is not None else []


async def _check(work: Work, batch: Batch[UnpublishItem], live: Mapping[int, _OpenPage]) -> None:
    """Refuse the items whose pages cannot be unpublished with the others."""
    if live:
        publications = {index: publication for index, (publication, _) in live.items()}
        removal = await removal_of(work, list(publications.values()))
        await refuse_failing(batch, publications.keys(), _Removals(removal, publications))


class _Removals:
    """The rules for publications that are ended together.

    Args:
        removal: the facts about them.
        publications: the publications by index.
    """

    def __init__(self, removal: Removal, publications: Mapping[int, Publication]) -> None:
        self._removal, self._publications = removal, publications

    async def errors(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why publications cannot be ended together with others."""
        return await self._removal.errors(self._chosen(together), wanted)

    async def errors_at_best(self, together: Collection[int], wanted: Collection[int]) -> Errors:
        """Return why publications cannot be ended whichever of the others stay."""
        return await self._removal.errors_at_best(self._chosen(together), wanted)

    def dependents(self, refused: Collection[int]) -> Collection[int]:
        """Return the publications that others which stay may lead to, show, or be below."""
        targets = self._removal.targets()
        chosen = self._chosen(refused).values()
        affected = {each.entry_id for each in chosen}.union(
            *(targets[each.edition_id] for each in chosen)
        )
        return [
            index
            for index, each in self._publications.items()
            if each.entry_id in affected or is_built_in_id(each.entry_id)
        ]

    def _chosen(self, indexes: Collection[int]) -> dict[int, Publication]:
        return {index: self._publications[index] for index in sorted(indexes)}


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
        self, together: Mapping[int, Publication], wanted: Collection[int] | None = None
    ) -> dict[int, list[UserError]]:
        """Return why publications cannot be ended together, by index.

        Args:
            together: all publications that are ended.
            wanted: the indexes of those in question; by default all.
        """
        after = self.before.without(_keys(together.values()))
        immovable = await self._errors_of_tree(together.values())
        chosen = {index: together[index] for index in (together if wanted is None else wanted)}
        return self._errors(together, {i: (each, after) for i, each in chosen.items()}, immovable)

    async def errors_at_best(
        self, together: Mapping[int, Publication], wanted: Collection[int]
    ) -> dict[int, list[UserError]]:
        """Return why publications cannot be ended, each of the others being ended or not.

        Args:
            together: all publications that are perhaps ended.
            wanted: the indexes of those in question.
        """
        after = self.before.without(_keys(together.values()))
        immovable = await self._errors_of_tree(together.values())
        chosen = {
            index: (each, after.or_else(self.before.without([_key(each)])))
            for index in wanted
            for each in [together[index]]
        }
        return self._errors(together, chosen, [each for each in immovable if len(each[0]) == 1])

    def _errors(
        self,
        together: Mapping[int, Publication],
        chosen: Mapping[int, tuple[Publication, PublicEditions]],
        immovable: Sequence[tuple[Collection[EditionKey], UserError]],
    ) -> dict[int, list[UserError]]:
        keys = _keys(together.values())
        editions = {each.edition_id for each in together.values()}
        found = {
            index: [
                *errors_of_incoming(self._incoming(each, after, editions)),
                *self.showing.errors(_key(each), keys),
                *(error for blamed, error in immovable if _key(each) in blamed),
            ]
            for index, (each, after) in chosen.items()
        }
        return {index: errors for index, errors in found.items() if errors}

    async def _errors_of_tree(
        self, together: Collection[Publication]
    ) -> Sequence[tuple[Collection[EditionKey], UserError]]:
        """Return why the tree of categories cannot be without the publications, and which."""
        categories = _keys([each for each in together if each.content_type == CATEGORY])
        if self.tree is None or not categories:
            return []
        after = self.tree.without(categories)
        editions = [each.edition_id for each in together]
        errors = await errors_of_tree(self.reading, self.tree, after, editions)
        return blame_categories(errors, categories)


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
