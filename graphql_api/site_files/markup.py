"""XML that is well formed for any text."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from xml.etree import ElementTree as ET

from cms.content.xml_characters import without_forbidden

_NONE: Mapping[str, str] = MappingProxyType({})

Element = ET.Element


def root(name: str, attributes: Mapping[str, str]) -> Element:
    """Return the root of a document."""
    return Element(name, {key: without_forbidden(value) for key, value in attributes.items()})


def add(
    parent: Element, name: str, words: str | None = None, attributes: Mapping[str, str] = _NONE
) -> Element:
    """Add an element with a text to another element, and return it."""
    child = ET.SubElement(
        parent, name, {key: without_forbidden(value) for key, value in attributes.items()}
    )
    child.text = without_forbidden(words) if words is not None else None
    return child


def as_bytes(document: Element) -> bytes:
    """Return a document as bytes."""
    ET.indent(document, " ")
    body: bytes = ET.tostring(document, "utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
