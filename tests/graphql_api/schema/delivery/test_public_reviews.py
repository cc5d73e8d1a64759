"""Readers see the reviewers whose sign-offs a page was published on, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest

from cms import clock
from cms.authorization.actor import OPERATOR, Actor, Grant
from cms.content.content_type import ContentType
from cms.content.fields import Text
from cms.content.policy import SignOffPolicy, Stage
from cms.drafts.entries import create_entry
from cms.drafts.saving import restore_revision
from cms.ledger.attestation import verify_attestation
from cms.ledger.statement import PublicationPredicate
from cms.publishing.grounds import ClaimedReview
from cms.publishing.publishing import break_glass_publish, publish_entry, publish_imported
from cms.reading.view import EVERYTHING
from cms.review.change_requests import withdraw_change_request
from cms.review.invalidation import invalidate_sign_offs
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import Publication, Revision, SignOff
from graphql_api.delivery import Visitor
from graphql_api.http.request import GraphQLRequest
from graphql_api.management import Management
from tests.builders import Newsroom, draft_of
from tests.graphql_api.conftest import Api, api_of
from tests.schemas import management_schema_of

EDITOR = Visitor(scopes=EVERYTHING)
DAY = timedelta(days=1)
PAGE = """
  note(by: {slug: "note"}) {
    basis breakGlassReason importSource claimedReview { reviewerNames reviewedOn }
    review { signedAt expiresAt reviewers { name } signOffs { stage reviewer { name } } }
    jsonLd attestation { envelope } revision { content }
  }
  people(first: 100) { nodes { name reviewed { totalCount } } }
