"""The kinds of field that a content type is made of."""

from __future__ import annotations

from cms.content.fields.base import Field, Scalar
from cms.content.fields.blocks import AnyBlock, Block, Blocks
from cms.content.fields.boolean import Boolean
from cms.content.fields.choice import Choice
from cms.content.fields.colour import Colour
from cms.content.fields.computed import Computed
from cms.content.fields.dates import Date
from cms.content.fields.decimals import Decimal
from cms.content.fields.email import Email
from cms.content.fields.json_value import Json
from cms.content.fields.link import Links
from cms.content.fields.list import List
from cms.content.fields.markdown import Markdown
from cms.content.fields.moment import DateTime
from cms.content.fields.number import Integer, Number
from cms.content.fields.object import Object
from cms.content.fields.reference import Reference, References
from cms.content.fields.sections import Section, Sections
from cms.content.fields.text import Text
from cms.content.fields.url import Url

__all__ = [
    "AnyBlock",
    "Block",
    "Blocks",
    "Boolean",
    "Choice",
    "Colour",
    "Computed",
    "Date",
    "DateTime",
    "Decimal",
    "Email",
    "Field",
    "Integer",
    "Json",
    "Links",
    "List",
    "Markdown",
    "Number",
    "Object",
    "Reference",
    "References",
    "Scalar",
    "Section",
    "Sections",
    "Text",
    "Url",
]
