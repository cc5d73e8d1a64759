"""Import of the Markdown files of another site with their history.

The import runs the ordinary commands as the operator, at the times of the history; its authors
become bylines. It signs nothing off: pages are published as imported, with their source. Content
that the commands refuse is not imported. An import is one transaction: it imports everything or
nothing. Other writers wait for it; readers do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import NoReturn, TypeAlias

from cms import clock
from cms.authorization.actor import OPERATOR
from cms.content.snapshot import Draft
from cms.errors import ContentFileError, Refused
from cms.importing.existing import DeskEdition
from cms.importing.session import ImportDesk, Provenance, Writing, printable
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.files import Change, Commit
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_text import PageText, fault_of
from cms.importing.site.pages import OldPage, OldSite
from cms.importing.site.reading import read_site
from cms.site import Site
from cms.work.work import Desk, Work

# New texts of pages; ``None`` for deleted pages.
Texts: TypeAlias = dict[OldPage, "PageText | None"]
# A page to save, with its text, time and author.
Due: TypeAlias = tuple[OldPage, PageText, "_Moment"]
# An edition with the id of a revision to publish, and its text.
Chosen: TypeAlias = tuple[DeskEdition, str, PageText]

# A function that reports progress while it iterates over the commits.
Progress: TypeAlias = Callable[[Sequence[Commit]], Iterable[Commit]]

_FOLLOWS = "Updates links to pages that were added or removed."


def iter_commits(commits: Sequence[Commit]) -> Iterable[Commit]:
    """Return the commits, without reporting progress."""
    return commits


@dataclass
class ImportReport:
    """The result of an import.

    Attributes:
        files: the number of files with pages.
        entries: the number of their entries.
        editions: the number of their editions.
        made: the number of new ``entries``, ``editions``, ``revisions``, ``publications``
            and ``authors``, and of ``unpublished`` editions.
        resolved: the number of resolved links in the current files.
        lost: the faults of links.
        notes: further remarks, one sentence each.
        review_due_at: the time when the new publications are due for review; ``None`` if nothing
            was published.
    """

    files: int = 0
    entries: int = 0
    editions: int = 0
    made: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    lost: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    review_due_at: datetime | None = None


async def import_markdown(
    desk: Desk,
    folder: Path,
    mapping: MarkdownMapping,
    provenance: Provenance | None = None,
    *,
    progress: Progress = iter_commits,
) -> ImportReport:
    """Import a folder of Markdown files and return a report.

    A second import of the same files changes nothing. Editions that an account has saved since the
    last import are skipped, and those that were published here otherwise are not published.

    Args:
        desk: the site with its database.
        folder: the folder of the files.
        mapping: the mapping from files to content.
        provenance: the source of the pages, which are published as imported; without it,
            everything stays a draft.
        progress: a function that reports progress.

    Raises:
        ContentFileError: with the file and the line that cannot be imported.
        SiteError: if the mapping does not fit the site.
    """
    old = _read(desk.site, folder, mapping, provenance)
    async with _all_or_nothing(desk, folder) as work:
        return await _run(old, work, provenance, progress)


async def rehearse_import(
    desk: Desk,
    folder: Path,
    mapping: MarkdownMapping,
    provenance: Provenance | None = None,
    *,
    progress: Progress = iter_commits,
) -> ImportReport:
    """Return the report of :func:`import_markdown`, and roll the import back."""
    old = _read(desk.site, folder, mapping, provenance)
    try:
        async with _all_or_nothing(desk, folder) as work:
            _take_back(await _run(old, work, provenance, progress))
    except _Rehearsed as rehearsed:
        return rehearsed.report
    raise AssertionError("a rehearsal ends with what it has found")


class _Rehearsed(Exception):
    """The exception that ends a rehearsal and rolls back its transaction."""

    def __init__(self, report: ImportReport) -> None:
        super().__init__()
        self.report = report


def _take_back(report: ImportReport) -> NoReturn:
    raise _Rehearsed(report)


def _read(
    site: Site, folder: Path, mapping: MarkdownMapping, provenance: Provenance | None
) -> OldSite:
    """Read all files, and check that the current ones have no errors."""
    old = read_site(folder, mapping, site, with_drafts=provenance is None)
    for fault in old.faults:
        if fault.kind is FaultKind.REFUSED:
            raise ContentFileError(fault.file, fault.line, fault.message)
    return old


@asynccontextmanager
async def _all_or_nothing(desk: Desk, folder: Path) -> AsyncIterator[Work]:
    """Open a transaction that a refusal rolls back; by default, it would commit."""
    async with desk.work(OPERATOR) as work:
        try:
            yield work
        except Refused as refusal:
            raise ContentFileError(folder, None, str(refusal)) from None


async def _run(
    old: OldSite, work: Work, provenance: Provenance | None, progress: Progress
) -> ImportReport:
    """Import the history, then the current files."""
    for commit in old.commits:
        for change in commit.changes:
            old.page_at(change.place)
    desk = ImportDesk(
        work, old.site.content_type(old.mapping.content_type), old.mapping, provenance
    )
    await desk.open(old.pages.values())
    old.withheld = frozenset(key for key, each in desk.editions.items() if each.is_withheld)
    run = _Import(old, desk, ImportReport(files=len(old.current)))
    for commit in progress(old.commits):
        await run.follow(commit)
    await run.arrive()
    return run.report


@dataclass(frozen=True)
class _Moment:
    """The time, author and note of a change.

    Attributes:
        at: the time.
        author: the author's name on the old site; empty if unknown.
        note: the note of the revision; empty for the current files, whose note is their name.
    """

    at: datetime
    author: str = ""
    note: str = ""

    def author_of(self, text: PageText) -> str:
        """Return the name of the author of a revision; empty if unknown."""
        return text.author or self.author

    def note_on(self, text: PageText) -> str:
        """Return the note of a revision."""
        return self.note or f"Imported from {text.source.file.name}."


@dataclass
class _Import:
    """A running import.

    Attributes:
        old: the old site, as of the last imported commit.
        desk: the desk that runs the commands.
        report: the report.
        drafted: the last saved draft of each page.
        kept: the reason why the page of a file was not changed here.
    """

    old: OldSite
    desk: ImportDesk
    report: ImportReport
    drafted: dict[OldPage, Draft] = field(default_factory=dict)
    kept: dict[OldPage, str] = field(default_factory=dict)

    async def follow(self, commit: Commit) -> None:
        """Import a commit of the history."""
        texts: Texts = {}
        for change in commit.changes:
            page = self.old.page_at(change.place)
            try:
                text = self._read(change)
            except ContentFileError as error:
                # History cannot be corrected; the next version of the file follows.
                self.report.notes.append(f"Skipped: {error}")
                continue
            if text is not None or page not in texts:  # it may have been renamed
                texts[page] = text
        if not any(self._is_due(page, commit.at) for page in texts):
            self._put_texts(texts)
            return
        note = printable(commit.message)
        await self._change(texts, _Moment(commit.at, commit.author, note))

    async def arrive(self) -> None:
        """Import the current file of every page."""
        texts: Texts = dict.fromkeys(self.old.pages.values())
        texts.update((self.old.page(key), text) for key, text in self.old.current.items())
        moment = max([clock.now(), *(commit.at for commit in self.old.commits[-1:])])
        await self._change(texts, _Moment(moment))
        for page, current in texts.items():
            if current is not None:
                self._tell_of(page, current)
        self.report.lost.sort(key=lambda fault: (fault.file, fault.line or 0))
        self.report.made = self.desk.made
        self.report.review_due_at = self.desk.review_due_at
        self.report.entries = len({page.key[1] for page, text in texts.items() if text})
        self.report.editions = len([text for text in texts.values() if text])

    def _read(self, change: Change) -> PageText | None:
        source = change.read()
        return self.old.read(change.place, source) if source is not None else None

    def _is_due(self, page: OldPage, at: datetime) -> bool:
        """Return whether a change of a page was not imported before."""
        edition = self.desk.editions.get(page.key)
        return edition is None or edition.is_before(at)

    async def _change(self, texts: Texts, moment: _Moment) -> None:
        """Change the texts of pages, and update the pages that link to them."""
        before = {page: replace(page) for page in texts}
        self._put_texts(texts)
        moved = [page for page in texts if self.old.stands(page) != self.old.stands(before[page])]
        gone = [page for page in moved if not self.old.stands(page)]
        others = _Moment(moment.at, note=_FOLLOWS)
        due = [
            (page, page.text, when)
            for pages, when in ((texts, moment), (self.old.touched_by(texts, moved), others))
            for page in pages
            if page.text is not None and self._is_due(page, moment.at)
        ]
        parting = await self._part(gone, before, others)
        await self._publish([*parting, *await self._save_all(due)], moment.at)
        await self._unpublish(gone, moment.at)

    def _put_texts(self, texts: Texts) -> None:
        for page, text in texts.items():
            self.old.put(page, text)

    async def _save_all(self, due: Sequence[Due]) -> list[Chosen]:
        """Save the texts of pages, and return the revisions to publish."""
        new: set[OldPage] = set()
        # A translation begins from what has been saved in the first locale that has the page.
        for locale in self.desk.transaction.site.locales:
            mine = [each for each in due if each[0].locale == locale]
            if mine:
                new.update(await self._begin(mine), await self._save(mine))
        chosen: list[Chosen] = []
        for page, text, _ in due:
            is_waiting = self.desk.editions[page.key].basis is None and page in self.drafted
            if self._publishes and self.old.stands(page) and (page in new or is_waiting):
                chosen += self._choose(page, text)
        return chosen

    def _choose(self, page: OldPage, text: PageText) -> list[Chosen]:
        """Return the newest revision of a page to publish, unless that is for people here."""
        edition = self.desk.editions[page.key]
        if edition.is_publishable:
            return [(edition, edition.head.id, text)]
        reason = f"was published as {edition.basis.upper()}" if edition.basis else "was edited"
        self.kept[page] = (
            f"Not published: {text.source.file}: its page here {reason}; its new text is a draft."
        )
        return []

    @property
    def _publishes(self) -> bool:
        return self.desk.provenance is not None

    async def _begin(self, due: Sequence[Due]) -> list[OldPage]:
        """Create the editions of pages of one locale that have none, and return these pages.

        New pages that others of them link to come first, as outlines, so that all links can be
        resolved.
        """
        new = [each for each in due if each[0].key not in self.desk.editions]
        if not new:
            return []
        awaited = frozenset(key for page, _, _ in new for key in page.mentions if key != page.key)
        writings = [await self._writing(*each) for each in new]
        outlines = [_outline(each) for each in writings if each.page.key in awaited]
        whole = [each for each in writings if each.page.key not in awaited]
        at = new[0][2].at
        await self.desk.begin(outlines, at)
        await self.desk.begin(whole, at)
        self.drafted.update((each.page, each.draft) for each in whole)
        return [page for page, _, _ in new]

    async def _save(self, due: Sequence[Due]) -> list[OldPage]:
        """Save the texts of pages that have editions, and return the pages that changed."""
        changed: list[Writing] = []
        for page, text, when in due:
            self.kept.pop(page, None)
            writing = await self._writing(page, text, when)
            if self.drafted.get(page) != writing.draft:
                changed.append(writing)
        if not changed:
            return []
        at = due[0][2].at
        left = await self._left(changed, at)
        self.drafted.update(
            (each.page, each.draft) for each in changed if each.page not in self.kept
        )
        return await self.desk.save([each for each in changed if each.page not in left], at)

    async def _left(self, changed: Sequence[Writing], at: datetime) -> set[OldPage]:
        """Return the pages that were saved so before the import, or that were changed here."""
        known = [
            each
            for each in changed
            if self.desk.editions[each.page.key].known_until is not None
            and each.page not in self.drafted
        ]
        left: set[OldPage] = set()
        for each, is_saved in zip(known, await self.desk.is_saved(known, at), strict=True):
            if not is_saved and self.desk.editions[each.page.key].is_writable:
                continue
            left.add(each.page)
            if not is_saved:
                file = each.text.source.file
                self.kept[each.page] = f"Not imported: {file} and its page here have both changed."
        return left

    async def _writing(self, page: OldPage, text: PageText, when: _Moment) -> Writing:
        """Return the current draft of a page, to be saved."""
        with self._faults_of(text):
            draft = self.old.draft(page, text).draft
            draft = await self.desk.with_category(draft, text, when.at)
        return Writing(page, text, draft, when.author_of(text), when.note_on(text))

    async def _part(
        self, gone: Sequence[OldPage], before: Mapping[OldPage, OldPage], when: _Moment
    ) -> list[Chosen]:
        """Remove the links between pages that are unpublished together, which would block that."""
        keys = {page.key for page in gone}
        due = [
            (page, text, when)
            for page in gone
            if (text := before[page].text) is not None
            and self._public(page, when.at) is not None
            and before[page].mentions & keys
        ]
        await self._save(due)
        return [each for page, text, _ in due for each in self._choose(page, text)]

    async def _publish(self, chosen: Sequence[Chosen], at: datetime) -> None:
        for locale in self.old.mapping.locales:
            mine = [each for each in chosen if each[0].locale == locale]
            texts = {edition.entry_id: text for edition, _, text in mine}
            if mine:
                with self._faults_among(texts):
                    await self.desk.publish(mine, at)

    async def _unpublish(self, gone: Sequence[OldPage], at: datetime) -> None:
        for page in gone:
            edition = self._public(page, at)
            if edition is None:
                continue
            if edition.basis != "imported":
                basis = str(edition.basis).upper()
                note = f"Not unpublished: {page.slug}: its page here was published as {basis}."
                self.report.notes.append(note)
                continue
            with _faults_at(Path(page.slug)):
                await self.desk.unpublish(edition, at)

    def _public(self, page: OldPage, at: datetime) -> DeskEdition | None:
        """Return the edition of a page to unpublish at a time, if there is one."""
        edition = self.desk.editions.get(page.key)
        is_public = edition is not None and edition.live is not None and edition.is_before(at)
        return edition if is_public and self._publishes else None

    def _tell_of(self, page: OldPage, text: PageText) -> None:
        """Add the remarks about an imported page to the report."""
        drafted = self.old.draft(page, text)
        self.report.resolved += drafted.resolved
        self.report.lost += drafted.lost
        reason = text.missing[0] if text.missing else ""
        if self._publishes and page.key in self.old.withheld:
            reason = "its page here is not public; publish it here."
        if page in self.kept:
            self.report.notes.append(self.kept[page])
        elif reason and not text.hidden:
            self.report.notes.append(f"Not published: {text.source.file}: {reason}")

    @contextmanager
    def _faults_of(self, text: PageText) -> Iterator[None]:
        """Convert the refusal of a command into an error of the file."""
        try:
            yield
        except Refused as refusal:
            raise fault_of(self.old.mapping, text.source, refusal.errors[0]) from None

    @contextmanager
    def _faults_among(self, texts: Mapping[str, PageText]) -> Iterator[None]:
        """Convert a failed gate of one of several entries into an error of its file."""
        try:
            yield
        except Refused as refusal:
            error = refusal.errors[0]
            text = texts.get(str(next(iter(error.path), "")))
            if text is None and len(texts) > 1:
                raise  # it is about none of the files
            if text is None:
                raise fault_of(self.old.mapping, next(iter(texts.values())).source, error) from None
            own = replace(error, path=error.path[1:])
            raise fault_of(self.old.mapping, text.source, own) from None


def _outline(writing: Writing) -> Writing:
    """Return a writing without its texts."""
    draft = writing.draft
    outline = Draft(title=draft.title, slug=draft.slug, category=draft.category)
    return replace(writing, draft=outline, note="An outline.")


@contextmanager
def _faults_at(file: Path) -> Iterator[None]:
    try:
        yield
    except Refused as refusal:
        raise ContentFileError(file, None, str(refusal)) from None
