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
    is_named = names_types(asked(args.get("where")) or {})
    return list(things) if is_named else without_built_in(things)


def names_types(where: Args) -> bool:
    """Say whether a filter names types that it wants."""
    alternatives = [each for name in ("AND", "OR") for each in where.get(name, ())]
    return bool({"eq", "in"} & where.get("type", {}).keys()) or any(map(names_types, alternatives))
