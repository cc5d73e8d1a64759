"""Forms: JSON objects to be signed, with exactly the declared keys, in canonical form."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PlainSerializer, TypeAdapter
from pydantic import ValidationError as _ValidationError
from pydantic.alias_generators import to_camel

from cms.content.canonical_json import canonical_bytes
from cms.storage.dialects import as_text

Moment: TypeAlias = Annotated[AwareDatetime, PlainSerializer(as_text, return_type=str)]


class Form(BaseModel):
    """A JSON object with exactly the declared keys, in camel case."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        defer_build=True,  # until the first is read or written, which a start does not wait for
        extra="forbid",
        frozen=True,
        strict=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def payload(self) -> bytes:
        """Return the bytes to sign: canonical JSON (RFC 8785)."""
        return canonical_bytes(self.model_dump(mode="json", by_alias=True))


F = TypeVar("F", bound=Form)


def read_form(form: TypeAdapter[F], payload: bytes) -> F:
    """Return the form in a payload.

    Raises:
        ValueError: if the payload does not have the form, or is not canonical JSON.
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
