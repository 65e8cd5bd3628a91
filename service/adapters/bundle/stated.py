"""Purposes that people made, read by the same model and held to the same checks as those of the bundle."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import rfc8785
from pydantic import ValidationError
from pydantic_core import to_json

from service.adapters.bundle.faults import FAULTS
from service.adapters.bundle.purpose_checks import PurposeChecks, PurposeFault
from service.adapters.bundle.purpose_model import PurposeModel
from service.adapters.bundle.wrong_values import wrong_value
from service.domain.catalogue import Catalogue
from service.domain.errors import Fault, Faulty
from service.domain.purpose import Purpose, PurposeHead
from service.ports.purposes import PurposeDocument

_KEPT = 1024
_MOST_FAULTS = 100
_SHOWN = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9 ,.:()_/-]{1,400}")
_KINDS = {"extra_forbidden": "unknown-key", "missing": "missing-key"}


class StatedPurposes:
    """Implements `service.ports.purposes.PurposeDocuments`; what was read once is kept, as its digest names it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read: OrderedDict[Hashable, Any] = OrderedDict()

    def check(self, document: Mapping[str, object], catalogue: Catalogue) -> PurposeDocument:
        """As the port says; a proposed purpose is a draft that nobody approved yet."""
        try:
            model = PurposeModel.model_validate_json(to_json(document), strict=True)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_input=False)[:_MOST_FAULTS]
            raise Faulty("purpose", tuple(map(_of_schema, errors))) from None
        faults = [] if model.status == "draft" and not model.approvers else [PurposeFault("status", "not-a-draft")]
        faults += PurposeChecks(catalogue).of(_as_if_approved(model.purpose()))
        if faults:
            raise Faulty("purpose", tuple(map(_told, faults[:_MOST_FAULTS])))
        return PurposeDocument(rfc8785.dumps(model.model_dump(mode="json")).decode(), model.purpose())

    def check_again(self, text: str, catalogue: Catalogue) -> Purpose:
        """As the port says."""
        return self.check(json.loads(text), catalogue).purpose

    def read(self, text: str) -> Purpose:
        """As the port says."""
        return PurposeModel.model_validate_json(text, strict=True).purpose()

    def in_force(
        self, catalogue: Catalogue, heads: Sequence[PurposeHead], document: Callable[[str, int], str]
    ) -> Catalogue:
        """As the port says; a catalogue is made anew when a purpose was approved or its state changed."""
        if not heads:
            return catalogue
        key = (catalogue, tuple(heads))
        found: Catalogue | None = self._known(key)
        if found is not None:
            return found
        reviewed = {purpose.id for purpose in catalogue.purposes}
        checks = PurposeChecks(catalogue)
        stated = [
            replace(purpose, status=head.state.value, approvers=head.approvers)
            for head in heads
            if head.id not in reviewed
            and (purpose := self._purpose(head, document)) is not None
            and not checks.of(_as_if_approved(purpose))
        ]
        made: Catalogue = self._keep(key, replace(catalogue, purposes=(*catalogue.purposes, *stated)))
        return made

    def _purpose(self, head: PurposeHead, document: Callable[[str, int], str]) -> Purpose | None:
        key = (head.id, head.version, head.digest)
        found: Purpose | None = self._known(key)
        if found is None:
            try:
                found = self.read(document(head.id, head.version))
            except ValueError:
                return None
            self._keep(key, found)
        return found if found.digest == head.digest else None

    def _known(self, key: Hashable) -> Any:
        with self._lock:
            if key in self._read:
                self._read.move_to_end(key)
            return self._read.get(key)

    def _keep(self, key: Hashable, value: Any) -> Any:
        """What somebody else kept meanwhile wins, so that the same question always gives the same object."""
        with self._lock:
            kept = self._read.setdefault(key, value)
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
            return kept


def _as_if_approved(purpose: Purpose) -> Purpose:
    """What has to hold once it is approved; by whom is not for the document to say."""
    return replace(purpose, status="approved", approvers=("one", "another"))


def _of_schema(error: Any) -> Fault:
    path = ".".join(str(step) for step in error["loc"])
    return _told(PurposeFault(path, _KINDS.get(error["type"], "wrong-value"), wrong_value(error)))


def _told(fault: PurposeFault) -> Fault:
    """Of what stands in the document only plain short words are repeated, and never a long number."""
    text = FAULTS[fault.code]
    data = {name: value if _SHOWN.fullmatch(str(value)) else "?" for name, value in fault.data.items()}
    where = fault.path if _SHOWN.fullmatch(fault.path) else "?"
    nl, en = f"{text.nl}; {text.mend_nl}".format_map(data), f"{text.en}; {text.mend_en}".format_map(data)
    return Fault(where, fault.code, nl, en)
