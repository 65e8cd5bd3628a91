"""What a supplier's machine keeps: who it is, its key, the service's key, deliveries under way, receipts.

    config.json          address, issuer, organisation, key id
    key.pem              private key, PKCS #8, optionally encrypted; or where it is in the system's keyring
    service-keys.json    the service's receipt keys, pinned when registering
    log-key              the key of the service's audit log, pinned when first seen
    log-successions      which key of that log followed which, as they were seen
    content-secret       what makes digests of deliveries tell nothing of them
    checkpoint           the newest checkpoint of that log that was seen
    definitions/         data sets, for checks without a connection
    rounds/              rounds, likewise
    outbox/              deliveries under way
    spool/               what was pseudonymised for them, until they are over; a week at most
    receipts/            what was delivered, with the proof
    objections/          what the service answered to objections, without the pseudonym

The directory is the platform's for user data, or SLUIS_CLIENT_HOME.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import platformdirs

from sluis_client import storage, wire
from sluis_client.errors import NotRegisteredError, ProfileDamagedError
from sluis_client.keyrings import forget, is_reference, put_away, taken_out
from sluis_client.keys import SupplierKey
from sluis_client.network import Network
from sluis_client.wire.log import CheckpointError, LogKey, LogKeys

HOME_VARIABLE = "SLUIS_CLIENT_HOME"
_VERSION = 1
_SECRET_BYTES = 32
_DIRECTORIES = ("definitions", "rounds", "outbox", "receipts", "objections", "spool")
_LIFE_OF_MADE = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Registration:
    """Who this machine is to which service.

    Attributes:
        url: the service's address.
        issuer: who the service says it is; the audience of every proof, and the issuer of receipts.
        organisation: organisation id.
        client_id: OAuth client id.
        name: the organisation's name.
        key_id: RFC 7638 thumbprint of the registered key.
        network: how this machine reaches the service.
    """

    url: str
    issuer: str
    organisation: str
    client_id: str
    name: str
    key_id: str
    network: Network = field(default_factory=Network)

    def to_json(self) -> dict[str, Any]:
        """The form of config.json."""
        return {
            "profileVersion": _VERSION,
            "url": self.url,
            "issuer": self.issuer,
            "organisationId": self.organisation,
            "clientId": self.client_id,
            "name": self.name,
            "keyId": self.key_id,
            **self.network.to_json(),
        }


class Profile:
    """A directory with one registration."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __repr__(self) -> str:
        return f"Profile({self.home})"

    @classmethod
    def at(cls, home: Path | None = None) -> Self:
        """The profile in `home`, in SLUIS_CLIENT_HOME, or in the platform's directory for user data."""
        named = os.environ.get(HOME_VARIABLE)
        chosen = home or (Path(named) if named else platformdirs.user_data_path("sluis-client", appauthor=False))
        return cls(chosen.expanduser().absolute())

    @property
    def registered(self) -> bool:
        """Whether there is a registration."""
        return self._config.exists()

    def prepared(self) -> Self:
        """The profile, after `prepare`."""
        self.prepare()
        return self

    def prepare(self) -> None:
        """Makes the directories, for the owner only; what killed processes left behind goes.

        Raises:
            ProfileUnsafeError: when one exists and others have access.
        """
        storage.make_private_directory(self.home)
        storage.drop_unfinished(self.home)
        for name in _DIRECTORIES:
            storage.make_private_directory(self.home / name)
            storage.drop_unfinished(self.home / name)
        storage.drop_old_folders(self.spool, _LIFE_OF_MADE)

    def registration(self) -> Registration:
        """Who this machine is.

        Raises:
            NotRegisteredError: when there is no registration.
            TrustError: when the profile is unsafe or damaged.
        """
        if not self.registered:
            raise NotRegisteredError(self.home)
        self.prepare()
        config = storage.read_object(self._config)
        try:
            if config["profileVersion"] != _VERSION:
                raise ProfileDamagedError(self._config)
            return Registration(
                url=str(config["url"]),
                issuer=str(config["issuer"]),
                organisation=str(config["organisationId"]),
                client_id=str(config["clientId"]),
                name=str(config["name"]),
                key_id=str(config["keyId"]),
                network=Network.from_json(config),
            )
        except KeyError:
            raise ProfileDamagedError(self._config) from None

    def key(self, passphrase: str | None) -> SupplierKey:
        """The registered key.

        Raises:
            PassphraseError: when it is encrypted and the passphrase is missing or wrong.
            TrustError: when it is unusable, or others have access.
        """
        return SupplierKey.from_pem(taken_out(storage.read_private(self.home / "key.pem")), passphrase)

    @property
    def key_in_keyring(self) -> bool:
        """Whether the registered key rests in the keyring of the operating system."""
        return is_reference(storage.read_private(self.home / "key.pem"))

    def new_key(self, passphrase: str | None, *, in_keyring: bool = False) -> SupplierKey:
        """The key to register: made now, or left by an attempt that was cut off.

        It is on disk before the service hears of it. An attempt whose answer was lost may have registered it, so that
        repeating the attempt with the same key is the same request.
        """
        waiting = self.home / "new-key.pem"
        if waiting.exists():
            return SupplierKey.from_pem(taken_out(storage.read_private(waiting)), passphrase)
        key = SupplierKey.generate()
        pem = key.to_pem(passphrase)
        storage.write_private(waiting, put_away(pem, key.key_id) if in_keyring else pem)
        return key

    def keep_key(self, registration: Registration, key_id: str) -> Registration:
        """The registration with the new key in place of the one before, which leaves the keyring; config.json last."""
        changed = replace(registration, key_id=key_id)
        file, new = self.home / "key.pem", storage.read_private(self.home / "new-key.pem")
        before = storage.read_private(file) if file.exists() else new
        storage.write_private(file, new)
        storage.write_private(self._config, storage.as_json(changed.to_json()))
        storage.remove(self.home / "new-key.pem")
        if before != new:  # otherwise this was cut off here
            forget(before)
        return changed

    def keep_registration(self, registration: Registration, service_keys: Mapping[str, Any]) -> None:
        """The new key and what it is for, in an order in which a crash leaves no mixture: config.json last."""
        storage.write_private(self.home / "service-keys.json", storage.as_json(dict(service_keys)))
        self.keep_key(registration, registration.key_id)

    def content_secret(self) -> bytes:
        """32 bytes that stay on this machine; made when first needed, and the same from then on."""
        path = self.home / "content-secret"
        if not path.exists():
            storage.create_private(path, os.urandom(_SECRET_BYTES))
        secret = storage.read_private(path)
        if len(secret) != _SECRET_BYTES:
            raise ProfileDamagedError(path)
        return secret

    def service_keys(self) -> dict[str, Any]:
        """The pinned JWKS of the service."""
        return storage.read_object(self.home / "service-keys.json")

    def keep_service_keys(self, jwks: Mapping[str, Any]) -> None:
        """Pins another JWKS."""
        storage.write_private(self.home / "service-keys.json", storage.as_json(dict(jwks)))

    def log_key(self) -> LogKey | None:
        """The pinned key of the service's audit log, once it was seen."""
        path = self.home / "log-key"
        try:
            return LogKey.from_text(storage.read_private(path).decode()) if path.exists() else None
        except (CheckpointError, UnicodeDecodeError):
            raise ProfileDamagedError(path) from None

    def keep_log_key(self, key: LogKey) -> None:
        """Pins the key of the audit log; one that is pinned stays."""
        storage.create_private(self.home / "log-key", key.text().encode() + b"\n")

    def log_keys(self) -> LogKeys | None:
        """The pinned key with those that are known to come before and after it."""
        pinned, path = self.log_key(), self.home / "log-successions"
        if pinned is None or not path.exists():
            return None if pinned is None else LogKeys(pinned)
        try:
            kept = storage.read_object(path).get("successions")
            notes = [str(note) for note in kept] if isinstance(kept, list) else [""]
            return LogKeys.of(pinned, notes)
        except CheckpointError:
            raise ProfileDamagedError(path) from None

    def keep_successions(self, keys: LogKeys) -> None:
        """Which key followed which, after it was shown that they vouch for each other."""
        storage.write_private(self.home / "log-successions", storage.as_json({"successions": list(keys.notes)}))

    def checkpoint(self) -> str | None:
        """The newest checkpoint that was seen, as it was signed."""
        path = self.home / "checkpoint"
        try:
            return storage.read_private(path).decode() if path.exists() else None
        except UnicodeDecodeError:
            raise ProfileDamagedError(path) from None

    def keep_checkpoint(self, note: str) -> None:
        """A newer checkpoint, after it was shown to continue the one before."""
        storage.write_private(self.home / "checkpoint", note.encode())

    def keep_definition(self, definition: wire.Definition) -> None:
        """A data set for checks without a connection."""
        storage.write_private(
            self._definition(definition.id, definition.version), storage.as_json(definition.to_json(), indent=None)
        )

    def definition(self, data_set: str, version: int) -> wire.Definition | None:
        """A data set that was kept, if it was."""
        path = self._definition(data_set, version)
        try:
            return wire.Definition.from_json(storage.read_object(path)) if path.exists() else None
        except wire.WireError:
            raise ProfileDamagedError(path) from None

    def keep_round(self, document: Mapping[str, Any]) -> None:
        """A round as the service described it."""
        storage.write_private(self._round(str(document["id"])), storage.as_json(dict(document)))

    def round(self, round_id: str) -> dict[str, Any] | None:
        """A round that was kept, if it was."""
        path = self._round(round_id)
        return storage.read_object(path) if path.exists() else None

    def keep_receipt(self, submission: str, document: Mapping[str, Any]) -> Path:
        """A receipt with what is needed to verify it later; where it is."""
        path = self._receipt(submission)
        storage.write_private(path, storage.as_json(dict(document)))
        return path

    def receipt(self, submission: str) -> dict[str, Any] | None:
        """A receipt that was kept, if it was."""
        path = self._receipt(submission)
        return storage.read_object(path) if path.exists() else None

    def receipts(self) -> Iterator[dict[str, Any]]:
        """All receipts that were kept."""
        for path in sorted((self.home / "receipts").glob("*.json")):
            yield storage.read_object(path)

    @property
    def spool(self) -> Path:
        """What was pseudonymised for deliveries under way."""
        return self.home / "spool"

    @property
    def outbox(self) -> Path:
        """The directory of deliveries under way."""
        return self.home / "outbox"

    @property
    def objections(self) -> Path:
        """The directory of answers to objections."""
        return self.home / "objections"

    @property
    def _config(self) -> Path:
        return self.home / "config.json"

    def _definition(self, data_set: str, version: int) -> Path:
        return self.home / "definitions" / f"{storage.safe_name(data_set)}@{version}.json"

    def _round(self, round_id: str) -> Path:
        return self.home / "rounds" / f"{storage.safe_name(round_id)}.json"

    def _receipt(self, submission: str) -> Path:
        return self.home / "receipts" / f"{storage.safe_name(submission)}.json"
