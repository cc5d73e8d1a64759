"""Nothing reaches a reader without what the policy asks for."""

from __future__ import annotations

import pytest

from cms.commands.publishing import publish_entry
from cms.errors import Refused
from tests.builders import Newsroom, entry_id_of


async def test_a_draft_says_every_reason_why_it_is_not_published(newsroom: Newsroom) -> None:
    draft = await newsroom.draft(body="", related=["/articles/nowhere"])
    async with newsroom.as_(newsroom.publisher) as work:
        with pytest.raises(Refused) as refused:
            await publish_entry(work, await entry_id_of(work, draft), revision_id=draft.id)
    assert [error.code for error in refused.value.errors] == [
        "MISSING_SIGN_OFF",
        "MISSING_FIELD",
        "BROKEN_LINK",
    ]


async def test_what_is_signed_off_is_published(newsroom: Newsroom) -> None:
    publication = await newsroom.published(title="Dropout")
    assert publication.path == "/articles/dropout"
    assert publication.ended_at is None
