"""Names of fields: how they are written in Python and in the API, and which go together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from keyword import iskeyword

from cms.errors import SiteError

_FIELD_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_PLURAL = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# The question in filters whether an object is there at all, which no field may hide.
_ABSENCE = "is_null"
# A method of all classes, which an enum of the names of fields cannot have as a value.
_METHOD = "mro"


def camel(name: str) -> str:
    """Return a field's name as part of a type's: ``buyer_guides`` becomes ``BuyerGuides``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def api_name(name: str) -> str:
    """Return a Python name as the API shows it: ``buyer_guides`` becomes ``buyerGuides``."""
    return name[:1] + camel(name)[1:]


def lower_first(name: str) -> str:
    """Return a type's name as a field's: ``GlossaryTerm`` becomes ``glossaryTerm``."""
    return name[:1].lower() + name[1:]


def text_name(name: str, *, is_list: bool) -> str:
    """Return the API's name of the stored text beside a value of an enum.

    ``role`` has ``roleName`` beside it, and the list ``scopes`` has ``scopeNames``.
    """
    return f"{name.removesuffix('s')}Names" if is_list else f"{name}Name"


def is_field_name(name: str) -> bool:
    """Return whether a field can have this name."""
    return _FIELD_NAME.fullmatch(name) is not None


def check_type_name(name: str) -> None:
    """Check the name of a class that becomes a type of the API.

    Raises:
        SiteError: if it is not written as names of classes are.
    """
    if not _TYPE_NAME.fullmatch(name) or iskeyword(name):
        raise SiteError(f"{name}: the class must have a name such as GlossaryTerm")


def check_plural(name: str, plural: str) -> None:
    """Check the plural of a content type, by which the API calls all its entries.

    Raises:
        SiteError: if it is not written as names of classes are, or is the name.
    """
    if lower_first(plural) == lower_first(name):
        raise SiteError(f"{name}: the plural must differ from the class name; add plural=…")
    if not _PLURAL.fullmatch(plural):
        raise SiteError(f"{name}: the plural {plural!r} must be a word such as GlossaryTerms")


def check_names(owner: str, names: Iterable[str], taken: Iterable[str] = ()) -> None:
    """Check the names of the fields that values of one kind have.

    Args:
        owner: what has the fields, for the message.
        names: their names.
        taken: names that mean something else there already.

    Raises:
        SiteError: if one is not written as names are, or two are the same in the API.
    """
    known = {api_name(name): name for name in taken}
    for name in names:
        if not is_field_name(name):
            raise SiteError(f"{owner}.{name}: field names must be in lower_case_with_underscores")
        if name == _ABSENCE:
            raise SiteError(f"{owner}.{name}: filters have an isNull; use another name")
        if name == _METHOD:
            raise SiteError(f"{owner}.{name}: this name is reserved for Python; use another one")
        other = known.setdefault(api_name(name), name)
        if other != name:
            raise SiteError(
                f"{owner}: {other!r} and {name!r} are both {api_name(name)!r} in the API; "
                "rename one of them"
            )