"""
COUNTS = """query($who: String!) {
  notes(where: {reviewers: {some: {name: {eq: $who}}}}) { totalCount }
  dated: notes(where: {reviewedAt: {isNull: false}}) { totalCount }
  expiring: notes(where: {reviewExpiresAt: {isNull: false}}) { totalCount }
  all: notes { facets(fields: [reviewers]) { value count } }
}"""


@dataclass(frozen=True)
class Shown:
    """The reviewers that the parts of a response name, by name."""

    review: Sequence[str] | None
    sign_offs: Sequence[str]
    structured: Sequence[str]
    people: Sequence[str]
    page: Any


async def shown(api: Api, view: str = "", visitor: Visitor = EDITOR) -> Shown:
    """Return what a page shows of its review."""
    data = await api.seen_by(visitor, f"query {view} {{ {PAGE} }}")
    page = data["note"]
    review, structured = page["review"], page["jsonLd"][0]
    assert ("lastReviewed" in structured) is (review is not None)
    return Shown(
        review=[each["name"] for each in review["reviewers"]] if review else None,
        sign_offs=[each["reviewer"]["name"] for each in review["signOffs"]] if review else [],
        structured=[each["name"] for each in structured.get("reviewedBy", [])],
        people=[each["name"] for each in data["people"]["nodes"] if each["reviewed"]["totalCount"]],
        page=page,
    )


async def names(api: Api, view: str = "") -> Sequence[str]:
    """Return the reviewers that a page names, which are the same everywhere."""
    found = await shown(api, view)
    assert list(found.review or []) == list(found.structured) == list(found.people)
    assert set(found.sign_offs) == set(found.people)
    for name in ("Bob Both", "Rita Reviewer", "Rolf Reviewer", "Runa Reviewer"):
        is_shown = name in found.people
        data = await api.seen_by(EDITOR, COUNTS.replace(" {", f" {view} {{", 1), who=name)
        assert data["notes"]["totalCount"] == is_shown
        assert data["dated"] == data["expiring"] == {"totalCount": bool(found.people)}
        facets = {each["value"] for each in data["all"]["facets"]}
        assert (name.lower().replace(" ", "-") in facets) is is_shown
    return found.people


def attested(api: Api, page: Any) -> Sequence[str]:
    """Return the ids of the sign-offs that the attestation of a page names."""
    key = api.newsroom.database.key_file.load().public_key_pem()
    envelope, content = page["attestation"]["envelope"], page["revision"]["content"]
    predicate = verify_attestation(envelope, content, key).predicate
    assert isinstance(predicate, PublicationPredicate)
    return predicate.sign_offs


async def note(newsroom: Newsroom) -> Revision:
    """Have a note written, and its review requested."""
    head = await newsroom.draft("Note", title="Note", slug="note", text="As it was.")
    await newsroom.ask(head)
    return head


async def publish(newsroom: Newsroom, head: Revision) -> Publication:
    entry_id = await newsroom.entry_id(head)
    return await newsroom.do(
        newsroom.publisher, lambda work: publish_entry(work, entry_id, revision_id=head.id)
    )


async def break_glass(newsroom: Newsroom, head: Revision) -> Publication:
    entry_id = await newsroom.entry_id(head)
    return await newsroom.do(
        newsroom.administrator,
        lambda work: break_glass_publish(work, entry_id, revision_id=head.id, reason="A fire."),
    )


async def sign_all(newsroom: Newsroom, head: Revision, *reviewers: Actor) -> list[SignOff]:
    """Have two people sign at the first stage, and the last of them at the second."""
    signed = [await newsroom.sign(head, each, "technical") for each in reviewers]
    return [*signed, await newsroom.sign(head, reviewers[-1], "editorial")]


async def signed_and_contributed(newsroom: Newsroom) -> Revision:
    """Have a reviewer sign a note, save another text, and restore what they signed."""
    bob = await newsroom.person("Bob Both", Grant(role="author"), Grant(role="reviewer"))
    await newsroom.publish_beside()
    head = await note(newsroom)
    await newsroom.sign(head, bob, "technical")
    entry_id = await newsroom.entry_id(head)
    other = await newsroom.update(head, bob, text="Another.")
    restored = await newsroom.do(
        bob, lambda work: restore_revision(work, entry_id, head.id, base_revision=other.id)
    )
    assert restored.revision.digest == head.digest
    return restored.revision


# --- The public page names only who counted ---


async def test_a_signer_who_contributed_since_is_not_named(api: Api) -> None:
    newsroom = api.newsroom
    head = await signed_and_contributed(newsroom)
    signed = await sign_all(newsroom, head, newsroom.reviewers[0], newsroom.reviewers[1])
    await publish(newsroom, head)
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]
    page = (await shown(api)).page
    assert page["basis"] == "SIGNED_OFF"
    assert sorted(attested(api, page)) == sorted(each.id for each in signed)


async def test_a_signer_who_contributed_since_is_not_named_in_an_emergency(api: Api) -> None:
    head = await signed_and_contributed(api.newsroom)
    await break_glass(api.newsroom, head)
    assert await names(api) == []
    page = (await shown(api)).page
    assert (page["basis"], page["breakGlassReason"]) == ("BREAK_GLASS", "A fire.")
    assert list(attested(api, page)) == []


async def test_a_sign_off_that_had_expired_when_it_was_published_is_not_shown(api: Api) -> None:
    newsroom = api.newsroom
    head = await note(newsroom)
    entry_id = await newsroom.entry_id(head)
    await newsroom.do_at(
        clock.now() - 31 * DAY,
        newsroom.reviewers[2],
        lambda work: sign_off(work, entry_id, digest=head.digest, stage="technical"),
    )
    await sign_all(newsroom, head, newsroom.reviewers[0], newsroom.reviewers[1])
    await publish(newsroom, head)
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]


async def test_a_signer_who_had_objected_since_is_not_shown(api: Api) -> None:
    newsroom = api.newsroom
    head = await note(newsroom)
    runa = newsroom.reviewers[2]
    await newsroom.sign(head, runa, "technical")
    objection = await newsroom.object_to(head, runa)
    await newsroom.do(runa, withdraw_change_request, objection.id)
    await sign_all(newsroom, head, newsroom.reviewers[0], newsroom.reviewers[1])
    await publish(newsroom, head)
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]


# --- What happens to the review of a page later ---


async def test_a_page_without_sign_offs_has_a_review_when_later_ones_complete_it(
    api: Api,
) -> None:
    newsroom = api.newsroom
    rita, rolf, _ = newsroom.reviewers
    head = await note(newsroom)
    await newsroom.sign(head, rita, "technical")
    publication = await break_glass(newsroom, head)
    assert await names(api) == []
    await newsroom.ask(head)
    await newsroom.sign(head, rolf, "technical")
    assert await names(api) == []
    last = await newsroom.sign(head, rolf, "editorial")
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]
    page = (await shown(api)).page
    # How it came to be public stays as it was.
    assert (page["basis"], page["breakGlassReason"]) == ("BREAK_GLASS", "A fire.")
    before, after = publication.published_at, last.signed_at
    assert await names(api, f'@view(asOf: "{before.isoformat()}")') == []
    assert len(await names(api, f'@view(asOf: "{after.isoformat()}")')) == 2


async def test_an_invalidation_takes_a_name_off_from_then_on(api: Api) -> None:
    newsroom = api.newsroom
    rita, rolf, runa = newsroom.reviewers
    head = await note(newsroom)
    await newsroom.sign(head, runa, "technical")
    await newsroom.sign(head, rita, "technical")
    await newsroom.sign(head, rolf, "editorial")
    publication = await publish(newsroom, head)
    assert len(await names(api)) == 3
    closed = await newsroom.do(
        newsroom.administrator,
        lambda work: invalidate_sign_offs(
            work, str(runa.account_id), since=clock.now() - DAY, reason="Taken over."
        ),
    )
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]
    page = (await shown(api)).page
    # The first stage has too few since then.
    ended_at = closed[0].ended_at
    assert ended_at is not None
    assert moment(page["review"]["expiresAt"]) == ended_at
    past = f'@view(asOf: "{publication.published_at.isoformat()}")'
    assert len(await names(api, past)) == 3
    assert moment((await shown(api, past)).page["review"]["expiresAt"]) > ended_at


async def test_an_objection_of_the_signer_takes_their_name_off(api: Api) -> None:
    newsroom = api.newsroom
    head = await note(newsroom)
    await sign_all(newsroom, head, newsroom.reviewers[0], newsroom.reviewers[1])
    await publish(newsroom, head)
    await newsroom.ask(head)
    await newsroom.object_to(head, newsroom.reviewers[0])
    assert await names(api) == ["Rolf Reviewer"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# --- The end of a review ---


class Page(
    ContentType,
    path="/{slug}",
    policy=SignOffPolicy(stages=(Stage("editorial", approvals=2),), valid_for=90 * DAY),
):
    """Is signed off by two people."""

    text = Text()


PAGES = Site("Pages", content_types=(Page,))
ENDS = """{
  page(by: {slug: "page"}) { review { expiresAt } }
  reviewDue(withinDays: 365) { publication { path } expiresAt }
}"""


async def test_a_review_and_the_list_of_due_reviews_have_one_end(newsroom: Newsroom) -> None:
    newsroom.site = PAGES
    head = await newsroom.draft("Page", title="Page", slug="page", text="x")
    entry_id = await newsroom.entry_id(head)
    await newsroom.ask(head)
    for reviewer, age in zip(newsroom.reviewers, (60, 1), strict=False):
        await newsroom.do_at(
            clock.now() - age * DAY,
            reviewer,
            lambda work: sign_off(work, entry_id, digest=head.digest),
        )
    await publish(newsroom, head)
    management = Management(newsroom.desk, management_schema_of(PAGES))
    request = GraphQLRequest(ENDS, None, {})
    response = await management.answer(request, newsroom.author, "192.0.2.1")
    data = orjson.loads(response.body)["data"]
    # The people of a new site are due as well, since no sign-off made them public.
    (due,) = [each for each in data["reviewDue"] if each["publication"]["path"] is not None]
    assert data["page"]["review"]["expiresAt"] == due["expiresAt"]
    days = (moment(due["expiresAt"]) - clock.now()) / DAY
    assert days == pytest.approx(30, abs=1)
    api = api_of(PAGES, newsroom)
    public = await api.data('{ page(by: {slug: "page"}) { review { expiresAt } } }')
    assert public["page"]["review"]["expiresAt"] == due["expiresAt"]


# --- Imported pages ---


async def test_an_imported_page_shows_what_its_source_claims_and_no_review(api: Api) -> None:
    newsroom = api.newsroom
    async with newsroom.as_(OPERATOR) as work:
        page = await create_entry(work, "Note", draft_of(title="Note", slug="note", text="x"))
        await publish_imported(
            work,
            {page.entry_id: page.revision.id},
            source="The old site",
            claimed_review={
                page.entry_id: ClaimedReview(
                    reviewers=["Rita Reviewer"], reviewed_on=date(2024, 5, 17)
                )
            },
        )
    assert await names(api) == []
    found = (await shown(api)).page
    assert (found["basis"], found["importSource"]) == ("IMPORTED", "The old site")
    assert found["claimedReview"] == {
        "reviewerNames": ["Rita Reviewer"],
        "reviewedOn": "2024-05-17",
    }
    assert list(attested(api, found)) == []
    await newsroom.ask(page.revision)
    await sign_all(newsroom, page.revision, newsroom.reviewers[0], newsroom.reviewers[1])
    assert await names(api) == ["Rita Reviewer", "Rolf Reviewer"]


# --- Drafts ---


async def test_a_draft_shows_the_sign_offs_that_count_now(api: Api) -> None:
    newsroom = api.newsroom
    head = await signed_and_contributed(newsroom)
    draft = "@view(perspective: DRAFT)"
    assert await names(api, draft) == []
    signed = await newsroom.sign(head, newsroom.reviewers[0], "technical")
    assert await names(api, draft) == ["Rita Reviewer"]
    found = (await shown(api, draft)).page
    assert (found["basis"], found["attestation"]) == (None, None)
    assert moment(found["review"]["expiresAt"]) == signed.expires_at
    preview = await shown(api, visitor=Visitor(preview=head.id))
    assert preview.review == ["Rita Reviewer"]


async def test_a_draft_that_is_public_shows_what_readers_see(api: Api) -> None:
    newsroom = api.newsroom
    head = await note(newsroom)
    await newsroom.sign(head, newsroom.reviewers[0], "technical")
    await break_glass(newsroom, head)
    draft = "@view(perspective: DRAFT)"
    assert await names(api, draft) == []
    assert (await shown(api, draft)).page["basis"] == "BREAK_GLASS"
    await newsroom.update(head, text="Newer.")
    assert (await shown(api, draft)).page["basis"] is None
