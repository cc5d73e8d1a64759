"""A path leads through the block that is there, whatever fields of this name other blocks have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from cms.comparison.difference import difference
from cms.content.content_type import ContentType
from cms.content.content_values import values_in
from cms.content.fields import Block, Blocks, Links, Markdown
from cms.content.fields.base import ValuePath
from cms.content.stored_names import named_content, named_path, stored_path
from cms.drafts.link_targets import warnings_on
from cms.errors import GateFailed
from cms.hooks import Candidate, Gate
from cms.review.comments import CommentPlace, Located, add_comment, locate_comments
from cms.site import Site
from cms.tables import Revision
from tests.cms.type_versions.scene import Scene


def before() -> Site:
    """Return a site with two kinds of block that have fields of the same names."""

    class Quote(Block):
        text = Markdown()
        more = Links(to=("Topic",))

    class Note(Block):
        text = Markdown()
        more = Links(to=("Topic",))

    class Topic(ContentType, path="/topics/{slug}"):
        body = Markdown()

    class Article(ContentType, path="/articles/{slug}"):
        body = Markdown()
        parts = Blocks(Quote, Note)

    return Site("S", content_types=(Topic, Article))


def after(*, is_quote_first: bool = True, gates: Sequence[Gate] = ()) -> Site:
    """Return it with the fields of one of them renamed."""

    class Quote(Block):
        words = Markdown(was="text")
        sources = Links(to=("Topic",), was="more")

    class Note(Block):
        text = Markdown()
        more = Links(to=("Topic",))

    blocks = (Quote, Note) if is_quote_first else (Note, Quote)

    class Topic(ContentType, path="/topics/{slug}"):
        body = Markdown()

    class Article(ContentType, path="/articles/{slug}"):
        body = Markdown()
        parts = Blocks(*blocks)

    return Site("S", content_types=(Topic, Article), gates=gates)


@pytest.fixture(params=[True, False], ids=["quote first", "note first"])
async def renamed(request: pytest.FixtureRequest, scene: Scene) -> Scene:
    """A newsroom in which the fields of one block were renamed."""
    await scene.changing.migrate(before())
    await scene.changing.migrate(after(is_quote_first=request.param))
    return scene


QUOTE_PATH, NOTE_PATH = ("fields", "parts", 0, "words"), ("fields", "parts", 1, "text")


def parts(text: str, links: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the values of an article with this text, and these links, in both blocks."""
    return {
        "parts": [
            {"type": "Quote", "words": text, "sources": links},
            {"type": "Note", "text": text, "more": links},
        ]
    }


def in_words(paths: Sequence[ValuePath]) -> list[str]:
    """Return paths as texts, in order."""
    return sorted("/".join(map(str, path)) for path in paths)


async def test_the_error_of_a_gate_has_the_field_of_the_block_with_the_link(
    renamed: Scene,
) -> None:
    await renamed.draft("Topic", {}, content_type="Topic")
    topic_id = renamed.entries["Topic"]
    await renamed.draft("Page", parts(f"[A topic]({topic_id}).", [topic_id]))
    errors = await renamed.refusals_to_publish("Page")
    paths = [each["path"] for each in errors if each["code"] == "BROKEN_LINK"]
    assert in_words(paths) == [
        "input/parts/0/sources/0",
        "input/parts/0/words",
        "input/parts/1/more/0",
        "input/parts/1/text",
    ]


async def test_a_gate_of_the_site_gets_links_with_the_declared_names_in_their_paths(
    scene: Scene,
) -> None:
    seen: list[str] = []

    def look(candidate: Candidate) -> Iterator[GateFailed]:
        """Remember the paths of the links."""
        seen.extend(each.field_path for each in candidate.edges)
        yield from ()

    await scene.changing.migrate(before())
    await scene.changing.migrate(after(gates=[Gate("site:look", look)]))
    await scene.published("Topic", {}, content_type="Topic")
    await scene.published("Page", parts("Text.", [scene.entries["Topic"]]))
    assert {*seen} == {"parts/0/sources", "parts/1/more"}


