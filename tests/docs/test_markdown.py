"""Every example of ``docs/markdown.md`` is true: its HTML and its tree are those of its source."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from cms.content.content_type import ContentType
from cms.content.fields import Markdown
from cms.content.fields.base import Problems
from cms.content.markup.losses import LossCode
from cms.content.markup.markdown import render_markdown
from cms.content.slug import Anchors
from tests.docs.test_docs import DOCS, blocks, code, rows

PAGE = DOCS / "markdown.md"
EXAMPLES = re.findall(
    r"````markdown\n(.*?)\n````\n\n```html\n(.*?)\n```\n\n```json\n(.*?)\n```",
    PAGE.read_text(),
    flags=re.DOTALL,
)


def field() -> Markdown:
    """Return the text that the page declares, with its directives."""
    declared: dict[str, Any] = {"__name__": "declared"}
    (source,) = blocks(PAGE, "python")
    exec(source, declared)  # noqa: S102  # an example of our own
    page: type[ContentType] = declared["Page"]
    body = page.fields["body"]
    assert isinstance(body, Markdown)
    return body


@pytest.mark.parametrize(("source", "html", "tree"), EXAMPLES, ids=lambda text: text[:20])
def test_examples_are_rendered_as_documented(source: str, html: str, tree: str) -> None:
    body = field()
    rendered = render_markdown(source, Anchors(), body.reader)
    assert rendered.html == html
    children = rendered.tree["children"]
    nodes = json.loads(tree)
    assert children == (nodes if isinstance(nodes, list) else [nodes])


@pytest.mark.parametrize("source", [example[0] for example in EXAMPLES], ids=lambda text: text[:20])
def test_examples_are_saved_without_errors_and_warnings(source: str) -> None:
    problems: Problems = []
    body = field()
    assert body.clean(source, ("body",), problems) == source
    assert problems == []
    assert list(body.missing(source, ("body",))) == []
    assert body.losses(source) == ()


def test_every_construct_has_an_example() -> None:
    headings = set(re.findall(r"^## (.+)$", PAGE.read_text(), flags=re.MULTILINE))
    assert len(EXAMPLES) >= len(headings - {"Limits", "Warnings"}) > 5


def test_every_warning_is_documented() -> None:
    documented = [code(name) for name, _ in rows("markdown.md", "## Warnings")]
    assert documented == list(get_args(LossCode))
