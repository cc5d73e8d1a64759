"""The category, the author and the reviewers, which readers see beside a revision.

They are entries too, and have to be public where readers see them: before the page is, and for as
long as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, literal, select, union_all

from cms.content.builtin import CATEGORY
from cms.content.content_type import ContentType
from cms.drafts.addresses import parent_of
from cms.errors import GateFailed, ReferencedEntryNotPublic, StillShown, UserError
from cms.hooks import ReferencedEntry
from cms.identifiers import is_built_in_id
from cms.publishing.public_editions import EditionKey, PublicEditions, public_editions
from cms.reading.visibility import counts_now, is_in_force, is_public_now, stands_now
from cms.review.standing import Signature
from cms.site import Site
from cms.tables import (
    Address,
    CategoryPlace,
    Entry,
    Publication,
    PublicationSignOff,
    Revision,
    SignOff,
)
from cms.work.work import Reading

# The most pages that are listed.
_MOST_PAGES = 20
# The column of :func:`_shown_by` in words.
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


async def referenced_by(
    reading: Reading, entry: Entry, revision: Revision, counting: Iterable[Signature]
) -> Mapping[str, str]:
    """Return the roles of the entries that readers will see beside a revision, by their ids."""
    found = {each.person_id: _REVIEWER_WORDS for each in counting}
    if revision.byline_id is not None:
        found[revision.byline_id] = _AUTHOR_WORDS
    if revision.category_id is not None:
        found[revision.category_id] = _CATEGORY_WORDS
    if entry.content_type == CATEGORY and (parent := await parent_of(reading, entry.id)):
        found[parent] = _PARENT_WORDS
    return found


def as_referenced(
    referenced: Mapping[str, str],
    locale: str,
    after: PublicEditions,
    titles: Mapping[str, str],
) -> list[ReferencedEntry]:
    """Return the entries beside a revision, with the editions that readers will see.

    Args:
        referenced: the roles of the entries, by their ids.
        locale: the locale of the revision.
        after: what will be public.
        titles: the titles of those that are not public, as far as the actor may read them.
    """
    return [
        ReferencedEntry(
            entry_id=entry_id,
            shown_as=words,
            title=titles.get(entry_id, ""),
            shown=after.shown(entry_id, locale),
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


async def errors_at_unpublishing(reading: Reading, live: Publication) -> list[UserError]:
    """Return why a category or person cannot be unpublished in a locale.

    Public pages show it, or its editions in other locales are public, in which the default locale
    stands in for those that there are not.
    """
    entry_id, default = live.entry_id, reading.site.default_locale
    if not is_built_in_id(entry_id) or live.locale != default:
        return []
    found = await public_editions(reading, [entry_id])
    pages = await _pages_showing(reading, entry_id)
    return [
        *(
            StillShown(message=f"its edition in {locale} is public; unpublish that first")
            for _, locale in sorted(found.editions)
            if locale != default
        ),
        *(
            StillShown(
                message=f"“{each.title}” ({each.path or each.entry_id}, {each.locale}) shows it as "
                f"{each.shown_as}; change or unpublish that first"
            )
            for each in pages
        ),
    ]


async def _pages_showing(reading: Reading, entry_id: str) -> Sequence[_Page]:
    """Return the first public pages that show a category or person."""
    shown = union_all(*(_shown_by(words, *is_so) for words, *is_so in _ways(entry_id)))
    found = shown.subquery("showing")
    rows = await reading.session.execute(
        select(
            Publication.entry_id,
            Publication.title,
            Address.path,
            Publication.locale,
            found.c.shown_as,
        )
        .join(found, found.c.id == Publication.id)
        .outerjoin(Address, stands_now())
        .where(Publication.entry_id != entry_id)
        .order_by(Address.path, Publication.id, found.c.shown_as)
        .limit(_MOST_PAGES)
    )
    return [_Page(*row) for row in rows]


def _ways(entry_id: str) -> list[tuple[Any, ...]]:
    """Return the roles in which a page shows a category or person, each with its condition."""
    signed = exists().where(
        PublicationSignOff.publication_id == Publication.id,
        counts_now(PublicationSignOff),
        SignOff.id == PublicationSignOff.sign_off_id,
        SignOff.person_id == entry_id,
    )
    by_author = exists().where(
        Revision.id == Publication.revision_id, Revision.byline_id == entry_id
    )
    below = select(CategoryPlace.category_id).where(
        CategoryPlace.parent_id == entry_id, is_in_force(CategoryPlace)
    )
    return [
        (_CATEGORY_WORDS, Publication.category_id == entry_id),
        (_PARENT_WORDS, Publication.entry_id.in_(below)),
        (_AUTHOR_WORDS, by_author),
        (_REVIEWER_WORDS, signed),
    ]


def _shown_by(words: str, is_so: ColumnElement[bool]) -> Any:
    return select(Publication.id, literal(words).label("shown_as")).where(
        is_public_now(Publication), is_so
    )
