"""FHIR as others check it: by the JSON schema of R4 itself, and by a library that knows more than a schema can say.

The schema holds every name, type and code; `fhir.resources` also knows which primitive elements are required. It has R4B
(4.3.0), in which AuditEvent is as in R4 (4.0.1).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

SCHEMA = Path(__file__).parent.parent / "data" / "fhir" / "r4.schema.json"


@cache
def _schema() -> Any:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))


def require_fhir(resource: Mapping[str, Any]) -> None:
    """Raises whatever the validators raise: `jsonschema_rs.ValidationError` or pydantic's, both of them a ValueError."""
    _schema().validate(resource)
    known = {"AuditEvent": AuditEvent, "Bundle": Bundle}[resource["resourceType"]]
    known.model_validate(resource)