async def test_a_warning_has_the_field_of_the_block_with_the_link(renamed: Scene) -> None:
    head = await renamed.draft("Page", parts("[Nothing](/articles/nothing) is there."))
    async with renamed.newsroom.as_(renamed.newsroom.author) as work:
        warnings = await warnings_on(work, await work.session.get_one(Revision, head.id))
    assert [each.path for each in warnings if each.code == "LINK_TO_NOTHING"] == [
        ("fields", "parts", "0", "words"),
        ("fields", "parts", "1", "text"),
    ]


async def test_the_error_of_a_save_has_the_field_of_the_block_with_the_link(
    renamed: Scene,
) -> None:
    await renamed.draft("Page", parts("Text."))
    head, own_id = await renamed.head("Page"), renamed.entries["Page"]
    payload = await renamed.desk.attempt(
        renamed.newsroom.author,
        "updateArticle",
        entryId=own_id,
        baseRevision=head.id,
        values={
            "parts": [
                {"quote": {"words": "Text.", "sources": [{"href": own_id}]}},
                {"note": {"text": "Text.", "more": [{"href": own_id}]}},
            ]
        },
    )
    paths = [each["path"] for each in payload["errors"]]
    assert [[step for step in path if step in ("sources", "more")] for path in paths] == [
        ["sources"],
        ["more"],
    ]


async def test_links_are_compared_by_the_fields_of_their_blocks(renamed: Scene) -> None:
    await renamed.draft("Topic", {}, content_type="Topic")
    old = await renamed.draft("Page", parts("Text."))
    new = await renamed.draft("Page", parts("Text.", [renamed.entries["Topic"]]))
    declared = renamed.newsroom.site.content_type("Article")
    found = difference(declared, old.content, new.content).links
    paths = [each.new["fieldPath"] for each in found if each.new is not None]
    assert sorted(map(str, paths)) == ["parts/0/sources", "parts/1/more"]
    swapped = {"parts": [*reversed(parts("Text.", [renamed.entries["Topic"]])["parts"])]}
    last = await renamed.draft("Page", swapped)
    assert difference(declared, new.content, last.content).links == ()


async def test_a_value_that_is_not_declared_any_more_has_the_names_of_what_is_around_it(
    scene: Scene,
) -> None:
    await scene.changing.migrate(before())
    block = {"type": "Quote", "text": "The words of a quotation."}
    old = await scene.draft("Page", {"parts": [block]})
    new = await scene.draft("Page", {"parts": [{**block, "text": ""}]})

    for links in ({"more": Links()}, {"text": Links(was="more")}):
        quote = type("Quote", (Block,), links)

        class Article(ContentType, path="/articles/{slug}"):
            body = Markdown()
            pieces = Blocks(quote, was="parts")

        await scene.changing.migrate(Site("S", content_types=(Article,)))
    declared = scene.newsroom.site.content_type("Article")
    (change,) = difference(declared, old.content, new.content).changes
    assert (change.path, change.label, change.is_declared) == (
        ("fields", "pieces", 0, "text~"),
        "Pieces \u203a Text",
        False,
    )


async def located(scene: Scene) -> list[tuple[str, str]]:
    """Return the paths of the comments on the page by now, each with the words there."""
    newsroom = scene.newsroom
    async with newsroom.as_(newsroom.author) as work:
        threads = await locate_comments(work, scene.entries["Page"], None)
    head = await scene.head("Page")
    content = named_content(newsroom.site.content_type("Article"), head.content)
    return [_found(each, content) for each in threads]


def _found(thread: Located, content: Any) -> tuple[str, str]:
    assert thread.found is not None
    text = content
    for step in thread.found.field_path.split("/"):
        text = text[int(step) if step.isdecimal() else step]
    return thread.found.field_path, text[thread.found.start : thread.found.end]


async def comment_on(scene: Scene, path: ValuePath, quote: str, text: str) -> None:
    """Comment on words in the newest revision of the page."""
    head, start = await scene.head("Page"), text.index(quote)
    place = CommentPlace(head.id, "/".join(map(str, path)), start, start + len(quote))
    await scene.newsroom.do(
        scene.newsroom.author, add_comment, scene.entries["Page"], "Really?", place=place
    )


