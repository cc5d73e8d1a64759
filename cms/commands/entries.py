"""Bring an entry into being."""

from __future__ import annotations

from sqlalchemy import select

from cms.commands.drafts import add_revision
from cms.commands.lookups import ancestry
from cms.commands.work import Work, command
from cms.content.snapshot import Draft
from cms.editorial.authorization import Action, Subject
from cms.errors import DuplicateName, InvalidValue, Refused
from cms.identifiers import new_id
from cms.tables import Edition, Entry, Revision


@command(Action.ENTRY_CREATE)
async def create_entry(
    work: Work, content_type: str, draft: Draft, *, locale: str | None = None, note: str = ""
) -> Revision:
    """Create an entry with a first revision and return that.

    Args:
        work: the transaction and the actor.
        content_type: the name of a content type that the site declares.
        draft: what to write; a title is enough to begin with.
        locale: the edition to write; by default the site's default locale.
        note: what the author has to say about the revision.

    Raises:
        Refused: if the actor may not, the type or locale is unknown, the type is a singleton
            that exists, or a value does not fit.
    """
    categories = await ancestry(work, draft.category)
    work.authorise(Action.ENTRY_CREATE, Subject(content_type=content_type, categories=categories))
    wanted = locale or work.site.default_locale
    _check_names(work, content_type, wanted)
    entry = Entry(
        id=new_id("entry"),
        content_type=content_type,
        singleton=content_type if work.site.content_types[content_type].singleton else None,
        created_at=work.now,
    )
    if entry.singleton is not None:
        await _refuse_second_singleton(work, entry.singleton)
    edition = Edition(id=new_id("edition"), entry_id=entry.id, locale=wanted, created_at=work.now)
    work.session.add(entry)
    await work.session.flush()  # the edition's foreign key needs the entry
    work.session.add(edition)
    await work.session.flush()  # and the revision's needs the edition
    return await add_revision(work, entry, edition, draft, note)


def _check_names(work: Work, content_type: str, locale: str) -> None:
    if content_type not in work.site.content_types:
        known = ", ".join(work.site.content_types)
        message = f"there is no content type {content_type!r}; known are {known}"
        raise Refused(InvalidValue(message=message, path=("contentType",)))
    if locale not in work.site.locales:
        message = f"there is no locale {locale!r}; known are {', '.join(work.site.locales)}"
        raise Refused(InvalidValue(message=message, path=("locale",)))


async def _refuse_second_singleton(work: Work, name: str) -> None:
    if await work.session.scalar(select(Entry.id).where(Entry.singleton == name)):
        raise Refused(DuplicateName(message=f"{name} exists; there is only one"))
