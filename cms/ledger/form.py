"""Forms: signed JSON objects with fixed keys in canonical form."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, TypeAdapter
from pydantic import ValidationError as _ValidationError
from pydantic.alias_generators import to_camel

from cms.content.canonical_json import canonical_bytes
from cms.storage.dialects import as_text

Moment: TypeAlias = Annotated[AwareDatetime, PlainSerializer(as_text, return_type=str)]


class Form(BaseModel):
    """A JSON object with exactly these keys, in camel case."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def payload(self) -> bytes:
        """Return the bytes to sign: canonical JSON."""
        return canonical_bytes(self.model_dump(mode="json", by_alias=True))


F = TypeVar("F", bound=Form)


def read_form(form: TypeAdapter[F], payload: bytes) -> F:
    """Read a payload.

    Raises:
        ValueError: if it does not have the form, or is not in canonical JSON.
    """
    try:
        read = form.validate_json(payload)
    except _ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise ValueError(f"{place}: {problem['msg']}" if place else problem["msg"]) from None
    if read.payload() != payload:
        raise ValueError("it is not in canonical form")
    return read
