"""The session of an import: its bylines, categories and existing editions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

from sqlalchemy import exists, select

from cms.access.accounts import find_account
from cms.authorization.actor import OPERATOR
from cms.content.builtin import PERSON
from cms.content.content_type import ContentType
from cms.content.slug import slugify
from cms.content.snapshot import Draft
from cms.drafts.entries import CreateItem, EditionItem, add_editions, create_entries
from cms.drafts.loading import rows_by_id
from cms.drafts.people import create_person
from cms.drafts.revisions import stored_forms
from cms.drafts.saving import Saved, SaveItem, save_entries
from cms.drafts.subjects import ancestry
from cms.errors import NotFound, Refused
from cms.importing.existing import DeskEdition, existing_editions
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText, fault_of
from cms.importing.site.pages import OldPage
from cms.publishing.publishing import publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.storage.database import WriteSession
from cms.storage.dialects import is_among
from cms.tables import Account, CategoryPath, Edition, Entry, Publication, Revision
from cms.taxonomy.categories import create_category
from cms.work.bulk import Outcome, grouped
from cms.work.work import Work

# The most drafts of one command, which holds them all in memory.
_MOST = 500


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of imported publications.

    Attributes:
        source: the system that the pages come from; readers see it.
        review_within: the time from the import until its pages are due for review.
    """

    source: str
    review_within: timedelta = timedelta()


@dataclass(frozen=True, eq=False)
class Writing:
    """A draft of a page to be saved.

    Attributes:
        page: the page.
        text: its text; errors name the file.
        draft: the draft.
        author: the name of its author on the old site; empty to keep the byline of the page.
        note: the note of the revision.
    """

    page: OldPage
    text: PageText
    draft: Draft
    author: str
    note: str


# Saves drafts with one command.
_Run: TypeAlias = Callable[[Work, Sequence[Writing]], Awaitable[Sequence[Outcome[Saved]]]]


