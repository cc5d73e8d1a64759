"""The modules of the engine, in whatever room they are."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import cms
from cms.authorization.actions import Action


def modules_of_the_engine() -> Iterator[ModuleType]:
    """Import and yield every module of ``cms``."""
    for each in pkgutil.walk_packages(cms.__path__, "cms."):
        if not each.name.startswith("cms._migrations"):
            yield importlib.import_module(each.name)


def action_of(function: object) -> Action | None:
    """Return the action that a function takes which @command has made; ``None`` for others."""
    if not inspect.isfunction(function) or not hasattr(function, "__wrapped__"):
        return None
    action = inspect.getclosurevars(function).nonlocals.get("action")
    return action if isinstance(action, Action) else None
