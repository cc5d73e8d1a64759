"""Talk about an edition, in the margin of its text."""

from __future__ import annotations

from asyncio import to_thread  # searching long texts takes long
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from cms.authorization.actions import Action
from cms.comparison.anchors import Anchor, AnchoredTexts, TextRange, anchor_in
from cms.content.fields.base import as_text, path_text
from cms.content.stored_names import (
    declared_content,
    named_content,
    named_path,
    stored_path,
)
from cms.drafts.loading import Held, authorise_on, get_revision, hold, hold_with_part, look_at
from cms.errors import InvalidValue, Refused, UserError
from cms.events import CommentAdded, CommentResolved
from cms.identifiers import new_id
from cms.tables import Comment
from cms.work.work import Reading, Work, command

LONGEST = 10_000


@dataclass(frozen=True)
class CommentPlace:
    """A range of a text in a revision that a comment is about.

    Attributes:
        revision_id: the revision that its author was looking at.
        field_path: the text: ``title``, ``fields/body``, ``fields/sections/0/body``.
        start: the first character, from 0.
        end: the character after the last.
    """

    revision_id: str
    field_path: str
    start: int
    end: int


@dataclass(frozen=True)
class Located:
    """A thread of comments, and where its words stand now.

    Attributes:
        comment: the first comment of the thread.
        found: the range of text; ``None`` if it is about the whole, or its words are gone.
    """

    comment: Comment
    found: TextRange | None


@command(Action.COMMENT_WRITE)
async def add_comment(
    work: Work,
    entry_id: str,
    body: str,
    *,
    place: CommentPlace | None = None,
    locale: str | None = None,
) -> Comment:
    """Begin a thread about an edition and return its first comment.

    Args:
        work: the transaction and the actor.
        entry_id: the entry.
        body: what there is to say, as plain text.
        place: the words it is about; by default the whole edition.
        locale: the edition; by default the site's default locale.

    Raises:
        Refused: if the actor may not, the body is empty or too long, or there is no text there.
    """
    held = await hold(work, entry_id, locale)
    await authorise_on(work, Action.COMMENT_WRITE, held)
    anchor = await _anchor(work, held, place) if place is not None else None
    return await _add(work, held, body, anchor, None)


@command(Action.COMMENT_WRITE)
async def reply_to_comment(work: Work, comment_id: str, body: str) -> Comment:
    """Add a comment to a thread, which is open again then, and return it.

    Raises:
        Refused: if the actor may not, there is no such comment, or the body does not fit.
    """
    held, first = await _thread(work, comment_id)
    await authorise_on(work, Action.COMMENT_WRITE, held)
    if first.resolved_at is not None:
        await work.update(first, resolved_at=None, resolved_by=None)
    return await _add(work, held, body, None, first.id)


@command(Action.COMMENT_RESOLVE)
async def resolve_comment(work: Work, comment_id: str) -> Comment:
    """Mark a thread as dealt with and return its first comment.

    Raises:
        Refused: if the actor may not, or there is no such comment.
    """
    held, first = await _thread(work, comment_id)
    is_own = first.author_id == work.actor.account_id
    await authorise_on(work, Action.COMMENT_RESOLVE, held, is_own=is_own)
    if first.resolved_at is None:
        await work.update(first, resolved_at=work.now, resolved_by=work.account_id())
        work.emit(
            CommentResolved(subject=first.id, entry=held.entry.id, locale=held.edition.locale)
        )
    return first


async def locate_comments(reading: Reading, entry_id: str, locale: str | None) -> Sequence[Located]:
    """Return an edition's threads, each with where its words stand in the newest revision.

    Raises:
        Refused: if the actor may not see the entry.
    """
    held = await look_at(reading, entry_id, locale)
    await authorise_on(reading, Action.ENTRY_READ, held)
    threads = await reading.session.scalars(
        select(Comment)
        .where(Comment.edition_id == held.edition.id, Comment.thread_id.is_(None))
        .order_by(Comment.id)
    )
    return await to_thread(_located, held, threads.all())


def _located(held: Held, threads: Sequence[Comment]) -> Sequence[Located]:
    texts = AnchoredTexts(declared_content(held.content_type, held.head.content))
    return [Located(each, _place_of(each, held, texts)) for each in threads]


async def _anchor(work: Work, held: Held, place: CommentPlace) -> Anchor:
    revision = await get_revision(work, held.edition, place.revision_id)
    named = named_content(held.content_type, revision.content)
    anchor = anchor_in(named, place.field_path, place.start, place.end)
    steps = tuple(anchor.field_path.split("/"))
    path = stored_path(held.content_type, revision.content, steps)
    return replace(anchor, field_path=path_text(path))


async def _add(
    work: Work, held: Held, body: str, anchor: Anchor | None, thread_id: str | None
) -> Comment:
    comment = Comment(
        id=new_id("comment"),
        edition_id=held.edition.id,
        thread_id=thread_id,
        body=_check_body(body),
        author_id=work.account_id(),
        created_at=work.now,
        field_path=anchor.field_path if anchor else None,
        start=anchor.start if anchor else None,
        quote=anchor.quote if anchor else None,
        before=anchor.before if anchor else None,
        after=anchor.after if anchor else None,
        occurrences=anchor.occurrences if anchor else None,
        sentence_occurrences=anchor.sentence_occurrences if anchor else None,
    )
    await work.insert(comment)
    work.emit(CommentAdded(subject=comment.id, entry=held.entry.id, locale=held.edition.locale))
    return comment


def _check_body(body: str) -> str:
    problems: list[UserError] = []
    text = as_text(body, ("body",), problems, LONGEST).strip()
    if not text:
        problems.append(InvalidValue(message="a comment cannot be empty", path=("body",)))
    if problems:
        raise Refused(*problems)
    return text


async def _thread(work: Work, comment_id: str) -> tuple[Held, Comment]:
    """Return the edition that a comment is about, and the first comment of its thread."""
    held, comment = await hold_with_part(work, Comment, comment_id)
    first = await work.session.get_one(Comment, comment.thread_id or comment.id)
    return held, first


def _place_of(comment: Comment, held: Held, texts: AnchoredTexts) -> TextRange | None:
    """Return where the words of a comment stand in the newest revision.

    The comment has the path of the revision that it was written on, and other blocks may stand
    there by now. So its words are searched in the stored content, in which a field has one name
    for ever, and the names in the answer are those of the block where they were found.
    """
    if comment.field_path is None or comment.start is None:
        return None
    anchor = Anchor(
        field_path=comment.field_path,
        start=comment.start,
        quote=comment.quote or "",
        before=comment.before or "",
        after=comment.after or "",
        occurrences=comment.occurrences or 1,
        sentence_occurrences=comment.sentence_occurrences or 1,
    )
    found = texts.find(anchor)
    if found is None:
        return None
    path = named_path(held.content_type, held.head.content, tuple(found.field_path.split("/")))
    return replace(found, field_path=path_text(path))
