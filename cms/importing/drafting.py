"""Drafts of an import: they are saved some fifty at a time, each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from cms.authorization.actor import OPERATOR
from cms.content.markup.markdown import keep_texts
from cms.content.snapshot import render_ahead
from cms.drafts.addresses import PagesAhead
from cms.drafts.new_entries import begin_entries, existing_singletons
from cms.errors import ContentFileError, Refused, UserError
from cms.importing.report import ImportReport
from cms.importing.session import ImportDesk, Refusals, Writing
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText, fault_of
from cms.importing.site.pages import OldPage, OldSite
from cms.importing.transactions import Transactions
from cms.ledger.progress import Watch, unwatched
from cms.work.bulk import in_turn
from cms.work.work import Reading, Work


@dataclass(frozen=True)
class DueText:
    """The text of a page to be saved.

    Attributes:
        page: the page.
        text: its text.
        author: its author on the old site; empty if unknown.
        note: the note of the revision.
    """

    page: OldPage
    text: PageText
    author: str
    note: str


def due_texts(pages: Iterable[OldPage]) -> list[DueText]:
    """Return the current texts of pages, to be saved."""
    return [
        DueText(page, text, text.author, f"Imported from {text.source.file.name}.")
        for page in pages
        if (text := page.text) is not None
    ]


def second_singleton(page: OldPage) -> str:
    """Return why a page is refused of whose content type another page is the only one."""
    name = page.content_type.name
    return f"{name} is a singleton, which another page is; map the file to another content type"


@dataclass
class Drafting:
    """The drafts of an import.

    Attributes:
        old: the old site.
        desk: the commands.
        report: the report.
        locales: the locales of the site, in their order.
        most: the most drafts of one transaction.
        saved: the pages of which this import has saved a revision.
        kept: the pages that people here have changed, with the reason why they stay as they are.
        refused: the pages that could not be saved.
        foreign: the pages that another import has brought, whose history is left out.
        held: the pages here that link to pages whose files were refused, with one of these files.
    """

    old: OldSite
    desk: ImportDesk
    report: ImportReport
    locales: Sequence[str]
    most: int
    saved: set[PageKey] = field(default_factory=set)
    kept: dict[PageKey, str] = field(default_factory=dict)
    refused: set[OldPage] = field(default_factory=set)
    foreign: frozenset[PageKey] = frozenset()
    held: Mapping[PageKey, Path] = field(default_factory=dict)

    def at(self, work: Work) -> Work:
        """Return a transaction at the present, or at the time of the last commit if later."""
        last = max((commit.at for commit in self.old.commits[-1:]), default=work.now)
        return work.by(OPERATOR, last) if last > work.now else work

    def fault(self, kind: FaultKind, text: PageText, error: UserError) -> None:
        """Add the error of a command to the report, as a fault of a file."""
        self.fault_at(kind, fault_of(text.mapping, text.source, error))

    def fault_at(self, kind: FaultKind, error: ContentFileError) -> None:
        """Add an error of a file to the report."""
        self.report.faults.append(Fault(error.file, error.line, kind, error.reason))

    async def second_singletons(self, reading: Reading, pages: Iterable[OldPage]) -> list[OldPage]:
        """Return the pages without entries of whose content types another page is the only one."""
        left = self._without_entries(pages)
        types = [some[0].content_type for some in left.values()]
        taken = {*await existing_singletons(reading, [each for each in types if each.singleton])}
        found: list[OldPage] = []
        for content_type, some in zip(types, left.values(), strict=True):
            if content_type.name in taken:
                found += some
            elif content_type.singleton:
                taken.add(content_type.name)
        return found

    async def give_entries(self, work: Work, pages: Iterable[OldPage]) -> None:
        """Give an entry to each page that has none: that of its translations, or a new one."""
        left = self._without_entries(pages)
        if left:
            types = [some[0].content_type.name for some in left.values()]
            ids = await begin_entries(work, types)
            for entry_id, some in zip(ids, left.values(), strict=True):
                self.desk.entries.update((page.key, entry_id) for page in some)

    def _without_entries(self, pages: Iterable[OldPage]) -> Mapping[str, Sequence[OldPage]]:
        """Return the pages that need new entries, by their names; others get what they have."""
        entries = self.desk.entries
        taken = {(entry_id, locale) for (locale, _), entry_id in entries.items()}
        by_name: dict[str, str] = {}
        for (_, name), entry_id in entries.items():
            by_name.setdefault(name, entry_id)
        left: dict[str, list[OldPage]] = {}
        for page in pages:
            locale, name = page.key
            if page.key in entries:
                continue
            known = by_name.get(name)
            if known is not None and (known, locale) not in taken:
                entries[page.key] = known
            else:
                left.setdefault(name, []).append(page)
        return left

    async def prepare(
        self, work: Work, due: Sequence[DueText], kind: FaultKind = FaultKind.REFUSED
    ) -> list[Writing]:
        """Return the drafts of pages with their categories and bylines, which are created.

        Args:
            work: the transaction.
            due: the texts.
            kind: the kind of fault that a refusal is.

        Raises:
            ContentFileError: if the mapping names a byline that does not exist.
        """
        writings: list[Writing] = []
        for each in due:
            try:
                byline_id = await self.desk.byline(work, each.author)
            except Refused as refused:
                raise fault_of(each.text.mapping, each.text.source, refused.errors[0]) from None
            try:
                category = await self.desk.category(work, each.text)
            except Refused as refused:
                self._refuse(each.page, each.text, refused.errors, kind)
                continue
            draft = self.old.draft(each.page, each.text).draft
            draft = replace(draft, category=category)
            writings.append(Writing(each.page, each.text, draft, byline_id, each.note))
        return writings

    async def save(
        self,
        transactions: Transactions,
        writings: Sequence[Writing],
        watch: Watch = unwatched,
        kind: FaultKind = FaultKind.REFUSED,
    ) -> None:
        """Save drafts, those of the first locale first; add the refused ones to the report.

        A translation begins from what has been saved in the first locale that has the page.

        Args:
            transactions: the transactions.
            writings: the drafts.
            watch: gives the function that shows the progress.
            kind: the kind of fault that a refusal is.
        """
        expected = self.desk.expected(
            page for page in self.old.pages.values() if page.text is not None
        )
        ordered = sorted(writings, key=lambda each: self.locales.index(each.page.locale))
        with watch("Saving drafts", len(ordered)) as done:
            for _, group in groupby(ordered, lambda each: each.page.locale):
                mine = list(group)
                for start in range(0, len(mine), self.most):
                    some = mine[start : start + self.most]
                    with keep_texts():
                        refused = await self._save(transactions, some, expected)
                        if kind is FaultKind.REFUSED:  # no version of the history
                            await in_turn(some, self._tell_losses)
                    texts = {each.page: each.text for each in some}
                    for page, errors in refused.items():
                        self._refuse(page, texts[page], errors, kind)
                    done(len(some))

    async def _save(
        self, transactions: Transactions, writings: Sequence[Writing], expected: PagesAhead
    ) -> Refusals:
        """Save drafts of one locale in one transaction, before which their texts are rendered."""
        new = [each for each in writings if each.page.key not in self.desk.editions]
        await in_turn(new, lambda each: render_ahead(each.page.content_type, each.draft.fields))
        async with transactions.reading() as reading:
            changed = await self.desk.changed(reading, writings, expected)
        writable = [each for each in changed if self._may_write(each)]
        if not new and not writable:
            return {}
        before = {each.page.key: self._head_of(each.page) for each in (*new, *writable)}
        async with transactions.work() as work:
            refused = {
                **await self.desk.begin(work, new, expected),
                **await self.desk.save(work, writable, expected),
            }
        self.saved.update(
            each.page.key
            for each in (*new, *writable)
            if self._head_of(each.page) != before[each.page.key]
        )
        return refused

    def _tell_losses(self, writing: Writing) -> None:
        stuck = list(self.old.stuck(writing.page, writing.text))
        self.report.resolved -= len(stuck)
        self.report.faults += stuck
        self.report.faults += self.old.losses(writing.page, writing.text)

    def _head_of(self, page: OldPage) -> str | None:
        edition = self.desk.editions.get(page.key)
        return edition.head_id if edition is not None else None

    def _may_write(self, writing: Writing) -> bool:
        """Return whether the page of a changed draft can be saved; if not, note why."""
        key = writing.page.key
        if not self.desk.editions[key].is_writable:
            self.kept[key] = "not imported: the file and its page here have both changed"
        elif key in self.held:  # it would lose its link
            self.kept[key] = f"not imported: its page links to {self.held[key]}, which was refused"
        else:
            self.kept.pop(key, None)
            return True
        return False

    def _refuse(
        self, page: OldPage, text: PageText, errors: Sequence[UserError], kind: FaultKind
    ) -> None:
        for error in errors:
            self.fault(kind, text, error)
        if kind is FaultKind.REFUSED:
            self.refused.add(page)