async def test_a_comment_is_found_in_its_block(renamed: Scene) -> None:
    text = "One sentence is as good as another, and this is one of them."
    await renamed.draft("Page", parts(text))
    await comment_on(renamed, QUOTE_PATH, "as good", text)
    await comment_on(renamed, NOTE_PATH, "another", text)
    assert await located(renamed) == [
        ("fields/parts/0/words", "as good"),
        ("fields/parts/1/text", "another"),
    ]


async def test_a_comment_is_found_after_its_field_was_renamed(scene: Scene) -> None:
    await scene.changing.migrate(before())
    texts = "A quotation, which is quite short.", "A note, which has some other words."
    blocks = [{"type": "Quote", "text": texts[0]}, {"type": "Note", "text": texts[1]}]
    await scene.draft("Page", {"parts": blocks})
    await comment_on(scene, ("fields", "parts", 0, "text"), "quite short", texts[0])
    await comment_on(scene, ("fields", "parts", 1, "text"), "other words", texts[1])
    for is_quote_first in (True, False):
        await scene.changing.migrate(after(is_quote_first=is_quote_first))
        assert await located(scene) == [
            ("fields/parts/0/words", "quite short"),
            ("fields/parts/1/text", "other words"),
        ]


async def test_a_comment_follows_its_block_to_where_another_block_was(renamed: Scene) -> None:
    values = [
        {"type": "Quote", "words": "A quotation, which is quite short."},
        {"type": "Note", "text": "A note, which has some other words."},
    ]
    await renamed.draft("Page", {"parts": values})
    await comment_on(renamed, QUOTE_PATH, "quite short", str(values[0]["words"]))
    await comment_on(renamed, NOTE_PATH, "other words", str(values[1]["text"]))
    await renamed.draft("Page", {"parts": [*reversed(values)]})
    assert await located(renamed) == [
        ("fields/parts/1/words", "quite short"),
        ("fields/parts/0/text", "other words"),
    ]


async def test_a_path_through_a_block_that_is_not_there_has_no_other_name(renamed: Scene) -> None:
    head = await renamed.draft("Page", parts("Text."))
    declared = renamed.newsroom.site.content_type("Article")
    for convert in (named_path, stored_path):
        with pytest.raises(LookupError, match="no block with a value at 'text'"):
            convert(declared, head.content, ("fields", "parts", 2, "text"))


async def test_a_block_that_is_gone_is_not_taken_for_the_one_that_has_its_name_now(
    scene: Scene,
) -> None:
    await scene.changing.migrate(before())
    texts = {"Quote": "The words of a quotation.", "Note": "The words of a note."}
    parts_before = [{"type": name, "text": text} for name, text in texts.items()]
    old = await scene.draft("Page", {"parts": parts_before})
    await scene.draft("Page", {"parts": parts_before[1:]})

    class Note(Block):
        text = Markdown()
        more = Links()

    class Quote(Block, was="Note"):
        speech = Markdown(was="text")
        more = Links()

    def site_with(*blocks: type[Block]) -> Site:
        class Article(ContentType, path="/articles/{slug}"):
            body = Markdown()
            parts = Blocks(*blocks)

        return Site("S", content_types=(Article,))

    await scene.changing.migrate(site_with(Note))
    await scene.changing.migrate(site_with(Quote))
    declared = scene.newsroom.site.content_type("Article")
    named: Any = named_content(declared, old.content)
    assert [each["type"] for each in named["fields"]["parts"]] == ["Quote~", "Quote"]
    leaves = [leaf for each in values_in(declared, old.content) for leaf in each.leaves()]
    whole = {"type": "Quote~", "text": texts["Quote"], "more": []}
    assert [(leaf.path, leaf.value) for leaf in leaves if "parts" in leaf.path] == [
        (("fields", "parts", 0), whole),
        (("fields", "parts", 1, "speech"), texts["Note"]),
    ]
    path = ("fields", "parts", 0, "text")
    assert named_path(declared, old.content, path) == path
