"""The locales of a site: language tags, and what is shown where one has no edition."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cms.errors import SiteError

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1, without the irregular tags that are kept
# there for old data, and without languages of four and more letters, of which there are none.
_TAG = re.compile(
    r"""
    [a-z]{2,3} (-[a-z]{3}){0,3}                 # the language: en, zh-yue
    (-[a-z]{4})?                                # the script: Latn
    (-([a-z]{2}|[0-9]{3}))?                     # the region: GB, 419
    (-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*        # variants: valencia, 1996
    (-[a-wyz0-9](-[a-z0-9]{2,8})+)*             # extensions: u-co-phonebk
    (-x(-[a-z0-9]{1,8})+)?                      # private use: x-simple
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def check_locales(
    site: str, locales: Sequence[str], fallbacks: Mapping[str, Sequence[str]]
) -> None:
    """Check the locales of a site, and what is shown where one has no edition.

    Raises:
        SiteError: if there is none, one is no language tag, one is repeated, or one falls back
            to itself, twice to another, or to one that the site does not have.
    """
    if not locales:
        raise SiteError(f"{site}: a site must have at least one locale")
    for locale in locales:
        if not isinstance(locale, str) or not _TAG.fullmatch(locale):
            raise SiteError(
                f"{site}: the locale {locale!r} is not a BCP 47 language tag; "
                "use one such as 'en' or 'pt-BR'"
            )
    _refuse_repeated(f"{site}: the locale", locales)
    for locale, others in fallbacks.items():
        for unknown in [each for each in (locale, *others) if each not in locales]:
            raise SiteError(
                f"{site}: {unknown!r} in fallbacks is not a locale of the site; "
                f"use one of {', '.join(locales)}"
            )
        if locale in others:
            raise SiteError(f"{site}: the locale {locale!r} falls back to itself; remove it")
        _refuse_repeated(f"{site}: in the fallbacks of {locale!r},", others)


def _refuse_repeated(what: str, locales: Sequence[str]) -> None:
    known: dict[str, str] = {}
    for locale in locales:
        if locale.lower() in known:
            raise SiteError(f"{what} {locale!r} is repeated; remove one")
        known[locale.lower()] = locale
