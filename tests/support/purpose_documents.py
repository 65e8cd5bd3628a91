"""Documents of purposes as people propose them, made from one of the bundle."""

from __future__ import annotations

import json
from typing import Any

import yaml

from service.adapters.bundle import bundle_directory

WHY = "Past bij de taak van de regio."


def a_document(id_: str = "winter-peaks", version: int = 1, **changes: Any) -> dict[str, Any]:
    """Capacity planning under another id, as JSON has it; a change to None takes the field away."""
    text = (bundle_directory() / "purposes" / "regional-capacity-planning.yaml").read_text(encoding="utf-8")
    document = json.loads(json.dumps(yaml.safe_load(text), default=str))
    document |= {"id": id_, "version": version, "status": "draft", "approvers": []}
    if version > 1:
        document["changes"] = {"nl": "Ook de winter.", "en": "The winter too."}
    return {name: value for name, value in (document | changes).items() if value is not None}
