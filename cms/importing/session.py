"""The session of an import: its bylines, categories and editions, and the commands on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias, TypeVar

from sqlalchemy import exists, select

from cms.access.accounts import find_account
from cms.authorization.actor import OPERATOR
from cms.content.builtin import PERSON
from cms.content.slug import slugify
from cms.content.snapshot import Draft
from cms.drafts.addresses import PagesAhead
from cms.drafts.entries import CreateItem, EditionItem, add_editions, create_entries
from cms.drafts.people import create_person
from cms.drafts.revisions import stored_forms
from cms.drafts.saving import Saved, SaveItem, save_entries
from cms.drafts.subjects import Place, ancestry
from cms.errors import NotFound, Refused, UserError
from cms.importing.existing import DeskEdition, locales_of, new_edition
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_index import PageKey
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage
from cms.publishing.publishing import ImportedItem
from cms.storage.dialects import is_among
from cms.tables import Account, CategoryPath, Edition, Entry, Publication, Revision
from cms.taxonomy.categories import create_category
from cms.work.bulk import MOST_ENTRIES, Outcome, grouped
from cms.work.work import Reading, Work


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of imported publications.

    Attributes:
        source: the system that the pages come from; readers see it. By default, the ``url`` of
            the mapping or of the old site's settings, or the name of the folder.
        review_within: the time from the import until its pages are due for review.
    """

    source: str = ""
    review_within: timedelta = timedelta()


@dataclass(frozen=True, eq=False)
class Writing:
    """A draft of a page to be saved.

    Attributes:
        page: the page.
        text: its text; errors name the file.
        draft: the draft.
        byline_id: the person who wrote it; ``None`` if that is not known.
        note: the note of the revision.
    """

    page: OldPage
    text: PageText
    draft: Draft
    byline_id: str | None
    note: str


T = TypeVar("T")
R = TypeVar("R")

# Why pages cannot be saved.
Refusals: TypeAlias = Mapping[OldPage, Sequence[UserError]]
# Saves drafts with one command.
_Run: TypeAlias = Callable[[Work, Sequence[Writing]], Awaitable[Sequence[Outcome[Saved]]]]


