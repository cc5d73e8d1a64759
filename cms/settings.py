"""All settings, each with its name, type, default and description.

A setting is the environment variable ``COPYDESK_<NAME>``. It is read and validated once, when
the process starts.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cms.errors import SettingsError

# The memory limit for link graphs, unless the settings have another one.
LINK_GRAPH_MEGABYTES = 256


class Settings(BaseSettings):
    """Settings from the environment."""

    model_config = SettingsConfigDict(env_prefix="COPYDESK_", frozen=True)

    database_url: str = Field(
        default="sqlite:///copydesk.db",
        repr=False,  # it can hold a password
        description="URL of the database: sqlite:///<file> or postgresql://<user>@<host>/<name>.",
    )
    site: str = Field(
        default="",
        description="The site's declaration, as <module>:<attribute>; required by most commands.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one."
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        default=(),
        description="Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted, "
        "as addresses or networks separated by commas; none by default.",
    )
    tls_terminated_by: str = Field(
        default="",
        description="Program that terminates TLS in front of the server, such as nginx; "
        "if empty, `serve` warns when it listens on more than loopback.",
    )
    readers: int = Field(
        default=4,
        ge=1,
        le=100,
        description="Database connections for reads, per process.",
    )
    statement_timeout: float = Field(
        default=5.0, gt=0, description="Time limit of a read in seconds, enforced by the database."
    )
    sqlite_mmap_megabytes: int = Field(
        default=0,
        ge=0,
        le=1_048_576,
        description="Megabytes of an SQLite file that connections for reads map "
        "into memory; 0 disables it.",
    )
    follow_links: bool = Field(
        default=True,
        description="Computation of the metrics of links by `serve` on SQLite, after publications, "
        "in a process of its own; see `copydesk graph follow`.",
    )
    link_graph_megabytes: int = Field(
        default=LINK_GRAPH_MEGABYTES,
        ge=1,
        le=1_048_576,
        description="Memory limit of the link graphs that a process keeps for questions, "
        "in megabytes; see graph.md.",
    )
    limits: Annotated[dict[str, int], NoDecode] = Field(
        default={},
        description="Limits of the delivery API that differ from the defaults, as JSON such as "
        '`{"cost": 2000000}`; see querying.md.',
    )
    management_limits: Annotated[dict[str, int], NoDecode] = Field(
        default={}, description="The same for the management API; see editing.md."
    )
    signing_key: Path = Field(
        default=Path("copydesk.key"),
        description="File with the Ed25519 key that signs attestations; see `copydesk keys`.",
    )
    session_minutes: int = Field(
        default=15,
        ge=1,
        le=1440,
        description="Lifetime of an access token in minutes; clients refresh it.",
    )
    refresh_days: int = Field(
        default=30,
        ge=1,
        le=365,
        description="Lifetime of a refresh token in days; an unused session then ends.",
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


_LIMITS = 'expected integers by name as JSON, such as {"cost": 2000000}'
# Messages that replace those of pydantic, which do not name the expected form.
_EXPECTED = {
    "trusted_proxies": "expected an IP address or network, such as 10.0.0.0/8",
    "limits": _LIMITS,
    "management_limits": _LIMITS,
}


def load_settings() -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsError: with every invalid variable and the reason.
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
