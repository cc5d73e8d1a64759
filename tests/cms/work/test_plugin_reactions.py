"""Plugins react to events in the transaction of a command, and can undo it in their name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from cms.access.accounts import create_account
from cms.drafts.entries import create_entry
from cms.drafts.saving import Saved
from cms.errors import DatabaseBusy, InvalidValue, PluginRefused, Refused
from cms.events import AccountCreated, DraftSaved, Event
from cms.hooks import hookimpl
from cms.plugins import Plugin
from cms.site import Site
from cms.tables import Account, AuditedRow, AuditRecord, Base, Entry
from cms.work.work import Reaction, Work, command
from tests.builders import Newsroom, draft_of

ADDRESS = "new@example.org"


def plugin(name: str, *reactions: Reaction) -> Plugin:
    @hookimpl
    def hook() -> Sequence[Reaction]:
        return reactions

    return Plugin(name, SimpleNamespace(reactions=hook))


def load(newsroom: Newsroom, *plugins: Plugin) -> None:
    """Give the site of a newsroom other plugins."""
    site = newsroom.site
    types = list(site.content_types.values())
    newsroom.site = Site(
        site.name,
        content_types=types,
        locales=site.locales,
        url=site.addresses.urls,
        plugins=plugins,
    )


async def count(newsroom: Newsroom, table: type[Base]) -> int:
    async with newsroom.database.reading() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def create_note(newsroom: Newsroom) -> Saved:
    return await newsroom.do(newsroom.author, create_entry, "Article", draft_of(title="T"))


async def test_reactions_come_in_the_order_of_plugins_and_see_what_was_done(
    newsroom: Newsroom,
) -> None:
    order: list[tuple[str, list[str], bool]] = []

    def noting(name: str) -> Reaction:
        async def react(work: Work, events: Sequence[Event]) -> None:
            saved = [each for each in events if isinstance(each, DraftSaved)]
            stored = await work.session.get(Entry, saved[0].entry)
            order.append((name, [type(each).__name__ for each in events], stored is not None))

        return react

    load(newsroom, plugin("b", noting("b1"), noting("b2")), plugin("a", noting("a")))
    await create_note(newsroom)
    assert order == [(name, ["DraftSaved"], True) for name in ("b1", "b2", "a")]


async def fail(_: Work, __: Sequence[Event]) -> None:
    """Fail as no reaction should."""
    raise ZeroDivisionError("secret words")


async def object_to_it(_: Work, __: Sequence[Event]) -> None:
    """Refuse everything."""
    raise Refused(
        InvalidValue(message="not on a Sunday", path=("values", "title")),
        InvalidValue(message="and not today"),
    )


async def test_a_reaction_that_raises_undoes_the_command(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    async def make_account(work: Work, events: Sequence[Event]) -> None:
        if not any(isinstance(each, AccountCreated) for each in events):
            await create_account(work.by(newsroom.administrator), ADDRESS)

    load(newsroom, plugin("hiring", make_account), plugin("broken", fail))
    tables = (Entry, Account, AuditRecord, AuditedRow)
    before = [await count(newsroom, table) for table in tables]
    with caplog.at_level(logging.ERROR, "copydesk.plugins"):
        (error,) = await newsroom.refusal(
            newsroom.author, create_entry, "Article", draft_of(title="T")
        )
    assert isinstance(error, PluginRefused)
    assert (error.code, error.plugin, error.path) == ("PLUGIN_REFUSED", "broken", ())
    assert error.message == (
        "the plugin 'broken' failed with ZeroDivisionError, so nothing was changed; "
        "the log of the server has the details"
    )
    assert "secret words" in caplog.text
    assert [await count(newsroom, table) for table in tables] == before
    load(newsroom)
    await create_note(newsroom)
    assert await count(newsroom, Entry) == before[0] + 1


async def test_a_reaction_refuses_with_its_reasons(newsroom: Newsroom) -> None:
    load(newsroom, plugin("house", object_to_it))
    before = await count(newsroom, AuditRecord)
    errors = await newsroom.refusal(newsroom.author, create_entry, "Article", draft_of(title="T"))
    assert [(type(each), each.message, each.path) for each in errors] == [
        (PluginRefused, "the plugin 'house' refuses this: not on a Sunday", ("values", "title")),
        (PluginRefused, "the plugin 'house' refuses this: and not today", ()),
    ]
    assert await count(newsroom, AuditRecord) == before


async def test_only_its_command_is_undone(newsroom: Newsroom) -> None:
    """What was done before in the same transaction stays, as after any refusal."""

    async def no_entries(_: Work, events: Sequence[Event]) -> None:
        if any(isinstance(each, DraftSaved) for each in events):
            raise ZeroDivisionError

    load(newsroom, plugin("house", no_entries))
    before = [await count(newsroom, table) for table in (Account, Entry)]
    async with newsroom.as_(newsroom.administrator) as work:
        await create_account(work, ADDRESS)
        with pytest.raises(Refused):
            await create_entry(work.by(newsroom.author), "Article", draft_of(title="T"))
    after = [await count(newsroom, table) for table in (Account, Entry)]
    assert after == [before[0] + 1, before[1]]


async def test_a_failure_of_the_database_is_not_the_plugin_s(newsroom: Newsroom) -> None:
    async def meet_another(_: Work, __: Sequence[Event]) -> None:
        raise DatabaseBusy("try again")

    load(newsroom, plugin("house", meet_another))
    before = await count(newsroom, Entry)
    with pytest.raises(DatabaseBusy):
        await create_note(newsroom)
    assert await count(newsroom, Entry) == before


@dataclass(frozen=True, kw_only=True)
class HouseRuled(Event):
    """Something was decided."""


@dataclass(frozen=True, kw_only=True)
class Decided(Event):
    """Something was decided, by whom is not known."""


@command("house:rule")
async def rule(work: Work, event: Event) -> None:
    """Decide something."""
    work.emit(event)


async def test_an_event_of_a_plugin_has_its_prefix(newsroom: Newsroom) -> None:
    heard: list[Event] = []

    async def listen(_: Work, events: Sequence[Event]) -> None:
        heard.extend(events)

    load(newsroom, plugin("house", listen))
    event = HouseRuled(subject="rule_1")
    await newsroom.do(newsroom.administrator, rule, event)
    assert heard == [event]
    async with newsroom.database.reading() as session:
        record = await session.scalar(
            select(AuditRecord).order_by(AuditRecord.sequence.desc()).limit(1)
        )
    assert record is not None
    assert (record.action, record.subject, record.detail) == (
        *("house:rule", "rule_1"),
        {"event": "HouseRuled"},
    )
    with pytest.raises(TypeError, match="the event Decided must begin with the prefix"):
        await newsroom.do(newsroom.administrator, rule, Decided(subject="rule_1"))
