"""Sanitised HTML is read as a parser of any HTML reads it."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from cms.content.markup.allowed_html import sanitise
from cms.content.markup.html_reader import HtmlReader

PIECES = (
    "words",
    "a &amp;lt; b",
    "&nbsp;&copy; é",
    "<",
    '"',
    "\n",
    "<b>",
    "</b>",
    "<p id=one title='a > b'>",
    "<h2 id='&quot;x&quot;'>",
    "</h2>",
    '<a href="/x?a=1&amp;b=2">',
    "<a href='/y' id=y>",
    "</a>",
    "<img src=x alt='a < b'>",
    "<pre>",
    "</pre>",
    "<br/>",
    "<!-- words -->",
    "<script>words</script>",
)


class AnyHtml(HTMLParser):
    """The words, anchors and links of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.anchors: list[str] = []
        self.hrefs: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.words.append(f" {values.get('alt') or ''}")
        self.anchors += [value for name, value in attrs if name == "id" and value]
        self.hrefs += [values["href"] or ""] if tag == "a" and "href" in values else []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_it_has_the_words_links_and_anchors_of_the_html(text: str) -> None:
    html = sanitise(text)
    read, expected = HtmlReader(html, ()), AnyHtml(html)
    assert "".join(read.plain_text().split()) == "".join("".join(expected.words).split())
    assert read.anchors == expected.anchors
    assert [each.href for each in read.links] == expected.hrefs
