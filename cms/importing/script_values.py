"""Scripts with values only, which are nearly flow mappings of YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

# The declaration of a constant in a script.
_DECLARED = re.compile(r"^(?:const|let|var)\s+(?P<name>[\w$]+)\s*=(?![=>])\s*", re.MULTILINE)
# A text, or several that are joined, and a date that is written as a text.
_TEXT = r"""(?:"(?:[^"\\\n]|\\.)*+"|'[^'\\\n]*+')"""
_TEXTS = re.compile(
    rf"(?P<date>new Date\()?(?P<texts>{_TEXT}(?:\s*+\+\s*+{_TEXT})*+)(?(date)\))"
    r"|[\"'].*+"  # a text without an end
)
_CONSTANT = re.compile(r"true|false|null|-?\d+(?:\.\d+)?")
_TABS = re.compile(r"^\t+", re.MULTILINE)


def flow_mapping_of(text: str) -> str:
    """Return a script that is one object or declares constants as a flow mapping, line by line.

    Texts can be joined, and dates be made of texts.
    """
    before, *declared = _DECLARED.split(_TEXTS.sub(_joined, text))
    if declared:
        pairs = zip(declared[::2], declared[1::2], strict=True)
        before += "{" + "".join(f"{name}: {_as_item(value)}" for name, value in pairs) + "}"
    return _TABS.sub(lambda match: " " * len(match[0]), before.rstrip().removesuffix(";"))


def has_only_constants(node: yaml.Node) -> bool:
    """Return whether YAML reads all values of a mapping as a script does."""
    return all(map(_is_constant, _scalars(node)))


def _joined(match: re.Match[str]) -> str:
    """Return texts that are joined as one; other texts stay as they are."""
    texts = re.findall(_TEXT, match["texts"] or "")
    quotes = {each[0] for each in texts}
    if len(quotes) != 1:
        return match[0]
    quote = quotes.pop()
    return f"{quote}{''.join(each[1:-1] for each in texts)}{quote}"


def _as_item(value: str) -> str:
    """Return the end of a declaration as a value in a flow mapping, with the same lines."""
    end = len(value.rstrip())
    return f"{value[:end].removesuffix(';')},{value[end:]}"


def _scalars(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the values in a mapping that are no mappings or lists."""
    match node:
        case yaml.MappingNode():
            for _, value in node.value:
                yield from _scalars(value)
        case yaml.SequenceNode():
            for value in node.value:
                yield from _scalars(value)
        case _:
            yield node


def _is_constant(node: yaml.Node) -> bool:
    """Return whether YAML reads a text, a number, a truth value or null as a script does."""
    match getattr(node, "style", None):
        case None | "":
            return _CONSTANT.fullmatch(node.value) is not None
        case "'":
            return "\\" not in node.value
        case style:
            return bool(style == '"')
