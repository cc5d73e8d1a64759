"""Links in the texts of a site that grows: to other sites, and some that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_HOSTS, _TEXTS = 500, 997
# Of so many entries, one has a link of each kind that is not as it should be.
_FAULTS = 50


def links_in_text(number: int, first: str, left: str | None) -> Iterator[Mapping[str, Any]]:
    """Yield the values by which the links in the text of an entry differ from those of fields.

    Each entry links to another site. Of fifty entries, one also links to a path where nothing is,
    and one to an anchor that its page lacks.

    Args:
        number: the number of the entry.
        first: the id of an entry that it can link to.
        left: a path that this entry has left; ``None`` for none. The link then leads there.
    """
    host, path = f"site-{number % _HOSTS}.example.org", f"/pages/{number}"
    words = {"label": f"words {number % _TEXTS}"}
    yield {"url": f"https://{host}{path}", "host": host, "path": path, **words}
    if number % _FAULTS == 7:  # noqa: PLR2004  # any of fifty
        yield {"url": f"/gone/{number}", "path": f"/gone/{number}", **words}
    if number % _FAULTS == 9:  # noqa: PLR2004
        yield {"target_id": first, "fragment": "lost", **words}
    if left is not None:
        yield {"target_id": first, "path": left, **words}
