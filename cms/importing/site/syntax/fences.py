"""Code that a template highlights, as a fence of Markdown."""

from __future__ import annotations

import re

_BACKTICKS = re.compile("`+")
# What lists and quotes have before their words; and the marker of an item, for which other lines
# have spaces.
_LEAD = re.compile(r"[ \t>]*+(?:(?:[-*+]|\d+[.)])[ \t>]++)*+")
_MARKER = re.compile(r"[-*+]|\d+[.)]")


def fence_of(text: str, span: tuple[int, int], language: str, code: str) -> str:
    """Return the fence for a part of a text: on lines of its own, in the list or quote around it.

    Args:
        text: the text.
        span: the place of the template with the code.
        language: the language of the code; empty if it is not known.
        code: the code, as it is written between two tags.
    """
    start, end = span
    line = text.rfind("\n", 0, start) + 1
    marks = _LEAD.match(text, line, start)
    before = marks[0] if marks is not None else ""
    lead = _MARKER.sub(lambda each: " " * len(each[0]), before)
    longest = max((len(each) for each in _BACKTICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    first = f"\n{lead}" if line + len(before) < start else ""
    last = f"\n{lead}" if text[end : end + 1].strip("\n") else ""
    lines = (_within(lead, each) for each in _without_blank_ends(code, lead))
    return "\n".join([f"{first}{fence}{language}", *lines, f"{lead}{fence}{last}"])


def _without_blank_ends(code: str, lead: str) -> list[str]:
    """Return the lines of code without those at both ends that are blank, also in a quote."""
    blank = " \t>" if ">" in lead else " \t"
    lines = code.split("\n")
    filled = [number for number, each in enumerate(lines) if each.strip(blank)]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _within(lead: str, line: str) -> str:
    is_within = line.startswith(lead) or line.rstrip() == lead.rstrip()
    return line if is_within else f"{lead}{line}".rstrip()
