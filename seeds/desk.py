"""What the demo's editors have on their desks: reviews and comments that are not over yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from cms import CommentPlace, FrontMatter, Saved, Work, commands, read_yaml, text_at
from seeds.newsroom import Newsroom, faults_in

_NOON = timedelta(hours=12)


@dataclass
class Desk:
    """An entry's newest revision, and what is said about it.

    Attributes:
        newsroom: what has been loaded.
        source: the file that says what happens.
        key: the entry's key in it, which is its path.
        saved: the entry, with its newest revision.
        thread: the id of the last comment that began a thread.
    """

    newsroom: Newsroom
    source: FrontMatter
    key: str
    saved: Saved
    thread: str = ""


Given: TypeAlias = Mapping[str, Any]
# Does what a step says.
Step: TypeAlias = Callable[[Desk, Work, Given], Awaitable[object]]


async def load_desks(newsroom: Newsroom, folder: Path) -> None:
    """Have happen what ``reviews.yaml`` says.

    Raises:
        ContentFileError: naming the entry whose steps cannot be taken.
    """
    source = read_yaml(folder / "reviews.yaml")
    for key, steps in source.values.items():
        if key not in newsroom.saved:
            raise source.fault(key, f"there is no entry at {key}")
        desk = Desk(newsroom, source, key, newsroom.saved[key])
        for given in _steps(source, key, steps):
            with faults_in(source, key):
                await _take(desk, given)


def _steps(source: FrontMatter, key: str, steps: object) -> Iterator[Given]:
    for each in steps if isinstance(steps, list) else [steps]:
        if not isinstance(each, Mapping) or each.get("step") not in STEPS:
            known = ", ".join(STEPS)
            raise source.fault(key, f"expected a mapping with a step that is one of {known}")
        yield each


async def _take(desk: Desk, given: Given) -> None:
    work = desk.newsroom.work(desk.newsroom.actors[given["by"]], _moment(desk, given["day"]))
    await STEPS[given["step"]](desk, work, given)


def _moment(desk: Desk, day: str) -> datetime:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC) + _NOON
    except ValueError:
        raise desk.source.fault(desk.key, f"{day!r} is not a date in the form YYYY-MM-DD") from None


async def _request_review(desk: Desk, work: Work, given: Given) -> None:
    actors = [desk.newsroom.actors[name] for name in given.get("assignees", ())]
    await commands.request_review(
        work,
        desk.saved.entry_id,
        base_revision=desk.saved.revision.id,
        note=given.get("note", ""),
        assignees=[actor.account_id for actor in actors if actor.account_id is not None],
        due_at=_moment(desk, given["due"]) if "due" in given else None,
    )


async def _sign_off(desk: Desk, work: Work, given: Given) -> None:
    note = given.get("note", "")
    await commands.sign_off(work, desk.saved.entry_id, digest=desk.saved.revision.digest, note=note)


async def _request_changes(desk: Desk, work: Work, given: Given) -> None:
    await commands.request_changes(
        work, desk.saved.entry_id, digest=desk.saved.revision.digest, reason=given["reason"]
    )


async def _comment(desk: Desk, work: Work, given: Given) -> None:
    place = _place(desk, given) if "words" in given else None
    comment = await commands.add_comment(work, desk.saved.entry_id, given["text"], place=place)
    desk.thread = comment.id


async def _reply(desk: Desk, work: Work, given: Given) -> None:
    await commands.reply_to_comment(work, desk.thread, given["text"])


async def _resolve(desk: Desk, work: Work, _: Given) -> None:
    await commands.resolve_comment(work, desk.thread)


def _place(desk: Desk, given: Given) -> CommentPlace:
    """Return where the words stand that a comment is about."""
    field, words = given["field"], given["words"]
    start = (text_at(desk.saved.revision.content, field) or "").find(words)
    if start < 0:
        raise desk.source.fault(desk.key, f"{field} does not contain {words!r}")
    return CommentPlace(desk.saved.revision.id, field, start, start + len(words))


STEPS: Mapping[str, Step] = {
    "request review": _request_review,
    "sign off": _sign_off,
    "request changes": _request_changes,
    "comment": _comment,
    "reply": _reply,
    "resolve": _resolve,
}
