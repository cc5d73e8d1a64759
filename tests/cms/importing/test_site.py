"""What stands in the files of another site, and what they were called before."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.importing.site.body import body_of
from cms.importing.site.files import Change, Commit, find_names, read_history
from cms.importing.site.generators.base import Generator
from cms.importing.site.generators.jekyll import Jekyll
from cms.importing.site.links import OldLink, links_of, with_links
from cms.importing.site.mapping import LocaleFiles, MarkdownMapping, PagePlace


def generator_of(**mapping: Any) -> Generator:
    return Generator(MarkdownMapping(**mapping), Path(), {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A [quay](/quay/).", "A [quay](/new)."),
        ('A [quay](</quay/> "Where ships lie").', 'A [quay](/new "Where ships lie").'),
        ("A [*long [old] quay*](/quay/#edge).", "A [*long [old] quay*](/new)."),
        ("A [gone\nthing](/gone/) it was.", "A gone\nthing it was."),
        ("`[quay](/quay/)` and ``a ` [quay](/quay/)``", None),
        ("```\n[quay](/quay/)\n```", None),
        ("    [quay](/quay/)", None),
        (r"An \[x](/quay/)", None),
        ("[![a plan](/plan.png)](/quay/)", "[![a plan](/picture)](/new)"),
        (
            "A [quay][q] and [Q].\n\n[q]: /quay/ 'Where'",
            "A [quay][q] and [Q].\n\n[q]: /new 'Where'",
        ),
        ("A [gone][g], [g] ![g].\n\n[g]: /gone/", "A [gone][g], [g] ![g].\n\n[g]: /picture"),
        ("A [gone][g] and [g].\n\n[g]: /gone/\n", "A gone and g.\n\n\n"),
        ('<a class="x" href="/quay/">quay</a>', '<a class="x" href="/new">quay</a>'),
        ('<a href="/gone/" rel="x">gone</a>', '<a rel="x">gone</a>'),
        ("<a href=docs/gone.md>gone</a>", "<a>gone</a>"),
        ("<a\nhref = '/gone/'>gone</a>", "<a>gone</a>"),
        ("<a href=/quay/?a=b>quay</a>", '<a href="/new">quay</a>'),
        ('<a title="no href=x" href="/quay/">a</a>', '<a title="no href=x" href="/new">a</a>'),
        ("<img src=/plan.png/>", '<img src="/picture"/>'),
        ('<img src="/plan.png" alt="x">', '<img src="/picture" alt="x">'),
        ("See <https://old.example/quay/>.", "See [https://old.example/quay/](/new)."),
        ("See https://old.example/quay/.", "See [https://old.example/quay/](/new)."),
        ("<see https://old.example/quay/>", "<see [https://old.example/quay/](/new)>"),
        ("<https://old.example/quay/ >", "<[https://old.example/quay/](/new) >"),
        ("[^1]: https://old.example/quay/", "[^1]: [https://old.example/quay/](/new)"),
        ("[a](/quay/(1)) and [b](<a b>)", "[a](/new) and [b](/new)"),
    ],
)
def test_links_are_replaced_and_code_is_not(text: str, expected: str | None) -> None:
    def choose(link: OldLink) -> str | None:
        if link.is_image:
            return "/picture"
        return None if "gone" in link.href else "/new"

    body = body_of(text, 1)
    replaced = with_links(body, list(links_of(body)), choose)
    assert replaced.text == (text if expected is None else expected)


@pytest.mark.parametrize("quote", ['"', "'", ""])
def test_addresses_in_elements_are_escaped_for_html(quote: str) -> None:
    body = body_of(f"<img src={quote}a.png{quote}>", 1)
    new = """/pic (1).png?a=1&b="'<>"""
    written = with_links(body, list(links_of(body)), lambda _: new)
    end = quote or '"'
    assert written.text == (f"<img src={end}/pic (1).png?a=1&amp;b=&quot;&#x27;&lt;&gt;{end}>")
    (link,) = links_of(written)
    assert link.href == new


@given(text=st.text("[]()!`\\ab \n<>/#:\"'^", max_size=60))
def test_links_that_stay_leave_the_text_as_it_is(text: str) -> None:
    body = body_of(text, 1)
    assert with_links(body, list(links_of(body)), lambda link: link.href).text == text


