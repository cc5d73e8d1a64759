"""The session of an import: its bylines, categories and existing editions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from cms.access.accounts import find_account
from cms.authorization.actor import OPERATOR
from cms.content.builtin import PERSON
from cms.content.content_type import ContentType
from cms.content.slug import slugify
from cms.content.snapshot import Changes, Draft, clean_draft, take_snapshot
from cms.drafts.addresses import paths_of
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.link_targets import Page, targets_of
from cms.drafts.people import create_person
from cms.drafts.saving import save_draft, update_entry
from cms.drafts.subjects import ancestry
from cms.errors import NotFound, Refused
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage, PageKey
from cms.publishing.publishing import publish_imported
from cms.publishing.unpublishing import unpublish_entry
from cms.storage.database import WriteSession
from cms.tables import Account, CategoryPath, Edition, Entry, Publication, Revision
from cms.taxonomy.categories import create_category
from cms.work.work import Work


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of imported publications.

    Attributes:
        source: the system that the pages come from; readers see it.
        review_within: the time from the import until its pages are due for review.
    """

    source: str
    review_within: timedelta = timedelta()


@dataclass(eq=False)
class DeskEdition:
    """An edition that an import writes.

    Attributes:
        entry_id: the id of its entry.
        locale: its locale.
        head: its newest revision.
        live: its public revision, if any.
        basis: the basis of its last publication; ``None`` if there is none, or if the import has
            taken it back.
        is_edited: whether an account has saved it since its last publication.
        known_until: the time of its last change before the import; ``None`` if the import has
            created it.
    """

    entry_id: str
    locale: str
    head: Revision
    live: str | None = None
    basis: str | None = None
    is_edited: bool = False
    known_until: datetime | None = None

    @property
    def is_writable(self) -> bool:
        """True if an import can save it: then its newest words come from an import."""
        return not self.is_edited and self.head.author_id is None

    @property
    def is_publishable(self) -> bool:
        """True if an import can publish it: then no person here has published or edited it."""
        return self.is_writable and self.basis in {None, "imported"}

    @property
    def is_withheld(self) -> bool:
        """True if it is not public, and only people here can publish it."""
        return self.live is None and (self.basis is not None or not self.is_writable)

    def is_before(self, moment: datetime) -> bool:
        """Return whether a change at this time is new to the edition."""
        return self.known_until is None or self.known_until < moment


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
        """Load existing categories and editions.

        An edition is matched by content type, locale and slug, also by a former slug.
        """
        default = self.transaction.site.default_locale
        categories = await self._session.scalars(
            select(CategoryPath).where(CategoryPath.locale == default)
        )
        self._categories = {each.path: each.category_id for each in categories}
        found = await self._by_slug()
        for page in pages:
            edition_id = found.get((page.locale, page.slug))
            if edition_id is not None:
                self.editions[page.key] = await self._edition(edition_id)
        for (_, key), edition in self.editions.items():
            self.entries.setdefault(key, edition.entry_id)

    async def _by_slug(self) -> Mapping[tuple[str, str], str]:
        rows = await self._session.execute(
            select(Edition.locale, Revision.slug, Edition.id)
            .join(Entry, Entry.id == Edition.entry_id)
            .join(Revision, Revision.edition_id == Edition.id)
            .where(Entry.content_type == self.content_type.stored_name)
            # Later ones replace earlier ones: current slugs win, and of those the oldest edition.
            .order_by(Revision.id == Edition.head_id, Edition.id.desc())
        )
        return {(locale, slug): edition_id for locale, slug, edition_id in rows}

    async def _edition(self, edition_id: str) -> DeskEdition:
        edition = await self._session.get_one(Edition, edition_id)
        head = await self._session.get_one(Revision, str(edition.head_id))
        publications = list(
            await self._session.scalars(
                select(Publication)
                .where(Publication.edition_id == edition_id)
                .order_by(Publication.position)
            )
        )
        ends = [each.ended_at for each in publications if each.ended_at is not None]
        live = [each.revision_id for each in publications if each.ended_at is None]
        begun = [each.published_at for each in publications]
        last = publications[-1] if publications else None
        return DeskEdition(
            entry_id=edition.entry_id,
            locale=edition.locale,
            head=head,
            live=next(iter(live), None),
            basis=last.basis if last is not None else None,
            is_edited=await self._is_edited(edition_id, last),
            known_until=max([head.created_at, *begun, *ends]),
        )

    async def _is_edited(self, edition_id: str, last: Publication | None) -> bool:
        """Return whether an account has saved an edition since its last publication."""
        numbers = select(Revision.number).where(Revision.edition_id == edition_id)
        since = numbers.where(Revision.id == last.revision_id) if last is not None else None
        edited = numbers.where(Revision.author_id.is_not(None)).limit(1)
        if since is not None:
            edited = edited.where(Revision.number > since.scalar_subquery())
        return await self._session.scalar(edited) is not None

    async def digest_of(self, edition: DeskEdition, draft: Draft, now: datetime) -> str:
        """Return the digest of a draft of an edition."""
        cleaned, _ = clean_draft(self.content_type, draft)
        row = await self._session.get_one(Edition, edition.head.edition_id)
        page = Page(self.content_type, row, cleaned)
        work = self.work(now)
        (targets,) = await targets_of(work, [page], await paths_of(work, [page.placed]))
        return take_snapshot(self.content_type, edition.locale, cleaned, targets).digest

    # --- What is done ---

    async def begin(self, page: OldPage, draft: Draft, work: Work, note: str) -> DeskEdition:
        """Create an edition of a page, and its entry if it is the first edition."""
        entry_id = self.entries.get(page.key[1])
        if entry_id is None:
            created = await create_entry(
                work, self.content_type.name, draft, locale=page.locale, note=note
            )
            head = created.revision
            entry_id = self.entries[page.key[1]] = created.entry_id
            self.made.update(entries=1, revisions=1)
        else:
            head = await self._translate(entry_id, page, work)
        self.made["editions"] += 1
        self.editions[page.key] = DeskEdition(entry_id, page.locale, head)
        return self.editions[page.key]

    async def _translate(self, entry_id: str, page: OldPage, work: Work) -> Revision:
        locales = await self._session.scalars(
            select(Edition.locale).where(Edition.entry_id == entry_id)
        )
        source = min(locales, key=self.transaction.site.locales.index)
        saved = await add_edition(work, entry_id, page.locale, source_locale=source)
        self.made["revisions"] += 1
        if saved.revision.slug != page.slug:  # so that links can be resolved
            saved = await update_entry(
                work,
                entry_id,
                Changes(slug=page.slug),
                base_revision=saved.revision.id,
                locale=page.locale,
                note="Its address in this language.",
            )
            self.made["revisions"] += 1
        return saved.revision

    async def save(self, edition: DeskEdition, draft: Draft, work: Work, note: str) -> bool:
        """Save a revision; return whether it is new."""
        before = edition.head
        saved = await save_draft(
            work,
            edition.entry_id,
            draft,
            base_revision=before.id,
            locale=edition.locale,
            note=note,
        )
        edition.head = saved.revision
        is_new = edition.head.id != before.id
        self.made["revisions"] += is_new
        return is_new

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
