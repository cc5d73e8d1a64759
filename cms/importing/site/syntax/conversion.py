"""The conversion of one page's text, and its faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from cms.importing.site.body import Body
from cms.importing.site.faults import Fault, FaultKind
from cms.importing.site.mapping import Shortcode

# The most characters of a template that a fault shows, enough to find it.
_LONGEST = 60
_UNKNOWN = "its name has no replacement under shortcodes"
EXPRESSION = "it is an expression, whose value is not known"
LOGIC = "it is logic of the old site"


@dataclass
class Conversion:
    """The page whose text is converted.

    Attributes:
        file: the file, as faults name it.
        folder: the imported folder.
        path: the path of the file in that folder.
        shortcodes: the replacements of shortcodes, components and containers.
        variables: the values of names in templates.
        attachments: returns the path of a file of the site by its name; empty if there is none.
        faults: the faults so far.
        constants: values that scripts in the page give to names.
    """

    file: Path
    folder: Path
    path: str
    shortcodes: Mapping[str, Shortcode]
    variables: Mapping[str, Any] = field(default_factory=dict)
    attachments: Callable[[str], str] = lambda _: ""
    faults: list[Fault] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)

    def report(self, body: Body, offset: int, kind: FaultKind, message: str) -> None:
        """Add a fault at a place in the text."""
        self.faults.append(Fault(self.file, body.line_at(offset), kind, message))

    def report_text(self, body: Body, offset: int, written: str, reason: str = _UNKNOWN) -> None:
        """Add the fault of a template that stays as text."""
        first = " ".join(written.split())
        shown = f"{first[:_LONGEST]}…" if len(first) > _LONGEST else first
        self.report(body, offset, FaultKind.CHANGED, f"{shown} stays as text: {reason}")

    def text_beside(self, relative: str) -> str | None:
        """Return the text of a file relative to the page; ``None`` if it is outside or missing."""
        file = (self.folder / self.path).parent / relative
        return self.text_in(file)

    def text_in(self, file: Path) -> str | None:
        """Return the text of a file in the imported folder; ``None`` if it is not one."""
        try:
            if not file.resolve().is_relative_to(self.folder.resolve()):
                return None
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError, ValueError):
            return None


# Converts one kind of templates.
Converter: TypeAlias = Callable[[Body, Conversion], Body]
