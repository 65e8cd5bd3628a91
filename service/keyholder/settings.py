"""Settings of the key holder, from the environment (`SLUIS_KEYHOLDER_...`); an unknown or weak one stops it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "SLUIS_KEYHOLDER_"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class KeyHolderSettingsError(Exception):
    """The settings do not hold; `faults` says of each variable what is wrong, never its value."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class KeyHolderSettings(BaseModel):
    """What the operator of the key holder decides.

    Attributes:
        mode: `embedded` for one machine; `production` demands https, and makes no key-encryption key by itself.
        directory: where its database is, and the key-encryption key unless that is named apart.
        key_encryption_key: the file with the key that wraps all others.
        address: the address at which suppliers reach it; the audience of the tokens that it takes.
        issuer: the address of the service, whose tokens it takes.
        service_keys: a file with the service's public keys, as `/.well-known/jwks.json` gives them.
        host: address to listen on.
        port: TCP port to listen on.
        quota: pseudonyms of one domain that one supplier may have made in `quota_days`.
        quota_days: the days over which the quota counts, up to now.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["embedded", "production"] = "embedded"
    directory: Path = Path(".sluis-keyholder")
    key_encryption_key: Path | None = None
    address: str = "http://127.0.0.1:8001"
    issuer: str = "http://127.0.0.1:8000"
    service_keys: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8001
    quota: Annotated[int, Field(ge=1, le=10_000_000)] = 250_000
    quota_days: Annotated[int, Field(ge=1, le=366)] = 30

    @property
    def key_file(self) -> Path:
        """Where the key-encryption key is."""
        return self.key_encryption_key or self.directory / "key-encryption.key"

    @property
    def database(self) -> Path:
        """Where its database is."""
        return self.directory / "keyholder.db"

    @property
    def jwks_file(self) -> Path:
        """Where the service's public keys are."""
        return self.service_keys or self.directory / "service-keys.json"


def read_keyholder_settings(environment: Mapping[str, str] | None = None) -> KeyHolderSettings:
    """The settings in the environment.

    Raises:
        KeyHolderSettingsError: every unknown variable and every value that does not hold.
    """
    variables = os.environ if environment is None else environment
    given = {name.removeprefix(PREFIX).lower(): value for name, value in variables.items() if name.startswith(PREFIX)}
    try:
        settings = KeyHolderSettings.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        names = [PREFIX + str(fault["loc"][0]).upper() for fault in found]
        raise KeyHolderSettingsError(
            tuple(f"{name}: onbekend of ongeldig / unknown or not valid" for name in names)
        ) from None
    faults = [
        f"{PREFIX}{name.upper()}: https, of http alleen op deze machine / https, or http on this machine only"
        for name in ["address", "issuer"]
        if not _safe(getattr(settings, name), production=settings.mode == "production")
    ]
    if faults:
        raise KeyHolderSettingsError(tuple(faults))
    return settings


def _safe(address: str, *, production: bool) -> bool:
    parts = urlsplit(address)
    if not parts.hostname or parts.path or parts.query or parts.fragment or parts.username:
        return False
    loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return parts.scheme == "https" or (loopback and not production)
