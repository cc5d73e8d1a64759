"""The version of the renderer, by which outdated derived values are found."""

from __future__ import annotations

import unicodedata
from importlib.metadata import version

# Raise it with every change of the code that alters a derived value of an unchanged content: what
# cms.content.snapshot.derive returns, or the searchable text.
_OURS = 8
# Libraries that derived values depend on.
_LIBRARIES = ("anyascii", "markdown-it-py", "mdit-py-plugins", "nh3")

# Version of the values that derive from a content.
RENDERER = " ".join(
    [
        str(_OURS),
        *(f"{name}-{version(name)}" for name in _LIBRARIES),
        f"unicode-{unicodedata.unidata_version}",
    ]
)
