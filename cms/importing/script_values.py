"""Scripts with values only, which are nearly flow mappings of YAML."""

from __future__ import annotations

import re

import yaml

# The declaration of a constant in a script.
_DECLARED = re.compile(r"^(?:const|let|var)\s+(?P<name>[\w$]+)\s*=(?![=>])\s*", re.MULTILINE)
# Parts of a script that YAML writes in another way: a text, or several that are joined, or a date
# that is written as a text; a comment; and a colon, which needs a space there.
_TEXT = r"""(?:"(?:[^"\\\n]|\\.)*+"|'[^'\\\n]*+')"""
_PARTS = re.compile(
    rf"(?P<date>new Date\()?(?P<texts>{_TEXT}(?:\s*+\+\s*+{_TEXT})*+)(?(date)\))"
    r"|(?P<comment>//.*+|/\*[\s\S]*?(?:\*/|\Z))|(?P<colon>:)"
    r"|[\"'].*+"  # a text without an end
)
_NAME = re.compile(r"[\w$]+")
_CONSTANT = re.compile(r"true|false|null|-?\d+(?:\.\d+)?")
_TABS = re.compile(r"^\t+", re.MULTILINE)


def flow_mapping_of(text: str) -> str:
    """Return a script that is one object or declares constants as a flow mapping, line by line.

    Texts can be joined, and dates be made of texts.
    """
    before, *declared = _DECLARED.split(_PARTS.sub(_as_yaml, text))
    if declared:
        pairs = zip(declared[::2], declared[1::2], strict=True)
        before += "{" + "".join(f"{name}: {_as_item(value)}" for name, value in pairs) + "}"
    return _TABS.sub(lambda match: " " * len(match[0]), before.rstrip().removesuffix(";"))


def has_only_constants(node: yaml.Node) -> bool:
    """Return whether YAML reads a value as a script does, with all that is in it."""
    match node:
        case yaml.MappingNode():
            return all(
                _is_text(key, _NAME) and has_only_constants(value) for key, value in node.value
            )
        case yaml.SequenceNode():
            return all(map(has_only_constants, node.value))
        case _:
            return _is_text(node, _CONSTANT)


def _as_yaml(match: re.Match[str]) -> str:
    """Return a part of a script as YAML, with the same lines; other texts stay as they are."""
    lines = "\n" * match[0].count("\n")
    if match["comment"]:
        return lines or " "
    if match["colon"]:
        return ": "
    texts = re.findall(_TEXT, match["texts"] or "")
    quotes = {each[0] for each in texts}
    if len(quotes) != 1:
        return match[0]
    quote = quotes.pop()
    return f"{quote}{''.join(each[1:-1] for each in texts)}{quote}{lines}"


def _as_item(value: str) -> str:
    """Return the end of a declaration as a value in a flow mapping, with the same lines."""
    end = len(value.rstrip())
    return f"{value[:end].removesuffix(';')},{value[end:]}"


def _is_text(node: yaml.Node, unquoted: re.Pattern[str]) -> bool:
    """Return whether YAML reads a text as a script does, or one of a form without quotes."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    match node.style:
        case None | "":
            return unquoted.fullmatch(node.value) is not None
        case "'":
            return "\\" not in node.value
        case style:
            return bool(style == '"')
