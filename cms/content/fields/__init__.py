"""The kinds of field that a content type is made of."""

from __future__ import annotations

from cms.content.fields.base import Field
from cms.content.fields.boolean import Boolean
from cms.content.fields.choice import Choice
from cms.content.fields.dates import Date
from cms.content.fields.link import Links
from cms.content.fields.list import List
from cms.content.fields.markdown import Markdown
from cms.content.fields.number import Integer, Number
from cms.content.fields.object import Object
from cms.content.fields.reference import Reference
from cms.content.fields.sections import Section, Sections
from cms.content.fields.text import Text

__all__ = [
    "Boolean",
    "Choice",
    "Date",
    "Field",
    "Integer",
    "Links",
    "List",
    "Markdown",
    "Number",
    "Object",
    "Reference",
    "Section",
    "Sections",
    "Text",
]
