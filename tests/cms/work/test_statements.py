"""The statements of the commands in a page's life, on both databases. See tests/commands."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from cms.authorization.actor import Actor
from cms.drafts.entries import create_entry
from cms.drafts.saving import save_draft
from cms.publishing.publishing import publish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.work.work import Work
from tests.builders import Newsroom, draft_of
from tests.snapshots import check_snapshot
from tests.statements import counted

R = TypeVar("R")

FOLDER = Path(__file__).parents[2] / "commands"
# The most statements of a command, without those that begin and end transactions and savepoints.
MOST = {"create": 15, "save": 13, "request review": 12, "sign off": 14, "publish": 25}


async def run(
    newsroom: Newsroom, name: str, actor: Actor, command: Callable[[Work], Awaitable[R]]
) -> R:
    """Run a command, compare its statements with those in its file, and count them."""
    async with newsroom.as_(actor) as work:
        with counted(newsroom.database) as seen:
            result = await command(work)
    own = [each for each in seen if not re.match("(?i)begin|savepoint|release", each)]
    dialect = newsroom.database.engine.dialect.name
    text = "".join(f"{' '.join(each.split())};\n" for each in own)
    check_snapshot(FOLDER / f"{name.replace(' ', '_')}.{dialect}.sql", text)
    assert len(own) <= MOST[name]
    return result


async def test_a_page_is_written_and_published_with_these_statements(newsroom: Newsroom) -> None:
    await newsroom.published(slug="other")
    category = await newsroom.category("Guides")
    text = "See [other](/articles/other) and [elsewhere](https://example.org)."
    first = draft_of(title="One", slug="one", category=category, tags=["one"], body=text)
    made = await run(
        newsroom, "create", newsroom.author, lambda work: create_entry(work, "Article", first)
    )
    entry_id, base = made.entry_id, made.revision.id
    second = draft_of(title="Two", slug="one", category=category, tags=["two"], body=text)
    saved = await run(
        newsroom,
        "save",
        newsroom.author,
        lambda work: save_draft(work, entry_id, second, base_revision=base),
    )
    head = saved.revision
    await run(
        newsroom,
        "request review",
        newsroom.author,
        lambda work: request_review(work, entry_id, base_revision=head.id),
    )
    await run(
        newsroom,
        "sign off",
        newsroom.reviewers[0],
        lambda work: sign_off(work, entry_id, digest=head.digest),
    )
    await newsroom.sign(head, newsroom.reviewers[1])
    await run(
        newsroom,
        "publish",
        newsroom.publisher,
        lambda work: publish_entry(work, entry_id, revision_id=head.id),
    )
