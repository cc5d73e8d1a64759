"""What stands in the files of another site, and what they were called before."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cms.importing.site.addresses import (
    OldAddress,
    old_address,
    old_links,
    unwritable_link,
    with_links,
)
from cms.importing.site.files import Change, Commit, find_names
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace

SITE = "https://old.example"


@pytest.mark.parametrize(
    ("href", "path", "fragment"),
    [
        ("/quay/", "/quay", ""),
        ("/quay", "/quay", ""),
        ("/quay/index.html", "/quay", ""),
        ("/quay/?from=berth#edge", "/quay", "edge"),
        ("../quay/", "/de/quay", ""),
        ("quay.md#edge", "/de/quay", "edge"),
        ("https://old.example/quay/#edge", "/quay", "edge"),
        ("https://old.example", "/", ""),
        ("/k%C3%BCste/", "/küste", ""),
    ],
)
def test_an_address_on_the_old_site_is_recognised(href: str, path: str, fragment: str) -> None:
    assert old_address(href, "/de/berth/", SITE) == OldAddress(path, fragment)


@pytest.mark.parametrize(
    "href",
    [
        *("#edge", "", "https://other.example/quay/", "https://old.example.org/quay/"),
        *("//old.example/quay/", "mailto:me@old.example", "http://[", "?page=2"),
    ],
)
def test_an_address_elsewhere_is_none(href: str) -> None:
    assert old_address(href, "/berth/", SITE) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A [quay](/quay/).", "A [quay](/new/quay)."),
        ('A [quay](</quay/> "Where ships lie").', 'A [quay](/new/quay "Where ships lie").'),
        ("A [*long [old] quay*](/quay/#edge).", "A [*long [old] quay*](/new/quay)."),
        ("A [gone\nthing](/gone/) it was.", "A gone\nthing it was."),
        ("`[quay](/quay/)` and ``a ` [quay](/quay/)``", None),
        ("```\n[quay](/quay/)\n```", None),
        ("    [quay](/quay/)", None),
        (r"An \[x](/quay/) [elsewhere](https://other.example)", None),
        ("![a plan](/plan.png)", "![a plan](https://old.example/plan.png)"),
        (
            "[![a plan](/plan.png)](/quay/)",
            "[![a plan](https://old.example/plan.png)](/new/quay)",
        ),
    ],
)
def test_links_are_replaced_and_code_is_not(text: str, expected: str | None) -> None:
    replaced = with_links(
        text,
        "/berth/",
        SITE,
        lambda link: None if "gone" in link.href else f"/new{link.address.path}",
    )
    assert replaced == (text if expected is None else expected)


def test_a_link_knows_its_line() -> None:
    links = old_links("One.\n\n[Two](/two/)\n[three](/three/)", "/", SITE)
    assert [(link.href, link.line) for link in links] == [("/two/", 2), ("/three/", 3)]


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("A [quay][q].\n\n[q]: /quay/", "/quay/"),
        ('A <a href="/quay/">quay</a>.', "/quay/"),
        ("A [quay](/quay/) and [one](https://other.example).", None),
        ("A [coast](/küste/).", None),
    ],
)
def test_a_link_that_cannot_follow_its_page_is_found(text: str, href: str | None) -> None:
    assert unwritable_link(text, "/berth/", SITE) == href


def test_a_file_is_in_the_language_of_its_folder_or_suffix() -> None:
    by_folder = MarkdownMapping(
        locales={"en": LocaleFiles(folder="content/en"), "de": LocaleFiles(folder="content/de")},
        skip=("*/search.md",),
    )
    assert by_folder.place_of("content/de/a/kai.md") == PagePlace(locale="de", name="a/kai")
    assert by_folder.place_of("content/de/kai/index.md") == PagePlace(locale="de", name="kai")
    assert by_folder.place_of("content/de/search.md") is None
    assert by_folder.place_of("content/fr/quai.md") is None
    assert by_folder.place_of("content/de/kai.txt") is None
    by_suffix = MarkdownMapping(locales={"en": LocaleFiles(), "de": LocaleFiles(suffix=".de")})
    assert by_suffix.place_of("quay.md") == PagePlace(locale="en", name="quay")
    assert by_suffix.place_of("quay.de.md") == PagePlace(locale="de", name="quay")


def test_an_address_is_one_of_a_file_by_its_language() -> None:
    files = LocaleFiles(stood_at=("/de/{path}/", "/{path}.html"))
    assert OldAddress("/de/quay").name_in(files) == "quay"
    assert OldAddress("/quay.html").name_in(files) == "quay"
    assert OldAddress("/quay").name_in(files) is None
    assert OldAddress("/de").name_in(files) is None


def commit(day: int, **texts: str | None) -> Commit:
    changes = [
        Change(PagePlace(locale="en", name=name), Path(f"en/{name}.md"), text)
        for name, text in texts.items()
    ]
    return Commit(datetime(2024, 1, day, tzinfo=UTC), "hand", "", tuple(changes), Path("history"))


LONG = " ".join(f"word{number}" for number in range(40))


def test_a_renamed_file_is_known_by_what_it_says() -> None:
    history = [
        commit(1, paas=LONG, tls_security=LONG.upper(), other="Something else."),
        commit(2, platform=f"{LONG} and more", tls="Not this at all."),
        commit(3, **{"tls-security": LONG.upper()}),
    ]
    present = [PagePlace(locale="en", name=name) for name in ("platform", "tls", "tls-security")]
    names = find_names(MarkdownMapping(), history, present)
    assert names.present == {"paas": "platform"}
    assert names.key("docs/paas") == "platform"
    assert names.key("tls_security") == "tls-security"  # one is written as the other in a path
    assert names.key("other") == "other"


def test_what_the_mapping_says_of_names_goes_first() -> None:
    mapping = MarkdownMapping(renamed={"paas": "pass", "a": "b", "b": "a"})
    history = [commit(1, paas=LONG), commit(2, platform=LONG)]
    names = find_names(mapping, history, [PagePlace(locale="en", name="platform")])
    assert names.key("paas") == "pass"
    assert names.key("a") in {"a", "b"}  # a circle ends
