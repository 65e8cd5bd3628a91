"""Settings from the environment (`SLUIS_...`). The service refuses to start on an unknown, wrong or weak one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from sqlalchemy import make_url

from service.adapters.identity.provider_documents import checked_address
from service.adapters.identity.provider_settings import ProviderSettings, Weak, providers_from_json
from service.adapters.smtp import MailServer, Security
from service.domain.errors import Invalid
from service.domain.reminder import Contact

PREFIX = "SLUIS_"
OF_KEY_HOLDER = "SLUIS_KEYHOLDER_"
"""How variables begin that belong to the key holder, which reads them itself."""
OF_COMMANDS = frozenset(
    {
        "SLUIS_CLIENT_CODE",
        "SLUIS_CLIENT_HOME",
        "SLUIS_CLIENT_LANGUAGE",
        "SLUIS_CLIENT_PASSPHRASE",
        "SLUIS_CLIENT_PASSPHRASE_FD",
        "SLUIS_CLIENT_PATIENCE",
        "SLUIS_LOGIN_CLIENT_SECRET",
        "SLUIS_URL",
    }
)
"""Variables with the same prefix that belong to commands, not to the service."""

EMBEDDED_DATABASE = "sluis.db"
"""The file in the data directory."""

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_SHORTEST_PASSWORD = 32


class SettingsError(Exception):
    """The settings do not hold; `faults` says of each variable what is wrong, never its value."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseModel):
    """What the operator decides. Every variable has the field's name in capitals after `SLUIS_`.

    Attributes:
        mode: `embedded` for one machine without services; `production` demands PostgreSQL and https.
        data_directory: where the embedded database, parts and keys live unless they are named apart.
        database_url: SQLAlchemy URL; PostgreSQL as `postgresql+psycopg://...`.
        database_password_file: a file with the password that belongs to `database_url`, which then holds none.
        issuer: the address at which everyone reaches the service; the issuer of its tokens and receipts.
        machine_tokens: `bound`: tokens of machine clients are of use with their key only (DPoP, RFC 9449); with
            `bearer` clients that send no proof get plain bearer tokens too.
        host: address to listen on.
        port: TCP port to listen on.
        oidc_providers: JSON list of OpenID providers (see docs/operator.md).
        instance: the name of this process in the audit log.
        policy_directory: the policy bundle; the one that came with the program when absent.
        part_directory: the part store.
        key_directory: the service's keys.
        log_key_directory: the key that signs the audit log, apart from the others; only the sequencer needs it.
        trusted_proxies: addresses or networks, with commas, of reverse proxies whose `X-Forwarded-For` is believed.
        requests_per_minute: per caller.
        content_limit: bytes of one delivery; a data set with fewer rows has a lower limit of its own.
        uploads_limit: bytes of all deliveries of one organisation that still come in.
        open_requests: of one organisation, that are neither released nor ended; another one is denied.
        smtp_host: the mail server for reminders of deliveries; none for no reminders.
        smtp_port: its port; 587 with STARTTLS, 465 with TLS from the first byte.
        smtp_security: `starttls`, `implicit`, or `none` for a server on this machine.
        smtp_user: whom to log in as, if anybody.
        smtp_password_file: a file with the password that belongs to `smtp_user`.
        smtp_ca_file: certificates (PEM) that are believed of the mail server, in place of the usual ones.
        mail_from: the address that reminders come from.
        pseudonym_keys: what `sluis keyholder keys` prints; when absent `pseudonym-keys.json` in the data directory.
        cbs_address: where public figures of CBS are fetched, OData version 4; a mirror, or CBS itself.
        worker_interval: seconds between looks for work that nobody announced.
        log_interval: seconds between turns of the sequencer of the audit log, at most one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["embedded", "production"] = "embedded"
    data_directory: Path = Path(".sluis")
    database_url: SecretStr | None = None
    database_password_file: Path | None = None
    issuer: str = "http://127.0.0.1:8000"
    machine_tokens: Literal["bound", "bearer"] = "bound"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    oidc_providers: tuple[ProviderSettings, ...] = ()
    instance: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")] = "sluis-1"
    policy_directory: Path | None = None
    part_directory: Path | None = None
    key_directory: Path | None = None
    log_key_directory: Path | None = None
    trusted_proxies: str = ""
    requests_per_minute: Annotated[int, Field(ge=1)] = 600
    content_limit: Annotated[int, Field(ge=1, le=2**40)] = 4 * 1024**3
    uploads_limit: Annotated[int, Field(ge=1, le=2**43)] = 16 * 1024**3
    open_requests: Annotated[int, Field(ge=1, le=1000)] = 20
    smtp_host: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")] = None
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    smtp_security: Security = "starttls"
    smtp_user: str | None = None
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = None
    mail_from: str | None = None
    pseudonym_keys: Path | None = None
    cbs_address: str = "https://datasets.cbs.nl/odata/v1/CBS"
    worker_interval: Annotated[float, Field(gt=0, le=3600)] = 2.0
    log_interval: Annotated[float, Field(gt=0, le=1)] = 0.1

    @field_validator("oidc_providers", mode="before")
    @classmethod
    def _read_providers(cls, value: object) -> object:
        """The providers stand in one variable as JSON."""
        return providers_from_json(value) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _refuse_everyone(cls, value: str) -> str:
        """Whoever is believed can claim any address, in the audit log and past the limits."""
        for proxy in filter(None, value.split(",")):
            if ip_network(proxy.strip()).prefixlen == 0:
                raise Weak("dit zou iedereen geloven / this would believe everyone")
        return value

    @model_validator(mode="after")
    def _refuse_weak(self) -> Settings:
        """Name everything that would be unsafe outside one's own machine."""
        faults = list(self._password_faults())
        address = urlsplit(self.issuer)
        if address.path or address.query or address.fragment or not address.hostname:
            faults.append("ISSUER: een adres zonder pad / an address without path, such as https://sluis.example.nl")
        if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
            faults.append("ISSUER: https, of http alleen op deze machine / https, or http on this machine only")
        if self.mode == "production":
            if self.database_url is None or not self.database_url.get_secret_value().startswith(
                "postgresql+psycopg://"
            ):
                faults.append("DATABASE_URL: in productie / production needs postgresql+psycopg://...")
            if address.scheme != "https":
                faults.append("ISSUER: in productie https / production needs https")
            if not self.oidc_providers:
                faults.append(
                    "OIDC_PROVIDERS: in productie ten minste een / production needs one at least, for people to log in"
                )
            faults += [
                f"OIDC_PROVIDERS: {provider.issuer}: in productie https / production needs https"
                for provider in self.oidc_providers
                if not provider.issuer.startswith("https://")
            ]
        faults += self._public_faults()
        faults += self._mail_faults()
        if faults:
            raise Weak(*faults)
        return self

    def _public_faults(self) -> Iterator[str]:
        try:
            checked_address(self.cbs_address, loopback=self.mode == "embedded")
            fits = not urlsplit(self.cbs_address).query
        except ValueError:
            fits = False
        if not fits:
            yield "CBS_ADDRESS: een https-adres / an https address, such as https://datasets.cbs.nl/odata/v1/CBS"

    def _mail_faults(self) -> Iterator[str]:
        if self.smtp_host is None:
            given = (self.smtp_user, self.smtp_password_file, self.smtp_ca_file, self.mail_from)
            if any(one is not None for one in given):
                yield "SMTP_HOST: ontbreekt bij de andere instellingen voor mail / is missing beside those for mail"
            return
        try:
            sender = Contact((self.mail_from,)) if self.mail_from is not None else None
        except Invalid:
            sender = None
        if sender is None:
            yield "MAIL_FROM: een adres / an address, such as sluis@example.nl"
        if self.smtp_security == "none" and self.smtp_host not in _LOOPBACK:
            yield "SMTP_SECURITY: zonder TLS alleen op deze machine / without TLS on this machine only"
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            yield "SMTP_USER: hoort bij SMTP_PASSWORD_FILE / goes with SMTP_PASSWORD_FILE"
        yield from self._mail_file_faults()

    def _mail_file_faults(self) -> Iterator[str]:
        if not ((user := self.smtp_user or "x").isascii() and user.isprintable()):
            yield "SMTP_USER: alleen ASCII, want zo is SMTP / ASCII only, as SMTP has it"
        for name, file in (("SMTP_PASSWORD_FILE", self.smtp_password_file), ("SMTP_CA_FILE", self.smtp_ca_file)):
            try:
                content = "x" if file is None else self._password(file)
            except (OSError, ValueError):
                yield f"{name}: niet te lezen / cannot be read"
                continue
            if not content:
                yield f"{name}: is leeg / is empty"
            elif file == self.smtp_password_file and not (content.isascii() and content.isprintable()):
                yield f"{name}: één regel ASCII, want zo is SMTP / one line of ASCII, as SMTP has it"

    @property
    def mail_server(self) -> MailServer | None:
        """Where reminders are handed over; holds a password."""
        if self.smtp_host is None or self.mail_from is None:
            return None
        return MailServer(
            host=self.smtp_host,
            port=self.smtp_port,
            security=self.smtp_security,
            sender=self.mail_from,
            user=self.smtp_user,
            password=self._password(self.smtp_password_file) if self.smtp_password_file is not None else None,
            certificates=self.smtp_ca_file,
        )

    def _password_faults(self) -> Iterator[str]:
        if self.database_password_file is None:
            return
        if self.database_url is None or urlsplit(self.database_url.get_secret_value()).password is not None:
            yield "DATABASE_PASSWORD_FILE: hoort bij een URL zonder wachtwoord / belongs to a URL without password"
        try:
            password = self._password(self.database_password_file)
        except (OSError, ValueError):
            yield "DATABASE_PASSWORD_FILE: niet te lezen / cannot be read"
        else:
            if self.mode == "production" and len(password) < _SHORTEST_PASSWORD:
                least = f"{_SHORTEST_PASSWORD} tekens / {_SHORTEST_PASSWORD} characters"
                yield f"DATABASE_PASSWORD_FILE: in productie ten minste / production needs at least {least}"

    @staticmethod
    def _password(file: Path) -> str:
        return file.read_text(encoding="utf-8").strip()

    @property
    def url(self) -> str:
        """The database URL; holds a password."""
        if self.database_url is not None:
            given = self.database_url.get_secret_value()
            if self.database_password_file is None:
                return given
            address = make_url(given).set(password=self._password(self.database_password_file))
            return address.render_as_string(hide_password=False)
        return f"sqlite:///{self.data_directory.absolute() / EMBEDDED_DATABASE}"

    @property
    def parts(self) -> Path:
        """Where the part store is."""
        return self.part_directory or self.data_directory / "parts"

    @property
    def keys(self) -> Path:
        """Where the keys are."""
        return self.key_directory or self.data_directory / "keys"

    @property
    def log_keys(self) -> Path:
        """Where the key of the audit log is."""
        return self.log_key_directory or self.data_directory / "log-key"

    @property
    def announced_keys(self) -> Path | None:
        """Where the key holder's document is; None where no data set asks for pseudonyms."""
        usual = self.data_directory / "pseudonym-keys.json"
        return self.pseudonym_keys or (usual if usual.exists() else None)

    @property
    def sequences(self) -> bool:
        """In production the sequencer is a process of its own, with its own account and key: `sluis log sequence`."""
        return self.mode == "embedded"

    @property
    def creates_keys(self) -> bool:
        """Only the embedded service makes its keys at the first start; in production `sluis keys create` does."""
        return self.mode == "embedded"


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings in the environment.

    Raises:
        SettingsError: every unknown variable and every value that does not hold.
    """
    variables = os.environ if environment is None else environment
    given = {
        name: value
        for name, value in variables.items()
        if name.startswith(PREFIX) and not name.startswith(OF_KEY_HOLDER) and name not in OF_COMMANDS
    }
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    faults = [f"{name}: onbekende instelling / unknown setting" for name in sorted(set(given) - set(known))]
    values: dict[str, Any] = {known[name]: value for name, value in given.items() if name in known}
    settings, wrong, unread = _validated(values)
    faults += wrong
    if unread:
        # What does not parse is left out, so that the rules between settings are held to the rest in the same go.
        _, broken, _ = _validated({name: value for name, value in values.items() if name not in unread})
        faults += [fault for fault in broken if fault.partition(":")[0].removeprefix(PREFIX).lower() not in unread]
    if settings is None or faults:
        raise SettingsError(tuple(faults))
    return settings


def _validated(values: Mapping[str, Any]) -> tuple[Settings | None, list[str], frozenset[str]]:
    """The settings, or what is wrong and which of them do not parse."""
    try:
        return Settings.model_validate(values), [], frozenset()
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        unread = frozenset(str(fault["loc"][0]) for fault in found if fault["loc"])
        return None, list(dict.fromkeys(line for fault in found for line in _told(fault))), unread
    except json.JSONDecodeError:
        return None, [f"{PREFIX}OIDC_PROVIDERS: geen JSON / not JSON"], frozenset({"oidc_providers"})


_TEXTS: Mapping[str, str] = {
    "missing": "ontbreekt / is missing",
    "extra_forbidden": "onbekend / unknown",
    "unexpected_keyword_argument": "onbekend / unknown",
    "missing_argument": "ontbreekt / is missing",
    "literal_error": "moet een zijn van: {expected} / must be one of: {expected}",
    "int_parsing": "moet een geheel getal zijn / must be a whole number",
    "int_type": "moet een geheel getal zijn / must be a whole number",
    "float_parsing": "moet een getal zijn / must be a number",
    "string_type": "moet tekst zijn / must be text",
    "string_pattern_mismatch": "heeft niet de gevraagde vorm {pattern} / does not have the form {pattern}",
    "greater_than": "moet groter zijn dan {gt} / must be more than {gt}",
    "greater_than_equal": "moet minstens {ge} zijn / must be at least {ge}",
    "less_than_equal": "mag hoogstens {le} zijn / must be at most {le}",
    "json_invalid": "geen JSON / not JSON",
}
_OTHER = "ongeldige waarde / not a valid value"


def _told(fault: Mapping[str, Any]) -> list[str]:
    """What is wrong and where, never with the value; our own rules say it themselves."""
    place = ".".join(str(step) for step in fault["loc"])
    given = fault.get("ctx", {})
    if isinstance(given.get("error"), Weak):
        return [f"{PREFIX}{place.upper()}: {text}" if place else PREFIX + text for text in given["error"].faults]
    return [f"{PREFIX}{place.upper()}: {_TEXTS.get(fault['type'], _OTHER).format_map(given)}"]
