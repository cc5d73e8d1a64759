"""What one may not see is as if it were not there, whatever one tries to do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from cms.authorization.actor import ANONYMOUS, Actor, Grant
from cms.content.snapshot import Changes
from cms.drafts.deleting import delete_entry
from cms.drafts.entries import add_edition, archive_entry, duplicate_entry, unarchive_entry
from cms.drafts.history import (
    blame_entry,
    changes_since_look,
    compare_revisions,
    find_revision,
)
from cms.drafts.loading import hold
from cms.drafts.presence import announce_presence, leave_entry, mark_seen, present_in
from cms.drafts.pruning import prune_autosaves
from cms.drafts.saving import autosave_entry, restore_revision, save_draft, update_entry
from cms.publishing.publish_impact import check_publish, preview_publish, preview_unpublish
from cms.publishing.publishing import break_glass_publish, publish_entry, publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.review.change_requests import request_changes
from cms.review.comments import (
    CommentPlace,
    add_comment,
    locate_comments,
    reply_to_comment,
    resolve_comment,
)
from cms.review.reviews import request_review, withdraw_review
from cms.review.sign_offs import sign_off
from cms.work.work import Work
from tests.builders import Newsroom, changes_of, draft_of
from tests.statements import until_one_waits

ROLES = ("viewer", "author", "reviewer", "publisher", "administrator")

Attempt = Callable[[Work], Awaitable[object]]


@dataclass(frozen=True)
class Names:
    """What somebody would have to name.

    Attributes:
        entry: the id of an entry.
        revision: the id of one of its revisions.
        digest: its digest.
        comment: the id of a comment on it.
        locale: the locale of an edition.
    """

    entry: str
    revision: str
    digest: str
    comment: str
    locale: str | None = None

    def hidden_in(self, message: str) -> str:
        """Return a message without the ids."""
        for name in (self.entry, self.revision, self.comment):
            message = message.replace(name, "…")
        return message


UNKNOWN = Names(
    entry="entry_" + "0" * 26,
    revision="rev_" + "0" * 26,
    digest="0" * 64,
    comment="comment_" + "0" * 26,
)


def of_an_entry(names: Names) -> dict[str, Attempt]:
    """Return everything that can be done to an entry."""
    entry, base, digest, at = names.entry, names.revision, names.digest, names.locale
    changes, day = Changes(title="x"), timedelta(days=1)
    place = CommentPlace(base, "title", 0, 1)
    return {
        "save": lambda w: save_draft(w, entry, draft_of(), base_revision=base, locale=at),
        "update": lambda w: update_entry(w, entry, changes, base_revision=base, locale=at),
        "autosave": lambda w: autosave_entry(w, entry, changes, base_revision=base, locale=at),
        "restore": lambda w: restore_revision(w, entry, base, base_revision=base, locale=at),
        "prune": lambda w: prune_autosaves(w, entry, older_than=day, locale=at),
        "duplicate": lambda w: duplicate_entry(w, entry, locale=at),
        "add edition": lambda w: add_edition(w, entry, "de", source_locale=at),
        "archive": lambda w: archive_entry(w, entry, locale=at),
        "unarchive": lambda w: unarchive_entry(w, entry, locale=at),
        "delete": lambda w: delete_entry(w, entry, locale=at),
        "ask": lambda w: request_review(w, entry, base_revision=base, locale=at),
        "withdraw": lambda w: withdraw_review(w, entry, locale=at),
        "sign off": lambda w: sign_off(w, entry, digest=digest, locale=at),
        "object": lambda w: request_changes(w, entry, digest=digest, reason="No.", locale=at),
        "comment": lambda w: add_comment(w, entry, "Hm.", locale=at),
        "comment on words": lambda w: add_comment(w, entry, "Hm.", place=place, locale=at),
        "publish": lambda w: publish_entry(w, entry, revision_id=base, locale=at),
        "publish together": lambda w: publish_together(w, {entry: base}, locale=at),
        "break glass": lambda w: break_glass_publish(
            w, entry, revision_id=base, reason="Now.", locale=at
        ),
        "unpublish": lambda w: unpublish_entry(w, entry, locale=at),
        **_questions(names),
    }


def _questions(names: Names) -> dict[str, Attempt]:
    entry, base, at = names.entry, names.revision, names.locale
    return {
        "check": lambda w: check_publish(w, entry, revision_id=base, locale=at),
        "preview": lambda w: preview_publish(w, entry, revision_id=base, locale=at),
        "preview end": lambda w: preview_unpublish(w, entry, locale=at),
        "look": lambda w: mark_seen(w, entry, revision_id=base, locale=at),
        "come": lambda w: announce_presence(w, entry, locale=at),
        "leave": lambda w: leave_entry(w, entry, locale=at),
        "who": lambda w: present_in(w, entry, at),
        "changes": lambda w: changes_since_look(w, entry, at),
        "blame": lambda w: blame_entry(w, entry, at),
        "threads": lambda w: locate_comments(w, entry, at),
    }


def of_a_part(names: Names) -> dict[str, Attempt]:
    """Return everything that can be done to a revision or a comment by itself."""
    return {
        "find": lambda w: find_revision(w, names.revision),
        "compare": lambda w: compare_revisions(w, names.revision, names.revision),
        "reply": lambda w: reply_to_comment(w, names.comment, "Hm."),
        "resolve": lambda w: resolve_comment(w, names.comment),
    }


async def answers(
    newsroom: Newsroom, actor: Actor, attempts: dict[str, Attempt], names: Names
) -> dict[str, tuple[str, str, tuple[str | int, ...]]]:
    """Return how each attempt is refused."""
    found = {}
    for name, attempt in attempts.items():
        (error,) = await newsroom.refusal(actor, attempt)
        found[name] = (error.code, names.hidden_in(error.message), error.path)
    return found


async def a_hidden_entry(newsroom: Newsroom, *, is_public: bool) -> tuple[Names, Actor]:
    """Return an entry of a category, and somebody who may do everything, but in another."""
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person(
        "Lim", *(Grant(role=role, category_id=mine.id) for role in ROLES)
    )
    head = await newsroom.draft(title="Secret", category=theirs)
    if is_public:
        await newsroom.publish(head)
        head = await newsroom.update(head, title="Secret again")
    await newsroom.ask(head)
    entry_id = await newsroom.entry_id(head)
    comment = await newsroom.do(newsroom.author, add_comment, entry_id, "A secret, too.")
    return Names(entry_id, head.id, head.digest, comment.id), limited


async def test_a_draft_in_another_category_is_not_there(newsroom: Newsroom) -> None:
    names, limited = await a_hidden_entry(newsroom, is_public=False)
    for attempts in (of_an_entry, of_a_part):
        hidden = await answers(newsroom, limited, attempts(names), names)
        unknown = await answers(newsroom, limited, attempts(UNKNOWN), UNKNOWN)
        assert hidden == unknown
        assert {code for code, _, _ in hidden.values()} == {"NOT_FOUND"}


async def test_an_edition_that_is_not_there_is_like_a_locale_that_is_not(
    newsroom: Newsroom,
) -> None:
    names, limited = await a_hidden_entry(newsroom, is_public=False)
    for locale in ("de", "xx"):
        elsewhere, unknown = replace(names, locale=locale), replace(UNKNOWN, locale=locale)
        hidden = await answers(newsroom, limited, of_an_entry(elsewhere), elsewhere)
        assert hidden == await answers(newsroom, limited, of_an_entry(unknown), unknown)
        assert {code for code, _, _ in hidden.values()} == {"NOT_FOUND"}


async def test_whoever_has_no_role_sees_no_draft(newsroom: Newsroom) -> None:
    names, _ = await a_hidden_entry(newsroom, is_public=False)
    nobody = await newsroom.person("Nobody")
    blind = replace(newsroom.administrator, scopes=frozenset({"entry:publish", "comment:write"}))
    for actor in (ANONYMOUS, nobody, blind):
        for attempts in (of_an_entry, of_a_part):
            hidden = await answers(newsroom, actor, attempts(names), names)
            assert hidden == await answers(newsroom, actor, attempts(UNKNOWN), UNKNOWN)
            if actor == ANONYMOUS:
                hidden.pop("break glass", None)  # which takes an account, for any entry
            assert {code for code, _, _ in hidden.values()} == {"NOT_FOUND"}


async def test_of_a_public_page_one_learns_only_that_it_is_public(newsroom: Newsroom) -> None:
    names, limited = await a_hidden_entry(newsroom, is_public=True)
    guess = replace(UNKNOWN, entry=names.entry)
    hidden = await answers(newsroom, limited, of_a_part(names), names)
    assert hidden == await answers(newsroom, limited, of_a_part(UNKNOWN), UNKNOWN)
    attempts = of_an_entry(names)
    del attempts["leave"]  # which tells nobody anything
    hidden = await answers(newsroom, limited, attempts, names)
    guesses = of_an_entry(guess)
    del guesses["leave"]
    assert hidden == await answers(newsroom, limited, guesses, guess)
    assert {code for code, _, _ in hidden.values()} == {"NOT_ALLOWED"}
    words = " ".join(message for _, message, _ in hidden.values())
    assert "Secret" not in words


async def test_a_command_that_has_waited_for_a_save_sees_it(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    entry_id = await newsroom.entry_id(head)

    async def title_seen() -> str:
        async with newsroom.as_(newsroom.author) as work:
            return (await hold(work, entry_id, None)).head.title

    async with newsroom.as_(newsroom.author) as work:
        await update_entry(work, entry_id, changes_of(title="New"), base_revision=head.id)
        waiting = asyncio.create_task(title_seen())
        await until_one_waits(work.session)
    assert await waiting == "New"
