"""E-mail addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cms.content.canonical_json import Json
from cms.content.fields.base import Problems, Scalar, ValuePath, as_text
from cms.errors import InvalidValue

_LONGEST = 254
# What mail servers take in practice; only a message that arrives is proof.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@([^\W_]([\w-]*[^\W_])?\.)+[^\W_]([\w-]*[^\W_])?")


@dataclass(eq=False, kw_only=True)
class Email(Scalar):
    """An e-mail address: ``desk@example.org``."""

    def clean(self, value: Json, path: ValuePath, problems: Problems) -> Json:
        """Check the form; the case stays as it was written."""
        address = as_text(value, path, problems, _LONGEST).strip()
        if address and not _EMAIL.fullmatch(address):
            message = "expected an e-mail address, such as desk@example.org"
            problems.append(InvalidValue(message=message, path=path))
        return address or None
