"""The content types that a field may point to."""

from __future__ import annotations

from cms.errors import SiteError


def check_targets(names: object) -> tuple[str, ...]:
    """Return the names of content types that a field is declared with.

    Raises:
        SiteError: if they are not a list or tuple of texts.
    """
    if isinstance(names, str):
        raise SiteError(f'to="{names}" is a text, not a list of names; write to=("{names}",)')
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise SiteError('to must be a list of names of content types: to=("Article",)')
    return tuple(names)
