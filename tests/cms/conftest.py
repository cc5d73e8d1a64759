"""What all tests of the engine share."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from cms.access import passwords


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Hash passwords with the least effort there is, so that tests do not wait."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)
    return quick
