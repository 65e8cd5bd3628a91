"""The log written out, event by event, so that an export of any size takes the memory of a few hundred events.

csv      a row per event, for a spreadsheet
ndjson   a line per event, as an export of the whole log has it: `index` (unless it waits for one), `leafHash`, `salt`,
         and `event`, the canonical JSON itself
fhir     a Bundle of FHIR R4 AuditEvents
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from service.api.audit_fhir import audit_event
from service.domain.audit import AuditEvent, StoredEvent
from service.domain.spreadsheet import harmless
from service.use_cases.read_audit_log import ExportForm
from sluis_client.wire.log.export import event_line
from sluis_client.wire.strict import time_text

MEDIA_TYPES: Mapping[ExportForm, str] = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.NDJSON: "application/x-ndjson",
    ExportForm.FHIR: "application/fhir+json",
}
SUFFIXES: Mapping[ExportForm, str] = {ExportForm.CSV: "csv", ExportForm.NDJSON: "ndjson", ExportForm.FHIR: "fhir.json"}

_Column = Callable[[AuditEvent], str | None]
COLUMNS: Mapping[str, _Column] = {
    "id": lambda e: e.id,
    "recorded": lambda e: time_text(e.recorded),
    "code": lambda e: e.code,
    "action": lambda e: e.action.value,
    "outcome": lambda e: e.outcome.value,
    "reasons": lambda e: " ".join(e.reasons),
    "actor": lambda e: e.user,
    "role": lambda e: e.role,
    "organisation": lambda e: e.organisation,
    "organisationIdentifier": lambda e: e.organisation_identifier,
    "onBehalfOf": lambda e: e.on_behalf_of,
    "onBehalfOfRole": lambda e: e.on_behalf_of_role,
    "onBehalfOfOrganisation": lambda e: e.on_behalf_of_organisation,
    "objectType": lambda e: e.object_type,
    "objectId": lambda e: e.object_id,
    "query": lambda e: e.query,
    "sensitivity": lambda e: e.sensitivity,
    "pseudonymDomain": lambda e: e.pseudonym_domain,
    "persons": lambda e: " ".join(e.persons),
    "purpose": lambda e: e.authorisation.purpose,
    "purposeVersion": lambda e: str(e.authorisation.purpose_version or ""),
    "purposeDigest": lambda e: e.authorisation.purpose_digest,
    "legalBasis": lambda e: e.authorisation.legal_basis,
    "agreement": lambda e: e.authorisation.agreement,
    "permit": lambda e: e.authorisation.permit,
    "decision": lambda e: e.authorisation.decision,
    "policyHash": lambda e: e.authorisation.policy_hash,
    "policies": lambda e: " ".join(e.authorisation.policies),
    "checks": lambda e: " ".join(e.checks),
    "keys": lambda e: " ".join(e.keys),
    "commitment": lambda e: e.commitment,
    "observer": lambda e: e.source.observer,
    "instance": lambda e: e.source.instance,
    "accessPoint": lambda e: e.source.access_point,
    "traceId": lambda e: e.source.trace_id,
}


def written(events: Iterable[StoredEvent], form: ExportForm, *, issuer: str, now: datetime) -> Iterator[bytes]:
    """The export, piece by piece.

    Args:
        events: as they are read.
        form: what to write.
        issuer: the service's address, which FHIR names as the server.
        now: the moment of the export.
    """
    match form:
        case ExportForm.CSV:
            return _csv(events)
        case ExportForm.NDJSON:
            return _ndjson(events)
        case ExportForm.FHIR:
            return _fhir(events, issuer, now)


def _csv(events: Iterable[StoredEvent]) -> Iterator[bytes]:
    yield _row(COLUMNS)
    for stored in events:
        yield _row(value(stored.event) or "" for value in COLUMNS.values())


def _row(cells: Iterable[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode()


def _ndjson(events: Iterable[StoredEvent]) -> Iterator[bytes]:
    for stored in events:
        yield event_line(stored.index, stored.salt, stored.payload)


def _fhir(events: Iterable[StoredEvent], issuer: str, now: datetime) -> Iterator[bytes]:
    yield f'{{"resourceType":"Bundle","type":"collection","timestamp":"{time_text(now)}"'.encode()
    before = b',"entry":[\n'  # FHIR has no empty lists
    end = b"}"
    for stored in events:
        entry = {"fullUrl": f"urn:uuid:{stored.event.id}", "resource": audit_event(stored.event, issuer)}
        yield before + json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
        before, end = b",\n", b"\n]}"
    yield end + b"\n"
