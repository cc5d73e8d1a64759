"""Shortcodes, components and containers: tags with arguments, alone or in pairs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from cms.importing.front_matter import parse_markdown
from cms.importing.site.body import Body, Edit
from cms.importing.site.faults import FaultKind
from cms.importing.site.mapping import Shortcode
from cms.importing.site.syntax.conversion import Conversion

_ARGUMENT = re.compile(
    r"""(?:(?P<key>[\w:@.-]+)\s*[=:]\s*)?
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|`(?P<raw>[^`]*)`
    |\{(?P<braces>[^{}]*)\}|(?P<word>[^\s"'`=,{}]+))""",
    re.VERBOSE,
)
# A placeholder between marks that are nothing without its value.
_STRONG = re.compile(r"\*\*\{(\w+)\}\*\*")
_PLACEHOLDER = re.compile(r"\{([\w-]+)\}")
_EMPTY_TITLE = re.compile(r'\s+""\)')
_COLONS = re.compile(r"^\s*(:{3,})", re.MULTILINE)
_MARKER = re.compile(r"[ \t]*(?:(?:[-*+]|\d+[.)])[ \t]+)*")
_DEEPEST = 50
# Arguments with names whose values readers see, mostly.
_WITH_WORDS = frozenset({"alt", "caption", "description", "label", "text", "title"})


@dataclass(frozen=True)
class Tag:
    """A tag in a text.

    Attributes:
        start: the place of its first character.
        end: the place after it.
        name: its name.
        arguments: its arguments; those without a name are ``0``, ``1`` …
        is_end: whether it is the second of a pair.
        is_single: whether it cannot be the first of a pair.
    """

    start: int
    end: int
    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    is_end: bool = False
    is_single: bool = False


def arguments_in(text: str) -> dict[str, str]:
    """Return the arguments of a tag by their names, or by their numbers."""
    found: dict[str, str] = {}
    number = 0
    for match in _ARGUMENT.finditer(text):
        values = (match[each] for each in ("double", "single", "raw", "braces", "word"))
        value = next((each for each in values if each is not None), "")
        if match["double"] is not None or match["single"] is not None:
            value = re.sub(r"\\(.)", r"\1", value)
        key = match["key"]
        if key is None:
            key, number = str(number), number + 1
        found[key] = value.strip().strip("\"'`") if match["braces"] is not None else value
    return found


def without_tags(body: Body, page: Conversion, find: Callable[[Body], Iterable[Tag]]) -> Body:
    """Return a text in which tags with replacements are replaced, the innermost first."""
    for _ in range(_DEEPEST):
        edits = list(_innermost(body, page, list(find(body))))
        if not edits:
            break
        body = body.edited(edits)
    return body


def _innermost(body: Body, page: Conversion, tags: Sequence[Tag]) -> Iterator[Edit]:
    done = -1
    replaced = [each for each in tags if each.name in page.shortcodes]
    starts = [each.start for each in replaced]
    for first, last in _pairs(tags):
        code = page.shortcodes.get(first.name)
        if code is None or first.start < done:
            continue
        end = last.end if last is not None else first.end
        inside = slice(bisect_left(starts, first.end), bisect_left(starts, end))
        if any(each is not last for each in replaced[inside]):
            continue
        inner = body.text[first.end : last.start] if last is not None else ""
        if inner.strip() and _loses_words(code):
            message = (
                f"the words between the two tags of {first.name!r} are left out; write {{inner}}"
            )
            page.report(body, first.start, FaultKind.LOST_WORDS, f"{message} in its shortcode")
        is_block = _is_alone(body.text, first.start, end)
        if left_out := list(_left_out(code, first, inner if last else None, is_block)):
            message = f"{' '.join(left_out)!r} in {first.name!r} is left out; its shortcode has"
            page.report(body, first.start, FaultKind.CHANGED, f"{message} no place for it")
        text = _replacement(code, page, first, inner if last is not None else None, is_block)
        yield first.start, end, _placed(text, body, first)
        done = end


def _pairs(tags: Sequence[Tag]) -> Iterator[tuple[Tag, Tag | None]]:
    """Yield the first tags, each with its second one if it has one."""
    seconds: dict[int, Tag] = {}
    open_tags: list[Tag] = []
    numbers: Counter[str] = Counter()  # of the open tags, by their names
    for each in tags:
        if not each.is_end:
            if not each.is_single:
                open_tags.append(each)
                numbers[each.name] += 1
            continue
        while numbers[each.name]:  # those after the first tag have no second one
            first = open_tags.pop()
            numbers[first.name] -= 1
            if first.name == each.name:
                seconds[first.start] = each
                break
    yield from ((each, seconds.get(each.start)) for each in tags if not each.is_end)


def _is_alone(text: str, start: int, end: int) -> bool:
    """Return whether a piece of a text is alone on its lines."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    line_end = text.find("\n", end)
    return not before.strip() and not text[end : line_end if line_end >= 0 else None].strip()


