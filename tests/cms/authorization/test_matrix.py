"""Every command, by every role, on one's own and on others' things: as the one table says.

The table is :data:`cms.authorization.actions.ROLE_ACTIONS`; the documentation shows the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from inspect import getclosurevars, getmembers, isfunction
from types import CodeType
from typing import TypeAlias

import pytest

from cms.access import accounts, passwords, sessions, signing_keys, tokens
from cms.access.passwords import NewPassword
from cms.access.rate_limit import Guesser
from cms.authorization.actions import OF_THE_OPERATOR, ROLE_ACTIONS, Action, Reach
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.snapshot import Changes, Draft
from cms.drafts import deleting, entries, history, new_entries, people, presence, pruning, saving
from cms.errors import Refused
from cms.identifiers import new_id
from cms.importing import recording
from cms.publishing import moving, publish_impact, publishing, redirects, unpublishing
from cms.purging import purging
from cms.review import change_requests, comments, invalidation, reviews, sign_offs
from cms.tables import Revision
from cms.taxonomy import categories
from cms.type_versions import changing
from cms.work.work import Work
from graphql_api.http.errors import RequestFailed
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from tests.builders import Newsroom, draft_of
from tests.conftest import KINDS, Templates
from tests.rooms import modules_of_the_engine
from tests.schemas import management_schema_of
from tests.sites import SITE

PASSWORD = NewPassword(text="correct horse battery", hash="kept")
NEW_PASSWORD = NewPassword(text="battery horse correct", hash="kept of the new one")
LIFETIMES = sessions.DEFAULT_LIFETIMES


@dataclass(frozen=True)
class Page:
    """An entry, and its newest revision."""

    id: str
    head: Revision


@dataclass(frozen=True)
class Things:
    """What somebody has made, and what is about them.

    Attributes:
        account: their account.
        draft: never anything else.
        asked: waits for a review that they have asked for.
        signed: may be published.
        live: is public.
        archived: is put away.
        comment: begins a thread.
        token: stands for them.
        grant: is a role that they have besides.
    """

    account: str
    draft: Page
    asked: Page
    signed: Page
    live: Page
    archived: Page
    comment: str
    token: str
    grant: str


Run: TypeAlias = Callable[[Work, Things], Awaitable[object]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """How a command is run on somebody's things.

    Attributes:
        action: what it takes.
        run: runs it.
        whose: on whose things it can be tried: one's own, others'.
        otherwise: the code for those who may not.
    """

    action: Action
    run: Run
    whose: tuple[bool, ...] = (True, False)
    otherwise: str = "NOT_ALLOWED"


OWN = (True,)
OTHERS = (False,)
CHANGES = Changes(title="Another title")
WORDS = draft_of(title="Whole")
A_DAY = timedelta(days=1)


async def up_to(code: str, command: Awaitable[object]) -> None:
    """Run a command that has everything but what this refusal is about."""
    try:
        await command
    except Refused as refused:
        if [error.code for error in refused.errors] != [code]:
            raise


def begin_session(work: Work, things: Things) -> Awaitable[object]:
    """Begin a session with the password of the account that asks, whosever it is to be."""
    is_own = things.account == work.actor.account_id
    attempt = sessions._Attempt(
        guesser=Guesser("ada.author@example.org", "192.0.2.1"),
        password_hash=PASSWORD.hash,
        accepted_hash=PASSWORD.hash if is_own else None,
    )
    return sessions._begin_session(work, things.account, attempt, LIFETIMES)


def change_password(work: Work, things: Things) -> Awaitable[object]:
    proof = passwords._Proof(
        password_hash=PASSWORD.hash, guesser=Guesser("one session", "192.0.2.1"), is_right=True
    )
    return passwords._change_password(work, things.account, proof, NEW_PASSWORD)


async def _take_back(work: Work, things: Things) -> object:
    asked = await change_requests.request_changes(
        work, things.asked.id, digest=things.asked.head.digest, reason="Unclear."
    )
    return await change_requests.withdraw_change_request(work, asked.id)


# By the names of the functions; what one may ask for without a command comes last.
CASES: Mapping[str, Case] = {
    "create_entry": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, _: entries.create_entry(work, "Article", WORDS),
        whose=OTHERS,
    ),
    "begin_entries": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, _: new_entries.begin_entries(work, ["Article"]),
        whose=OTHERS,
    ),
    "create_entries": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, _: entries.create_entries(
            work, [entries.CreateItem(content_type="Article", draft=WORDS)] * 2
        ),
        whose=OTHERS,
    ),
    "duplicate_entry": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, things: entries.duplicate_entry(work, things.draft.id),
    ),
    "add_edition": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, things: entries.add_edition(work, things.draft.id, "de"),
    ),
    "add_editions": Case(
        action=Action.ENTRY_CREATE,
        run=lambda work, things: entries.add_editions(
            work, [entries.EditionItem(entry_id=things.draft.id, locale="de")]
        ),
    ),
    "save_draft": Case(
        action=Action.ENTRY_SAVE,
        run=lambda work, things: saving.save_draft(
            work, things.draft.id, WORDS, base_revision=things.draft.head.id
        ),
    ),
    "update_entry": Case(
        action=Action.ENTRY_SAVE,
        run=lambda work, things: saving.update_entry(
            work, things.live.id, CHANGES, base_revision=things.live.head.id
        ),
    ),
    "save_entries": Case(
        action=Action.ENTRY_SAVE,
        run=lambda work, things: saving.save_entries(
            work,
            [
                saving.SaveItem(entry_id=page.id, base_revision=page.head.id, values=CHANGES)
                for page in (things.draft, things.live)
            ],
        ),
    ),
    "autosave_entry": Case(
        action=Action.ENTRY_SAVE,
        run=lambda work, things: saving.autosave_entry(
            work, things.asked.id, CHANGES, base_revision=things.asked.head.id
        ),
    ),
    "restore_revision": Case(
        action=Action.ENTRY_SAVE,
        run=lambda work, things: saving.restore_revision(
            work, things.draft.id, things.draft.head.id, base_revision=things.draft.head.id
        ),
    ),
    "delete_entry": Case(
        action=Action.ENTRY_DELETE,
        run=lambda work, things: deleting.delete_entry(work, things.draft.id),
    ),
    "archive_entry": Case(
        action=Action.ENTRY_ARCHIVE,
        run=lambda work, things: entries.archive_entry(work, things.draft.id),
    ),
    "unarchive_entry": Case(
        action=Action.ENTRY_ARCHIVE,
        run=lambda work, things: entries.unarchive_entry(work, things.archived.id),
    ),
    "publish_entry": Case(
        action=Action.ENTRY_PUBLISH,
        run=lambda work, things: publishing.publish_entry(
            work, things.signed.id, revision_id=things.signed.head.id
        ),
    ),
    "publish_together": Case(
        action=Action.ENTRY_PUBLISH,
        run=lambda work, things: publishing.publish_together(
            work, {page.id: page.head.id for page in (things.signed, things.live)}
        ),
    ),
    "publish_entries": Case(
        action=Action.ENTRY_PUBLISH,
        run=lambda work, things: publishing.publish_entries(
            work,
            [
                publishing.PublishItem(entry_id=page.id, revision_id=page.head.id)
                for page in (things.signed, things.live)
            ],
        ),
    ),
    "unpublish_entries": Case(
        action=Action.ENTRY_UNPUBLISH,
        run=lambda work, things: unpublishing.unpublish_entries(
            work, [unpublishing.UnpublishItem(entry_id=things.live.id)]
        ),
    ),
    "unpublish_together": Case(
        action=Action.ENTRY_UNPUBLISH,
        run=lambda work, things: unpublishing.unpublish_together(
            work, [unpublishing.UnpublishItem(entry_id=things.live.id)], reason="Outdated."
        ),
    ),
    "unpublish_entry": Case(
        action=Action.ENTRY_UNPUBLISH,
        run=lambda work, things: unpublishing.unpublish_entry(work, things.live.id),
    ),
    "break_glass_publish": Case(
        action=Action.ENTRY_BREAK_GLASS,
        run=lambda work, things: publishing.break_glass_publish(
            work, things.draft.id, revision_id=things.draft.head.id, reason="A fire."
        ),
    ),
    # No role includes these: they are the operator's alone.
    "publish_imported": Case(
        action=Action.ENTRY_PUBLISH_IMPORTED,
        run=lambda work, things: publishing.publish_imported(
            work, {things.draft.id: things.draft.head.id}, source="Another system"
        ),
    ),
    "publish_imported_entries": Case(
        action=Action.ENTRY_PUBLISH_IMPORTED,
        run=lambda work, things: publishing.publish_imported_entries(
            work,
            [publishing.ImportedItem(entry_id=things.draft.id, revision_id=things.draft.head.id)],
            source="Another system",
        ),
    ),
    "publish_setup": Case(
        action=Action.ENTRY_PUBLISH_SETUP,
        run=lambda work, things: publishing.publish_setup(
            work, {things.draft.id: things.draft.head.id}
        ),
    ),
    "purge_words": Case(
        action=Action.WORDS_PURGE,
        run=lambda work, things: purging.purge_words(work, [things.draft.id], reason="A request."),
    ),
    "prune_autosaves": Case(
        action=Action.REVISION_PRUNE,
        run=lambda work, things: pruning.prune_autosaves(work, things.draft.id, older_than=A_DAY),
    ),
    "request_review": Case(
        action=Action.REVIEW_REQUEST,
        run=lambda work, things: reviews.request_review(
            work, things.draft.id, base_revision=things.draft.head.id
        ),
    ),
    "request_reviews": Case(
        action=Action.REVIEW_REQUEST,
        run=lambda work, things: reviews.request_reviews(
            work,
            [reviews.ReviewItem(entry_id=things.draft.id, base_revision=things.draft.head.id)],
        ),
    ),
    "withdraw_review": Case(
        action=Action.REVIEW_WITHDRAW,
        run=lambda work, things: reviews.withdraw_review(work, things.asked.id),
    ),
    "sign_off": Case(
        action=Action.REVIEW_SIGN_OFF,
        run=lambda work, things: sign_offs.sign_off(
            work, things.asked.id, digest=things.asked.head.digest
        ),
    ),
    "sign_off_entries": Case(
        action=Action.REVIEW_SIGN_OFF,
        run=lambda work, things: sign_offs.sign_off_entries(
            work,
            [sign_offs.SignOffItem(entry_id=things.asked.id, digest=things.asked.head.digest)],
        ),
    ),
    "request_changes": Case(
        action=Action.REVIEW_REQUEST_CHANGES,
        run=lambda work, things: change_requests.request_changes(
            work, things.asked.id, digest=things.asked.head.digest, reason="Unclear."
        ),
    ),
    "withdraw_change_request": Case(action=Action.REVIEW_REQUEST_CHANGES, run=_take_back),
    "invalidate_sign_offs": Case(
        action=Action.REVIEW_INVALIDATE,
        run=lambda work, things: invalidation.invalidate_sign_offs(
            work, things.account, since=work.now, reason="Taken over."
        ),
    ),
    "add_comment": Case(
        action=Action.COMMENT_WRITE,
        run=lambda work, things: comments.add_comment(work, things.draft.id, "Why?"),
    ),
    "reply_to_comment": Case(
        action=Action.COMMENT_WRITE,
        run=lambda work, things: comments.reply_to_comment(work, things.comment, "Because."),
    ),
    "resolve_comment": Case(
        action=Action.COMMENT_RESOLVE,
        run=lambda work, things: comments.resolve_comment(work, things.comment),
    ),
    "create_category": Case(
        action=Action.CATEGORY_CREATE,
        run=lambda work, _: categories.create_category(work, Draft(title="Another topic")),
        whose=OTHERS,
    ),
    "create_redirect": Case(
        action=Action.REDIRECT_CREATE,
        run=lambda work, _: redirects.create_redirect(work, "/old", "https://example.net/"),
        whose=OTHERS,
    ),
    "create_redirects": Case(
        action=Action.REDIRECT_CREATE,
        run=lambda work, _: redirects.create_redirects(
            work, [redirects.RedirectItem(path="/old", to="https://example.net/")]
        ),
        whose=OTHERS,
    ),
    "remove_redirect": Case(
        action=Action.REDIRECT_REMOVE,
        run=lambda work, _: _remove_redirect(work),
        whose=OTHERS,
    ),
    "move_pages_by_type": Case(
        action=Action.PAGE_MOVE,
        run=lambda work, _: moving.move_pages_by_type(work),
        whose=OTHERS,
    ),
    "record_files": Case(
        action=Action.FILES_RECORD,
        run=lambda work, things: recording.record_files(
            work,
            "Another system",
            [recording.FileOfEntry(path="a.md", locale="en", entry_id=things.draft.id)],
        ),
        whose=OTHERS,
    ),
    "change_types": Case(
        action=Action.TYPES_CHANGE,
        run=lambda work, _: changing.change_types(work),
        whose=OTHERS,
    ),
    "move_category": Case(
        action=Action.CATEGORY_MOVE,
        run=lambda work, _: _move_category(work),
        whose=OTHERS,
    ),
    "create_person": Case(
        action=Action.PERSON_CREATE,
        run=lambda work, _: people.create_person(work, Draft(title="Nora Newcomer")),
        whose=OTHERS,
    ),
    "create_account": Case(
        action=Action.ACCOUNT_CREATE,
        run=lambda work, _: accounts.create_account(work, "nora@example.org"),
        whose=OTHERS,
    ),
    "record_key": Case(
        action=Action.KEY_CHANGE,
        run=lambda work, _: up_to("CANNOT_SIGN", signing_keys.record_key(work)),
        whose=OTHERS,
    ),
    "rotate_key": Case(
        action=Action.KEY_CHANGE, run=lambda work, _: signing_keys.rotate_key(work), whose=OTHERS
    ),
    "replace_lost_key": Case(
        action=Action.KEY_CHANGE,
        run=lambda work, _: up_to("CANNOT_SIGN", signing_keys.replace_lost_key(work, "Lost.")),
        whose=OTHERS,
    ),
    "disable_account": Case(
        action=Action.ACCOUNT_DISABLE,
        run=lambda work, things: accounts.disable_account(work, things.account),
    ),
    "enable_account": Case(
        action=Action.ACCOUNT_DISABLE,
        run=lambda work, things: accounts.enable_account(work, things.account),
    ),
    "grant_role": Case(
        action=Action.ROLE_GRANT,
        run=lambda work, things: accounts.grant_role(
            work, things.account, Grant(role="administrator")
        ),
    ),
    "revoke_role": Case(
        action=Action.ROLE_REVOKE,
        run=lambda work, things: accounts.revoke_role(work, things.grant),
    ),
    "_change_password": Case(action=Action.PASSWORD_CHANGE, run=change_password, whose=OWN),
    "set_password": Case(
        action=Action.PASSWORD_CHANGE,
        run=lambda work, things: passwords.set_password(work, things.account, NEW_PASSWORD),
        whose=OTHERS,
    ),
    "_begin_session": Case(
        action=Action.SESSION_BEGIN, run=begin_session, otherwise="SIGN_IN_FAILED"
    ),
    "sign_out": Case(
        action=Action.SESSION_END, run=lambda work, _: sessions.sign_out(work), whose=OWN
    ),
    "sign_out_everywhere": Case(
        action=Action.SESSION_END,
        run=lambda work, things: sessions.sign_out_everywhere(work, things.account),
    ),
    "issue_token": Case(
        action=Action.TOKEN_ISSUE,
        run=lambda work, _: tokens.issue_token(work, "Robot", scopes=None, valid_for=A_DAY),
        whose=OWN,
    ),
    "issue_preview": Case(
        action=Action.TOKEN_ISSUE,
        run=lambda work, things: tokens.issue_preview(work, things.draft.id),
        whose=OWN,
    ),
    # Whose tokens there are is nobody else's business.
    "revoke_token": Case(
        action=Action.TOKEN_REVOKE,
        run=lambda work, things: tokens.revoke_token(work, things.token),
        otherwise="NOT_FOUND",
    ),
    "check_publish": Case(
        action=Action.ENTRY_READ,
        run=lambda work, things: publish_impact.check_publish(work, things.draft.id),
    ),
    "check_move_category": Case(
        action=Action.CATEGORY_MOVE,
        run=lambda work, _: _check_move_category(work),
        whose=OTHERS,
    ),
    "blame_entry": Case(
        action=Action.ENTRY_READ,
        run=lambda work, things: history.blame_entry(work, things.draft.id, None),
    ),
    "mark_seen": Case(
        action=Action.ENTRY_READ,
        run=lambda work, things: presence.mark_seen(
            work, things.draft.id, revision_id=things.draft.head.id
        ),
    ),
}

# What takes a right in the management API alone.
QUESTIONS = {
    Action.ACCOUNT_READ: "{ accounts { totalCount } }",
    Action.AUDIT_READ: "{ audit { totalCount } }",
}


async def _remove_redirect(work: Work) -> object:
    await redirects.create_redirect(work.by(OPERATOR), "/older", "https://example.net/")
    return await redirects.remove_redirect(work, "/older")


async def _move_category(work: Work) -> object:
    category_id, parent_id = await _two_topics(work)
    return await categories.move_category(work, category_id, parent_id=parent_id)


async def _check_move_category(work: Work) -> object:
    category_id, parent_id = await _two_topics(work)
    return await categories.check_move_category(work, category_id, parent_id=parent_id)


async def _two_topics(work: Work) -> tuple[str, str]:
    """Return two new categories, which the operator has made."""
    by_rank = replace(work, actor=OPERATOR)
    one, other = [
        await categories.create_category(by_rank, Draft(title=name)) for name in ("One", "Other")
    ]
    return one.entry_id, other.entry_id


class Undone(Exception):
    """Ends a transaction that is not to be committed."""


@dataclass
class House:
    """A database in which everybody has made something.

    Attributes:
        runner: runs what is tried.
        newsroom: where.
        people: somebody of each role.
        things: what each of them has made.
        others: what somebody else has made.
    """

    runner: asyncio.Runner
    newsroom: Newsroom
    people: Mapping[str, Actor]
    things: Mapping[str, Things]
    others: Things

    def outcome(self, actor: Actor, run: Run, things: Things) -> str:
        """Return what becomes of a command: ``done``, or why not. Nothing of it stays."""
        return self.runner.run(self._outcome(actor, run, things))

    async def _outcome(self, actor: Actor, run: Run, things: Things) -> str:
        outcome = "done"
        with suppress(Undone):
            async with self.newsroom.as_(actor) as work:
                try:
                    await run(work, things)
                except Refused as refused:
                    outcome = ", ".join(dict.fromkeys(each.code for each in refused.errors))
                raise Undone
        return outcome


@pytest.fixture(scope="module", params=KINDS)
def house(request: pytest.FixtureRequest, templates: Templates) -> Iterator[House]:
    """A database that all of these tests share, and none changes."""
    with asyncio.Runner() as runner:
        url = runner.run(templates.copy(request.param))
        newsroom = Newsroom(templates.open(url), SITE)
        yield runner.run(furnished(runner, newsroom))
        runner.run(newsroom.database.close())
        runner.run(templates.drop(url))


async def furnished(runner: asyncio.Runner, newsroom: Newsroom) -> House:
    """Hire somebody of each role, and have everybody make something of everything."""
    await newsroom.hire()
    people = {
        role: await newsroom.person(f"Matrix {role}", Grant(role=role)) for role in ROLE_ACTIONS
    }
    other = await newsroom.person("Olga Other", Grant(role="author"))
    await newsroom.publish_beside()
    things = {role: await made_by(newsroom, actor, role) for role, actor in people.items()}
    people = {role: replace(each, session_id=new_id("session")) for role, each in people.items()}
    return House(runner, newsroom, people, things, await made_by(newsroom, other, "other"))


async def made_by(newsroom: Newsroom, actor: Actor, name: str) -> Things:
    """Return what somebody has made, for which they have been an author for a while."""
    desk = replace_author(newsroom, actor)
    pages = {
        kind: await desk.draft(slug=f"{name}-{kind}")
        for kind in ("draft", "asked", "signed", "live", "archived")
    }
    await desk.ask(pages["asked"])
    await desk.review(pages["signed"])
    await desk.publish(pages["live"])
    found = {kind: Page(await desk.entry_id(head), head) for kind, head in pages.items()}
    async with newsroom.as_(desk.author) as work:
        comment = await comments.add_comment(work, found["draft"].id, "A remark.")
        token = await tokens.issue_token(work, "Robot", scopes=None, valid_for=A_DAY)
    account = str(actor.account_id)
    async with newsroom.as_(OPERATOR) as work:
        await entries.archive_entry(work, found["archived"].id)
        await passwords.set_password(work, account, PASSWORD)
        grant = await accounts.grant_role(work, account, Grant(role="viewer", stage=None))
    return Things(account=account, comment=comment.id, token=token.id, grant=grant.id, **found)


def replace_author(newsroom: Newsroom, actor: Actor) -> Newsroom:
    """Return the newsroom in which somebody is the author."""
    desk = Newsroom(newsroom.database, newsroom.site)
    vars(desk).update(vars(newsroom))
    desk.author = replace(actor, grants=(Grant(role="author"),))
    return desk


def expected(role: str, case: Case, *, is_own: bool) -> str:
    """Return what the table says."""
    match ROLE_ACTIONS[role].get(case.action), is_own:
        case (Reach.ANY, _) | (Reach.OWN, True) | (Reach.OTHERS, False):
            return "done"
        case (Reach.OTHERS, True):
            return "OWN_WORK"
    return case.otherwise


@pytest.mark.parametrize("name", CASES)
def test_a_command_does_what_the_table_allows_and_nothing_else(house: House, name: str) -> None:
    case = CASES[name]
    cells = [(role, is_own) for role in ROLE_ACTIONS for is_own in case.whose]
    found = {
        (role, is_own): house.outcome(
            house.people[role], case.run, house.things[role] if is_own else house.others
        )
        for role, is_own in cells
    }
    assert found == {(role, is_own): expected(role, case, is_own=is_own) for role, is_own in cells}


def test_a_question_that_takes_a_right_is_answered_as_the_table_says(house: House) -> None:
    management = Management(house.newsroom.desk, management_schema_of(SITE))
    for action, query in QUESTIONS.items():
        for role, actor in house.people.items():
            visitor = replace(actor, session_id=None)
            asking = management.answer(GraphQLRequest(query, None, {}), visitor, "192.0.2.1")
            if action in ROLE_ACTIONS[role]:
                assert b'"errors"' not in house.runner.run(asking).body
            else:
                with pytest.raises(RequestFailed, match=action):
                    house.runner.run(asking)


def decorated() -> Mapping[str, Action]:
    """Return the action of every command there is, by the name of its function."""
    code: CodeType = vars(entries)["create_entry"].__code__
    return {
        name: getclosurevars(function).nonlocals["action"]
        for module in modules_of_the_engine()
        for name, function in getmembers(module, isfunction)
        if function.__code__ is code
    }


# Commands for the holder of a refresh token, which they get; no other function calls them.
BY_SECRET = {"_refresh_session", "_end_reused"}


def test_the_matrix_has_every_command_and_every_action() -> None:
    found = decorated()
    assert found.keys() >= BY_SECRET
    found = {name: action for name, action in found.items() if name not in BY_SECRET}
    assert {name: CASES[name].action for name in found} == found
    assert {case.action for case in CASES.values()} | QUESTIONS.keys() == set(Action)


@pytest.mark.parametrize("name", ["sign_off", "sign_off_entries", "request_changes"])
def test_nobody_judges_their_own_work_whatever_else_they_are(house: House, name: str) -> None:
    everything = tuple(Grant(role=role) for role in ROLE_ACTIONS)

    async def judge(work: Work, things: Things) -> object:
        for grant in everything:
            await accounts.grant_role(work.by(OPERATOR), str(work.account_id()), grant)
        return await CASES[name].run(work, things)

    for role, actor in house.people.items():
        judging = replace(actor, grants=everything)
        assert house.outcome(judging, judge, house.things[role]) == "OWN_WORK"
        assert house.outcome(judging, judge, house.others) == "done"


# The commands about one edition, which is English.
OF_EDITIONS = [
    name
    for name, case in CASES.items()
    if case.action.partition(":")[0] in {"entry", "revision", "review", "comment"}
    and case.action not in {Action.REVIEW_INVALIDATE, *OF_THE_OPERATOR}
]


@pytest.mark.parametrize("name", OF_EDITIONS)
def test_a_grant_for_one_locale_allows_its_commands_there_alone(house: House, name: str) -> None:
    case = CASES[name]
    for role, actor in house.people.items():
        for is_own in case.whose:
            things = house.things[role] if is_own else house.others
            english, german = (
                replace(actor, grants=(Grant(role=role, locale=locale),)) for locale in ("en", "de")
            )
            found = house.outcome(english, case.run, things)
            # To add an edition in another locale takes the right there.
            is_there = name not in {"add_edition", "add_editions"}
            assert (found == "done") == (is_there and expected(role, case, is_own=is_own) == "done")
            assert house.outcome(german, case.run, things) != "done"
