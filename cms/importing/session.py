"""The desk at which an import works: its people, its words, and the editions that it finds."""

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
    """In whose names an import works, by the addresses of their accounts.

    Attributes:
        account: writes whatever the history names no author of.
        reviewers: sign off at each stage, as many of the first as it asks for; without any,
            and without a publisher, everything stays a draft.
        publisher: publishes.
    """

    account: str
    reviewers: tuple[str, ...] = ()
    publisher: str = ""

    @property
    def publishes(self) -> bool:
        """Whether what is imported is published."""
        return bool(self.reviewers and self.publisher)


@dataclass(eq=False)
class DeskEdition:
    """An edition that an import writes.

    Attributes:
        entry_id: its entry.
        locale: its language.
        head: its newest revision.
        live: the revision that is public, if one is.
        was_public: whether one ever was.
        known_until: when something happened to it last before the import; ``None`` if the
            import has made it.
    """

    entry_id: str
    locale: str
    head: Revision
    live: str | None = None
    was_public: bool = False
    known_until: datetime | None = None

    def is_before(self, moment: datetime) -> bool:
        """Say whether what happened at a moment is new to the edition."""
        return self.known_until is None or self.known_until < moment


@dataclass
class ImportDesk:
    """What an import has at hand.

    Attributes:
        session: the transaction.
        key_file: has the key that signs attestations.
        site: the site.
        content_type: what everything becomes.
        mapping: how.
        staff: in whose names.
        made: how much of what is new.
        actors: the people, by the addresses of their accounts.
        editions: the editions, by page.
        entries: the ids of the entries, by what is the same for a page in all languages.
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
        """Return the setting for what somebody did back then."""
        return Work(self.session, self.site, actor, now, self.key_file)

    # --- Who, and which words ---

    async def staff_member(self, email: str) -> Actor:
        """Return one of the staff.

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
        """Return an author of the history; one who is not known becomes somebody.

        Readers see them, and nobody can sign in with their account: it has no password.
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
            # They wrote for an import into another content type.
            grant = Grant(role="author", content_type=self.content_type.name)
            await grant_role(self.work(OPERATOR, now), str(actor.account_id), grant)
            self.actors[email] = await load_actor(self.session, str(actor.account_id))
        return self.actors[email]

    async def importers(self, names: Iterable[str]) -> frozenset[str]:
        """Return the accounts that an import writes as, among those that there are."""
        emails = {self.staff.account, *(self._address_of(name) for name in names)}
        found = [await find_account(self.session, email) for email in sorted(emails)]
        return frozenset(account.id for account in found if account is not None)

    def _address_of(self, name: str) -> str:
        return self.mapping.authors.get(name) or f"{slugify(name)}@{self.mapping.author_domain}"

    async def completed(self, draft: Draft, text: PageText, now: datetime) -> Draft:
        """Return a draft with category and tags, which are made if there are none."""
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
        """Find what there is already: words, and the editions of pages.

        An edition is found by its content type, its language and its slug; if the slug has
        been changed here, by what it was.
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
            # Of several, the last is kept: what is called so now, and of those the oldest.
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
        """Return the digest that a draft of an edition would have."""
        cleaned, _ = clean_draft(self.content_type, draft)
        paths = paths_in(self.content_type, cleaned)
        work = self.work(OPERATOR, now)
        found = await entries_at(work, paths, edition.locale, edition.entry_id)
        return take_snapshot(self.content_type, edition.locale, cleaned, found).digest

    # --- What is done ---

    async def begin(self, page: OldPage, draft: Draft, work: Work, note: str) -> DeskEdition:
        """Make an edition of a page, and the entry if it is the first."""
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
        if saved.revision.slug != page.slug:  # links have to find it
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
        """Save a revision; say whether it is a new one."""
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
        """Ask for a review of the newest revision, and have it signed off."""
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
        """Publish revisions of editions in one language, all at once."""
        publisher = self.work(await self.staff_member(self.staff.publisher), now)
        (locale,) = {edition.locale for edition, _ in chosen}
        await publish_together(
            publisher, {each.entry_id: revision for each, revision in chosen}, locale=locale
        )
        for edition, revision in chosen:
            edition.live, edition.was_public = revision, True
        self.made["publications"] += len(chosen)

    async def unpublish(self, edition: DeskEdition, now: datetime) -> None:
        """Take an edition back from its readers."""
        publisher = self.work(await self.staff_member(self.staff.publisher), now)
        await unpublish_entry(publisher, edition.entry_id, locale=edition.locale)
        edition.live = None
        self.made["unpublished"] += 1


def printable(words: str) -> str:
    """Return words in one line, without what cannot be shown."""
    return "".join(char if char.isprintable() else " " for char in " ".join(words.split()))
