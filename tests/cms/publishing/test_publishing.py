"""Nothing reaches a reader without what the policy asks for, and links stay whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar

import pytest
from sqlalchemy import select

from cms import clock
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.builtin import BUILT_IN_NAMES
from cms.drafts.saving import restore_revision
from cms.errors import GateFailed, PluginRefused, Refused
from cms.hooks import Candidate, Gate, hookimpl
from cms.ledger.attestation import verify_attestation
from cms.ledger.statement import PublicationPredicate
from cms.plugins import Plugin
from cms.publishing.publish_impact import check_publish
from cms.publishing.publishing import break_glass_publish, publish_entry, publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.tables import Attestation, Link, Publication, Revision
from tests.builders import Newsroom, entry_id_of
from tests.signing_in import records


async def refusal(newsroom: Newsroom, *heads: Revision) -> list[tuple[str, str]]:
    """Return why these are not published together."""
    async with newsroom.as_(newsroom.publisher) as work:
        chosen = {await entry_id_of(work, head): head.id for head in heads}
        with pytest.raises(Refused) as refused:
            await publish_together(work, chosen)
    return [(error.code, error.message) for error in refused.value.errors]


async def publications(newsroom: Newsroom) -> list[Publication]:
    """Return all publications but those of people and categories."""
    of_pages = select(Publication).where(Publication.content_type.not_in(BUILT_IN_NAMES))
    async with newsroom.as_(newsroom.publisher) as work:
        found = await work.session.scalars(of_pages.order_by(Publication.position, Publication.id))
        return list(found)


async def test_a_draft_says_every_reason_why_it_is_not_published(newsroom: Newsroom) -> None:
    await newsroom.published(slug="taken")
    draft = await newsroom.draft(
        title="", slug="taken", body="", byline={"year": 1}, related=["/articles/nowhere"]
    )
    assert [code for code, _ in await refusal(newsroom, draft)] == [
        "MISSING_SIGN_OFF",
        "MISSING_FIELD",
        "MISSING_FIELD",
        "MISSING_FIELD",
        "BROKEN_LINK",
        "PATH_IN_USE",
    ]
    assert len(await publications(newsroom)) == 1


async def test_a_new_revision_takes_the_place_of_the_old(newsroom: Newsroom) -> None:
    first = await newsroom.draft(title="One", slug="page")
    await newsroom.publish(first)
    second = await newsroom.save(first, title="Two", slug="page")
    await newsroom.publish(second)
    old, new = await publications(newsroom)
    assert (old.revision_id, old.ended_position, old.ended_at) == (
        first.id,
        new.position,
        new.published_at,
    )
    assert (new.revision_id, new.ended_at) == (second.id, None)
    assert new.first_published_at == old.published_at


async def test_what_waited_to_be_published_is_public_from_when_it_had_its_turn(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = await newsroom.draft(slug="page")
    await newsroom.review(head)
    entry_id = await newsroom.entry_id(head)
    async with newsroom.as_(newsroom.publisher) as work:
        monkeypatch.setattr(clock, "now", lambda: work.now + timedelta(minutes=1))
        publication = await publish_entry(work, entry_id, revision_id=head.id)
        assert publication.published_at == work.now + timedelta(minutes=1)
        monkeypatch.setattr(clock, "now", lambda: work.now + timedelta(minutes=2))
        closed = await unpublish_entry(work, entry_id)
        assert closed.ended_at == work.now + timedelta(minutes=2)


async def test_revisions_are_public_one_after_the_other_though_clocks_differ(
    newsroom: Newsroom,
) -> None:
    first = await newsroom.draft(title="One", slug="page")
    (publication,) = await newsroom.publish(first)
    second = await newsroom.save(first, title="Two", slug="page")
    await newsroom.review(second)
    behind = publication.published_at - timedelta(seconds=1)
    entry_id = publication.entry_id
    for command in (
        partial(publish_entry, entry_id=entry_id, revision_id=second.id),
        partial(unpublish_entry, entry_id=entry_id),
        partial(publish_entry, entry_id=entry_id, revision_id=second.id),
    ):
        await newsroom.do_at(behind, newsroom.publisher, command)
    one, two, three = await publications(newsroom)
    for times in ((one.published_at, one.ended_at), (two.published_at, two.ended_at)):
        assert times == (publication.published_at,) * 2
    assert (three.published_at, three.ended_at) == (publication.published_at, None)


async def test_publishing_what_is_public_changes_nothing(newsroom: Newsroom) -> None:
    publication = await newsroom.published()
    async with newsroom.as_(newsroom.publisher) as work:
        again = await publish_entry(work, publication.entry_id, revision_id=publication.revision_id)
    assert again.id == publication.id
    assert len(await publications(newsroom)) == 1


async def test_positions_order_everything_without_gaps(newsroom: Newsroom) -> None:
    first = await newsroom.published(slug="one")
    second = await newsroom.published(slug="two")
    ended = await newsroom.unpublish(first)
    await refusal(newsroom, await newsroom.draft(slug="three"))
    third = await newsroom.published(slug="four")
    positions = [first.position, second.position, ended.ended_position, third.position]
    assert positions == [first.position + number for number in range(4)]


async def test_entries_that_link_each_other_are_published_together(newsroom: Newsroom) -> None:
    one = await newsroom.draft(slug="one")
    two = await newsroom.draft(slug="two", related=["/articles/one"])
    one = await newsroom.save(one, slug="one", body="See [two](/articles/two).")
    await newsroom.review(one)
    ((code, message),) = await refusal(newsroom, one)
    assert code == "BROKEN_LINK"
    assert "which is not public" in message
    assert len({each.position for each in await newsroom.publish(one, two)}) == 1


async def test_together_is_all_or_nothing(newsroom: Newsroom) -> None:
    good, bad = await newsroom.draft(slug="good"), await newsroom.draft(slug="bad", body="")
    await newsroom.review(good)
    await newsroom.review(bad)
    async with newsroom.as_(newsroom.publisher) as work:
        chosen = {await entry_id_of(work, head): head.id for head in (good, bad)}
        with pytest.raises(Refused) as refused:
            await publish_together(work, chosen)
        assert {error.path[0] for error in refused.value.errors} == {await entry_id_of(work, bad)}
    assert await publications(newsroom) == []


async def test_two_entries_do_not_take_one_path(newsroom: Newsroom) -> None:
    one, other = await newsroom.draft(slug="same"), await newsroom.draft(slug="same")
    await newsroom.review(one)
    await newsroom.review(other)
    assert [code for code, _ in await refusal(newsroom, one, other)] == ["PATH_IN_USE"]


async def test_of_two_who_publish_at_one_path_at_once_one_wins(newsroom: Newsroom) -> None:
    heads = [await newsroom.draft(slug="same") for _ in range(2)]
    for head in heads:
        await newsroom.review(head)

    async def publish(head: Revision) -> Publication:
        async with newsroom.as_(newsroom.publisher) as work:
            return await publish_entry(work, await entry_id_of(work, head), revision_id=head.id)

    results = await asyncio.gather(*map(publish, heads), return_exceptions=True)
    assert {type(each) for each in results} == {Publication, Refused}


async def test_two_entries_swap_their_paths(newsroom: Newsroom) -> None:
    one, other = await newsroom.draft(slug="one"), await newsroom.draft(slug="other")
    await newsroom.publish(one, other)
    one = await newsroom.save(one, slug="other")
    other = await newsroom.save(other, slug="one")
    swapped = await newsroom.publish(one, other)
    assert {await newsroom.path(each) for each in swapped} == {"/articles/one", "/articles/other"}


async def test_what_public_pages_link_to_is_not_taken_away(newsroom: Newsroom) -> None:
    target = await newsroom.published(slug="target")
    source = await newsroom.published(slug="source", related=["/articles/target"])
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await unpublish_entry(work, target.entry_id)
    (error,) = refused.value.errors
    assert error.code == "WOULD_BREAK_LINKS"
    assert error.message == (
        "“A title” (/articles/source, en) links to “A title” (/articles/target); "
        "change that link first"
    )
    await newsroom.unpublish(source)
    assert (await newsroom.unpublish(target)).ended_at is not None


async def test_a_link_leads_to_an_anchor_that_is_there(newsroom: Newsroom) -> None:
    await newsroom.published(slug="target", body="# Part")
    good = await newsroom.draft(slug="good", body="[x](/articles/target#part)")
    await newsroom.publish(good)
    bad = await newsroom.draft(slug="bad", body="[x](/articles/target#gone)")
    await newsroom.review(bad)
    ((code, message),) = await refusal(newsroom, bad)
    assert code == "BROKEN_LINK"
    assert "#gone" in message


async def test_an_anchor_that_pages_link_to_stays(newsroom: Newsroom) -> None:
    target = await newsroom.draft(slug="target", body="# Part")
    await newsroom.publish(target)
    await newsroom.published(slug="source", related=["/articles/target#part"])
    target = await newsroom.save(target, slug="target", body="# Other")
    await newsroom.review(target)
    assert [code for code, _ in await refusal(newsroom, target)] == ["WOULD_BREAK_LINKS"]


async def test_a_link_list_follows_an_entry_that_moves(newsroom: Newsroom) -> None:
    target = await newsroom.draft(slug="target")
    await newsroom.publish(target)
    await newsroom.published(slug="source", related=["/articles/target"])
    target = await newsroom.save(target, slug="moved")
    (moved,) = await newsroom.publish(target)
    assert await newsroom.path(moved) == "/articles/moved"


async def test_only_publishers_publish(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    await newsroom.review(head)
    async with newsroom.as_(newsroom.author) as work:
        entry_id = await entry_id_of(work, head)
        for attempt in (
            publish_entry(work, entry_id, revision_id=head.id),
            unpublish_entry(work, entry_id),
        ):
            with pytest.raises(Refused) as refused:
                await attempt
            assert [error.code for error in refused.value.errors] == ["NOT_ALLOWED"]


async def test_a_revision_of_another_entry_is_not_published(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.draft(slug="mine"), await newsroom.draft(slug="theirs")
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await publish_entry(work, await entry_id_of(work, mine), revision_id=theirs.id)
    assert [error.code for error in refused.value.errors] == ["NOT_FOUND"]


async def test_what_is_not_public_is_not_taken_back(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await unpublish_entry(work, await entry_id_of(work, head))
    assert [error.code for error in refused.value.errors] == ["NOT_PUBLISHED"]


async def break_glass(
    newsroom: Newsroom, head: Revision, reason: str = "The page is wrong.", who: Actor | None = None
) -> Publication:
    entry_id = await newsroom.entry_id(head)
    return await newsroom.do(
        who or newsroom.administrator,
        lambda work: break_glass_publish(work, entry_id, revision_id=head.id, reason=reason),
    )


async def test_an_emergency_goes_past_the_reviewers_and_nothing_else(newsroom: Newsroom) -> None:
    await newsroom.published(slug="taken")
    head = await newsroom.draft(title="", slug="taken", body="", related=["/articles/nowhere"])
    await newsroom.ask(head)
    await newsroom.object_to(head)
    with pytest.raises(Refused) as refused:
        await break_glass(newsroom, head)
    assert [error.code for error in refused.value.errors] == [
        "MISSING_FIELD",
        "MISSING_FIELD",
        "BROKEN_LINK",
        "PATH_IN_USE",
    ]
    assert len(await publications(newsroom)) == 1
    head = await newsroom.save(head, title="T", slug="free")
    await newsroom.object_to(head)
    assert await newsroom.path(await break_glass(newsroom, head)) == "/articles/free"


async def test_an_emergency_has_a_reason_that_stays(newsroom: Newsroom) -> None:
    head = await newsroom.draft()
    for reason in ("", " \n\t"):
        with pytest.raises(Refused) as refused:
            await break_glass(newsroom, head, reason)
        (error,) = refused.value.errors
        assert (error.code, error.path) == ("INVALID_VALUE", ("reason",))
    assert await publications(newsroom) == []
    publication = await break_glass(newsroom, head, "  It harms people. ")
    assert publication.break_glass_reason == "It harms people."
    *_, record = await records(newsroom, "entry:break-glass")
    assert (record.actor, record.subject) == (
        newsroom.administrator.account_id,
        publication.id,
    )
    assert record.detail["reason"] == "It harms people."
    async with newsroom.database.reading() as session:
        attestation = await session.get_one(Attestation, publication.id)
    statement = verify_attestation(
        attestation.envelope, head.content, newsroom.database.key_file.load().public_key_pem()
    )
    predicate = statement.predicate
    assert isinstance(predicate, PublicationPredicate)
    assert (predicate.basis, predicate.reason, predicate.sign_offs) == (
        "break_glass",
        "It harms people.",
        (),
    )


async def test_an_emergency_is_over_with_the_next_publication(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="page")
    await break_glass(newsroom, head)
    # That it is signed off later does not undo how it came to be public.
    (same,) = await newsroom.publish(head)
    assert same.break_glass_reason is not None
    (after,) = await newsroom.publish(await newsroom.save(head, title="Better", slug="page"))
    assert after.break_glass_reason is None


async def test_only_administrators_of_the_whole_place_break_the_glass(newsroom: Newsroom) -> None:
    mine = await newsroom.category("Mine")
    limited = await newsroom.person("Lim", Grant(role="administrator", category_id=mine.id))
    head = await newsroom.draft()
    for actor in (newsroom.author, newsroom.reviewers[0], newsroom.publisher, OPERATOR):
        with pytest.raises(Refused) as refused:
            await break_glass(newsroom, head, who=actor)
        assert [error.code for error in refused.value.errors] == ["NOT_ALLOWED"]
    with pytest.raises(Refused) as refused:
        await break_glass(newsroom, head, who=limited)
    assert [error.code for error in refused.value.errors] == ["NOT_FOUND"]
    assert await publications(newsroom) == []
    assert await records(newsroom, "entry:break-glass") == []


@dataclass(frozen=True, kw_only=True)
class TooShort(GateFailed):
    """A page has not enough words."""

    code: ClassVar[str] = "TOO_SHORT"
    wanted: int


def is_long_enough(candidate: Candidate) -> Iterator[GateFailed]:
    """Say nothing in less than two thousand characters."""
    if len(str(candidate.content["fields"])) < 2_000:
        yield TooShort(message="say more", path=("fields", "body"), wanted=2_000)


def is_broken(candidate: Candidate) -> Iterator[GateFailed]:
    """Fail as no gate should."""
    raise ZeroDivisionError(candidate.entry_id)


def with_gates(newsroom: Newsroom, *gates: Gate, plugins: Sequence[Plugin] = ()) -> None:
    site = newsroom.site
    newsroom.site = Site(
        site.name,
        content_types=list(site.content_types.values()),
        locales=site.locales,
        url=site.addresses.urls,
        gates=gates,
        plugins=plugins,
    )


async def test_a_site_has_gates_of_its_own(newsroom: Newsroom) -> None:
    gate = Gate("site:length", is_long_enough)
    with_gates(newsroom, gate)
    head = await newsroom.draft(slug="page")
    entry_id = await newsroom.entry_id(head)
    assert await refusal(newsroom, head) == [
        (
            "MISSING_SIGN_OFF",
            f"the stage 'editorial' needs 1 more sign-off(s) on the digest {head.digest[:12]}…",
        ),
        ("TOO_SHORT", "say more"),
    ]
    checked = await newsroom.do(newsroom.author, check_publish, entry_id)
    assert checked[-1].gate is gate
    (error,) = checked[-1].errors
    assert isinstance(error, TooShort)
    assert (error.wanted, error.gate) == (2_000, "site:length")
    # They stand in an emergency too, and in a set they say which entry is meant.
    with pytest.raises(Refused) as refused:
        await break_glass(newsroom, head)
    assert [each.code for each in refused.value.errors] == ["TOO_SHORT"]
    other = await newsroom.draft(slug="other", body="word " * 500)
    await newsroom.review(head)
    await newsroom.review(other)
    async with newsroom.as_(newsroom.publisher) as work:
        chosen = {entry_id: head.id, await entry_id_of(work, other): other.id}
        with pytest.raises(Refused) as refused:
            await publish_together(work, chosen)
    assert [(each.code, each.path) for each in refused.value.errors] == [
        ("TOO_SHORT", (entry_id, "fields", "body"))
    ]
    assert await publications(newsroom) == []
    (published,) = await newsroom.publish(other)
    assert await newsroom.path(published) == "/articles/other"


async def test_a_gate_that_fails_otherwise_publishes_nothing(newsroom: Newsroom) -> None:
    live = await newsroom.draft(slug="page")
    await newsroom.publish(live)
    head = await newsroom.save(live, slug="page", title="Two")
    await newsroom.review(head)
    entry_id = await newsroom.entry_id(head)
    before = await publications(newsroom)
    with_gates(newsroom, Gate("site:broken", is_broken))
    for attempt in (
        lambda work: publish_entry(work, entry_id, revision_id=head.id),
        lambda work: publish_together(work, {entry_id: head.id}),
    ):
        with pytest.raises(ZeroDivisionError):
            await newsroom.do(newsroom.publisher, attempt)
    with pytest.raises(ZeroDivisionError):
        await break_glass(newsroom, head)
    after = await publications(newsroom)
    assert [(each.id, each.ended_at) for each in after] == [
        (each.id, each.ended_at) for each in before
    ]
    with_gates(newsroom)
    (publication,) = await newsroom.publish(head)
    assert publication.position == before[-1].position + 1


class House:
    """A plugin with gates."""

    def __init__(self, *given: Gate) -> None:
        self.given = given

    @hookimpl
    def gates(self) -> Sequence[Gate]:
        return self.given


async def test_a_gate_of_a_plugin_stops_one_and_all(newsroom: Newsroom) -> None:
    house = House(Gate("house:length", is_long_enough))
    with_gates(newsroom, plugins=[Plugin("house", house)])
    short = await newsroom.draft(slug="short")
    long = await newsroom.draft(slug="long", body="word " * 500)
    for head in (short, long):
        await newsroom.review(head)
    entry_id = await newsroom.entry_id(short)
    checked = await newsroom.do(newsroom.author, check_publish, entry_id)
    assert [each.gate.name for each in checked if each.errors] == ["house:length"]
    (error,) = await newsroom.refusal(
        newsroom.publisher, publish_entry, entry_id, revision_id=short.id
    )
    assert isinstance(error, TooShort)
    assert (error.gate, error.path) == ("house:length", ("fields", "body"))
    chosen = {entry_id: short.id, await newsroom.entry_id(long): long.id}
    (error,) = await newsroom.refusal(newsroom.publisher, publish_together, chosen)
    assert isinstance(error, TooShort)
    assert (error.gate, error.path) == ("house:length", (entry_id, "fields", "body"))
    assert await publications(newsroom) == []


async def test_a_gate_of_a_plugin_that_fails_refuses_in_its_name(newsroom: Newsroom) -> None:
    house = House(Gate("house:broken", is_broken))
    with_gates(newsroom, plugins=[Plugin("house", house)])
    head = await newsroom.draft(slug="page")
    entry_id = await newsroom.entry_id(head)
    unsigned, failed = await newsroom.refusal(
        newsroom.publisher, publish_entry, entry_id, revision_id=head.id
    )
    assert isinstance(unsigned, GateFailed)
    assert (unsigned.code, unsigned.gate) == ("MISSING_SIGN_OFF", "sign_off")
    assert isinstance(failed, PluginRefused)
    assert failed.plugin == "house"
    assert "ZeroDivisionError" in failed.message
    assert entry_id not in failed.message
    assert await publications(newsroom) == []


async def test_what_is_published_is_what_was_signed_with_its_links(newsroom: Newsroom) -> None:
    old, new = await newsroom.published(slug="old"), await newsroom.published(slug="new")
    signed = await newsroom.draft(slug="page", related=["/articles/old"])
    await newsroom.review(signed)
    edited = await newsroom.update(signed, related=["/articles/new"])
    assert edited.digest != signed.digest
    assert [code for code, _ in await refusal(newsroom, edited)] == ["MISSING_SIGN_OFF"]
    entry_id = await newsroom.entry_id(signed)
    publication = await newsroom.do(
        newsroom.publisher, publish_entry, entry_id, revision_id=signed.id
    )
    async with newsroom.database.reading() as session:
        targets = await session.scalars(
            select(Link.target_id).where(Link.revision_id == publication.revision_id)
        )
        assert list(targets) == [old.entry_id]
    assert new.entry_id != old.entry_id


async def test_no_write_to_a_public_page_changes_what_is_public(newsroom: Newsroom) -> None:
    first = await newsroom.draft(title="One", slug="page")
    await newsroom.publish(first)
    second = await newsroom.update(first, title="Two")
    await newsroom.publish(second)
    before = await publications(newsroom)
    typed = await newsroom.autosave(second, title="Three")
    entry_id = await newsroom.entry_id(first)
    restored = await newsroom.do(
        newsroom.author,
        restore_revision,
        entry_id,
        first.id,
        base_revision=typed.id,
    )
    after = await publications(newsroom)
    assert [(each.revision_id, each.ended_position) for each in after] == [
        (each.revision_id, each.ended_position) for each in before
    ]
    assert after[-1].revision_id == second.id
    assert restored.revision.digest == first.digest


async def test_an_edit_that_races_a_publication_is_not_published(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Signed", slug="page")
    await newsroom.review(head)
    entry_id = await newsroom.entry_id(head)
    published, edited = await asyncio.gather(
        newsroom.do(newsroom.publisher, publish_entry, entry_id, revision_id=head.id),
        newsroom.save(head, title="Not signed", slug="page"),
    )
    assert published.revision_id == head.id
    assert edited.title == "Not signed"
    assert [code for code, _ in await refusal(newsroom, edited)] == ["MISSING_SIGN_OFF"]


async def test_of_two_who_publish_a_page_at_once_both_are_answered_the_same(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft(slug="page")
    await newsroom.review(head)
    entry_id = await newsroom.entry_id(head)
    both = await asyncio.gather(
        *(
            newsroom.do(newsroom.publisher, publish_entry, entry_id, revision_id=head.id)
            for _ in range(2)
        )
    )
    assert len({each.id for each in both}) == 1
    assert len(await publications(newsroom)) == 1


async def test_a_page_that_was_moved_takes_a_publisher_of_both_places(newsroom: Newsroom) -> None:
    mine, theirs = await newsroom.category("Mine"), await newsroom.category("Theirs")
    limited = await newsroom.person("Lim", Grant(role="publisher", category_id=mine.id))
    here = await newsroom.draft(slug="page", category=mine)
    await newsroom.review(here)
    entry_id = await newsroom.entry_id(here)
    moved = await newsroom.update(here, category=theirs)
    # Its newest revision is elsewhere, so it is out of their sight until it is public.
    for head in (here, moved):
        assert await newsroom.codes(limited, publish_entry, entry_id, revision_id=head.id) == [
            "NOT_FOUND"
        ]
    back = await newsroom.update(moved, category=mine)
    assert await newsroom.codes(limited, publish_entry, entry_id, revision_id=moved.id) == [
        "NOT_FOUND"
    ]
    publication = await newsroom.do(limited, publish_entry, entry_id, revision_id=back.id)
    assert publication.category_id == mine.id


async def test_a_link_within_a_page_leads_to_an_anchor_that_is_there(newsroom: Newsroom) -> None:
    body = "# Part\n\n[up](#) [there](#part) [nowhere](#gone)"
    page = await newsroom.draft(slug="page", body=body)
    await newsroom.review(page)
    ((code, message),) = await refusal(newsroom, page)
    assert (code, "#gone" in message) == ("BROKEN_LINK", True)


async def test_addresses_in_any_script_are_found(newsroom: Newsroom) -> None:
    target = await newsroom.draft(title="Слово", body="# Часть\n\n[x](#часть)")
    page = await newsroom.draft(slug="page", body="[x](/articles/слово#часть)")
    assert len(await newsroom.publish(target, page)) == 2


async def test_publishing_what_is_public_takes_no_position(newsroom: Newsroom) -> None:
    publication = await newsroom.published(slug="one")
    async with newsroom.as_(newsroom.publisher) as work:
        await publish_entry(work, publication.entry_id, revision_id=publication.revision_id)
        await publish_together(work, {})
    assert (await newsroom.published(slug="two")).position == publication.position + 1
