"""The values of a front matter that arrive nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from cms.content.slug import slugify
from cms.importing.front_matter import Plain, Written
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.mapping import MarkdownMapping
from cms.importing.site.values import PageValues

# A key that a template in a text shows: its value, or the template itself, is in the text. In
# objects of scripts, as in style={{color: "red"}}, a colon follows. Each alternative begins with a
# letter, before what has to be before it: so it is found in a tenth of the time.
_SHOWN = re.compile(
    r"(?:p(?<=\bp)(?:(?:age|ost|arams)\.|aram\s++[\"'`]?)|f(?<=\bf)rontmatter\."
    r"|P(?<=\bP)arams\.|\{\{-?\s*+(?!(?:page|post|frontmatter)\.))"
    r"([A-Za-z_][\w-]*+)(?!\s*+:)"
)

# Number of characters of a template before a key in it.
_LONGEST_TEMPLATE = 500


def lost_values(mapping: MarkdownMapping, values: PageValues, title: str) -> Iterator[Fault]:
    """Yield the values of a page that no key of the mapping takes, each with its key.

    A key that the mapping names under ``settings`` is not content, and a text that is the title
    of the page has arrived.

    Args:
        mapping: the mapping, with the rules of the content type.
        values: the front matter.
        title: the title of the page here.
    """
    taken = {_comparable(each) for each in _taken(mapping)}
    people = {_comparable(each) for each in (mapping.author, mapping.reviewed_by) if each}
    body = values.source.body
    shown = {
        each[1].casefold() for each in _SHOWN.finditer(body) if _is_in_template(body, each.start(1))
    }
    for key, value in values.written.items():
        if key.casefold() in shown:
            continue
        for path, inner in _leaves(key, value):
            is_title = isinstance(inner, str) and inner.strip() == title
            if not is_title and (taken | people).isdisjoint(_prefixes(_comparable(path))):
                yield _without_place(values, path)
    for key in sorted(people):
        for path in _beside_names(values.spelling(key), values.value(key)):
            if taken.isdisjoint(_prefixes(_comparable(path))):
                yield _without_place(values, path)
    yield from _further_values(mapping, values)


def _is_in_template(body: str, offset: int) -> bool:
    """Return whether a place in a text is within braces, or within a tag."""
    before = body[max(0, offset - _LONGEST_TEMPLATE) : offset]
    return any(before.rfind(start) > before.rfind(end) for start, end in ("{}", "<>"))


def _beside_names(key: str, value: Written | None) -> Iterator[str]:
    """Yield the paths of values that people have beside their names, such as links."""
    for each in value if isinstance(value, list) else [value]:
        for name, inner in each.items() if isinstance(each, Mapping) else ():
            if name != "name":
                yield from (path for path, _ in _leaves(f"{key}.{name}", inner))


def _further_values(mapping: MarkdownMapping, values: PageValues) -> Iterator[Fault]:
    """Yield the values of mapped keys that have no place beside the first one."""
    one = "only the first is"
    authors, tags = values.names(mapping.author), values.texts(mapping.tags)
    people = [each for each in authors if slugify(each)]
    categories = values.texts(mapping.category) if mapping.folders != "category" else ()
    for key, without_place, reason in (
        (mapping.category, categories[1:], f"{one} the category"),
        (mapping.author, people[1:], f"{one} the byline"),
        (mapping.author, _without_letters(authors), "a name has a letter or a digit"),
        (mapping.tags, _without_letters(tags), "a tag has a letter or a digit"),
    ):
        for each in without_place:
            path = values.spelling(key)
            yield _fault(values, path, f"{path}: {each!r} arrives nowhere; {reason}")
    for key in mapping.aliases:
        for each in values.texts(key):
            if each and not mapping.path_of_alias(each):
                path = values.spelling(key)
                message = f"{path}: {each!r} arrives nowhere; an alias is a path of the old site"
                yield _fault(values, path, message)
    if mapping.reviewed_on and not values.names(mapping.reviewed_by):
        path = values.spelling(mapping.reviewed_on)
        if _holds(values.value(mapping.reviewed_on)):
            message = f"{path} arrives nowhere; a date of a review needs the name of a reviewer"
            yield _fault(values, path, message)


def _without_letters(texts: Sequence[str]) -> Sequence[str]:
    return [each for each in texts if not slugify(each)]


def _taken(mapping: MarkdownMapping) -> Iterator[str]:
    """Yield the keys whose values arrive, or are no content, but those of people."""
    yield from (mapping.summary, mapping.tags)
    if mapping.folders != "category":  # or the folder is the category
        yield mapping.category
    yield from (mapping.reviewed_on, mapping.language, mapping.translation)
    yield from (*mapping.date, *mapping.expiries, *mapping.aliases, *mapping.settings)
    yield from (*mapping.fields.values(), *mapping.drafts)


def _leaves(path: str, value: Written) -> Iterator[tuple[str, Written]]:
    """Yield the values within a value that hold something, with their paths as in ``a.b``."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{path}.{key}", inner)
    elif _holds(value):
        yield path, value


def _holds(value: Written | None) -> bool:
    """Return whether a value is something: not null, and not empty."""
    match value:
        case None:
            return False
        case Plain():
            return not value.is_null
        case str():
            return bool(value.strip())
        case Mapping():
            return any(map(_holds, value.values()))
        case _:
            return any(map(_holds, value))


def _comparable(path: str) -> str:
    """Return a path as it is compared: its first key without regard to case."""
    first, dot, rest = path.partition(".")
    return f"{first.casefold()}{dot}{rest}"


def _prefixes(path: str) -> Sequence[str]:
    """Return a path and those of the values that it is in."""
    keys = path.split(".")
    return [".".join(keys[:number]) for number in range(1, len(keys) + 1)]


def _without_place(values: PageValues, path: str) -> Fault:
    reason = "give it a field under fields, or name it under settings"
    return _fault(values, path, f"{path} arrives nowhere; {reason}")


def _fault(values: PageValues, path: str, message: str) -> Fault:
    source = values.source
    key = next((each for each in _prefixes(path) if each in source.lines), None)
    if key is None:
        message = f"{message} (the site or a folder gives it to the page)"
    line = source.lines[key] if key is not None else 1
    return Fault(source.file, line, FaultKind.LOST_VALUE, message, path)
