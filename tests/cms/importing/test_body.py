"""The text of a page while it is converted."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from cms.importing.site.body import body_of

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
