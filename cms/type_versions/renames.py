"""Names that a declaration says were others: ``was=``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from cms.errors import SiteError


def renamed_in(
    place: str,
    before: Collection[str],
    names: Mapping[str, str],
    is_former: Callable[[str, str], bool],
) -> Mapping[str, str]:
    """Return the former name of each name that is new, or that another left.

    A former name is ignored if it is of an earlier version, or if another still has it.

    Args:
        place: where the names are.
        before: the names that were declared there before.
        names: what is declared now, with the former name of each that says so.
        is_former: whether a name of before had another, given as the second, in an earlier version.

    Raises:
        SiteError: if it cannot be told what was renamed.
    """
    renamed = {name: was for name, was in names.items() if name not in before and was in before}
    while following := {
        name: names[name]
        for name in renamed.values()
        if name not in renamed and names.get(name) in before
    }:
        renamed |= following
    where = place or "the site"
    for name, was in names.items():
        if _is_in_circle(name, names):
            raise SiteError(
                f"{where}: {name!r} and {was!r} each have a name that the other had; rename one "
                "to another name, migrate, and rename it then"
            )
        if name in renamed and [*renamed.values()].count(was) > 1:
            raise SiteError(f"{where}: two have was={was!r}; remove it from one of them")
        is_free = was in before and was not in {*names, *renamed.values()}
        if is_free and name not in renamed and not is_former(name, was):
            raise SiteError(
                f"{where}: {name!r} has was={was!r}, and both were declared before; remove was=… "
                f"if {was!r} is removed, or else rename it to another name, and migrate"
            )
    return renamed


def _is_in_circle(name: str, names: Mapping[str, str]) -> bool:
    """Return whether names that had each other's lead from a name back to it."""
    following = names[name]
    for _ in names:
        if following == name:
            return True
        following = names.get(following, "")
    return False
