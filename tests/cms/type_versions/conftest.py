"""What the tests of changed types have in common."""

from __future__ import annotations

import pytest

from tests.builders import Newsroom
from tests.changing import Changing
from tests.cms.type_versions.scene import Scene


@pytest.fixture
def scene(newsroom: Newsroom) -> Scene:
    """A newsroom whose site can be changed."""
    return Scene(newsroom, Changing(newsroom))
