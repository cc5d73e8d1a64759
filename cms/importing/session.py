"""The session of an import: its accounts, categories and tags, and existing editions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from cms.access.accounts import (
    create_account,
    create_person,
    find_account,
    grant_role,
    load_actor,
)
from cms.authorization.actions import Action, Subject
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.slug import slugify
from cms.content.snapshot import Changes, Draft, clean_draft, paths_in, take_snapshot
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.loading import entries_at
from cms.drafts.saving import save_draft, update_entry
from cms.errors import NotFound, Refused
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.page_text import PageText
from cms.importing.site.pages import OldPage, PageKey
from cms.publishing.publishing import publish_together, unpublish_entry
from cms.review.reviews import request_review, sign_off
from cms.signing import KeyFile
from cms.site import Site
from cms.storage.database import WriteSession
from cms.tables import Category, Edition, Entry, Publication, Revision, Tag
from cms.taxonomy.categories import create_category, create_tag
from cms.work.work import Work


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The accounts of an import, by their e-mail addresses.

    Attributes:
        account: the author of all changes without an author in the history.
        reviewers: the reviewers of each stage, of which the first ones sign off, as many as the
            stage needs. Without reviewers and a publisher, everything stays a draft.
        publisher: the publisher.
    """

    account: str
    reviewers: tuple[str, ...] = ()
    publisher: str = ""

    @property
    def publishes(self) -> bool:
        """True if the import publishes."""
        return bool(self.reviewers and self.publisher)


@dataclass(eq=False)
class DeskEdition:
    """An edition that an import writes.

    Attributes:
        entry_id: the id of its entry.
        locale: its locale.
        head: its newest revision.
        live: its public revision, if any.
        was_public: whether it was ever public.
        known_until: the time of its last change before the import; ``None`` if the import has
            created it.
    """

    entry_id: str
    locale: str
    head: Revision
    live: str | None = None
    was_public: bool = False
    known_until: datetime | None = None

    def is_before(self, moment: datetime) -> bool:
        """Return whether a change at this time is new to the edition."""
        return self.known_until is None or self.known_until < moment


