"""Messages, command help, pages and docstrings are in plain English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from cms.settings import Settings
from graphql_api import cli
from tests.architecture.sources import (
    ROOT,
    modules_in,
    name_of,
    source_in,
    source_of,
)
from tests.docs.test_docs import PAGES as DOCS

SOURCES = modules_in("cms", "graphql_api", "seeds")
PAGES = [ROOT / "README.md", ROOT / "bench" / "README.md", *DOCS]

ROOMS = sorted(
    room
    for package in (ROOT / "cms", ROOT / "graphql_api")
    for room in package.iterdir()
    if room.suffix == ".py" or (room / "__init__.py").exists()
)

# Phrases that a technical writer would replace, with what they would write.
AVOIDED = {
    r"somebody|someone": "an editor, another account, another request",
    r"nobody|everybody": "no account, all accounts",
    r"whoever": "the account that",
    r"(is|are|was|were) told": "gets, receives, raises",
    r"(?-i:It) in": "a noun",
    r"says? nothing": "is ignored, prints nothing",
    r"it is said": "a verb with a subject",
    r"at hand": "available",
    r"anew": "again",
    r"makes? good": "compensates",
    r"one's": "your, its",
    r"take (it|one) back|taken? back|took back": "unpublish",
    r"(is|are) (gone|lost) by now": "is missing",
    r"lead(s|ing)? nowhere": "has no target",
    r"goes on|going on|go on": "continues, resumes",
    r"(?<!there )is no (id|name|cursor|key|folder|envelope|day)": "is not a",
    r"comes? twice|come a second time": "is repeated",
    r"look after": "maintain",
}
_AVOIDED = re.compile(rf"\b({'|'.join(AVOIDED)})\b", re.IGNORECASE)
_PLAIN_OPENING = re.compile(
    r"(?!(All that|Every(body|thing)|How|Its?|No(body|thing)|Says|Some(body|one|thing)|That"
    r"|W(hat|ho)(ever)?|When|Where|Whether|Which|Whom|Whose)\b)"
)
# Openings of a function's docstring that are no imperative verb.
_NOT_A_VERB = re.compile(r"(An?|The|These|This|Whether|Says?|\w+ing|Returns|Yields|Raises)\b")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def avoided_in(texts: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(line, text) for line, text in texts if _AVOIDED.search(text)]


def prose(page: str) -> str:
    """Return a page without its code, in one line for each paragraph."""
    without_blocks = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    without_code = re.sub(r"`[^`\n]*`", "`", without_blocks)
    return re.sub(r"(?<!\n)\n(?!\n)", " ", without_code)


def docstrings(room: Path) -> Iterator[tuple[str, Documented, str]]:
    """Yield the place, the node and the text of every docstring of a room."""
    for file in sorted(room.rglob("*.py")) if room.is_dir() else [room]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, Documented) and (docstring := ast.get_docstring(node)):
                yield f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", node, docstring


def is_vague(node: Documented, docstring: str) -> bool:
    """Return whether a docstring begins without a noun, or a function's without a verb."""
    is_property = not isinstance(node, ast.Module) and any(
        isinstance(decorator, ast.Name) and decorator.id in {"property", "cached_property"}
        for decorator in node.decorator_list
    )
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not is_property
    return not _PLAIN_OPENING.match(docstring) or bool(is_function and _NOT_A_VERB.match(docstring))


def commands(command: click.Command, name: str = "copydesk") -> Iterator[tuple[str, click.Command]]:
    """Yield every command of the shell with its name."""
    yield name, command
    for each in getattr(command, "commands", {}).values():
        yield from commands(each, f"{name} {each.name}")


def test_messages_are_in_plain_english() -> None:
    found = {name_of(file): avoided_in(source_of(file).texts) for file in SOURCES}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_are_in_plain_english(page: Path) -> None:
    text = prose(page.read_text())
    found = [text[max(0, each.start() - 40) : each.end()] for each in _AVOIDED.finditer(text)]
    assert found == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_headings_are_noun_phrases(page: Path) -> None:
    headings = re.findall(r"^#+ (.+)$", prose(page.read_text()).replace(" #", "\n#"), re.MULTILINE)
    questions = re.compile(r"(What|Which|Who|How|Where|Why|When|It)\b")
    assert [each for each in headings if questions.match(each)] == []


@pytest.mark.parametrize(("name", "command"), list(commands(cli.main)))
def test_the_help_of_a_command_is_in_plain_english(name: str, command: click.Command) -> None:
    texts = [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]
    assert [text for text in texts if _AVOIDED.search(text)] == [], name
    assert _PLAIN_OPENING.match(texts[0]), name
    assert texts[0].partition("\n")[0].endswith("."), name


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_a_setting_is_described_by_a_noun_phrase(name: str) -> None:
    description = Settings.model_fields[name].description or ""
    assert description.endswith(".")
    assert _AVOIDED.search(description) is None
    assert _PLAIN_OPENING.match(description)


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_docstrings_are_in_plain_english(room: Path) -> None:
    found = list(docstrings(room))
    assert found
    assert [(place, text) for place, node, text in found if is_vague(node, text)] == []
    assert [(place, text) for place, _, text in found if _AVOIDED.search(text)] == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Refused(NotFound(message=f"nobody has {name}"))',
        'message = "the token is not at hand"',
        'click.echo("Somebody has signed it off.")',
        '@click.option("--name", help="Whoever signs.")\ndef sign(): ...',
        'raise click.UsageError("It in one word.")',
    ],
)
def test_an_avoided_phrase_is_found(source: str) -> None:
    assert avoided_in(source_in(source).texts) != []


def test_a_docstring_is_no_message() -> None:
    source = '"""Nobody."""\nclass Somebody:\n    """Whoever."""\n'
    assert avoided_in(source_in(source).texts) == []


def test_an_avoided_phrase_is_found_across_lines() -> None:
    assert _AVOIDED.search(prose("A page\nthat is taken\nback."))
    assert not _AVOIDED.search(prose("`nobody`\n\n```python\nnobody\n```\n"))


@pytest.mark.parametrize("opening", ["What it does.", "Whoever asks.", "It is one.", "How many."])
def test_a_vague_opening_is_found(opening: str) -> None:
    assert not _PLAIN_OPENING.match(opening)


@pytest.mark.parametrize("docstring", ["The sum.", "Returning.", "Yields rows.", "Nothing else."])
def test_a_docstring_of_a_function_without_a_verb_is_found(docstring: str) -> None:
    (function,) = ast.parse(f'def total():\n    """{docstring}"""\n').body
    assert isinstance(function, ast.FunctionDef)
    assert is_vague(function, docstring)
    assert not is_vague(function, "Return the sum.")
