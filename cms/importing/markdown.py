"""Import of the Markdown files of another site with their history.

The import runs the ordinary commands as the operator; its authors become bylines. It signs nothing
off: pages are published as imported, with their source. All entries have ids before the first page
is saved, so that pages can link to others that are saved later. Drafts are saved some fifty at a
time, and so is published what passes all gates; other writers get in between. An import that ends
at any moment is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cms import clock
from cms.authorization.actor import OPERATOR
from cms.drafts.loading import rows_by_id
from cms.errors import ContentFileError, Refused
from cms.importing.drafting import Drafting, due_texts, second_singleton
from cms.importing.existing import editions_at, entries_by_slug, linking_to
from cms.importing.going_public import GoingPublic, Gone
from cms.importing.history import History, in_groups
from cms.importing.matching import Matches, match_files, path_of
from cms.importing.recording import FileOfEntry, record_files, sources_of
from cms.importing.report import ImportReport
from cms.importing.session import ImportDesk, Provenance, Writing
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage, OldSite
from cms.importing.site.reading import read_site, why_without_pages
from cms.importing.transactions import OneTransaction, ShortTransactions, Transactions
from cms.ledger.progress import Watch, unwatched
from cms.tables import ImportedFile
from cms.work.bulk import in_turn
from cms.work.work import Desk, Work

# The drafts of one transaction: on SQLite, other writers wait until they are written.
BATCH = 50


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """The ways in which files are imported.

    Attributes:
        provenance: the source of the pages, which are published as imported; without it,
            everything stays a draft.
        source: the system that the files come from, by which the next import knows them; by
            default that of the provenance, the ``url`` of the mapping, or the name of the folder.
        allows_removals: whether most of the files that were imported before can be gone.
        is_strict: whether nothing is imported if one file is refused.
        batch: the most pages of one transaction, unless more link to each other.
        watch: gives functions that show the progress.
    """

    provenance: Provenance | None = None
    source: str = ""
    allows_removals: bool = False
    is_strict: bool = False
    batch: int = BATCH
    watch: Watch = unwatched


async def import_markdown(
    desk: Desk, folder: Path, mapping: MarkdownMapping, options: ImportOptions
) -> ImportReport:
    """Import a folder of Markdown files and return a report.

    A second import of the same files changes nothing. A file that was changed, moved or removed is
    changed, moved or unpublished here. Editions that an account has saved since the last import are
    skipped, and those that were published here otherwise are not published.

    Args:
        desk: the site with its database.
        folder: the folder of the files.
        mapping: the mapping from files to content.
        options: the ways in which they are imported.

    Raises:
        ContentFileError: if the folder cannot be imported at all.
        SiteError: if the mapping does not fit the site.
    """
    run = _read(desk, folder, mapping, options)
    if not options.is_strict:
        await run.all(ShortTransactions(desk))
        return run.report
    return await _in_one(desk, run, keeps=True)


async def rehearse_import(
    desk: Desk, folder: Path, mapping: MarkdownMapping, options: ImportOptions
) -> ImportReport:
    """Return the report of :func:`import_markdown`, and roll the import back."""
    return await _in_one(desk, _read(desk, folder, mapping, options), keeps=False)


class _RolledBack(Exception):
    """Ends a transaction that is not to be committed."""


async def _in_one(desk: Desk, run: _Import, *, keeps: bool) -> ImportReport:
    """Import in one transaction, which is rolled back for a fault or as a rehearsal."""
    report = run.report
    report.is_done = False
    if run.options.is_strict and report.of_kind(FaultKind.REFUSED):
        report.sort()
        return report
    with suppress(_RolledBack):
        async with desk.work(OPERATOR) as work:
            await run.all(OneTransaction(work))
            is_refused = run.options.is_strict and report.of_kind(FaultKind.REFUSED)
            if is_refused or not keeps:
                raise _RolledBack
            report.is_done = True
    return report


def _read(desk: Desk, folder: Path, mapping: MarkdownMapping, options: ImportOptions) -> _Import:
    """Read all files."""
    provenance = options.provenance
    if provenance is not None and not desk.site.allow_imported:
        reason = "this site does not publish imported pages; import them as drafts"
        raise ContentFileError(folder, None, reason)
    old = read_site(folder, mapping, desk.site, with_drafts=provenance is None)
    if not options.allows_removals and (reason := why_without_pages(old)):
        raise ContentFileError(folder, None, reason)
    source = _stated(options) or old.mapping.url or folder.resolve().name
    report = ImportReport(source=source, folder=folder, files=len(old.current))
    report.faults += old.faults
    now = clock.now()
    drafting = Drafting(old, ImportDesk(old.mapping, now), report, desk.site.locales, options.batch)
    going_public = (
        GoingPublic(drafting, source, now + provenance.review_within)
        if provenance is not None
        else None
    )
    return _Import(folder, options, old, drafting, going_public)


@dataclass
class _Import:
    """A running import.

    Attributes:
        folder: the folder of the files.
        options: the ways in which they are imported.
        old: the old site, as of the last imported commit.
        drafting: the drafts.
        going_public: the publications; ``None`` if everything stays a draft.
        matches: the entries that were found for the files.
    """

    folder: Path
    options: ImportOptions
    old: OldSite
    drafting: Drafting
    going_public: GoingPublic | None
    matches: Matches = field(default_factory=Matches)

    @property
    def report(self) -> ImportReport:
        """The report."""
        return self.drafting.report

    async def all(self, transactions: Transactions) -> None:
        """Import the history, then the current files."""
        async with transactions.reading() as reading:
            await self.drafting.desk.open(reading)
        if self.old.commits:
            await self._follow(transactions)
        await self._find(transactions)
        texts = [page for page in self.old.pages.values() if page.text is not None]
        writings = await self._begin(transactions, texts)
        await self.drafting.save(transactions, writings, self.options.watch)
        await self._leave_out_refused(transactions)
        if self.going_public is not None:
            await self._publish(transactions, self.going_public)
        await self._end(transactions)
        self._tell()

    # --- The history ---

    async def _follow(self, transactions: Transactions) -> None:
        """Import the history, some commits at a time."""
        old, desk = self.old, self.drafting.desk
        for commit in old.commits:
            for change in commit.changes:
                old.page_at(change.place)
        async with transactions.reading() as reading:
            by_slug = await entries_by_slug(reading, list(old.pages.values()))
            sources = await sources_of(reading, by_slug.values())
            foreign = frozenset(
                key
                for key, entry_id in by_slug.items()
                if sources.get((entry_id, key[0]), self.report.source) != self.report.source
            )
            entries = {key: each for key, each in by_slug.items() if key not in foreign}
            self.drafting.foreign = foreign
            found = await editions_at(
                reading, [(entry_id, locale) for (locale, _), entry_id in entries.items()]
            )
        for key, entry_id in entries.items():
            if (edition := found.get((entry_id, key[0]))) is not None:
                desk.editions[key], desk.entries[key] = edition, entry_id
        self._withhold()
        await self._find_bylines(transactions)
        history = History(self.drafting, self.going_public)
        with self.options.watch("Importing the history", len(old.commits)) as done:
            for group in in_groups(old.commits, self.options.batch):
                async with transactions.work() as work:
                    for commit in group:
                        await history.follow(work, commit)
                done(len(group))

    async def _find_bylines(self, transactions: Transactions) -> None:
        """Find the bylines that the mapping names, before anything is saved.

        Raises:
            ContentFileError: with the first change whose author has none.
        """
        labels = {commit.author: commit.changes[0].label for commit in reversed(self.old.commits)}
        declared = [each for each in labels if each in self.drafting.desk.mapping.authors]
        if not declared:
            return
        async with transactions.work() as work:
            for author in declared:
                try:
                    await self.drafting.desk.byline(work, author)
                except Refused as refused:
                    raise ContentFileError(labels[author], 1, str(refused)) from None

    # --- The current files ---

    async def _find(self, transactions: Transactions) -> None:
        """Find what is here of the current files, and take over their texts."""
        old, desk = self.old, self.drafting.desk
        for page in list(old.pages.values()):
            old.put(page, old.current.get(page.key))
        async with transactions.reading() as reading:
            matches = await match_files(
                reading,
                old,
                self.folder,
                self.report.source,
                allows_removals=self.options.allows_removals,
            )
            found = await editions_at(
                reading,
                [(entry_id, locale) for (locale, _), entry_id in matches.entries.items()],
            )
            linking = await linking_to(reading, found.values(), matches.refused)
        desk.entries = dict(matches.entries)
        for key, entry_id in matches.entries.items():
            if (edition := found.get((entry_id, key[0]))) is not None:
                record = matches.came_back.get(key)
                if record is not None and edition.was_taken_back(record.ended_at):
                    edition.basis = None
                before = desk.editions.get(key)
                if before is None or before.id != edition.id:
                    desk.editions[key] = edition
                elif edition.basis is None:
                    before.basis = None
        self.drafting.held = {
            key: Path(matches.refused[linking[edition.id]])
            for key, edition in desk.editions.items()
            if edition.id in linking
        }
        self.matches = matches
        for key, source in matches.foreign.items():
            page = old.page(key)
            reason = (
                f"the page {page.slug!r} here comes from {source!r}; give that as the --source, "
                "or give the file another slug"
            )
            self._refuse(page, reason)
        for key in matches.retyped:
            page = old.page(key)
            reason = (
                f"the page here has another content type than {page.content_type.name}; map the "
                "file to that type again, or give it another path and slug to import a new page"
            )
            self._refuse(page, reason)
        async with transactions.reading() as reading:
            present = [page for page in old.pages.values() if page.text is not None]
            for page in await self.drafting.second_singletons(reading, present):
                self._refuse(page, second_singleton(page))
        self._withhold()

    def _refuse(self, page: OldPage, reason: str) -> None:
        """Leave out a page in a current file."""
        self._add(self.old.current[page.key].source.file, FaultKind.REFUSED, reason)
        self.old.put(page, None)

    def _withhold(self) -> None:
        editions = self.drafting.desk.editions.items()
        self.old.withheld = frozenset(key for key, each in editions if each.is_withheld)

    async def _begin(self, transactions: Transactions, pages: Sequence[OldPage]) -> list[Writing]:
        """Give all pages their entries, record their files, and return their drafts."""
        drafting, matches = self.drafting, self.matches
        due = due_texts(pages)
        # Before others wait for the transaction; it finds them made.
        await in_turn(due, lambda each: self.old.draft(each.page, each.text))
        async with transactions.work() as work:
            at = drafting.at(work)
            await drafting.give_entries(at, pages)
            files = [
                FileOfEntry(
                    path=path_of(self.folder, each.text),
                    locale=each.page.locale,
                    entry_id=drafting.desk.entries[each.page.key],
                )
                for each in due
                if each.page.key not in matches.recorded
                # One that was unpublished as hidden is recorded when it is shown again.
                and not (each.page.key in matches.came_back and each.text.hidden)
                and self._is_of_imports(each.page)
            ]
            if files or matches.moved:
                ended = await rows_by_id(work, ImportedFile, [each.id for each in matches.moved])
                source = self.report.source
                await record_files(at, source, files, ended=list(ended.values()))
            return await drafting.prepare(at, due)

    def _is_of_imports(self, page: OldPage) -> bool:
        """Return whether only imports have written a page, if it is here."""
        edition = self.drafting.desk.editions.get(page.key)
        return edition is None or edition.is_writable

    async def _leave_out_refused(self, transactions: Transactions) -> None:
        """Update the pages that link to others which could not be saved, until none is left."""
        drafting, old = self.drafting, self.old
        while refused := [
            page
            for page in drafting.refused
            if page.text is not None and page.key not in drafting.desk.editions
        ]:
            for page in refused:
                old.put(page, None)
                drafting.desk.entries.pop(page.key, None)
            due = due_texts(old.touched_by(refused, refused))
            async with transactions.work() as work:
                writings = await drafting.prepare(drafting.at(work), due)
            await drafting.save(transactions, writings)

    async def _publish(self, transactions: Transactions, going_public: GoingPublic) -> None:
        """Publish what passes all gates, and unpublish what is gone or hidden at the source."""
        pages = list(self.old.pages.values())
        gone = [*await self._gone(transactions), *self._hidden()]
        begun = len(self.report.faults)
        waiting = going_public.waiting(pages)
        refused = await going_public.publish_in_batches(transactions, waiting)
        left = await going_public.unpublish_in_batches(transactions, gone, self._end_hidden)
        if refused and len(left) < len(gone):
            # What was in their way may be gone.
            del self.report.faults[begun:]
            await going_public.publish_in_batches(transactions, refused)
            await going_public.unpublish_in_batches(transactions, left, self._end_hidden)
        await going_public.redirect(transactions, pages)

    async def _gone(self, transactions: Transactions) -> list[Gone]:
        """Return the pages here whose files are gone, also those that only the history knows."""
        records = {(each.entry_id, each.locale): each for each in self.matches.gone}
        async with transactions.reading() as reading:
            editions = await editions_at(reading, records)
        old, desk = self.old, self.drafting.desk
        refused = {self._key_of(each.file) for each in self.report.of_kind(FaultKind.REFUSED)}
        left = {
            (edition.entry_id, edition.locale): edition
            for key, edition in desk.editions.items()
            if old.page(key).text is None and key not in refused
        }
        return [
            *(
                Gone(edition, self.folder / str(records[key].path))
                for key, edition in editions.items()
            ),
            *(
                Gone(edition, self.folder / edition.slug)
                for key, edition in left.items()
                if key not in editions
            ),
        ]

    def _hidden(self) -> list[Gone]:
        """Return the public pages here that are hidden at the source."""
        return [
            Gone(edition, page.text.source.file)
            for key, edition in self.drafting.desk.editions.items()
            if edition.live is not None
            and (page := self.old.page(key)).text is not None
            and page.text.hidden
        ]

    async def _end_hidden(self, work: Work) -> None:
        """End the records of hidden files whose pages this import has unpublished.

        A file with an ended record brings its page back when it is shown again.
        """
        editions = self.drafting.desk.editions
        taken_back = self.going_public.taken_back if self.going_public is not None else set()
        ended = [
            record.id
            for key, record in self.matches.recorded.items()
            if (text := self.old.page(key).text) is not None
            and text.hidden
            and key in editions
            and editions[key].id in taken_back
        ]
        if ended:
            rows = (await rows_by_id(work, ImportedFile, ended)).values()
            at = work.after_waiting()  # not before the end of their publications
            due = [each for each in rows if each.ended_at is None]
            await record_files(at, self.report.source, [], ended=due)

    def _key_of(self, file: Path) -> PageKey | None:
        """Return the key of the page of a file in the folder, if it can be one."""
        if not file.is_relative_to(self.folder):
            return None
        place = self.old.generator.place_of(file.relative_to(self.folder).as_posix())
        return self.old.key_of(place) if place is not None else None

    async def _end(self, transactions: Transactions) -> None:
        """End the records of files that are gone, once their pages are not public."""
        gone = await self._gone(transactions)
        public = [each for each in gone if each.edition.live is not None]
        if self.going_public is None:
            message = "the file is gone, and its page is public; import with publications"
            for each in public:
                self._add(each.file, FaultKind.KEPT, message)
            message = "hidden at the source, and its page is public; import with publications"
            for each in self._hidden():
                self._add(each.file, FaultKind.KEPT, message)
        await self._tell_skipped(transactions)
        keys = {(each.edition.entry_id, each.edition.locale) for each in public}
        ended = [each.id for each in self.matches.gone if (each.entry_id, each.locale) not in keys]
        if ended:
            async with transactions.work() as work:
                rows = await rows_by_id(work, ImportedFile, ended)
                source = self.report.source
                await record_files(self.drafting.at(work), source, [], ended=list(rows.values()))

    async def _tell_skipped(self, transactions: Transactions) -> None:
        """Report the public pages whose files are not imported any more."""
        skipped = {(each.entry_id, each.locale): each for each in self.matches.skipped}
        async with transactions.reading() as reading:
            editions = await editions_at(reading, skipped)
        message = "not imported any more, and its page stays public; unpublish it if it is to go"
        for key, edition in editions.items():
            if edition.live is not None:
                self._add(self.folder / str(skipped[key].path), FaultKind.KEPT, message)

    # --- The report ---

    def _tell(self) -> None:
        """Complete the report."""
        report, old = self.report, self.old
        for page in old.pages.values():
            if page.text is not None:
                self._tell_of(page, page.text)
        report.made = self.drafting.desk.made
        present = [page for page in old.pages.values() if page.text is not None]
        report.entries = len({page.key[1] for page in present})
        report.editions = len(present)
        report.sort()

    def _tell_of(self, page: OldPage, text: PageText) -> None:
        """Add what became of a page."""
        drafted = self.old.draft(page, text)
        self.report.resolved += drafted.resolved
        self.report.faults += drafted.lost
        file = text.source.file
        edition = self.drafting.desk.editions.get(page.key)
        if page.key in self.drafting.kept:
            self._add(file, FaultKind.KEPT, self.drafting.kept[page.key])
        elif self.going_public is None or edition is None:
            return
        elif page.key in self.old.withheld:
            self._add(file, FaultKind.KEPT, "not published: its page here is not public")
        elif not edition.is_publishable and page.key in self.drafting.saved:
            reason = f"was published as {edition.basis.upper()}" if edition.basis else "was edited"
            message = f"not published: its page here {reason}; its new text is a draft"
            self._add(file, FaultKind.KEPT, message)
        elif text.missing and not text.hidden:
            self._add(file, FaultKind.DRAFT, text.missing[0])

    def _add(self, file: Path, kind: FaultKind, message: str) -> None:
        self.report.faults.append(Fault(file, None, kind, message))


def _stated(options: ImportOptions) -> str:
    provenance = options.provenance
    return (options.source or (provenance.source if provenance is not None else "")).strip()
