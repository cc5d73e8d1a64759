"""The category, the author and the reviewers, which readers see beside a revision.

They are entries too, and have to be public where readers see them: before the page is, and for as
long as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, union_all

from cms.content.builtin import CATEGORY
from cms.content.content_type import ContentType
from cms.drafts.addresses import parents_of
from cms.drafts.loading import EditionKey
from cms.errors import GateFailed, ReferencedEntryNotPublic, StillShown, UserError
from cms.hooks import ReferencedEntry
from cms.identifiers import is_built_in_id
from cms.publishing.link_facts import NewestTitles
from cms.publishing.public_editions import PublicEditions, public_editions
from cms.reading.periods import counts_now, is_in_force, is_public_now, stands_now
from cms.review.standing import Signature
from cms.site import Site
from cms.storage.dialects import is_among
from cms.tables import (
    Address,
    CategoryPlace,
    Entry,
    Publication,
    PublicationSignOff,
    Revision,
    SignOff,
)
from cms.work.bulk import grouped
from cms.work.work import Reading

# The most pages that are listed.
_MOST_PAGES = 20
# The roles in which pages show entries, in words.
_CATEGORY_WORDS, _PARENT_WORDS = "its category", "its parent category"
_AUTHOR_WORDS, _REVIEWER_WORDS = "its author", "a reviewer"
_OWN_WORDS = "its own edition in the default locale"


@dataclass(frozen=True)
class _Page:
    """A public page that shows an entry, and in which role."""

    entry_id: str
    title: str
    path: str | None
    locale: str
    shown_as: str

    @property
    def key(self) -> EditionKey:
        """The entry's id and the edition's locale."""
        return self.entry_id, self.locale


async def referenced_by(
    reading: Reading, revisions: Sequence[tuple[Entry, Revision, Iterable[Signature]]]
) -> list[Mapping[str, str]]:
    """Return the roles of the entries that readers will see beside revisions, by their ids.

    Args:
        reading: the snapshot.
        revisions: entries, each with its revision and the sign-offs that count.
    """
    categories = [entry.id for entry, _, _ in revisions if entry.content_type == CATEGORY]
    parents = await parents_of(reading, categories)
    return [_beside(*each, parents.get(each[0].id)) for each in revisions]


def _beside(
    entry: Entry, revision: Revision, counting: Iterable[Signature], parent_id: str | None
) -> Mapping[str, str]:
    found = {each.person_id: _REVIEWER_WORDS for each in counting}
    if revision.byline_id is not None:
        found[revision.byline_id] = _AUTHOR_WORDS
    if revision.category_id is not None:
        found[revision.category_id] = _CATEGORY_WORDS
    if entry.content_type == CATEGORY and parent_id is not None:
        found[parent_id] = _PARENT_WORDS
    return found


def as_referenced(
    referenced: Mapping[str, str],
    locale: str,
    after: PublicEditions,
    titles: NewestTitles,
) -> list[ReferencedEntry]:
    """Return the entries beside a revision, with the editions that readers will see.

    Args:
        referenced: the roles of the entries, by their ids.
        locale: the locale of the revision.
        after: what will be public.
        titles: the titles of those that are not public, as far as the actor may read them.
    """
    shown = {entry_id: after.shown(entry_id, locale) for entry_id in referenced}
    unseen = {
        entry_id: titles.of(entry_id, locale) for entry_id, each in shown.items() if each is None
    }
    return [
        ReferencedEntry(
            entry_id=entry_id,
            shown_as=words,
            title=draft.title if (draft := unseen.get(entry_id)) is not None else "",
            shown=shown[entry_id],
        )
        for entry_id, words in referenced.items()
    ]


def own_default(
    site: Site,
    content_type: type[ContentType],
    key: EditionKey,
    title: str,
    after: PublicEditions,
) -> list[ReferencedEntry]:
    """Return a category's or person's own edition in the default locale, beside any other one.

    It is public first and last, since it stands in for locales without an edition.
    """
    entry_id, locale = key
    default = site.default_locale
    if not content_type.is_built_in() or locale == default:
        return []
    shown = after.editions.get((entry_id, default))
    return [ReferencedEntry(entry_id=entry_id, shown_as=_OWN_WORDS, title=title, shown=shown)]


def errors_of_referenced(referenced: Iterable[ReferencedEntry], locale: str) -> list[GateFailed]:
    """Return an error for each entry that readers would not see beside a revision."""
    return [
        ReferencedEntryNotPublic(
            message=f"{each.shown_as} “{each.title or each.entry_id}” ({each.entry_id}) is not "
            f"public in {locale} or by fallback; publish it first, or together with the page",
            entry_id=each.entry_id,
        )
        for each in referenced
        if each.shown is None
    ]


async def errors_of_parent(
    reading: Reading, category_id: str, parent_id: str | None
) -> list[UserError]:
    """Return an error for each locale in which a category is public and its new parent is not."""
    if parent_id is None:
        return []
    found = await public_editions(reading, [category_id, parent_id])
    locales = [locale for entry_id, locale in found.editions if entry_id == category_id]
    return [
        ReferencedEntryNotPublic(
            message=f"the category is public in {locale}, and its new parent {parent_id} is not; "
            "publish that first",
            path=("parentId",),
            entry_id=parent_id,
        )
        for locale in sorted(locales)
        if found.shown(parent_id, locale) is None
    ]


@dataclass(frozen=True)
class Showing:
    """The public pages that show categories and people, and the editions of these.

    Attributes:
        site: the site.
        editions: the public editions of the categories and people.
        pages: the first pages that show each, by its id.
    """

    site: Site
    editions: PublicEditions
    pages: Mapping[str, Sequence[_Page]]

    def errors(self, key: EditionKey, besides: Collection[EditionKey]) -> list[UserError]:
        """Return why a category or person cannot be unpublished in a locale.

        Public pages show it, or its editions in other locales are public, in which the default
        locale stands in for those that there are not.

        Args:
            key: the category or person, and the locale.
            besides: the editions that are unpublished together.
        """
        entry_id, default = key[0], self.site.default_locale
        if not is_built_in_id(entry_id) or key[1] != default:
            return []
        others = sorted(
            locale
            for each, locale in self.editions.editions
            if each == entry_id and locale != default and (each, locale) not in besides
        )
        pages = [each for each in self.pages.get(entry_id, ()) if each.key not in besides]
        return [
            *(
                StillShown(message=f"its edition in {locale} is public; unpublish that first")
                for locale in others
            ),
            *(
                StillShown(
                    message=f"“{each.title}” ({each.path or each.entry_id}, {each.locale}) shows "
                    f"it as {each.shown_as}; change or unpublish that first"
                )
                for each in pages[:_MOST_PAGES]
            ),
        ]


async def pages_showing(
    reading: Reading, keys: Collection[EditionKey], editions: PublicEditions
) -> Showing:
    """Return the pages that show those of some entries that are categories and people.

    Args:
        reading: the snapshot.
        keys: the entries, each in a locale, that are unpublished together.
        editions: their public editions.
    """
    shown = [
        entry_id
        for entry_id, locale in keys
        if is_built_in_id(entry_id) and locale == reading.site.default_locale
    ]
    if not shown:
        return Showing(reading.site, editions, {})
    found = union_all(*_ways(shown)).subquery("showing")
    is_besides = is_among(Publication.entry_id, [entry_id for entry_id, _ in keys])
    place = (
        func.row_number()
        .over(
            partition_by=(found.c.shown_id, is_besides),
            order_by=(Address.path, Publication.id, found.c.shown_as),
        )
        .label("place")
    )
    ranked = (
        select(
            *(found.c.shown_id, Publication.entry_id, Publication.title, Address.path),
            *(Publication.locale, found.c.shown_as, place, is_besides.label("is_besides")),
        )
        .join(found, found.c.id == Publication.id)
        .outerjoin(Address, stands_now())
        .where(Publication.entry_id != found.c.shown_id)
        .subquery("ranked")
    )
    rows = await reading.session.execute(
        select(
            *(ranked.c.shown_id, ranked.c.entry_id, ranked.c.title, ranked.c.path),
            *(ranked.c.locale, ranked.c.shown_as),
        )
        .where(or_(ranked.c.is_besides, ranked.c.place <= _MOST_PAGES))
        .order_by(ranked.c.shown_id, ranked.c.place)
    )
    pages = grouped((shown_id, _Page(*page)) for shown_id, *page in rows)
    return Showing(reading.site, editions, pages)


def _ways(entry_ids: Collection[str]) -> list[Any]:
    """Return the pages that show categories and people, one query for each role."""
    public = is_public_now(Publication)
    signed = (
        _shown_as(_REVIEWER_WORDS, SignOff.person_id)
        .join(PublicationSignOff, PublicationSignOff.publication_id == Publication.id)
        .join(SignOff, SignOff.id == PublicationSignOff.sign_off_id)
        .where(public, counts_now(PublicationSignOff), is_among(SignOff.person_id, entry_ids))
        .distinct()  # of several stages
    )
    by_author = (
        _shown_as(_AUTHOR_WORDS, Revision.byline_id)
        .join(Revision, Revision.id == Publication.revision_id)
        .where(public, is_among(Revision.byline_id, entry_ids))
    )
    below = (
        _shown_as(_PARENT_WORDS, CategoryPlace.parent_id)
        .join(CategoryPlace, CategoryPlace.category_id == Publication.entry_id)
        .where(public, is_in_force(CategoryPlace), is_among(CategoryPlace.parent_id, entry_ids))
    )
    within = _shown_as(_CATEGORY_WORDS, Publication.category_id).where(
        public, is_among(Publication.category_id, entry_ids)
    )
    return [within, below, by_author, signed]


def _shown_as(words: str, shown: Any) -> Select[Any]:
    return select(
        Publication.id, shown.label("shown_id"), literal(words).label("shown_as")
    ).select_from(Publication)
