"""Publications of an import: what passes all gates, what is gone, and former addresses.

Each is done in transactions of some fifty pages: other writers get in between.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from cms.content.addresses import path_key, read_address
from cms.drafts.addresses import FoundAddress, PathKey, addresses_among, spellings_of
from cms.errors import Refused
from cms.importing.batches import holders_of_paths, in_batches, public_links_among
from cms.importing.drafting import Drafting
from cms.importing.existing import DeskEdition, editions_at
from cms.importing.session import outcomes_of, path_of
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage
from cms.importing.transactions import Transactions
from cms.publishing.publishing import ImportedItem, publish_imported_entries
from cms.publishing.redirects import RedirectItem, create_redirects
from cms.publishing.unpublishing import UnpublishItem, unpublish_entries
from cms.storage.dialects import is_among
from cms.tables import Address
from cms.work.bulk import MOST_ENTRIES, grouped
from cms.work.work import Reading, Work


@dataclass(frozen=True)
class Gone:
    """A public page whose file is gone, or not public at its source any more.

    Attributes:
        edition: its edition.
        file: the file.
    """

    edition: DeskEdition
    file: Path


@dataclass(frozen=True)
class GoingPublic:
    """The publications of an import.

    Attributes:
        drafting: the drafts.
        source: the system that the pages come from.
        due_at: when they are due for review.
        taken_back: the ids of the editions that this import has unpublished.
    """

    drafting: Drafting
    source: str
    due_at: datetime
    taken_back: set[str] = field(default_factory=set)

    def waiting(self, pages: Iterable[OldPage]) -> list[OldPage]:
        """Return the pages whose newest drafts the import can publish, and has not."""
        drafting = self.drafting
        return [
            page
            for page in pages
            if drafting.old.stands(page)
            and page.text is not None
            and (edition := drafting.desk.editions.get(page.key)) is not None
            and edition.live != edition.head_id
            and edition.is_publishable
        ]

    async def publish_in_batches(
        self, transactions: Transactions, pages: Sequence[OldPage]
    ) -> list[OldPage]:
        """Publish what can be published of some pages; return those that were refused.

        A page is published after, or together with, those that it links to.
        """
        refused: list[OldPage] = []
        by_edition = {self._edition(page).id: page for page in pages}
        async with transactions.reading() as reading:
            needs = await self._needs(reading, pages)
        for batch in in_batches(list(by_edition), needs, self.drafting.most):
            async with transactions.work() as work:
                some = [by_edition[each] for each in batch]
                refused += await self.publish(self.drafting.at(work), some, needs=needs)
        return refused

    async def _needs(
        self, reading: Reading, pages: Sequence[OldPage]
    ) -> Mapping[str, Collection[str]]:
        """Return the editions before which those of pages cannot be published."""
        old = self.drafting.old
        editions = {page.key: self._edition(page) for page in pages}
        of_entry = grouped((each.entry_id, each.id) for each in editions.values())
        entries = self.drafting.desk.entries
        needs = {
            editions[page.key].id: {
                each
                for target in old.mentions(page)
                if target in entries
                for each in of_entry.get(entries[target], ())
            }
            for page in pages
        }
        # A part that another page links to can only go when that does not link to it any more.
        for edition_id, target in await public_links_among(
            reading, editions.values(), to_parts=True
        ):
            for each in of_entry[target]:
                needs[each].add(edition_id)
        holders = await holders_of_paths(reading, editions.values())
        for page in pages:
            if (holder := holders.get((path_of(page) or "", page.locale))) is not None:
                needs[editions[page.key].id].add(holder)
        return needs

    def _edition(self, page: OldPage) -> DeskEdition:
        return self.drafting.desk.editions[page.key]

    async def publish(
        self,
        work: Work,
        pages: Sequence[OldPage],
        kind: FaultKind = FaultKind.DRAFT,
        needs: Mapping[str, Collection[str]] | None = None,
    ) -> list[OldPage]:
        """Publish what can be published of some pages together; return those that were refused.

        A page that leads to one that is refused is refused too.

        Args:
            work: the transaction.
            pages: the pages.
            kind: the kind of fault that a refusal is.
            needs: the editions before which others cannot be published, if those that a hook
                does not refuse are published without the others.
        """
        if not pages:
            return []
        desk, texts = self.drafting.desk, [page.text for page in pages]
        editions = [self._edition(page) for page in pages]
        beside = await desk.beside(work, editions)
        items = [
            *(self._item(each, None) for each in beside),
            *(
                self._item(_item_of(edition), text)
                for edition, text in zip(editions, texts, strict=True)
            ),
        ]
        report, folder = self.drafting.report, self.drafting.report.folder
        try:
            outcomes = await publish_imported_entries(work, items, source=self.source, mode="each")
        except Refused as refusal:  # of a hook, which does not say for which page
            desk.look_again_at(beside)
            if needs is not None and (parts := self._parts(pages, needs))[1:]:
                return [page for part in parts for page in await self.publish(work, part, kind)]
            report.faults += [
                Fault(page.text.source.file, None, kind, f"was not published: {refusal}")
                for page in pages
                if page.text is not None
            ]
            return list(pages)
        refused: list[OldPage] = []
        for outcome in outcomes[: len(beside)]:
            report.faults += [Fault(folder, None, kind, each.message) for each in outcome.errors]
        for page, edition, text, outcome in zip(
            pages, editions, texts, outcomes[len(beside) :], strict=True
        ):
            if outcome.result is not None:
                edition.live, edition.basis = edition.head_id, "imported"
                desk.made["publications"] += 1
                report.review_due_at = self.due_at
                continue
            refused.append(page)
            if text is not None:
                for error in outcome.errors:
                    self.drafting.fault(kind, text, error)
        return refused

    def _parts(
        self, pages: Sequence[OldPage], needs: Mapping[str, Collection[str]]
    ) -> list[list[OldPage]]:
        """Return pages in parts that can be published one after the other."""
        by_edition = {self._edition(page).id: page for page in pages}
        batches = in_batches(list(by_edition), needs, most=1)
        return [[by_edition[each] for each in batch] for batch in batches]

    def _item(self, item: ImportedItem, text: PageText | None) -> ImportedItem:
        return ImportedItem(
            entry_id=item.entry_id,
            revision_id=item.revision_id,
            locale=item.locale,
            claimed_review=text.claimed_review if text is not None else None,
            review_due_at=self.due_at,
            first_published_at=text.published_at if text is not None else None,
        )

    async def unpublish_in_batches(
        self,
        transactions: Transactions,
        gone: Sequence[Gone],
        end: Callable[[Work], Awaitable[None]],
    ) -> list[Gone]:
        """Unpublish pages that only imports have published; return those that stay public.

        A page is unpublished after, or together with, those that link to it.

        Args:
            transactions: the transactions.
            gone: the pages.
            end: called at the end of each transaction that unpublishes some of them.
        """
        left: list[Gone] = []
        by_edition = {each.edition.id: each for each in gone}
        async with transactions.reading() as reading:
            links = await public_links_among(reading, [each.edition for each in gone])
        of_entry = grouped((each.edition.entry_id, each.edition.id) for each in gone)
        needs = grouped((each, source) for source, target in links for each in of_entry[target])
        for batch in in_batches(list(by_edition), needs, self.drafting.most):
            async with transactions.work() as work:
                some = [by_edition[each] for each in batch]
                at = self.drafting.at(work)
                left += await self.unpublish(at, some)
                await end(at)
        return left

    async def unpublish(self, work: Work, gone: Sequence[Gone]) -> list[Gone]:
        """Unpublish pages that only imports have published; return those that stay public."""
        left: list[Gone] = []
        due: list[Gone] = []
        public = [each for each in gone if each.edition.live is not None]
        if not public:
            return []
        await work.in_turn()  # since people can publish while an import runs
        found = await editions_at(
            work, [(each.edition.entry_id, each.edition.locale) for each in public]
        )
        for each in public:
            now = found.get((each.edition.entry_id, each.edition.locale))
            if now is None or now.live is None:
                each.edition.live = None
            elif now.is_publishable:
                due.append(each)
            else:
                left.append(each)
                reason = (
                    "was edited"
                    if now.basis == "imported"
                    else f"was published as {str(now.basis).upper()}"
                )
                self._note(each, FaultKind.KEPT, f"not unpublished: its page here {reason}")
        reasons: dict[int, str] = {}
        while due:  # a page can be in the way of another
            before = len(due)
            for start in range(0, before, MOST_ENTRIES):
                some = due[start : start + MOST_ENTRIES]
                items = [
                    UnpublishItem(entry_id=each.edition.entry_id, locale=each.edition.locale)
                    for each in some
                ]
                outcomes = await outcomes_of(
                    items, lambda each: unpublish_entries(work, each, mode="each")
                )
                for each, outcome in zip(some, outcomes, strict=True):
                    if outcome.result is not None:
                        each.edition.live, each.edition.basis = None, None
                        self.taken_back.add(each.edition.id)
                        self.drafting.desk.made["unpublished"] += 1
                    else:
                        reasons[id(each)] = outcome.errors[0].message
            due = [each for each in due if each.edition.live is not None]
            if len(due) == before:
                break
        for each in due:
            self._note(each, FaultKind.KEPT, f"not unpublished: {reasons[id(each)]}")
        return [*left, *due]

    def _note(self, gone: Gone, kind: FaultKind, message: str) -> None:
        self.drafting.report.faults.append(Fault(gone.file, None, kind, message))

    async def redirect(self, transactions: Transactions, pages: Iterable[OldPage]) -> None:
        """Redirect the former addresses of public pages to them, where nothing else is."""
        async with transactions.reading() as reading:
            left = await self._missing_redirects(reading, pages)
        most = min(self.drafting.most, MOST_ENTRIES)
        for start in range(0, len(left), most):
            async with transactions.work() as work:
                await self._redirect(self.drafting.at(work), left[start : start + most])

    async def _redirect(self, work: Work, wanted: Sequence[tuple[RedirectItem, PageText]]) -> None:
        outcomes = await outcomes_of(
            [item for item, _ in wanted], lambda each: create_redirects(work, each, mode="each")
        )
        for (item, text), outcome in zip(wanted, outcomes, strict=True):
            self.drafting.desk.made["redirects"] += outcome.result is not None
            for error in outcome.errors:
                message = f"the former address {item.path} does not answer: {error.message}"
                fault = Fault(text.source.file, None, FaultKind.LOST_LINK, message)
                self.drafting.report.faults.append(fault)

    async def _missing_redirects(
        self, reading: Reading, pages: Iterable[OldPage]
    ) -> list[tuple[RedirectItem, PageText]]:
        """Return the redirects that pages need, with the texts that name them."""
        wanted = list(self._former_addresses(reading, pages))
        keys = [key for key, _ in wanted]
        found = await addresses_among(reading, keys)
        removed = await _removed_redirects(reading, keys)
        desk = self.drafting.desk
        left: list[tuple[RedirectItem, PageText]] = []
        for (path, locale), page in wanted:
            entry_id, there = desk.entries[page.key], found.get((path, locale))
            if page.text is None or path in removed or _answers(there, entry_id):
                continue
            left.append((RedirectItem(path=path, to=entry_id, locale=locale), page.text))
        return left

    def _former_addresses(
        self, reading: Reading, pages: Iterable[OldPage]
    ) -> Iterable[tuple[PathKey, OldPage]]:
        own = reading.site.addresses
        seen: set[PathKey] = set()
        for page in pages:
            edition, text = self.drafting.desk.editions.get(page.key), page.text
            if edition is None or edition.live is None or text is None:
                continue
            for written in text.former_addresses:
                address = read_address(written, own) if written.strip() else None
                if address is None or address.path == "/" or own.is_route(address.path):
                    continue
                key = address.path, page.locale
                if key not in seen:
                    beside = own.locales_beside(page.locale)
                    seen.update((address.path, each) for each in beside)
                    yield key, page


def _item_of(edition: DeskEdition) -> ImportedItem:
    return ImportedItem(
        entry_id=edition.entry_id, revision_id=edition.head_id, locale=edition.locale
    )


def _answers(there: FoundAddress | None, entry_id: str) -> bool:
    """Return whether an address leads to an entry already."""
    return there is not None and there.entry_id == entry_id


async def _removed_redirects(reading: Reading, keys: Iterable[PathKey]) -> frozenset[str]:
    """Return those paths at which a redirect was removed: it is not created again."""
    rows = await reading.session.scalars(
        select(Address.path).where(
            is_among(Address.path, spellings_of(path for path, _ in keys)),
            Address.edition_id.is_(None),
            Address.ended_position.is_not(None),
        )
    )
    return frozenset(path_key(str(path)) for path in rows)