def _replacement(
    code: Shortcode,
    page: Conversion,
    tag: Tag,
    inner: str | None,
    is_block: bool,  # noqa: FBT001  # a fact of the text
) -> str:
    if code.directive:
        return _directive(code.directive, tag, inner, is_block)
    if not code.include:
        return _filled(code.markdown, {**tag.arguments, "inner": _dedented(inner or "")})
    path = _filled(code.include, tag.arguments)
    text = page.text_in(page.folder / path.lstrip("/"))
    return parse_markdown(page.file, text).body if text is not None else f"[{path}]"


def _loses_words(code: Shortcode) -> bool:
    """Return whether a replacement has no place for the words between two tags.

    One without any text is that of comments.
    """
    return bool(code.include or (code.markdown and "{inner}" not in code.markdown))


def _left_out(
    code: Shortcode,
    tag: Tag,
    inner: str | None,
    is_block: bool,  # noqa: FBT001  # a fact of the text
) -> Iterator[str]:
    """Yield the arguments that can have words, and for which a replacement has no place."""
    if code.directive:
        has_label = not (inner or "").strip() and not (is_block and inner is not None)
        used = {"0"} if has_label else set()
        used |= {key for key in tag.arguments if not key.isdigit()}
    elif code.include or code.markdown:
        used = {*_PLACEHOLDER.findall(code.include or code.markdown)}
    else:  # as for comments
        return
    # An include is named by its first argument.
    shown = [tag.name, *(tag.arguments[key] for key in used if key in tag.arguments)]
    for key, value in tag.arguments.items():
        has_words = key.isdigit() or key in _WITH_WORDS
        if has_words and key not in used and value not in shown and any(map(str.isalpha, value)):
            yield value


def _dedented(text: str) -> str:
    """Return the text between two tags, without the indentation that all its lines share."""
    return dedent(text.strip("\n")).strip()


def _placed(text: str, body: Body, tag: Tag) -> str:
    """Return a replacement with its lines indented as its tag is, also in an item of a list."""
    before = body.text[body.text.rfind("\n", 0, tag.start) + 1 : tag.start]
    indent = re.sub(r"\S", " ", before) if _MARKER.fullmatch(before) else ""
    return text.replace("\n", f"\n{indent}") if indent else text


def _filled(template: str, values: Mapping[str, str]) -> str:
    lines: list[str] = []
    for line in template.split("\n"):
        names = _PLACEHOLDER.findall(line)
        shown = _STRONG.sub(lambda match: match[0] if values.get(match[1]) else "", line)
        filled = _PLACEHOLDER.sub(lambda match: values.get(match[1], ""), shown)
        prefix = line.partition("{")[0] if "inner" in names else ""
        marks = prefix if prefix.strip() in {"", ">"} else ""
        new = filled.split("\n")
        lines += [new[0], *(f"{marks}{each}".rstrip() for each in new[1:])]
    return _EMPTY_TITLE.sub(")", "\n".join(line.rstrip() for line in lines).strip("\n"))


def _directive(name: str, tag: Tag, inner: str | None, is_block: bool) -> str:  # noqa: FBT001
    own = [
        f'{key}="{value.replace(chr(34), "&quot;")}"'
        for key, value in tag.arguments.items()
        if not key.isdigit()
    ]
    braces = f"{{{' '.join(own)}}}" if own else ""
    words = _dedented(inner or "")
    if not is_block or inner is None:
        label = words or tag.arguments.get("0", "")
        return f"{'::' if is_block else ':'}{name}{f'[{label}]' if label else ''}{braces}"
    longest = max((len(each) for each in _COLONS.findall(inner)), default=2)
    colons = ":" * (longest + 1)
    return f"{colons}{name}{braces}\n{words}\n{colons}"
