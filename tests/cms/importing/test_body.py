"""The text of a page while it is converted."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from cms.importing.site.body import body_of
from cms.importing.site.links import links_of

SPAN = re.compile(r"(?<![`\\])(`+)(?!`)(?:(?!\n\n)[\s\S])+?(?<!`)\1(?!`)")
PIECES = ("`", "``", "```", "a", "\\", "\n", "\n\n", " b ", "    ", "~~~", "- ")


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("`a\n\n`b`")
@example("\\`a`b`")
@example("``a`b``c`")
def test_code_is_in_blocks_and_between_equally_many_backticks(text: str) -> None:
    body = body_of(text, 1)
    blocks = [(body.start_of(first), body.start_of(end)) for first, end in body.outline.code]
    spans = [each.span() for each in SPAN.finditer(text)]
    outside = [each for each in spans if not any(a <= each[0] < b for a, b in blocks)]
    assert body.code == sorted([*blocks, *outside])


def test_elements_in_blocks_of_html_are_links_though_backticks_are_around_them() -> None:
    shown = '<div>\n`<a href="a">`\n</div>\n\n- <p>`<a href="b">`</p>'
    code = '`<a href="c">`\n\n<b>x</b> `<a href="d">`\n\n```\n<a href="e">\n```'
    assert [each.href for each in links_of(body_of(f"{shown}\n\n{code}", 1))] == ["a", "b"]
    open_tick = '<div>`</div>\n\n<a href="a"> `b`'
    assert [each.href for each in links_of(body_of(open_tick, 1))] == ["a"]
