"""Addresses on the site: every spelling of a path means that path."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.content.addresses import (
    OwnAddresses,
    SiteAddress,
    own_addresses,
    path_key,
    read_address,
)
from cms.storage.dialects import encoded_path

OWN = own_addresses(
    {"en": "https://example.org/docs", "de": "https://münchen.example"},
    ["www.example.org", "alt.example:8080"],
    ["/search/", "/account/*"],
)
WORDS = st.text(
    st.characters(categories=("L", "N"), include_characters="-._~"), min_size=1, max_size=8
).filter(lambda word: word not in {".", ".."})


@st.composite
def paths(draw: st.DrawFn) -> str:
    """Return a path as the site shows it."""
    words = draw(st.lists(WORDS, min_size=1, max_size=4))
    path = unicodedata.normalize("NFC", "/" + "/".join(words))
    return path if draw(st.booleans()) else f"{path}/"


@st.composite
def spellings(draw: st.DrawFn, path: str) -> str:
    """Return another spelling of a path, which browsers and editors may use."""
    written = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), path_key(path))
    spelled = "".join(
        _escaped(char, draw(st.booleans())) if draw(st.booleans()) and char != "/" else char
        for char in written
    )
    host = draw(st.sampled_from(["", "https://example.org/docs", "HTTP://EXAMPLE.ORG:80/docs"]))
    detour = draw(st.sampled_from(["", "/.", "/x/..", "/x/%2E%2e"]))
    return f"{host}{detour}{spelled}{draw(st.sampled_from(['', '/', '?', '#', '/?x=1#y']))}"


def _escaped(char: str, is_upper: bool) -> str:
    escaped = "".join(f"%{byte:02x}" for byte in char.encode())
    return escaped.upper() if is_upper else escaped


@given(st.data())
def test_every_spelling_means_the_same_path(data: st.DataObject) -> None:
    path = data.draw(paths())
    address = read_address(data.draw(spellings(path)), OWN)
    assert address is not None
    assert address.path == path_key(path)


@given(paths())
def test_an_encoded_path_is_ascii_and_means_the_path(path: str) -> None:
    encoded = encoded_path(path)
    assert encoded.isascii()
    assert read_address(encoded, OWN) == SiteAddress(path_key(path))


@given(paths(), paths())
def test_a_relative_address_leads_from_one_page_to_another(source: str, target: str) -> None:
    up = "../" * (source.count("/") - 1)
    href = f"{up or './'}{quote(target[1:])}"
    address = read_address(href, OWN, source)
    assert address is not None
    assert address.path == path_key(target)


@given(st.text(max_size=30))
def test_any_text_is_read(text: str) -> None:
    address = read_address(text, OWN, "/d/x")
    assert address is None or address.path.startswith("/")


@pytest.mark.parametrize(
    "href",
    [
        *("https://example.com/docs/d/x", "//example.com/d/x", "/\\example.com", "\\\\example.com"),
        *("mailto:a@example.org", "tel:1", "javascript:alert(1)", "ftp://example.org/docs/d/x"),
        *("https://example.org/documents", "https://example.org:444/docs/d/x"),
        *("https://user@example.org/docs/d/x", "https://[", "https://example.org:99999999/docs/"),
    ],
)
def test_other_addresses_are_not_of_the_site(href: str) -> None:
    assert read_address(href, OWN, "/d/x") is None


@pytest.mark.parametrize(
    ("href", "expected"),
    {
        "https://example.org/docs": SiteAddress("/", locale="en"),
        "//example.org/docs/d/x": SiteAddress("/d/x", locale="en"),
        "https://xn--mnchen-3ya.example./d/x": SiteAddress("/d/x", locale="de"),
        "http://münchen.example/": SiteAddress("/", locale="de"),
        "https://www.example.org/d/x": SiteAddress("/d/x"),
        "http://alt.example:8080/d/x": SiteAddress("/d/x"),
        "?x=1": SiteAddress("/d/page", query="x=1"),
        "#part%20one": SiteAddress("/d/page", fragment="part one"),
        "": SiteAddress("/d/page"),
        "other": SiteAddress("/d/other"),
        "./": SiteAddress("/d"),
        "../../../x": SiteAddress("/x"),
        "/a%2Fb": SiteAddress("/a%2Fb"),
        "/%00": SiteAddress("/%00"),
        "/%ff": SiteAddress("/%ff"),
    }.items(),
)
def test_an_address_has_a_path_and_what_follows(href: str, expected: SiteAddress) -> None:
    assert read_address(href, OWN, "/d/page") == expected


def test_locales_on_one_host_are_told_by_their_paths() -> None:
    below = OwnAddresses({"en": "https://example.org", "de": "https://example.org/de"})
    assert read_address("https://example.org/de/x", below) == SiteAddress("/x", locale="de")
    assert read_address("https://example.org/x", below) == SiteAddress("/x", locale="en")
    shared = OwnAddresses({"en": "https://example.org", "de": "https://example.org"})
    assert read_address("https://example.org/x", shared) == SiteAddress("/x")
    assert shared.locales_beside("de") == ("en", "de")
    assert below.locales_beside("de") == ("de",)


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "/search": True,
        "/search/more": False,
        "/account/a/b": True,
        "/account": False,
        "/accounts": False,
        "/": False,
    }.items(),
)
def test_routes_of_the_frontend_are_matched(path: str, *, expected: bool) -> None:
    assert OWN.is_route(path) is expected


@pytest.mark.parametrize("route", ["", "search", "/a/*/b", "https://example.org/x", "/a?x", "*"])
def test_other_words_are_no_routes(route: str) -> None:
    with pytest.raises(ValueError, match="is not a route"):
        own_addresses({}, [], [route])


@pytest.mark.parametrize("host", ["", "https://example.org", "example.org/x", "a@example.org"])
def test_other_words_are_no_hosts(host: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        own_addresses({}, [host], [])
