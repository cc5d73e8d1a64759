"""The basis of metrics: all that they depend on beside what is public, as a digest.

Metrics are computed again when it is another one, as after a change of the site's declaration.
"""

from __future__ import annotations

from cms.content.canonical_json import digest_of
from cms.links.communities import HAS_NETWORKIT
from cms.site import Site

# Raised with each change of how metrics are computed.
_VERSION = 1


def metric_basis(site: Site) -> str:
    """Return the digest of all that the metrics of a site depend on beside what is public."""
    return digest_of(
        {
            "version": _VERSION,
            "has_networkit": HAS_NETWORKIT,
            "locales": {each: list(site.locales_for(each)) for each in site.locales},
            # Categories and people fall back to the default locale.
            "default_locale": site.default_locale,
            # Entries of other types are not shown, and the links of singletons are menus.
            "singletons": {stored: each.singleton for stored, each in site.stored_types.items()},
            "link_sets": {name: sorted({*kinds}) for name, kinds in site.link_sets.items()},
        }
    )
