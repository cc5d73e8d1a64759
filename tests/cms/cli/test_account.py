"""The operator makes accounts at the server's shell."""

from __future__ import annotations

import asyncio

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cms.access.accounts import disable_account, find_account, has_accounts, load_actor
from cms.authorization.actor import OPERATOR, Grant
from cms.cli import account as account_cli
from cms.storage.database import Database
from cms.tables import Publication
from graphql_api.cli import main
from tests.builders import Newsroom
from tests.conftest import Templates
from tests.signing_in import EMAIL, PASSWORD, enter, everything_stored, failure
from tests.sites import SITE


class Shell:
    """Runs commands in a database."""

    async def __call__(self, *arguments: str, typed: str = "") -> Result:
        """Run ``copydesk account`` with these arguments."""
        return await asyncio.to_thread(
            CliRunner().invoke, main, ["account", *arguments], input=typed
        )


@pytest.fixture
def shell(database: Database, templates: Templates, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in which the settings name the test's database."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("COPYDESK_DATABASE_URL", url)
    monkeypatch.setenv("COPYDESK_SIGNING_KEY", str(templates.signing_key))
    monkeypatch.setenv("COPYDESK_SITE", "tests.sites:SITE")
    return Shell()


@pytest.fixture
def desk(database: Database) -> Newsroom:
    """A database in which nobody is yet."""
    return Newsroom(database, SITE)


async def test_the_first_account(desk: Newsroom, shell: Shell) -> None:
    listed = await shell("list")
    assert "copydesk account create EMAIL --role administrator" in listed.output
    made = await shell(
        *("create", "Ada.Author@example.org", "--name", "Ada Author"),
        *("--role", "administrator", "--role", "author"),
        typed=f"{PASSWORD}\r\nmore\n",
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    signed_in = await enter(desk)
    async with desk.database.reading() as session:
        assert await has_accounts(session)
        actor = await load_actor(session, signed_in.account_id)
        assert set(actor.grants) == {Grant(role="administrator"), Grant(role="author")}
        byline = select(Publication).where(Publication.entry_id == actor.person_id)
        person = (await session.scalars(byline)).one()
    assert (person.title, person.basis) == ("Ada Author", "setup")
    stored = await everything_stored(desk)
    assert PASSWORD not in stored
    assert "'operator', 'account:create'" in stored


async def test_a_byline_on_a_site_that_is_not_new_is_a_draft(
    newsroom: Newsroom, shell: Shell
) -> None:
    await newsroom.published(slug="one")
    made = await shell("create", "bo@example.org", "--name", "Bo Late", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    assert made.output.endswith(
        "The byline Bo Late is a draft; readers see it once it is signed off.\n"
    )
    async with newsroom.database.reading() as session:
        account = await find_account(session, "bo@example.org")
        assert account is not None
        byline = select(Publication).where(Publication.entry_id == account.person_id)
        assert (await session.scalars(byline)).all() == []


async def test_at_a_terminal_the_password_is_asked_for_twice(
    desk: Newsroom, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_cli, "_is_terminal", lambda: True)
    typed = f"{PASSWORD}\nanother password\n{PASSWORD}\n{PASSWORD}\n"
    made = await shell("create", EMAIL, typed=typed)
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    assert await failure(desk) is None


@pytest.mark.parametrize(
    ("arguments", "typed", "reason"),
    [
        ((EMAIL,), "short\n", "at least 12 characters"),
        ((EMAIL,), "", "at least 12 characters"),
        (("no address",), PASSWORD, "expected an e-mail address"),
        ((EMAIL, "--role", "king"), PASSWORD, "there is no role 'king'"),
    ],
)
async def test_what_cannot_be_made_leaves_nothing(
    desk: Newsroom, shell: Shell, arguments: tuple[str, ...], typed: str, reason: str
) -> None:
    made = await shell("create", *arguments, "--name", "Ada Author", typed=typed)
    assert made.exit_code != 0
    assert reason in made.output
    assert "Traceback" not in made.output
    assert "Ada Author" not in await everything_stored(desk)
    assert EMAIL not in await everything_stored(desk)


async def test_a_role_is_granted_for_a_part_of_the_content(desk: Newsroom, shell: Shell) -> None:
    await shell("create", EMAIL, typed=PASSWORD)
    limits = ("--stage", "technical", "--type", "Note", "--locale", "de")
    granted = await shell("grant", EMAIL, "--role", "reviewer", *limits)
    assert granted.output == f"{EMAIL} has the role reviewer (technical, Note, de).\n"
    assert "reviewer (technical, Note, de)" in (await shell("list")).output
    async with desk.database.reading() as session:
        found = await find_account(session, EMAIL)
        assert found is not None
        grants = (await load_actor(session, found.id)).grants
    assert grants == (Grant(role="reviewer", stage="technical", content_type="Note", locale="de"),)
    for email, *more in ((EMAIL, "--locale", "fr"), ("no@example.org",)):
        refused = await shell("grant", email, "--role", "viewer", *more)
        assert refused.exit_code == 1
        assert "there is no" in refused.output
        assert "Traceback" not in refused.output


async def test_an_account_is_made_once(desk: Newsroom, shell: Shell) -> None:
    await shell("create", EMAIL, typed=PASSWORD)
    again = await shell("create", EMAIL, "--name", "Ada Again", typed=PASSWORD)
    assert again.exit_code == 1
    assert "there is already an account" in again.output
    assert "Ada Again" not in await everything_stored(desk)


async def test_another_password(desk: Newsroom, shell: Shell) -> None:
    await shell("create", EMAIL, typed=PASSWORD)
    changed = await shell("password", EMAIL.upper(), typed="another long password\n")
    assert changed.exit_code == 0, changed.output
    assert await failure(desk) is not None
    assert await failure(desk, EMAIL, "another long password") is None
    unknown = await shell("password", "nobody@example.org", typed=PASSWORD)
    assert unknown.exit_code == 1
    assert "there is no account" in unknown.output
    refused = await shell("password", EMAIL, typed=EMAIL)
    assert "e-mail address" in refused.output


async def test_a_list_says_who_can_sign_in(desk: Newsroom, shell: Shell) -> None:
    await shell("create", EMAIL, "--role", "author", "--role", "reviewer", typed=PASSWORD)
    await shell("create", "bo@example.org", typed=PASSWORD)
    await enter(desk)
    async with desk.as_(OPERATOR) as work:
        found = await find_account(work.session, "bo@example.org")
        assert found is not None
        await disable_account(work, found.id)
    ada, bo = (await shell("list")).output.splitlines()
    assert ada.startswith(f"{EMAIL}  author, reviewer; can sign in; last used 2")
    assert bo.startswith("bo@example.org          ")
    assert "no role; disabled since 2" in bo
    assert bo.endswith("never used")