@dataclass
class ImportDesk:
    """The commands and lookups of an import; the operator does everything.

    Attributes:
        mapping: the mapping.
        begun_at: the time of the import.
        made: the numbers of new objects.
        editions: the editions, by page.
        entries: the id of the entry of each page that has one.
    """

    mapping: MarkdownMapping
    begun_at: datetime
    made: Counter[str] = field(default_factory=Counter)
    editions: dict[PageKey, DeskEdition] = field(default_factory=dict)
    entries: dict[PageKey, str] = field(default_factory=dict)
    _bylines: dict[str, str] = field(default_factory=dict)
    _categories: dict[str, str] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)

    # --- Bylines and categories ---

    async def open(self, reading: Reading) -> None:
        """Load the categories of the site."""
        categories = await reading.session.scalars(
            select(CategoryPath).where(CategoryPath.locale == reading.site.default_locale)
        )
        self._categories = {each.path: each.category_id for each in categories}

    async def byline(self, work: Work, author: str) -> str | None:
        """Return the person of an author, by the name on the old site; create a missing one.

        Raises:
            Refused: if the mapping names a person or an account that does not exist.
        """
        if not author:
            return None
        if author not in self._bylines:
            self._bylines[author] = await self._byline(work, author)
        return self._bylines[author]

    async def _byline(self, work: Work, author: str) -> str:
        declared = self.mapping.authors.get(author, "")
        if "@" in declared:
            return await _person_of_account(work, declared)
        slug = declared or slugify(author)
        person_id: str | None = await work.session.scalar(
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
        person = await create_person(work, Draft(title=printable(author), slug=slug))
        self.made["authors"] += 1
        return person.entry_id

    async def category(self, work: Work, text: PageText) -> str | None:
        """Return the category of a page, which is created if it is missing.

        Raises:
            Refused: if it cannot be created.
        """
        parent: str | None = None
        path = ""
        for slug in text.category.split("/") if text.category else ():
            path = f"{path}/{slug}".strip("/")
            if path not in self._categories:
                name = text.category_name if path == text.category else slug
                draft = Draft(title=printable(name), slug=slug)
                category = await create_category(work, draft, parent_id=parent)
                self._categories[path] = category.entry_id
                self.made["categories"] += 1
            parent = self._categories[path]
        return parent

    # --- Drafts ---

    def expected(self, pages: Iterable[OldPage]) -> PagesAhead:
        """Return where pages will stand when the import is done."""
        return PagesAhead(
            (path, Place("", entry_id, page.content_type.stored_name, page.locale, None))
            for page in pages
            if (entry_id := self.entries.get(page.key)) is not None
            and (path := path_of(page)) is not None
        )

    async def changed(
        self, reading: Reading, writings: Sequence[Writing], expected: PagesAhead
    ) -> list[Writing]:
        """Return those writings that are not the newest revisions of their editions already."""
        known = [each for each in writings if each.page.key in self.editions]
        editions = [self.editions[each.page.key] for each in known]
        stored = await stored_forms(
            reading,
            [
                (
                    each.page.content_type,
                    Edition(
                        id=edition.id,
                        entry_id=edition.entry_id,
                        locale=edition.locale,
                        content_type=each.page.content_type.stored_name,
                    ),
                    each.draft,
                )
                for each, edition in zip(known, editions, strict=True)
            ],
            expected=expected,
        )
        return [
            each
            for each, edition, form in zip(known, editions, stored, strict=True)
            if form.errors or form.snapshot.digest != edition.digest
        ]

    async def begin(
        self, work: Work, writings: Sequence[Writing], expected: PagesAhead
    ) -> Refusals:
        """Create the editions of pages of one locale, whose entries have ids already."""
        locales = await locales_of(work, [self.entries[each.page.key] for each in writings])
        first = [each for each in writings if not locales[self.entries[each.page.key]]]
        others = [each for each in writings if locales[self.entries[each.page.key]]]
        refused: dict[OldPage, Sequence[UserError]] = {}
        for run, some in (
            (partial(self._create, expected), first),
            (partial(self._translate, expected, locales), others),
        ):
            for each, outcome in await self._together(work, some, run):
                if (saved := outcome.result) is None:
                    refused[each.page] = outcome.errors
                    continue
                page = each.page
                self.editions[page.key] = new_edition(saved.entry_id, page.locale, saved.revision)
                self.made.update(editions=1, revisions=1, entries=0 if some is others else 1)
        return refused

    async def _create(
        self, expected: PagesAhead, work: Work, writings: Sequence[Writing]
    ) -> Sequence[Outcome[Saved]]:
        items = [
            CreateItem(
                content_type=each.page.content_type.name,
                draft=each.draft,
                locale=each.page.locale,
                note=each.note,
                entry_id=self.entries[each.page.key],
            )
            for each in writings
        ]
        return await create_entries(work, items, mode="each", expected=expected)

    async def _translate(
        self,
        expected: PagesAhead,
        locales: Mapping[str, Sequence[str]],
        work: Work,
        writings: Sequence[Writing],
    ) -> Sequence[Outcome[Saved]]:
        order = work.site.locales.index
        items = [
            EditionItem(
                entry_id=entry_id,
                locale=each.page.locale,
                source_locale=min(locales[entry_id], key=order),
                draft=each.draft,
                note=each.note,
            )
            for each in writings
            for entry_id in [self.entries[each.page.key]]
        ]
        return await add_editions(work, items, mode="each", expected=expected)

    async def save(self, work: Work, writings: Sequence[Writing], expected: PagesAhead) -> Refusals:
        """Save revisions of pages that have editions."""
        refused: dict[OldPage, Sequence[UserError]] = {}
        run = partial(self._save, expected)
        for each, outcome in await self._together(work, writings, run):
            edition = self.editions[each.page.key]
            if (saved := outcome.result) is None:
                refused[each.page] = outcome.errors
            elif saved.revision.id != edition.head_id:
                self.made.update(revisions=1, moved=int(saved.revision.slug != edition.slug))
                edition.put(saved.revision)
        return refused

    async def _save(
        self, expected: PagesAhead, work: Work, writings: Sequence[Writing]
    ) -> Sequence[Outcome[Saved]]:
        items = [
            SaveItem(
                entry_id=edition.entry_id,
                base_revision=edition.head_id,
                values=each.draft,
                locale=edition.locale,
                note=each.note,
            )
            for each in writings
            for edition in [self.editions[each.page.key]]
        ]
        return await save_entries(work, items, mode="each", expected=expected)

    async def _together(
        self, work: Work, writings: Sequence[Writing], run: _Run
    ) -> list[tuple[Writing, Outcome[Saved]]]:
        """Run a command on many drafts for each byline; return the outcomes."""
        done: list[tuple[Writing, Outcome[Saved]]] = []
        bylines = [(each.byline_id or self._byline_before(each), each) for each in writings]
        for byline, mine in grouped(bylines).items():
            at = work.by(replace(OPERATOR, person_id=byline), work.now)
            for start in range(0, len(mine), MOST_ENTRIES):
                some = mine[start : start + MOST_ENTRIES]
                done += zip(some, await outcomes_of(some, partial(run, at)), strict=True)
        return done

    def _byline_before(self, writing: Writing) -> str | None:
        edition = self.editions.get(writing.page.key)
        return edition.byline_id if edition is not None else None

    # --- What readers see beside pages ---

    async def beside(self, work: Work, editions: Sequence[DeskEdition]) -> list[ImportedItem]:
        """Return the categories and people of imports that readers will see beside editions.

        Those that were public before, and the people of accounts, are left out.
        """
        rows = await work.session.execute(
            select(Revision.byline_id, Revision.category_id)
            .where(is_among(Revision.id, [each.head_id for each in editions]))
            .distinct()
        )
        new = {name for row in rows for name in row if name is not None} - self._settled
        if not new:
            return []
        new = new.union(*[await ancestry(work, each) for each in new])
        self._settled |= new
        locale = work.site.default_locale
        found = await work.session.execute(
            select(Edition.entry_id, Revision.id)
            .join(Revision, Revision.id == Edition.head_id)
            .where(
                is_among(Edition.entry_id, new),
                Edition.locale == locale,
                Revision.author_id.is_(None),
                ~exists().where(Publication.entry_id == Edition.entry_id),
                ~exists().where(Account.person_id == Edition.entry_id),
            )
        )
        return [
            ImportedItem(entry_id=entry_id, revision_id=revision_id, locale=locale)
            for entry_id, revision_id in found
        ]

    def look_again_at(self, items: Iterable[ImportedItem]) -> None:
        """Have what was beside editions that were not published come with the next ones."""
        self._settled -= {each.entry_id for each in items}


async def outcomes_of(
    items: Sequence[T], run: Callable[[Sequence[T]], Awaitable[Sequence[Outcome[R]]]]
) -> Sequence[Outcome[R]]:
    """Return the outcomes of a command on some items, which is run on each by itself if need be.

    A hook that refuses one of them does not say which.
    """
    try:
        return await run(items)
    except Refused as refused:
        if len(items) == 1:
            return [Outcome(None, "", errors=tuple(refused.errors))]
    return [outcome for each in items for outcome in await outcomes_of([each], run)]


def path_of(page: OldPage) -> str | None:
    """Return the path at which a page will stand; ``None`` if it has none."""
    category = page.text.category if page.text is not None else ""
    return page.content_type.path_for(page.slug, page.locale, category)


async def _person_of_account(work: Work, email: str) -> str:
    account = await find_account(work.session, email)
    if account is None:
        message = f"there is no account {email!r}; see: copydesk account list"
        raise Refused(NotFound(message=message))
    if account.person_id is None:
        raise Refused(NotFound(message=f"the account {email!r} has no byline"))
    return account.person_id


def printable(words: str) -> str:
    """Return a text in one line, without characters that cannot be printed."""
    return "".join(char if char.isprintable() else " " for char in " ".join(words.split()))