@dataclass
class ImportDesk:
    """The commands and lookups of an import.

    Attributes:
        session: the transaction.
        key_file: the file of the signing key.
        site: the site.
        content_type: the content type of all entries.
        mapping: the mapping.
        staff: the accounts of the import.
        made: the numbers of new objects.
        actors: the actors, by e-mail address.
        editions: the editions, by page.
        entries: the ids of the entries, by the page's key, which is the same in all locales.
    """

    session: WriteSession
    key_file: KeyFile
    site: Site
    content_type: type[ContentType]
    mapping: MarkdownMapping
    staff: Staff
    made: Counter[str] = field(default_factory=Counter)
    actors: dict[str, Actor] = field(default_factory=dict)
    editions: dict[PageKey, DeskEdition] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    _categories: dict[str, str] = field(default_factory=dict)
    _tags: dict[str, str] = field(default_factory=dict)

    def work(self, actor: Actor, now: datetime) -> Work:
        """Return the work of an actor at a time in the past."""
        return Work(self.session, self.site, actor, now, self.key_file)

    # --- Who, and which words ---

    async def staff_member(self, email: str) -> Actor:
        """Return the actor of an account of the import.

        Raises:
            Refused: if there is no such account.
        """
        if email not in self.actors:
            found = await find_account(self.session, email)
            if found is None:
                message = f"there is no account {email!r}; see: copydesk account list"
                raise Refused(NotFound(message=message))
            self.actors[email] = await load_actor(self.session, found.id)
        return self.actors[email]

    async def author(self, name: str, now: datetime) -> Actor:
        """Return an author of the history; create a person and an account for a new one.

        Readers see the person. The account has no password, so it cannot sign in.
        """
        email = self._address_of(name)
        if email not in self.actors and await find_account(self.session, email) is None:
            operator = self.work(OPERATOR, now)
            person = await create_person(operator, printable(name))
            account = await create_account(operator, email, person_id=person.id)
            grant = Grant(role="author", content_type=self.content_type.name)
            await grant_role(operator, account.id, grant)
            self.made["authors"] += 1
        actor = await self.staff_member(email)
        subject = Subject(content_type=self.content_type.name)
        is_known = name in self.mapping.authors
        if not is_known and not self.work(actor, now).may(Action.ENTRY_SAVE, subject):
            # The author exists from an import into another content type.
            grant = Grant(role="author", content_type=self.content_type.name)
            await grant_role(self.work(OPERATOR, now), str(actor.account_id), grant)
            self.actors[email] = await load_actor(self.session, str(actor.account_id))
        return self.actors[email]

    async def importers(self, names: Iterable[str]) -> frozenset[str]:
        """Return the existing accounts that imports write as."""
        emails = {self.staff.account, *(self._address_of(name) for name in names)}
        found = [await find_account(self.session, email) for email in sorted(emails)]
        return frozenset(account.id for account in found if account is not None)

    def _address_of(self, name: str) -> str:
        return self.mapping.authors.get(name) or f"{slugify(name)}@{self.mapping.author_domain}"

    async def completed(self, draft: Draft, text: PageText, now: datetime) -> Draft:
        """Return a draft with its category and tags; create those that are missing."""
        return Draft(
            title=draft.title,
            slug=draft.slug,
            summary=draft.summary,
            category=await self._category(text, now) if text.category else None,
            tags=tuple([await self._tag(slug, name, now) for slug, name in text.tags.items()]),
            fields=draft.fields,
        )

    async def _category(self, text: PageText, now: datetime) -> str:
        parent: str | None = None
        path = ""
        for slug in text.category.split("/"):
            path = f"{path}/{slug}".strip("/")
            if path not in self._categories:
                name = text.category_name if path == text.category else slug
                row = await create_category(
                    self.work(OPERATOR, now), printable(name), parent_id=parent, slug=slug
                )
                self._categories[path] = row.id
            parent = self._categories[path]
        return str(parent)

    async def _tag(self, slug: str, name: str, now: datetime) -> str:
        if slug not in self._tags:
            row = await create_tag(self.work(OPERATOR, now), printable(name), slug=slug)
            self._tags[slug] = row.id
        return self._tags[slug]

    # --- What is there ---

    async def open(self, pages: Iterable[OldPage]) -> None:
        """Load existing categories, tags and editions.

        An edition is matched by content type, locale and slug, also by a former slug.
        """
        categories = await self.session.scalars(select(Category))
        self._categories = {each.path: each.id for each in categories}
        self._tags = {each.slug: each.id for each in await self.session.scalars(select(Tag))}
        found = await self._by_slug()
        for page in pages:
            edition_id = found.get((page.locale, page.slug))
            if edition_id is not None:
                self.editions[page.key] = await self._edition(edition_id)
        for (_, key), edition in self.editions.items():
            self.entries.setdefault(key, edition.entry_id)

    async def _by_slug(self) -> Mapping[tuple[str, str], str]:
        rows = await self.session.execute(
            select(Edition.locale, Revision.slug, Edition.id)
            .join(Entry, Entry.id == Edition.entry_id)
            .join(Revision, Revision.edition_id == Edition.id)
            .where(Entry.content_type == self.content_type.name)
            # Later ones replace earlier ones: current slugs win, and of those the oldest edition.
            .order_by(Revision.id == Edition.head_id, Edition.id.desc())
        )
        return {(locale, slug): edition_id for locale, slug, edition_id in rows}

    async def _edition(self, edition_id: str) -> DeskEdition:
        edition = await self.session.get_one(Edition, edition_id)
        head = await self.session.get_one(Revision, str(edition.head_id))
        publications = list(
            await self.session.scalars(
                select(Publication).where(Publication.edition_id == edition_id)
            )
        )
        ends = [each.ended_at for each in publications if each.ended_at is not None]
        live = [each.revision_id for each in publications if each.ended_at is None]
        begun = [each.published_at for each in publications]
        return DeskEdition(
            entry_id=edition.entry_id,
            locale=edition.locale,
            head=head,
            live=next(iter(live), None),
            was_public=bool(publications),
            known_until=max([head.created_at, *begun, *ends]),
        )

    async def digest_of(self, edition: DeskEdition, draft: Draft, now: datetime) -> str:
        """Return the digest of a draft of an edition."""
        cleaned, _ = clean_draft(self.content_type, draft)
        paths = paths_in(self.content_type, cleaned)
        work = self.work(OPERATOR, now)
        found = await entries_at(work, paths, edition.locale, edition.entry_id)
        return take_snapshot(self.content_type, edition.locale, cleaned, found).digest

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
        locales = await self.session.scalars(
            select(Edition.locale).where(Edition.entry_id == entry_id)
        )
        source = min(locales, key=self.site.locales.index)
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

    async def review(self, edition: DeskEdition, author: Actor, now: datetime) -> None:
        """Request a review of the newest revision, and sign it off as the reviewers."""
        await request_review(
            self.work(author, now),
            edition.entry_id,
            base_revision=edition.head.id,
            locale=edition.locale,
        )
        for stage in self.content_type.policy.stages:
            for email in self.staff.reviewers[: stage.approvals]:
                await sign_off(
                    self.work(await self.staff_member(email), now),
                    edition.entry_id,
                    digest=edition.head.digest,
                    stage=stage.name,
                    locale=edition.locale,
                )

    async def publish(self, chosen: Sequence[tuple[DeskEdition, str]], now: datetime) -> None:
        """Publish revisions of editions in one locale together."""
        publisher = self.work(await self.staff_member(self.staff.publisher), now)
        (locale,) = {edition.locale for edition, _ in chosen}
        await publish_together(
            publisher, {each.entry_id: revision for each, revision in chosen}, locale=locale
        )
        for edition, revision in chosen:
            edition.live, edition.was_public = revision, True
        self.made["publications"] += len(chosen)

    async def unpublish(self, edition: DeskEdition, now: datetime) -> None:
        """Unpublish an edition."""
        publisher = self.work(await self.staff_member(self.staff.publisher), now)
        await unpublish_entry(publisher, edition.entry_id, locale=edition.locale)
        edition.live = None
        self.made["unpublished"] += 1


def printable(words: str) -> str:
    """Return a text in one line, without characters that cannot be printed."""
    return "".join(char if char.isprintable() else " " for char in " ".join(words.split()))
