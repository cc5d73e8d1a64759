"""Rules of the parser, each asked only where what it reads can begin.

The parser asks all rules at each line, and at each mark in a line, in their order. Most of them
read something that begins with one of a few characters, and refuse all else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from markdown_it import MarkdownIt
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_BlockRule: TypeAlias = Callable[[StateBlock, int, int, bool], bool]
_InlineRule: TypeAlias = Callable[[StateInline, bool], bool]
_Rule = TypeVar("_Rule")
# Of rules with the same name: the characters at which they are asked.
_Openings: TypeAlias = Mapping[str, frozenset[str]]

# The first character of each other block than a paragraph, or of the line after its first.
BLOCK_MARKS = frozenset("`~<>#[|:=*+-_0123456789")

# The first characters of blocks. Other rules are asked at all lines: what they read begins with any
# character, or the line after it decides.
_BLOCKS: _Openings = {
    "container_directive": frozenset(":"),
    "leaf_directive": frozenset(":"),
    "fence": frozenset("`~"),
    "blockquote": frozenset(">"),
    "hr": frozenset("*-_"),
    "list": frozenset("*+-0123456789"),
    "footnote_def": frozenset("["),
    "reference": frozenset("["),
    "html_block": frozenset("<"),
    "heading": frozenset("#"),
}
# The first characters of what there is in a line, of which all but "w" end plain words.
_INLINE: _Openings = {
    "newline": frozenset("\n"),
    "escape": frozenset("\\"),
    "backticks": frozenset("`"),
    "strikethrough": frozenset("~"),
    "emphasis": frozenset("*_"),
    "link": frozenset("["),
    "image": frozenset("!"),
    "footnote_ref": frozenset("["),
    "autolink": frozenset("<"),
    "html_inline": frozenset("<"),
    "entity": frozenset("&"),
    "gfm_autolink_www": frozenset("w"),
    "gfm_autolink_protocol": frozenset(":"),
    "gfm_autolink_email": frozenset("@"),
    "text_directive": frozenset(":"),
}
# The characters that end plain words, wherever they are.
INLINE_MARKS = frozenset("\n!#$%&*+-:<=>@[\\]^_`{}~")
# The spaces before a line of code.
_INDENT_OF_CODE = 4


def ask_at_openings(parser: MarkdownIt) -> None:
    """Let a parser, which has all its rules, ask each only where what it reads can begin."""
    parser.block.ruler = _RulesAtOpenings(parser.block.ruler, _block_reader)
    parser.inline.ruler = _RulesAtOpenings(parser.inline.ruler, _inline_reader)


class _RulesAtOpenings(Ruler[_Rule]):
    """Rules, of which each chain is read by one rule that asks the others.

    Args:
        rules: the rules.
        reader_of: returns that rule for others with their names.
    """

    def __init__(
        self, rules: Ruler[_Rule], reader_of: Callable[[Sequence[tuple[str, _Rule]]], _Rule]
    ) -> None:
        super().__init__()
        self.__rules__ = rules.__rules__
        self._reader_of = reader_of

    def __compile__(self) -> None:
        """Make the rule of each chain."""
        active = [each for each in self.__rules__ if each.enabled]
        self.__cache__ = {"": [self._reader_of([(each.name, each.fn) for each in active])]}
        for chain in {name for each in active for name in each.alt}:
            rules = [(each.name, each.fn) for each in active if chain in each.alt]
            self.__cache__[chain] = [self._reader_of(rules)]


def _block_reader(rules: Sequence[tuple[str, _BlockRule]]) -> _BlockRule:
    """Return a rule that asks others, each at the lines that begin with its characters."""
    every = [rule for _, rule in rules]
    by_mark = {mark: _rules_at(mark, rules, _BLOCKS) for mark in BLOCK_MARKS}
    others = _rules_at("", rules, _BLOCKS)

    def read(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001  # as rules are called
        place = state.bMarks[start] + state.tShift[start]
        is_plain = (
            state.sCount[start] - state.blkIndent < _INDENT_OF_CODE and place < state.eMarks[start]
        )
        for rule in by_mark.get(state.src[place], others) if is_plain else every:
            if rule(state, start, end, silent):
                return True
        return False

    return read


def _inline_reader(rules: Sequence[tuple[str, _InlineRule]]) -> _InlineRule:
    """Return a rule that asks others, each at its characters."""
    by_mark = {
        mark: _rules_at(mark, [each for each in rules if each[0] != "text"], _INLINE)
        for mark in INLINE_MARKS
    }
    others = _rules_at("w", rules, _INLINE)

    def read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # as rules are called
        for rule in by_mark.get(state.src[state.pos], others):  # noqa: SIM110  # which is faster
            if rule(state, silent):
                return True
        return False

    return read


def _rules_at(
    mark: str, rules: Iterable[tuple[str, _Rule]], openings: _Openings
) -> Sequence[_Rule]:
    """Return the rules for what can begin with a mark; those for any other for an empty one."""
    return [
        rule
        for name, rule in rules
        if mark in openings.get(name, (mark,))
        and (name != "plain_paragraph" or mark not in BLOCK_MARKS)
    ]
