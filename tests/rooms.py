"""The modules of the engine, in whatever room they are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import cms


def modules_of_the_engine() -> Iterator[ModuleType]:
    """Import and yield every module of ``cms``."""
    for each in pkgutil.walk_packages(cms.__path__, "cms."):
        if not each.name.startswith("cms._migrations"):
            yield importlib.import_module(each.name)