@dataclass
class ImportDesk:
    """The commands and lookups of an import; the operator does everything.

    Attributes:
        transaction: the transaction, at the time of the import.
        content_type: the content type of all entries.
        mapping: the mapping.
        provenance: the origin of publications; ``None`` if everything stays a draft.
        made: the numbers of new objects.
        review_due_at: the time when new publications are due for review, if there are any.
        editions: the editions, by page.
        entries: the ids of the entries, by the page's key, which is the same in all locales.
    """

    transaction: Work
    content_type: type[ContentType]
    mapping: MarkdownMapping
    provenance: Provenance | None
    made: Counter[str] = field(default_factory=Counter)
    review_due_at: datetime | None = None
    editions: dict[PageKey, DeskEdition] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    _bylines: dict[str, str] = field(default_factory=dict)
    _categories: dict[str, str] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)

    def work(self, now: datetime, byline: str | None = None) -> Work:
        """Return the work of the operator at a time in the past, with a person as byline."""
        return self.transaction.by(replace(OPERATOR, person_id=byline), now)

    # --- Bylines and categories ---

    async def byline(self, author: str, now: datetime) -> str:
        """Return the person of an author, by the name on the old site; create a missing one.

        Raises:
            Refused: if the mapping names a person or an account that does not exist.
        """
        if author not in self._bylines:
            self._bylines[author] = await self._byline(author, now)
        return self._bylines[author]

    async def _byline(self, author: str, now: datetime) -> str:
        declared = self.mapping.authors.get(author, "")
        if "@" in declared:
            return await self._person_of_account(declared)
        slug = declared or slugify(author)
        person_id: str | None = await self._session.scalar(
            select(Entry.id)
            .join(Edition, Edition.entry_id == Entry.id)
            .join(Revision, Revision.id == Edition.head_id)
            .where(Entry.content_type == PERSON, Revision.slug == slug)
            .limit(1)
        )
        if person_id is not None:
            return person_id
        if declared:
            raise Refused(NotFound(message=f"there is no person {declared!r}"))
        person = await create_person(self.work(now), Draft(title=printable(author), slug=slug))
        self.made["authors"] += 1
        return person.entry_id

    async def _person_of_account(self, email: str) -> str:
        account = await find_account(self._session, email)
        if account is None:
            message = f"there is no account {email!r}; see: copydesk account list"
            raise Refused(NotFound(message=message))
        if account.person_id is None:
            raise Refused(NotFound(message=f"the account {email!r} has no byline"))
        return account.person_id

    async def with_category(self, draft: Draft, text: PageText, now: datetime) -> Draft:
        """Return a draft with its category, which is created if it is missing."""
        return replace(draft, category=await self._category(text, now)) if text.category else draft

    async def _category(self, text: PageText, now: datetime) -> str:
        parent: str | None = None
        path = ""
        for slug in text.category.split("/"):
            path = f"{path}/{slug}".strip("/")
            if path not in self._categories:
                name = text.category_name if path == text.category else slug
                category = await create_category(
                    self.work(now), Draft(title=printable(name), slug=slug), parent_id=parent
                )
                self._categories[path] = category.entry_id
            parent = self._categories[path]
        return str(parent)

    # --- What is there ---

    async def open(self, pages: Iterable[OldPage]) -> None:
        """Load existing categories and editions."""
        default = self.transaction.site.default_locale
        categories = await self._session.scalars(
            select(CategoryPath).where(CategoryPath.locale == default)
        )
        self._categories = {each.path: each.category_id for each in categories}
        self.editions = await existing_editions(self.transaction, self.content_type, pages)
        for (_, key), edition in self.editions.items():
            self.entries.setdefault(key, edition.entry_id)

    async def is_saved(self, writings: Sequence[Writing], now: datetime) -> list[bool]:
        """Return whether each draft is the newest revision of its page already."""
        if not writings:
            return []
        editions = [self.editions[each.page.key] for each in writings]
        rows = await rows_by_id(
            self.transaction, Edition, [each.head.edition_id for each in editions]
        )
        stored = await stored_forms(
            self.work(now),
            [
                (self.content_type, rows[edition.head.edition_id], each.draft)
                for edition, each in zip(editions, writings, strict=True)
            ],
        )
        return [
            edition.head.digest == each.snapshot.digest
            for edition, each in zip(editions, stored, strict=True)
        ]

    # --- What is done ---

    async def begin(self, writings: Sequence[Writing], now: datetime) -> None:
        """Create the editions of pages of one locale, and entries for those that have none."""
        first = [each for each in writings if each.page.key[1] not in self.entries]
        others = [each for each in writings if each.page.key[1] in self.entries]
        for each, saved in await self._together(first, now, self._create):
            self.entries[each.page.key[1]] = saved.entry_id
            self.made["entries"] += 1
            self._begun(each, saved)
        locales = await self._locales([self.entries[each.page.key[1]] for each in others])
        for each, saved in await self._together(others, now, partial(self._translate, locales)):
            self._begun(each, saved)

    def _begun(self, writing: Writing, saved: Saved) -> None:
        page = writing.page
        self.editions[page.key] = DeskEdition(saved.entry_id, page.locale, saved.revision)
        self.made.update(editions=1, revisions=1)

    async def _create(self, work: Work, writings: Sequence[Writing]) -> Sequence[Outcome[Saved]]:
        items = [
            CreateItem(
                content_type=self.content_type.name,
                draft=each.draft,
                locale=each.page.locale,
                note=each.note,
            )
            for each in writings
        ]
        return await create_entries(work, items)

    async def _translate(
        self, locales: Mapping[str, Sequence[str]], work: Work, writings: Sequence[Writing]
    ) -> Sequence[Outcome[Saved]]:
        order = self.transaction.site.locales.index
        items = [
            EditionItem(
                entry_id=entry_id,
                locale=each.page.locale,
                source_locale=min(locales[entry_id], key=order),
                draft=each.draft,
                note=each.note,
            )
            for each in writings
            for entry_id in [self.entries[each.page.key[1]]]
        ]
        return await add_editions(work, items)

    async def _locales(self, entry_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the locales of the editions of entries."""
        if not entry_ids:
            return {}
        rows = await self._session.execute(
            select(Edition.entry_id, Edition.locale).where(is_among(Edition.entry_id, entry_ids))
        )
        return grouped(rows)

    async def save(self, writings: Sequence[Writing], now: datetime) -> list[OldPage]:
        """Save revisions of pages, and return the pages of which they are new."""
        new: list[OldPage] = []
        # Pages that come to other addresses first, so that links of the others lead there.
        moved: list[Writing] = []
        others: list[Writing] = []
        for each in writings:
            is_moved = self.editions[each.page.key].head.slug != each.draft.slug
            (moved if is_moved else others).append(each)
        done = [
            *await self._together(moved, now, self._save),
            *await self._together(others, now, self._save),
        ]
        for each, saved in done:
            edition = self.editions[each.page.key]
            if saved.revision.id != edition.head.id:
                new.append(each.page)
                self.made["revisions"] += 1
            edition.head = saved.revision
        return new

    async def _save(self, work: Work, writings: Sequence[Writing]) -> Sequence[Outcome[Saved]]:
        editions = [self.editions[each.page.key] for each in writings]
        items = [
            SaveItem(
                entry_id=edition.entry_id,
                base_revision=edition.head.id,
                values=each.draft,
                locale=edition.locale,
                note=each.note,
            )
            for edition, each in zip(editions, writings, strict=True)
        ]
        return await save_entries(work, items)

    async def _together(
        self,
        writings: Sequence[Writing],
        now: datetime,
        run: _Run,
    ) -> list[tuple[Writing, Saved]]:
        """Run a command on many drafts for each byline, and return what it has saved.

        Raises:
            ContentFileError: with the file of the first draft that is refused.
        """
        done: list[tuple[Writing, Saved]] = []
        bylines = [(await self._byline_of(each, now), each) for each in writings]
        for byline, mine in grouped(bylines).items():
            for start in range(0, len(mine), _MOST):
                some = mine[start : start + _MOST]
                outcomes = await self._outcomes(run, self.work(now, byline), some)
                done += [
                    (each, outcome.result)
                    for each, outcome in zip(some, outcomes, strict=True)
                    if outcome.result is not None
                ]
        return done

    async def _outcomes(
        self, run: _Run, work: Work, writings: Sequence[Writing]
    ) -> Sequence[Outcome[Saved]]:
        try:
            with self._faults_among(writings):
                return await run(work, writings)
        except Refused:
            if len(writings) == 1:
                raise
        # A hook has refused one of them, and does not say which.
        return [outcome for each in writings for outcome in await self._outcomes(run, work, [each])]

    async def _byline_of(self, writing: Writing, now: datetime) -> str | None:
        if not writing.author:
            edition = self.editions.get(writing.page.key)
            return edition.head.byline_id if edition is not None else None
        with self._faults_among([writing]):
            return await self.byline(writing.author, now)

    @contextmanager
    def _faults_among(self, writings: Sequence[Writing]) -> Iterator[None]:
        """Convert the refusal of one of several drafts into an error of its file."""
        try:
            yield
        except Refused as refusal:
            error = refusal.errors[0]
            match error.path:
                case ("entries", int(index), *rest):
                    source, own = writings[index].text.source, replace(error, path=tuple(rest))
                    raise fault_of(self.mapping, source, own) from None
                case _ if len(writings) == 1:
                    raise fault_of(self.mapping, writings[0].text.source, error) from None
                case _:
                    raise  # it is about none of the files

    async def publish(
        self, chosen: Sequence[tuple[DeskEdition, str, PageText]], now: datetime
    ) -> None:
        """Publish revisions of editions in one locale together, as imported."""
        if self.provenance is None:
            return
        await self._publish_beside([revision for _, revision, _ in chosen], now, self.provenance)
        (locale,) = {edition.locale for edition, _, _ in chosen}
        due_at = self.transaction.now + self.provenance.review_within
        await publish_imported(
            self.work(now),
            {edition.entry_id: revision for edition, revision, _ in chosen},
            source=self.provenance.source,
            claimed_review={
                edition.entry_id: text.claimed_review
                for edition, _, text in chosen
                if text.claimed_review is not None
            },
            review_due_at={edition.entry_id: due_at for edition, _, _ in chosen},
            locale=locale,
        )
        self.review_due_at = due_at
        for edition, revision, _ in chosen:
            edition.live, edition.basis = revision, "imported"
        self.made["publications"] += len(chosen)

    async def _publish_beside(
        self, revisions: Iterable[str], now: datetime, provenance: Provenance
    ) -> None:
        """Publish the categories and people of imports that readers see beside revisions."""
        shown = [await self._session.get_one(Revision, each) for each in revisions]
        named = {name for each in shown for name in (each.byline_id, each.category_id) if name}
        if not (new := named - self._settled):
            return
        new = new.union(*[await ancestry(self.transaction, each) for each in new])
        self._settled |= new
        if beside := await self._drafts_of_imports(new):
            due_at = self.transaction.now + provenance.review_within
            await publish_imported(
                self.work(now),
                beside,
                source=provenance.source,
                review_due_at=dict.fromkeys(beside, due_at),
            )

    async def _drafts_of_imports(self, entry_ids: Iterable[str]) -> Mapping[str, str]:
        """Return the newest revisions of entries that only imports have written, by entry.

        Entries that were public before, and the people of accounts, are left out.
        """
        rows = await self._session.execute(
            select(Edition.entry_id, Revision.id)
            .join(Revision, Revision.id == Edition.head_id)
            .where(
                Edition.entry_id.in_(entry_ids),
                Edition.locale == self.transaction.site.default_locale,
                Revision.author_id.is_(None),
                ~exists().where(Publication.entry_id == Edition.entry_id),
                ~exists().where(Account.person_id == Edition.entry_id),
            )
        )
        return dict(rows.all())

    async def unpublish(self, edition: DeskEdition, now: datetime) -> None:
        """Unpublish an edition."""
        await unpublish_entry(self.work(now), edition.entry_id, locale=edition.locale)
        edition.live, edition.basis = None, None
        self.made["unpublished"] += 1

    @property
    def _session(self) -> WriteSession:
        return self.transaction.session


def printable(words: str) -> str:
    """Return a text in one line, without characters that cannot be printed."""
    return "".join(char if char.isprintable() else " " for char in " ".join(words.split()))