@given(
    lines=st.lists(st.text("ab", max_size=3), min_size=1, max_size=8),
    cuts=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.text("x\n", max_size=3))),
)
def test_lines_are_those_of_what_was_not_replaced(
    lines: list[str], cuts: list[tuple[int, int, str]]
) -> None:
    text = "\n".join(lines)
    edits, done = [], 0
    for start, length, new in sorted(cuts):
        if start >= done and start + length <= len(text):
            edits.append((start, start + length, new))
            done = start + length + 1
    edited = body_of(text, 1).edited(edits)
    assert len(edited.lines) == edited.text.count("\n") + 1
    assert sorted(edited.lines) == list(edited.lines)
    kept = set(zip(edited.text.split("\n"), edited.lines, strict=True))
    begin = 0
    for number, line in enumerate(lines, 1):
        end = begin + len(line)
        if all(last < begin or first > end for first, last, _ in edits):
            assert (line, number) in kept
        begin = end + 1


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "[a](" * 30_000, f"[{'[a](x)' * 20_000}", "<a " * 30_000, "[a](x(" * 20_000],
)
def test_brackets_without_an_end_take_no_time(text: str) -> None:
    assert list(links_of(body_of(text, 1))) == [] or text.startswith("[[a](x)")


def test_a_link_knows_its_line() -> None:
    links = links_of(body_of("One.\n\n[Two](/two/)\n[three](/three/)", 5))
    assert [(link.href, link.line) for link in links] == [("/two/", 7), ("/three/", 8)]


def test_lines_of_the_file_stay_known_when_a_text_is_edited() -> None:
    body = body_of("one\ntwo\nthree\nfour", 10)
    edited = body.edited([(4, 7, "2\n2\n2"), (8, 14, "")])
    assert edited.text == "one\n2\n2\n2\nfour"
    assert list(edited.lines) == [10, 11, 11, 11, 13]
    assert edited.line_at(edited.text.index("four")) == 13


def test_a_file_is_in_the_language_of_its_folder_or_suffix() -> None:
    by_folder = generator_of(
        locales={"en": LocaleFiles(folder="content/en"), "de": LocaleFiles(folder="content/de")},
        skip=("*/search.md",),
    )
    assert by_folder.place_of("content/de/a/kai.md") == PagePlace(locale="de", name="a/kai")
    assert by_folder.place_of("content/de/kai/index.md") == PagePlace(locale="de", name="kai")
    assert by_folder.place_of("content/de/search.md") is None
    assert by_folder.place_of("content/fr/quai.md") is None
    assert by_folder.place_of("content/de/kai.txt") is None
    by_suffix = generator_of(locales={"en": LocaleFiles(), "de": LocaleFiles(suffix=".de")})
    assert by_suffix.place_of("quay.md") == PagePlace(locale="en", name="quay")
    assert by_suffix.place_of("quay.de.md") == PagePlace(locale="de", name="quay")


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
    assert names.key("paas") == "platform"
    assert names.key("docs/paas") == "docs/paas"  # the whole path decides
    assert names.key("tls_security") == "tls-security"  # one is written as the other in a path
    assert names.key("other") == "other"


def test_what_the_mapping_says_of_names_goes_first() -> None:
    mapping = MarkdownMapping(renamed={"paas": "pass", "a": "b", "b": "a"})
    history = [commit(1, paas=LONG), commit(2, platform=LONG)]
    names = find_names(mapping, history, [PagePlace(locale="en", name="platform")])
    assert names.key("paas") == "pass"
    assert names.key("a") in {"a", "b"}  # a circle ends


def test_a_history_has_the_languages_that_its_files_name(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [
        {"path": "fr/a.md", "text": "---\nlang: fr\n---\nA"},
        {"path": "fr/a.md", "deleted": True},
        {"path": "b.md", "text": "B"},
        {"path": "c.md", "text": "---\nlang: [\n---\nC"},
    ]
    (tmp_path / "history.jsonl").write_text(
        "\n".join(
            json.dumps({"at": f"2024-01-0{day}T00:00:00Z", "author": "Ada", **line})
            for day, line in enumerate(lines, 1)
        )
    )
    mapping = MarkdownMapping(
        history="history.jsonl",
        language="lang",
        locales={"en": LocaleFiles(), "fr": LocaleFiles()},
    )
    commits = read_history(tmp_path, Jekyll(mapping, tmp_path, {}))
    places = [change.place for commit in commits for change in commit.changes]
    assert [(each.locale, each.name) for each in places] == [
        ("fr", "a"),
        ("fr", "a"),
        ("en", "b"),
        ("en", "c"),
    ]
