"""Tags and attributes of sanitised HTML, which is always written in the same way."""

from __future__ import annotations

import re

# Every value is in double quotes and contains none.
_ATTRIBUTE = r'\s+[^\s="<>/]+="[^"]*"'

# A tag: "slash" is there if it ends an element.
TAG = re.compile(rf"<(?P<slash>/?)(?P<name>\w+)(?P<attributes>(?:{_ATTRIBUTE})*)\s*/?>")
# An attribute: its name and its value, which is escaped.
VALUE = re.compile(r'\s+([^\s="<>/]+)="([^"]*)"')
