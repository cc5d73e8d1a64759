"""What filters ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.references.beside import without_built_in
from tests.references.thing import Args, Thing


def asked(where: Args | None) -> Args | None:
    """Return what of a filter asks for anything; ``None`` if nothing does."""
    kept = {}
    for name, value in (where or {}).items():
        if isinstance(value, Mapping):
            value = asked(value)  # noqa: PLW2901  # the same, with less in it
        elif name in {"AND", "OR"} and value is not None:
            value = [each for each in map(asked, value) if each is not None] or None  # noqa: PLW2901
        if value is not None:
            kept[name] = value
    return kept if kept.keys() - {"mode"} else None


def of_asked_types(things: Sequence[Thing], args: Args) -> list[Thing]:
    """Return the things of the site's own types, and all others only if a filter names types."""
    return list(things) if names(args.get("where"), "type") else without_built_in(things)


def names(where: Args | None, field: str) -> bool:
    """Say whether a filter names the values of a field that it wants."""
    wanted = asked(where) or {}
    alternatives = [each for name in ("AND", "OR") for each in wanted.get(name, ())]
    is_named = bool({"eq", "in"} & wanted.get(field, {}).keys())
    return is_named or any(names(each, field) for each in alternatives)
