"""A revision is public on a basis: only the operator's are without sign-offs and accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from cms.authorization.actor import OPERATOR
from cms.content.content_type import ContentType
from cms.drafts.entries import add_edition, create_entry
from cms.drafts.saving import Saved, save_draft
from cms.ledger.attestation import verify_attestation
from cms.ledger.statement import PublicationPredicate
from cms.publishing.grounds import ClaimedReview
from cms.publishing.publishing import (
    ImportedItem,
    break_glass_publish,
    publish_entry,
    publish_imported,
    publish_imported_entries,
    publish_setup,
)
from cms.publishing.unpublishing import unpublish_entry
from cms.site import Site
from cms.tables import (
    Attestation,
    Publication,
    PublicationSignOff,
    PublicationStage,
    Revision,
)
from tests.builders import Newsroom, draft_of
from tests.signing_in import records
from tests.sites import SITE, URLS

DUE = datetime(2127, 1, 1, tzinfo=UTC)
BEFORE = datetime(2019, 5, 6, tzinfo=UTC)
CLAIM = ClaimedReview(reviewers=("Xenia Old",), reviewed_on=date(2024, 5, 17))


async def imported(newsroom: Newsroom, slug: str = "page") -> Saved:
    """Have the operator save an entry, as an importer does."""
    return await newsroom.do(
        OPERATOR, lambda work: create_entry(work, "Article", draft_of(slug=slug))
    )


async def saved_again(newsroom: Newsroom, before: Saved) -> Saved:
    """Have the operator save another revision of an entry."""
    return await newsroom.do(
        OPERATOR,
        lambda work: save_draft(
            work,
            before.entry_id,
            draft_of(title="Imported again", slug="page"),
            base_revision=before.revision.id,
        ),
    )


async def publish_as_imported(newsroom: Newsroom, *pages: Saved) -> Sequence[Publication]:
    chosen = {each.entry_id: each.revision.id for each in pages}
    return await newsroom.do(
        OPERATOR, lambda work: publish_imported(work, chosen, source="The old site")
    )


async def import_codes(newsroom: Newsroom, *pages: Saved) -> list[str]:
    chosen = {each.entry_id: each.revision.id for each in pages}
    return await newsroom.codes(OPERATOR, publish_imported, chosen, source="The old site")


async def predicate_of(
    newsroom: Newsroom, publication: Publication, revision: Revision
) -> PublicationPredicate:
    """Return what the attestation of a publication says about the revision."""
    async with newsroom.database.reading() as session:
        attestation = await session.get_one(Attestation, publication.id)
    key = newsroom.database.key_file.load().public_key_pem()
    predicate = verify_attestation(attestation.envelope, revision.content, key).predicate
    assert isinstance(predicate, PublicationPredicate)
    return predicate


async def kept(
    newsroom: Newsroom, publication: Publication
) -> tuple[Mapping[str, tuple[str, int]], list[tuple[str, int, datetime]]]:
    """Return the stages and the sign-offs that stand beside a publication."""
    async with newsroom.database.reading() as session:
        stages = await session.scalars(
            select(PublicationStage)
            .where(PublicationStage.publication_id == publication.id)
            .order_by(PublicationStage.ordinal)
        )
        counted = await session.scalars(
            select(PublicationSignOff)
            .where(PublicationSignOff.publication_id == publication.id)
            .order_by(PublicationSignOff.sign_off_id)
        )
        return (
            {each.name: (each.role, each.approvals) for each in stages},
            [(each.sign_off_id, each.position, each.counted_at) for each in counted],
        )


# --- What is kept ---


async def test_a_publication_keeps_its_stages_and_the_sign_offs_that_counted(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft("Note", title="A note", text="x")
    await newsroom.ask(head)
    signed = [
        await newsroom.sign(head, newsroom.reviewers[0], "technical"),
        await newsroom.sign(head, newsroom.reviewers[1], "technical"),
        await newsroom.sign(head, newsroom.reviewers[0], "editorial"),
    ]
    entry_id = await newsroom.entry_id(head)
    publication = await newsroom.do(
        newsroom.publisher, lambda work: publish_entry(work, entry_id, revision_id=head.id)
    )
    stages, counted = await kept(newsroom, publication)
    assert list(stages.items()) == [("technical", ("reviewer", 2)), ("editorial", ("reviewer", 1))]
    expected = sorted(each.id for each in signed)
    assert counted == [(each, publication.position, publication.published_at) for each in expected]
    assert publication.basis == "signed_off"
    predicate = await predicate_of(newsroom, publication, head)
    assert (predicate.basis, sorted(predicate.sign_offs)) == ("signed_off", expected)
    assert [each.name for each in predicate.stages] == ["technical", "editorial"]
    *_, record = await records(newsroom, "entry:publish")
    assert record.detail["basis"] == "signed_off"
    assert record.detail["sign_offs"] == expected


async def test_a_sign_off_that_has_expired_when_it_is_published_is_not_kept(
    newsroom: Newsroom,
) -> None:
    head = await newsroom.draft("Note", title="A note", text="x")
    await newsroom.ask(head)
    signed = await newsroom.sign(head, stage="technical")
    entry_id = await newsroom.entry_id(head)
    publication = await newsroom.do_at(
        signed.expires_at + timedelta(seconds=1),
        newsroom.administrator,
        lambda work: break_glass_publish(work, entry_id, revision_id=head.id, reason="A fire."),
    )
    _, counted = await kept(newsroom, publication)
    assert counted == []
    assert (await predicate_of(newsroom, publication, head)).sign_offs == ()


# --- Imported ---


async def test_an_import_is_published_as_what_it_is(newsroom: Newsroom) -> None:
    page = await imported(newsroom)
    (publication,) = await newsroom.do(
        OPERATOR,
        lambda work: publish_imported(
            work,
            {page.entry_id: page.revision.id},
            source=" The old site ",
            claimed_review={page.entry_id: CLAIM},
            review_due_at={page.entry_id: DUE},
        ),
    )
    assert (publication.basis, publication.source, publication.published_by) == (
        "imported",
        "The old site",
        None,
    )
    assert publication.claimed_review == {"reviewers": ["Xenia Old"], "reviewedOn": "2024-05-17"}
    assert publication.review_due_at == DUE
    stages, counted = await kept(newsroom, publication)
    assert (list(stages), counted) == (["editorial"], [])
    predicate = await predicate_of(newsroom, publication, page.revision)
    assert (predicate.basis, predicate.source, predicate.sign_offs) == (
        "imported",
        "The old site",
        (),
    )
    *_, record = await records(newsroom, "entry:publish-imported")
    assert (record.actor, record.detail["source"]) == ("operator", "The old site")


async def test_an_import_can_be_repeated_until_an_account_saves(newsroom: Newsroom) -> None:
    page = await imported(newsroom)
    await publish_as_imported(newsroom, page)
    again = await saved_again(newsroom, page)
    (publication,) = await publish_as_imported(newsroom, again)
    assert publication.revision_id == again.revision.id
    await newsroom.save(again.revision, title="Edited here", slug="page")
    async with newsroom.as_(OPERATOR) as work:
        head = await save_draft(
            work,
            page.entry_id,
            draft_of(title="Once more", slug="page"),
            base_revision=await head_of(newsroom, page),
        )
    assert await import_codes(newsroom, head) == ["WRONG_BASIS"]


async def head_of(newsroom: Newsroom, page: Saved) -> str:
    """Return the id of the newest revision of an entry."""
    async with newsroom.database.reading() as session:
        newest = select(Revision.id).where(Revision.edition_id == page.revision.edition_id)
        return str(await session.scalar(newest.order_by(Revision.number.desc()).limit(1)))


async def test_nothing_is_imported_over_what_was_published_here(newsroom: Newsroom) -> None:
    head = await newsroom.draft(slug="page")
    (publication,) = await newsroom.publish(head)
    again = await saved_again(newsroom, Saved(publication.entry_id, head))
    assert await import_codes(newsroom, again) == ["WRONG_BASIS"]
    await newsroom.do(newsroom.publisher, unpublish_entry, publication.entry_id)
    assert await import_codes(newsroom, again) == ["WRONG_BASIS"]


async def test_an_import_passes_the_sign_off_gates_alone(newsroom: Newsroom) -> None:
    await newsroom.published(slug="page")
    page = await imported(newsroom)
    assert await import_codes(newsroom, page) == ["PATH_IN_USE"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"source": " "}, ("source",)),
        ({"claimed_review": {"entry_other": CLAIM}}, ("entry_other",)),
        ({"review_due_at": {"entry_other": DUE}}, ("entry_other",)),
    ],
)
async def test_an_import_says_something_about_its_pages_alone(
    newsroom: Newsroom, given: Mapping[str, object], path: tuple[str, ...]
) -> None:
    page = await imported(newsroom)
    chosen = {page.entry_id: page.revision.id}
    arguments: dict[str, object] = {"source": "The old site", **given}
    (error,) = await newsroom.refusal(
        OPERATOR,
        lambda work: publish_imported(work, chosen, **arguments),  # type: ignore[arg-type]
    )
    assert (error.code, error.path) == ("INVALID_VALUE", path)


@pytest.mark.parametrize("reviewers", [(), (" ",)])
async def test_a_claimed_review_names_a_reviewer(
    newsroom: Newsroom, reviewers: tuple[str, ...]
) -> None:
    page = await imported(newsroom)
    (error,) = await newsroom.refusal(
        OPERATOR,
        lambda work: publish_imported(
            work,
            {page.entry_id: page.revision.id},
            source="The old site",
            claimed_review={page.entry_id: ClaimedReview(reviewers=reviewers)},
        ),
    )
    assert (error.code, error.path) == ("INVALID_VALUE", ("claimedReview",))


async def test_a_site_can_forbid_imports(newsroom: Newsroom) -> None:
    page = await imported(newsroom)
    types: Sequence[type[ContentType]] = list(SITE.content_types.values())
    newsroom.site = Site(
        "Strict", content_types=types, locales=SITE.locales, url=URLS, allow_imported=False
    )
    assert await import_codes(newsroom, page) == ["WRONG_BASIS"]


async def test_no_account_publishes_without_sign_offs_as_the_operator_does(
    newsroom: Newsroom,
) -> None:
    page = await imported(newsroom)
    chosen = {page.entry_id: page.revision.id}
    for actor in (newsroom.publisher, newsroom.administrator):
        codes = await newsroom.codes(actor, publish_imported, chosen, source="The old site")
        assert codes == ["NOT_ALLOWED"]
        assert await newsroom.codes(actor, publish_setup, chosen) == ["NOT_ALLOWED"]


async def test_of_many_imported_pages_those_are_published_that_can_be(newsroom: Newsroom) -> None:
    good = await imported(newsroom, "good")
    needing = await imported(newsroom, "needing")
    leading = await newsroom.do(
        OPERATOR, create_entry, "Article", draft_of(slug="leading", body="[x](/articles/needing)")
    )
    live = await newsroom.published(slug="page")
    signed = await newsroom.do(
        OPERATOR,
        save_draft,
        live.entry_id,
        draft_of(title="Imported", slug="page"),
        base_revision=live.revision_id,
    )
    german = await newsroom.do(OPERATOR, add_edition, good.entry_id, "de")
    claim = ClaimedReview(reviewers=("Old Hand",))
    items = [
        ImportedItem(
            entry_id=good.entry_id,
            revision_id=good.revision.id,
            claimed_review=claim,
            review_due_at=DUE,
            first_published_at=BEFORE,
        ),
        ImportedItem(
            entry_id=needing.entry_id,
            revision_id=needing.revision.id,
            claimed_review=ClaimedReview(reviewers=()),
        ),
        ImportedItem(entry_id=leading.entry_id, revision_id=leading.revision.id),
        ImportedItem(entry_id=signed.entry_id, revision_id=signed.revision.id),
        ImportedItem(
            entry_id=german.entry_id,
            revision_id=german.revision.id,
            locale="de",
            first_published_at=DUE,
        ),
    ]
    async with newsroom.as_(OPERATOR) as work:
        outcomes = await publish_imported_entries(work, items, source="The old site", mode="each")
    assert [[error.code for error in each.errors] for each in outcomes] == [
        [],
        ["INVALID_VALUE"],
        ["BROKEN_LINK"],
        ["WRONG_BASIS"],
        [],
    ]
    first, last = outcomes[0].result, outcomes[4].result
    assert first is not None
    assert last is not None
    assert first.position == last.position
    assert (first.claimed_review, first.review_due_at) == (claim.to_json(), DUE)
    assert first.first_published_at == BEFORE
    assert last.first_published_at == last.published_at  # it cannot be later
    assert (last.claimed_review, last.review_due_at) == (None, None)


# --- The first content of a new site ---


async def test_a_new_site_begins_with_what_the_operator_publishes(newsroom: Newsroom) -> None:
    first, second = await imported(newsroom, "one"), await imported(newsroom, "two")
    for page in (first, second):
        (publication,) = await newsroom.do(
            OPERATOR, publish_setup, {page.entry_id: page.revision.id}
        )
        assert (publication.basis, publication.published_by) == ("setup", None)
    assert (await predicate_of(newsroom, publication, second.revision)).basis == "setup"
    again = await saved_again(newsroom, first)
    chosen = {again.entry_id: again.revision.id}
    assert await newsroom.codes(OPERATOR, publish_setup, chosen) == ["WRONG_BASIS"]


async def test_a_site_on_which_an_account_has_published_is_not_new(newsroom: Newsroom) -> None:
    await publish_as_imported(newsroom, await imported(newsroom, "imported"))
    page = await imported(newsroom)
    chosen = {page.entry_id: page.revision.id}
    await newsroom.do(OPERATOR, publish_setup, chosen)
    await newsroom.published(slug="another")
    other = await imported(newsroom, "other")
    chosen = {other.entry_id: other.revision.id}
    assert await newsroom.codes(OPERATOR, publish_setup, chosen) == ["WRONG_BASIS"]
