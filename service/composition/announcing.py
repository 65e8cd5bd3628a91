"""What the service says in the log of its own coming and going."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pydantic import SecretStr

from service.adapters.database import head
from service.adapters.observability import Logger
from service.api.settings import VERSION
from service.composition.build import Application
from service.composition.settings import Settings
from service.domain.errors import DomainError
from service.domain.principal import Worker
from service.use_cases.call import Call
from service.use_cases.check_clock import check_clock
from service.use_cases.read_sealing_keys import has_sealing_key
from service.use_cases.rotate_sealing_key import rotate_sealing_key
from service.use_cases.run_service import (
    POLICY_HASH,
    changes_since_last_start,
    record_configuration_change,
    record_policy_change,
    start_service,
    stop_service,
)

_DIGITS = 16


def service_call(application: Application) -> Call:
    """A call by the service itself."""
    services = application.services
    return Call(services, Worker("service"), "machine", services.randomness.new_id())


@contextmanager
def announced(application: Application, log: Logger) -> Iterator[None]:
    """The service starts, and stops at the end.

    1. What differs from the last start is recorded first: a crash in between records it twice, and never not at all.
    2. The start; when it cannot be recorded nothing starts.
    3. The clock, and a key to seal to where there is none: suppliers deliver nothing without.
    4. The stop; when that cannot be recorded the service stops all the same, and says so.
    """
    call = service_call(application)
    keys = tuple(key["kid"] for key in application.public_keys())
    configuration = configuration_of(application.settings, application.services.policy.policy_hash, keys)
    # 1
    changes = changes_since_last_start(call, configuration)
    if changes.policy_before is not None:
        record_policy_change(call, changes.policy_before)
    if changes.changed:
        record_configuration_change(call, changes.changed)
    # 2
    start_service(call, configuration, keys)
    # 3
    check_clock(call)
    if not has_sealing_key(application.services):
        rotate_sealing_key(call)
    try:
        yield
    finally:
        # 4
        try:
            stop_service(service_call(application))
        except DomainError as error:
            log.error("stop-not-recorded", code=error.code)  # noqa: TRY400 - a line of named fields only


def configuration_of(settings: Settings, policy_hash: str, keys: tuple[str, ...]) -> Mapping[str, str]:
    """What makes the service what it is, without a secret: of each setting the digest of its value, of keys the ids."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    told = {f"settings.{name}": _digest(value) for name, value in values.items() if not isinstance(value, SecretStr)}
    named = {POLICY_HASH: policy_hash, "version": VERSION, "schema": head() or "none", "keys": " ".join(sorted(keys))}
    return {**named, **told}


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:_DIGITS]
