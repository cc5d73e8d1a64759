"""What an import says of itself: it is the operator's, and no person here has reviewed it."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from cms import clock
from cms.authorization.actor import Grant
from cms.content.snapshot import Changes, Draft
from cms.drafts.entries import create_entry
from cms.drafts.saving import update_entry
from cms.errors import ContentFileError
from cms.importing.session import Provenance
from cms.importing.site.faults import FaultKind
from cms.publishing.publishing import publish_together
from cms.publishing.unpublishing import unpublish_entry
from cms.review.reviews import request_review
from cms.review.sign_offs import sign_off
from cms.site import Site
from cms.tables import (
    Account,
    Attestation,
    AuditRecord,
    Edition,
    Publication,
    Review,
    Revision,
    SignOff,
)
from tests.builders import Newsroom
from tests.cms.importing.conftest import IMPORTED, PUBLIC, Importer
from tests.cms.importing.sites import SITE, GlossaryTerm
from tests.cms.importing.test_markdown import told

TERM = """
query Term($slug: String!) {
  glossaryTerm(by: {slug: $slug}) {
    basis importSource claimedReview { reviewerNames reviewedOn }
    body { markdown } revision { author { name } } review { reviewers { name } }
  }
}
"""


BESIDE = """{
  categories(orderBy: [treePath_ASC]) { nodes { treePath basis importSource } }
  people(first: 100) { nodes { name basis } }
}"""


async def test_an_import_signs_nothing_for_anybody(harbour: Importer) -> None:
    async with harbour.database.reading() as session:
        accounts = await session.scalar(select(func.count()).select_from(Account))
        recorded = await session.scalar(select(func.max(AuditRecord.sequence)))
        signed = await session.scalar(select(func.max(Attestation.sequence)))
        position = await session.scalar(select(func.max(Publication.position)))
    await harbour.run()
    async with harbour.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignOff)) == 0
        assert await session.scalar(select(func.count()).select_from(Review)) == 0
        assert await session.scalar(select(func.count()).select_from(Account)) == accounts
        assert await session.scalar(select(func.count(Revision.author_id))) == 0
        assert await session.scalar(select(func.count(Publication.published_by))) == 0
        bases = select(Publication.basis).where(Publication.position > position)
        assert set(await session.scalars(bases)) == {"imported"}
        records = select(AuditRecord.actor).where(AuditRecord.sequence > recorded)
        assert set(await session.scalars(records)) == {"operator"}
        attested = select(Attestation).where(Attestation.sequence > signed)
        publications = [predicate_in(each) for each in await session.scalars(attested)]
    assert {said["publishedBy"] for said in publications} == {"operator"}
    assert {said["basis"] for said in publications} == {"imported"}
    assert not any(said["signOffs"] or "reviewer" in said for said in publications)


@IMPORTED
async def test_categories_and_people_are_imported_with_the_pages_that_show_them(
    harbour: Importer,
) -> None:
    found = await harbour.data(BESIDE)
    imported = {"basis": "IMPORTED", "importSource": PUBLIC.source}
    assert found["categories"]["nodes"] == [
        {"treePath": path, **imported} for path in ("concept", "property", "technology")
    ]
    hands = {each["name"]: each["basis"] for each in found["people"]["nodes"]}
    assert {name: basis for name, basis in hands.items() if name.startswith("hand-")} == {
        f"hand-{number}": "IMPORTED" for number in ("one", "three", "two")
    }
    assert hands["Ada Author"] == "SETUP"
    async with harbour.database.reading() as session:
        due = select(Publication.review_due_at).where(Publication.basis == "imported").distinct()
        (due_at,) = await session.scalars(due)
    assert due_at is not None


async def test_what_an_import_of_drafts_made_is_imported_by_the_next(harbour: Importer) -> None:
    await harbour.run(None)
    found = await harbour.data(BESIDE)
    assert found["categories"]["nodes"] == []
    assert [each for each in found["people"]["nodes"] if each["basis"] == "IMPORTED"] == []
    entry_id, head = await head_of(harbour, "property")
    await harbour.newsroom.do(
        harbour.newsroom.author,
        update_entry,
        entry_id,
        Changes(summary="Edited here."),
        base_revision=head.id,
    )
    # What was edited here is not the import's to publish, and what shows it has to wait.
    report = await harbour.run()
    reasons = [each.message for each in report.of_kind(FaultKind.DRAFT)]
    assert any("its category “Property”" in each and "is not public" in each for each in reasons)
    assert await term_of(harbour, "tide") is None
    assert not report.is_complete
    await publish(harbour, "property")
    assert (await harbour.run()).is_complete
    assert await term_of(harbour, "tide") is not None
    found = await harbour.data(BESIDE)
    assert {each["treePath"]: each["basis"] for each in found["categories"]["nodes"]} == {
        "concept": "IMPORTED",
        "property": "SIGNED_OFF",
        "technology": "IMPORTED",
    }


async def test_a_byline_of_an_account_is_not_published_by_an_import(harbour: Importer) -> None:
    newsroom = harbour.newsroom
    await newsroom.person("Nora Newcomer", Grant(role="author"))
    harbour.mapping = replace(harbour.mapping, authors={"hand-two": "nora-newcomer"})
    reasons = [each.message for each in (await harbour.run()).of_kind(FaultKind.DRAFT)]
    assert any("its author “Nora Newcomer”" in each for each in reasons)
    await newsroom.publish_beside()
    assert (await harbour.run()).is_complete


def predicate_in(attestation: Attestation) -> Mapping[str, Any]:
    """Return what an attestation says of its content."""
    statement: Mapping[str, Any] = json.loads(b64decode(str(attestation.envelope["payload"])))
    predicate: Mapping[str, Any] = statement["predicate"]
    return predicate


async def test_a_byline_cannot_sign_off_and_another_reviewer_can_later(harbour: Importer) -> None:
    named, other, *_ = harbour.newsroom.reviewers
    harbour.mapping = replace(harbour.mapping, authors={"hand-three": "rita-reviewer"})
    await harbour.run()
    term = await term_of(harbour, "tide")
    assert term["revision"]["author"] == {"name": "Rita Reviewer"}
    assert (term["basis"], term["importSource"]) == ("IMPORTED", PUBLIC.source)
    assert term["review"] is None
    entry_id, head = await head_of(harbour, "tide")
    newsroom = harbour.newsroom
    author = newsroom.author
    await newsroom.do(author, request_review, entry_id, base_revision=head.id)
    refused = await newsroom.codes(named, sign_off, entry_id, digest=head.digest)
    assert refused == ["OWN_WORK"]
    await newsroom.do(other, sign_off, entry_id, digest=head.digest)
    term = await term_of(harbour, "tide")
    assert term["review"] == {"reviewers": [{"name": "Rolf Reviewer"}]}
    assert term["basis"] == "IMPORTED"


@IMPORTED
async def test_what_was_signed_off_late_is_imported_again(harbour: Importer) -> None:
    await sign(harbour, "tide")
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    report = await harbour.run()
    assert +report.made == {"revisions": 1, "publications": 1}
    term = await term_of(harbour, "tide")
    assert "about twice" in term["body"]["markdown"]
    assert (term["basis"], term["review"]) == ("IMPORTED", None)


async def test_what_was_published_here_stays_and_its_new_text_is_a_draft(
    harbour: Importer,
) -> None:
    await harbour.run(None)
    await publish(harbour, "tide", beside=["property", "hand-three"])
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    report = await harbour.run()
    message = "not published: its page here was published as SIGNED_OFF; its new text is a draft"
    assert ("kept", f"en/tide.md: {message}") in told(harbour, report)
    term = await term_of(harbour, "tide")
    assert (term["basis"], term["importSource"]) == ("SIGNED_OFF", None)
    assert "about twice" not in term["body"]["markdown"]
    _, head = await head_of(harbour, "tide")
    assert "about twice" in str(head.content)
    assert head.author_id is None
    assert (await term_of(harbour, "berth"))["basis"] == "IMPORTED"


@IMPORTED
async def test_what_was_published_here_is_not_taken_back(harbour: Importer) -> None:
    await edit(harbour, "tide")
    await publish(harbour, "tide")
    (harbour.folder / "en/tide.md").unlink()
    record(harbour, path="en/tide.md", deleted=True)
    report = await harbour.run()
    message = "not unpublished: its page here was published as SIGNED_OFF"
    assert ("kept", f"tide: {message}") in told(harbour, report)
    assert report.made["unpublished"] == 0
    assert (await term_of(harbour, "tide"))["basis"] == "SIGNED_OFF"


@IMPORTED
async def test_what_was_taken_back_here_stays_so(harbour: Importer) -> None:
    entry_id, _ = await head_of(harbour, "crane")
    newsroom = harbour.newsroom
    await newsroom.do(newsroom.publisher, unpublish_entry, entry_id)
    harbour.replace("en/crane.md", "A crane lifts", "A good crane lifts")
    report = await harbour.run()
    message = "en/crane.md: not published: its page here is not public"
    assert ("kept", message) in told(harbour, report)
    assert await term_of(harbour, "crane") is None
    _, head = await head_of(harbour, "crane")
    assert "A good crane" in str(head.content)


async def test_a_page_that_comes_back_in_the_history_is_public_again(harbour: Importer) -> None:
    tide = (harbour.folder / "en/tide.md").read_text()
    record(harbour, path="en/tide.md", deleted=True, message="Dry")
    record(harbour, path="en/tide.md", text=tide)
    report = await harbour.run()
    assert report.made["unpublished"] == 5
    assert (await term_of(harbour, "tide"))["basis"] == "IMPORTED"
    berth = await term_of(harbour, "berth")
    assert "[tide](/glossary/tide)" in berth["body"]["markdown"]


@IMPORTED
async def test_a_history_leaves_the_pages_of_another_source_as_they_are(
    harbour: Importer,
) -> None:
    tide = (harbour.folder / "en/tide.md").read_text()
    record(harbour, path="en/tide.md", text=tide.replace("title: Tide", "title: Theirs"))
    record(harbour, path="en/crane.md", deleted=True)
    (harbour.folder / "en/crane.md").unlink()
    report = await harbour.run(Provenance(source="The other site"))
    assert +report.made == {}
    messages = [each.message for each in report.of_kind(FaultKind.REFUSED)]
    assert any("the page 'tide' here comes from" in each for each in messages)
    for slug in ("tide", "crane"):
        assert (await term_of(harbour, slug))["importSource"] == PUBLIC.source


async def test_a_draft_of_somebody_here_is_not_linked(harbour: Importer) -> None:
    author = harbour.newsroom.author
    draft = Draft(title="Tide", slug="tide", fields={"body": "Our own words."})
    await harbour.newsroom.do(author, create_entry, "GlossaryTerm", draft)
    report = await harbour.run()
    message = "en/tide.md: not imported: the file and its page here have both changed"
    assert ("kept", message) in told(harbour, report)
    berth = await term_of(harbour, "berth")
    assert "depends on the tide." in berth["body"]["markdown"]
    assert await term_of(harbour, "tide") is None


def record(harbour: Importer, **change: Any) -> None:
    """Add a change of this moment to the history."""
    history = (harbour.folder / "history.jsonl").read_text()
    about = {"author": "hand-one", "message": "A change", "at": clock.now().isoformat()}
    harbour.write("history.jsonl", f"{history.rstrip()}\n{json.dumps(about | change)}\n")


async def test_a_review_of_the_old_site_is_shown_as_its_claim(harbour: Importer) -> None:
    harbour.mapping = replace(harbour.mapping, reviewed_by="reviewers", reviewed_on="Reviewed")
    claim = 'reviewers: [Old Hand, "Second  Hand"]\nreviewed: 2024-05-06T10:00:00Z\n'
    harbour.replace("en/tide.md", "status: Completed\n", f"status: Completed\n{claim}")
    harbour.replace("en/quay.md", "title: Quay", "title: Quay\nreviewed: 2024-05-06")
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    await harbour.run(Provenance(source="The wiki", review_within=timedelta(days=30)))
    term = await term_of(harbour, "tide")
    assert term["claimedReview"] == {
        "reviewerNames": ["Old Hand", "Second Hand"],
        "reviewedOn": "2024-05-06",
    }
    assert (term["importSource"], term["review"]) == ("The wiki", None)
    assert (await term_of(harbour, "quay"))["claimedReview"] is None
    async with harbour.database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(SignOff)) == 0


async def test_a_claim_with_a_day_that_is_none_names_its_line(harbour: Importer) -> None:
    harbour.mapping = replace(harbour.mapping, reviewed_on="reviewed")
    harbour.replace("en/tide.md", "status: Completed", "status: Completed\nreviewed: in spring")
    (fault,) = (await harbour.run()).of_kind(FaultKind.REFUSED)
    assert "tide.md:4: reviewed: 'in spring' is not a date" in str(fault)


@pytest.mark.parametrize("author", ["Old Hand", "[Old Hand, hand-one]", "{name: Old Hand}"])
async def test_an_author_in_a_file_is_its_byline(harbour: Importer, author: str) -> None:
    harbour.mapping = replace(harbour.mapping, author="author")
    harbour.replace("en/tide.md", "status: Completed", f"status: Completed\nauthor: {author}")
    harbour.replace("en/tide.md", "twice a day", "about twice a day")
    await harbour.run()
    term = await term_of(harbour, "tide")
    assert term["revision"]["author"] == {"name": "Old Hand"}
    again = await harbour.run()
    assert sum(again.made.values()) == 0


async def test_a_site_can_forbid_imported_pages(harbour: Importer) -> None:
    strict = Site(
        "Strict",
        content_types=(GlossaryTerm,),
        locales=SITE.locales,
        url=SITE.addresses.urls,
        fallbacks=SITE.fallbacks,
        allow_imported=False,
    )
    newsroom = Newsroom(harbour.database, strict)
    refusing = replace(harbour, newsroom=newsroom)
    with pytest.raises(ContentFileError, match="does not publish imported pages") as fault:
        await refusing.run()
    assert fault.value.file == harbour.folder
    report = await refusing.run(None)
    assert report.made["entries"] == 11


async def term_of(harbour: Importer, slug: str) -> Mapping[str, Any]:
    """Return what readers see of a term."""
    term: Mapping[str, Any] = (await harbour.data(TERM, slug=slug))["glossaryTerm"]
    return term


async def head_of(harbour: Importer, slug: str) -> tuple[str, Revision]:
    """Return the id of an entry, and its newest revision in English."""
    async with harbour.database.reading() as session:
        head = await session.scalar(
            select(Revision)
            .join(Edition, Edition.head_id == Revision.id)
            .where(Revision.slug == slug, Edition.locale == "en")
        )
        assert head is not None
        edition = await session.get_one(Edition, head.edition_id)
        return edition.entry_id, head


async def edit(harbour: Importer, slug: str) -> None:
    """Have the title of a term changed by somebody here."""
    entry_id, head = await head_of(harbour, slug)
    changes = Changes(title="Changed here")
    author = harbour.newsroom.second_author
    await harbour.newsroom.do(author, update_entry, entry_id, changes, base_revision=head.id)


async def sign(harbour: Importer, slug: str) -> None:
    """Have the newest revision of a term reviewed here, and signed off."""
    entry_id, head = await head_of(harbour, slug)
    newsroom = harbour.newsroom
    await newsroom.do(newsroom.author, request_review, entry_id, base_revision=head.id)
    await newsroom.do(newsroom.reviewers[1], sign_off, entry_id, digest=head.digest)


async def publish(harbour: Importer, slug: str, beside: Sequence[str] = ()) -> None:
    """Have the newest revision of a term signed off here, and published.

    What readers see beside it, such as its category, is published together with it.
    """
    for each in (slug, *beside):
        await sign(harbour, each)
    heads = [await head_of(harbour, each) for each in (slug, *beside)]
    newsroom = harbour.newsroom
    chosen = {entry_id: head.id for entry_id, head in heads}
    await newsroom.do(newsroom.publisher, publish_together, chosen)
