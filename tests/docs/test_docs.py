"""The documentation is true: its code runs, and its tables are the code's own."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from cms import errors
from cms.authorization.actions import ROLE_ACTIONS, Action
from cms.commands import __all__ as commands_listed
from cms.content import fields as field_kinds
from cms.errors import UserError
from cms.importing.site.mapping import MarkdownMapping, read_mapping
from cms.publishing.gates import GATES
from cms.settings import Settings
from graphql_api.http.limits import Limits
from tests.rooms import action_of, modules_of_the_engine

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Without those of the packages that the frontends are built with.
PAGES = sorted(each for each in DOCS.rglob("*.md") if "node_modules" not in each.parts)


def rows(file: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    text = f"\n{(DOCS / file).read_text()}".split(f"\n{heading}\n", 1)[1]
    lines = text[text.index("\n|") :].strip().splitlines()
    table = [line for line in lines[: lines.index("") if "" in lines else None] if "|" in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def code(cell: str) -> str:
    return cell.strip("`")


def blocks(file: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", file.read_text(), flags=re.DOTALL)


def test_every_setting_is_documented() -> None:
    documented = {
        code(name): (code(default), words)
        for name, default, words in rows("settings.md", "# Settings")
    }
    assert documented == {
        f"COPYDESK_{name.upper()}": (shown(each.default), re.sub(" +", " ", words_of(each)))
        for name, each in Settings.model_fields.items()
    }


def shown(default: object) -> str:
    return "" if default == () else str(default)


def words_of(setting: object) -> str:
    """Return a setting's description, with what is to be typed marked as such."""
    words = str(getattr(setting, "description", ""))
    return re.sub(r"(sqlite:///<file>|postgresql://[^ ,.]+|<module>:<attribute>)", r"`\1`", words)


def test_every_limit_is_documented() -> None:
    documented = {
        code(name): int(most.replace(",", "")) for name, most, _ in rows("querying.md", "## Limits")
    }
    assert documented == {each.name: each.default for each in fields(Limits)}


def test_every_right_is_documented() -> None:
    roles = list(ROLE_ACTIONS)
    documented = {
        code(action): dict(zip(roles, cells, strict=True))
        for action, *cells in rows("content.md", "## Roles and actions")
    }
    assert documented == {
        action.value: {role: str(ROLE_ACTIONS[role].get(action, "")) for role in roles}
        for action in Action
    }


def test_every_command_is_documented_with_its_right() -> None:
    documented = {
        code(action): set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", functions))
        for action, functions in rows("content.md", "### Commands by action")
    }
    assert list(documented) == [action.value for action in Action]
    declared = dict(commands())
    for name, action in declared.items():
        assert name in documented[action]
    assert {name for names in documented.values() for name in names} <= set(commands_listed)


def commands() -> Iterator[tuple[str, str]]:
    """Yield every public function that is decorated as a command, and the action that it is."""
    for module in modules_of_the_engine():
        for name, function in vars(module).items():
            action = action_of(function)
            if action is not None and not name.startswith("_"):
                yield name, action.value


def test_every_gate_is_documented() -> None:
    documented = [(code(name), words) for name, words in rows("content.md", "## Publish gates")]
    assert documented == [(gate.name, gate.description) for gate in GATES]


def test_every_refusal_is_documented() -> None:
    documented = {code(name): words for name, words in rows("content.md", "## Error codes")}
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, UserError) and kind is not UserError
    ]
    assert documented == {
        kind.code: (inspect.getdoc(kind) or "").partition("\n")[0] for kind in kinds
    }


def test_every_code_of_the_api_is_documented() -> None:
    documented = {code(name) for name, _ in rows("querying.md", "## Errors")}
    sources = "".join(file.read_text() for file in (ROOT / "graphql_api").rglob("*.py"))
    assert {each for each in documented if f'"{each}"' not in sources} == set()
    raised = set(re.findall(r'"code": "([A-Z_]+)"|_failure\([^)]*?"([A-Z_]+)"', sources))
    assert {one or other for one, other in raised} <= documented


def test_every_kind_of_field_is_documented() -> None:
    documented = "".join(kind for kind, *_ in rows("content.md", "### Field kinds"))
    for name in field_kinds.__all__:
        if name not in {"AnyBlock", "Block", "Field", "Scalar", "Section", "shown_as"}:
            assert f"`{name}" in documented


def test_every_key_of_a_mapping_is_documented() -> None:
    documented = [
        code(name)
        for names, _ in rows("importing.md", "## Mapping file")
        for name in names.split(", ")
    ]
    assert sorted(documented) == sorted(each.name for each in fields(MarkdownMapping))


def test_the_mapping_of_the_importing_page_can_be_read(tmp_path: Path) -> None:
    (mapping,) = blocks(DOCS / "importing.md", "yaml")
    (tmp_path / "mapping.yaml").write_text(mapping)
    assert read_mapping(tmp_path / "mapping.yaml").content_type == "GlossaryTerm"


HELLO, *CODE = blocks(DOCS / "content.md", "python")
LONGEST_HELLO = 26


def test_hello_world_is_short_and_runs_as_it_stands(tmp_path: Path) -> None:
    lines = [line for line in HELLO.splitlines() if line]
    assert len(lines) <= LONGEST_HELLO
    assert max(map(len, lines)) <= 100
    page = (DOCS / "content.md").read_text()
    printed = page.split(f"```python\n{HELLO}```\n", 1)[1].strip().split("```")[1]
    assert run_script(HELLO, tmp_path) == printed.strip()
    assert (tmp_path / "copydesk.db").exists()


def test_the_code_of_the_content_page_runs(tmp_path: Path) -> None:
    script = "\n".join(CODE)
    expected = re.findall(r"print\(.*\)  # (.*)", script)
    assert expected
    assert run_script(script, tmp_path).splitlines() == expected


def run_script(source: str, folder: Path) -> str:
    """Return what a script prints, run in a folder where nothing is set."""
    (folder / "script.py").write_text(source)
    outside = {name: value for name, value in os.environ.items() if "COPYDESK" not in name}
    done = subprocess.run(  # our own script
        [sys.executable, "script.py"],
        cwd=folder,
        env={**outside, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_site_of_the_readme_can_be_built() -> None:
    (source,) = blocks(ROOT / "README.md", "python")
    names: dict[str, object] = {"__name__": "my_site"}
    exec(source, names)  # noqa: S102  # the README's own
    assert "site" in names


def links() -> Iterator[tuple[Path, str]]:
    for file in (ROOT / "README.md", *PAGES, ROOT / "bench" / "README.md"):
        for target in re.findall(r"\]\(([^)#]+)", file.read_text()):
            if "://" not in target:
                yield file, target


@pytest.mark.parametrize(("file", "target"), list(links()), ids=str)
def test_a_link_leads_to_a_file(file: Path, target: str) -> None:
    assert (file.parent / target).exists()


def fragments() -> Iterator[tuple[Path, str]]:
    """Yield each linked page with the fragment of the link."""
    for file in (ROOT / "README.md", *PAGES, ROOT / "bench" / "README.md"):
        for target, fragment in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", file.read_text()):
            yield (file.parent / target if target else file), fragment


@pytest.mark.parametrize(("page", "fragment"), list(fragments()), ids=str)
def test_a_fragment_of_a_link_is_a_heading(page: Path, fragment: str) -> None:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}
    assert fragment in anchors
