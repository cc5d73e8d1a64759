"""The headings of link groups are part of the content."""

from __future__ import annotations

from cms.content.canonical_json import digest_of
from cms.content.content_type import ContentType
from cms.content.fields import Links, List, Object
from cms.content.snapshot import Draft, clean_draft, snapshot_of, take_snapshot
from tests.contents import content_of


class Page(ContentType):
    """Has link fields at several depths."""

    steps = List(of=Object("Step", see=Links("See", kind="step")))
    others = List(of=Object("Other", see=Links("Or see", kind="step")))
    related = Links("Related reading")
    sources = Links("Sources", kind="source")


class Renamed(ContentType):
    """Is what the page became."""

    related = Links("Read on")


def test_a_page_has_the_headings_of_its_own_links_and_of_no_others() -> None:
    assert content_of(body="[a](/a)")["headings"] == {}
    content = content_of(related=["/a"], steps=[{"title": "Do", "see": ["https://example.org"]}])
    assert content["headings"] == {"related": "Related reading", "step": "See"}


def test_of_several_fields_of_one_kind_the_first_has_the_heading() -> None:
    cleaned, problems = clean_draft(Page, Draft(title="T", fields={"others": [{"see": ["/a"]}]}))
    assert problems == []
    assert take_snapshot(Page, "en", cleaned, {}).content["headings"] == {"step": "See"}


def test_another_heading_is_another_digest_and_a_copy_keeps_the_heading() -> None:
    drafts = [clean_draft(each, Draft(fields={"related": ["/a"]}))[0] for each in (Page, Renamed)]
    first = take_snapshot(Page, "en", drafts[0], {})
    second = take_snapshot(Renamed, "en", drafts[1], {})
    assert second.content["headings"] == {"related": "Read on"}
    assert digest_of({**second.content, "headings": first.content["headings"]}) != second.digest
    copy = snapshot_of(Renamed, first.content, first.digest)
    assert copy.content["headings"] == {"related": "Related reading"}
