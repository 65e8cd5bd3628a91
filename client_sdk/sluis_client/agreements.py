"""What a supplier's figures are used under: agreements and consents, as the service keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from sluis_client.answers import field, optional
from sluis_client.rules import require_identifier
from sluis_client.transport import Payload, TokenSource, Transport, segment


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement, assessment or consent that your organisation is under.

    Attributes:
        id: its id.
        kind: `processor-agreement`, `joint-arrangement`, `dpia`, `supplier-consent` or `statutory-basis`.
        reference: of the document.
        data_sets: what it is about.
        purposes: for which purposes; none stands for every one.
        valid_from: first day, as 2026-01-31.
        valid_until: last day; None when it has no end.
        state: `recorded`, `confirmed`, `rejected` or `withdrawn`.
        in_force: whether it holds for your organisation today.
    """

    id: str
    kind: str
    reference: str
    data_sets: tuple[str, ...]
    purposes: tuple[str, ...]
    valid_from: str
    valid_until: str | None
    state: str
    in_force: bool

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """An agreement from an answer.

        Raises:
            UnexpectedAnswerError: a field is missing or of another kind.
        """
        return cls(
            id=field(document, "id", str),
            kind=field(document, "kind", str),
            reference=field(document, "reference", str),
            data_sets=tuple(str(name) for name in field(document, "dataSets", list)),
            purposes=tuple(str(name) for name in field(document, "purposes", list)),
            valid_from=field(document, "validFrom", str),
            valid_until=optional(document, "validUntil", str),
            state=field(document, "state", str),
            in_force=field(document, "inForce", bool),
        )

    def to_json(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "id": self.id,
            "kind": self.kind,
            "reference": self.reference,
            "dataSets": list(self.data_sets),
            "purposes": list(self.purposes),
            "validFrom": self.valid_from,
            "validUntil": self.valid_until,
            "state": self.state,
            "inForce": self.in_force,
        }


def fetch_agreements(transport: Transport, tokens: TokenSource) -> list[Agreement]:
    """Those of your organisation."""
    answer = transport.call("GET", "/v1/agreements", tokens=tokens).object
    return [Agreement.from_json(item) for item in field(answer, "items", list)]


def give_consent(
    transport: Transport,
    tokens: TokenSource,
    data_set: str,
    *,
    purposes: Sequence[str],
    valid_until: str | None,
    serves: Sequence[str] | None,
) -> Agreement:
    """Let your own figures be used, from today; of a form in the data sets that it `serves`, all of them when None."""
    require_identifier(data_set)
    body: dict[str, object] = {"dataSet": data_set, "purposes": list(purposes)}
    if valid_until is not None:
        body["validUntil"] = valid_until
    if serves is not None:
        body["serves"] = list(serves)
    return Agreement.from_json(
        transport.call("POST", "/v1/consents", tokens=tokens, payload=lambda: Payload.json(body)).object
    )


def leave_agreement(transport: Transport, tokens: TokenSource, agreement: str, reason: str) -> Agreement:
    """End an agreement, or your consent, for your own organisation, at once."""
    require_identifier(agreement)
    path = f"/v1/agreements/{segment(agreement)}/departure"
    return Agreement.from_json(
        transport.call("POST", path, tokens=tokens, payload=lambda: Payload.json({"reason": reason})).object
    )
