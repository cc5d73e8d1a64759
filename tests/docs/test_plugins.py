"""The page on plugins lists every hook, and shows the plugin that a test installs."""

from __future__ import annotations

import inspect

from cms.hooks import Hooks, hookspec
from tests.docs.test_docs import DOCS, ROOT, blocks, code, rows

PAGE = DOCS / "plugins.md"
RECALL = ROOT / "tests" / "plugins" / "recall"


def test_every_hook_is_documented() -> None:
    marked = f"{hookspec.project_name}_spec"
    hooks = {name: each for name, each in vars(Hooks).items() if hasattr(each, marked)}
    assert {code(name): words for name, words in rows("plugins.md", "# Plugins")} == {
        name: (inspect.getdoc(each) or "")
        .partition("\n")[0]
        .removeprefix("Return ")
        .replace("``", "`")
        for name, each in hooks.items()
    }


def test_the_page_shows_the_plugin_that_is_installed() -> None:
    _, *shown = blocks(PAGE, "python")
    assert "\n\n".join(shown) == (RECALL / "copydesk_recall.py").read_text()
    assert blocks(PAGE, "toml") == [(RECALL / "pyproject.toml").read_text()]
