"""The places of links: sections, positions, hosts and paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.addresses import own_addresses, read_address, read_written_address
from cms.content.content_type import ContentType
from cms.content.fields import Block, Blocks, Links, Markdown, Reference, Sections
from cms.content.link_places import LinkPlace, link_places
from cms.content.snapshot import Draft, clean_draft, take_snapshot


class Quote(Block):
    """A block with a text."""

    text = Markdown()


class Placed(ContentType, path="/placed/{slug}"):
    """Has links in all places."""

    body = Markdown()
    related = Links()
    owner = Reference()
    parts = Sections()
    blocks = Blocks(Quote)


def places_of(base: str | None = "/placed/a", **fields: Any) -> dict[str, LinkPlace]:
    """Return the places of the links of a page, by the words or the address of each."""
    cleaned, problems = clean_draft(Placed, Draft(title="T", slug="a", fields=fields))
    assert problems == []
    taken = take_snapshot(Placed, "en", cleaned, {})
    found = link_places(taken.edges, taken.derived.places, base)
    return {edge.label or str(edge.url): place for edge, place in found}


def test_a_link_has_the_heading_that_it_is_under() -> None:
    places = places_of(
        body="[a](/a) [top](#one)\n\n# One\n\n[b](/b)\n\n## Two [c](/c)\n\n> [d](/d)[^1]\n\n"
        "[^1]: [e](/e)\n",
        related=[{"href": "/f", "label": "f"}],
        parts=[{"heading": "One", "body": "[g](/g)\n\n### One\n\n[h](/h)"}],
        blocks=[{"type": "Quote", "text": "[i](/i)"}],
    )
    assert {each: (place.section, place.section_anchor) for each, place in places.items()} == {
        "a": (None, None),
        "b": ("One", "one"),
        "c": ("Two c", "two-c"),
        "d": ("Two c", "two-c"),
        "e": (None, None),
        "f": (None, None),
        "g": ("One", "one-1"),
        "h": ("One", "one-2"),
        "i": (None, None),
    }
    assert [each for each, place in places.items() if place.in_block] == ["i"]
    assert [place.page_position for place in places.values()] == list(range(1, 10))


def test_references_have_no_position() -> None:
    owner = f"entry_{'a' * 26}"
    places = places_of(related=["/f"], owner=owner, body="[a](/a)")
    assert [place.page_position for place in places.values()] == [1, 2, 0]


def test_hosts_and_paths_are_read_alike_in_all_spellings() -> None:
    written = {
        "https://Example.org": ("example.org", "/"),
        "https://example.org:443/a/": ("example.org", "/a"),
        "http://example.org:8080/a?b#c": ("example.org:8080", "/a"),
        "https://bücher.example/%C3%A4": ("xn--bcher-kva.example", "/ä"),
        "../b#c": (None, "/b"),
        "mailto:a@example.org": (None, None),
        "https://a@example.org/": (None, None),
        f"https://{'a' * 400}/": (None, None),
    }
    assert {
        each: (place.host, place.path) for each, place in places_of(related=[*written]).items()
    } == written


@pytest.mark.parametrize("char", ["a", "ä", "漢", "𝄞"])
def test_a_path_is_kept_as_far_as_it_can_be_indexed(char: str) -> None:
    (place,) = places_of(related=[f"/{char * 1_900}"]).values()
    kept = f"/{char * 1_900}".encode()[:2_000].decode(errors="ignore")
    assert place.path == kept
    assert len(kept) == min(1_901, 1 + 1_999 // len(char.encode()))


ADDRESSES = st.one_of(
    st.text("ab/.%C3A4?#:@\\ ä", max_size=12),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["https://", "http://", "//", "mailto:", "tel:", "ftp://"]),
        st.sampled_from(["example.org", "EXAMPLE.org:443", "a@example.org", "other.example", ""]),
        st.text("ab/.%C3A4ä", max_size=12),
    ),
)


@given(ADDRESSES, st.sampled_from([None, "/", "/a", "/a/b"]))
def test_an_address_is_on_the_site_by_its_host_alone(href: str, base: str | None) -> None:
    own = own_addresses({"en": "https://example.org"}, (), ())
    read, written = read_address(href, own, base), read_written_address(href, base)
    is_own = written.host in {None, "example.org"}
    assert (written.path if is_own else None) == (read.path if read is not None else None)
