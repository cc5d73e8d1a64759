"""Every setting: its name, type, default, and one sentence.

A setting is read from the environment variable ``COPYDESK_<NAME>`` once, when the process
starts, and checked there.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cms.errors import SettingsError


class Settings(BaseSettings):
    """What can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="COPYDESK_", frozen=True)

    database_url: str = Field(
        default="sqlite:///copydesk.db",
        repr=False,  # it can hold a password
        description="Where the content is: sqlite:///<file> or postgresql://<user>@<host>/<name>.",
    )
    site: str = Field(
        default="",
        description="The site's declaration, as <module>:<attribute>; required by all commands.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="The port to listen on; 0 picks one."
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, "
        "as addresses or networks with commas between them; by default none.",
    )
    tls_terminated_by: str = Field(
        default="",
        description="The program that terminates TLS in front of the server, such as nginx; "
        "if it is empty, `serve` warns when it listens on more than loopback.",
    )
    readers: int = Field(
        default=4,
        ge=1,
        le=100,
        description="How many database connections serve reads, per process.",
    )
    statement_timeout: float = Field(
        default=5.0, gt=0, description="Seconds after which a read is cancelled in the database."
    )
    sqlite_mmap_megabytes: int = Field(
        default=0,
        ge=0,
        le=1_048_576,
        description="How many megabytes of an SQLite file the connections that serve reads map "
        "into memory; 0 maps none.",
    )
    limits: Annotated[dict[str, int], NoDecode] = Field(
        default={},
        description="Other limits of the delivery API, as JSON by name: "
        '{"cost": 2000000}; see querying.md.',
    )
    management_limits: Annotated[dict[str, int], NoDecode] = Field(
        default={}, description="The same for the management API; see editing.md."
    )
    signing_key: Path = Field(
        default=Path("copydesk.key"),
        description="The file with the Ed25519 key that signs attestations; see `copydesk keys`.",
    )
    session_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="Minutes after which an access token expires and the session is refreshed.",
    )
    refresh_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Days after which a session that is not refreshed ends.",
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return [each.strip() for each in value.split(",") if each.strip()]

    @field_validator("limits", "management_limits", mode="before")
    @classmethod
    def _read_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return orjson.loads(value.encode(errors="surrogateescape"))


_LIMITS = 'expected whole numbers by name, as JSON such as {"cost": 2000000}'
# Where pydantic's own words would not tell what to write.
_EXPECTED = {
    "trusted_proxies": "expected an IP address or network, such as 10.0.0.0/8",
    "limits": _LIMITS,
    "management_limits": _LIMITS,
}


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: naming every variable that does not fit, and why.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = {str(each["loc"][0]): each["msg"] for each in error.errors()}
        sentences = (
            f"COPYDESK_{name.upper()}: {_EXPECTED.get(name, message)}"
            for name, message in problems.items()
        )
        raise SettingsError("; ".join(sentences)) from None
