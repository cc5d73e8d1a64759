"""Fields are filled in the newest revisions that have words."""

from __future__ import annotations

from cms.authorization.actor import OPERATOR
from cms.drafts.filling import count_heads, field_to_fill, heads_lacking
from cms.purging.purging import purge_words
from tests.builders import Newsroom


async def test_purged_revisions_are_neither_counted_nor_filled(newsroom: Newsroom) -> None:
    head = await newsroom.draft(title="Left")
    german = await newsroom.translate(head, "de", title="Weg", slug="weg")
    chosen = field_to_fill(newsroom.site, "Article.subtitle")
    for heads, titles in ((2, ["Left", "Weg"]), (1, ["Left"])):
        seen: list[int] = []
        async with newsroom.database.reading() as session:
            assert await count_heads(session, chosen) == heads
            found = [each.title async for each in heads_lacking(session, chosen, seen.append)]
        assert sorted(found) == titles
        assert sum(seen) == heads
        if heads == 2:
            await newsroom.do(OPERATOR, purge_words, [german.edition_id], reason="A name.")
