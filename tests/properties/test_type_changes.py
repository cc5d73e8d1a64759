"""Whatever changes in the types of a site, what is stored is read, edited and published on.

A change that stored content does not fit is refused beforehand.
"""

from __future__ import annotations

import pytest

from tests.builders import Newsroom
from tests.depth import IS_DEEP
from tests.properties.type_walk import walk_of

# As `make deep` runs it.
SEEDS = range(12 if IS_DEEP else 2)
STEPS = 40 if IS_DEEP else 8


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_site_goes_on_while_its_types_change(newsroom: Newsroom, seed: int) -> None:
    walk = await walk_of(seed, newsroom)
    try:
        for _ in range(STEPS):
            await walk.step()
        await walk.verify()
    except BaseException as error:
        error.add_note("\n".join(walk.done))
        raise
    assert walk.accepted
