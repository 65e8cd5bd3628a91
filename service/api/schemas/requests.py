"""Requests for aggregates, their evidence and reviews."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from service.api.schemas.base import ABSENT, Answer, Identifier, Input, Label, Moment, NoDoubles, Prose
from service.domain.catalogue import Catalogue
from service.domain.errors import NotFound
from service.domain.policy import Obligation
from service.domain.reason import Reason
from service.domain.request import (
    AggregateRequest,
    Evidence,
    RequestedDimension,
    RequestSpec,
    RequestState,
    Unsafe,
    Verdict,
)
from service.domain.texts import reason_json, text_of_unsafe
from service.domain.texts_obligations import obligation_json
from service.use_cases.read_requests import OfferedTable

_MOST_CODES = 500
_MOST_DIMENSIONS = 10
_MOST_MEASURES = 50
_MOST_PERIODS = 40


class DimensionInput(Input):
    """A dimension of the table, at a level; coarser levels come along."""

    dimension: Annotated[Identifier, Field(examples=["board"])]
    level: Annotated[Identifier, Field(examples=["board"])]
    classification: Annotated[
        Identifier | None, Field(examples=["scotland-boards"], description="The data set's first one when left out")
    ] = None
    only: Annotated[
        Annotated[list[Identifier], NoDoubles, Field(min_length=1, max_length=_MOST_CODES)] | None,
        Field(
            examples=[["S08000022"]],
            description="Codes that the table is cut down to, at this level or above it, with what is below them and "
            "without a total; all codes when left out",
        ),
    ] = None


class AggregateRequestInput(Input):
    """What is asked, for which purpose, and why nothing less would do."""

    data_set: Annotated[Identifier, Field(examples=["staffed-beds"])]
    purpose: Annotated[Identifier, Field(examples=["regional-capacity-planning"])]
    dimensions: Annotated[list[DimensionInput], Field(min_length=1, max_length=_MOST_DIMENSIONS)]
    periods: Annotated[list[Identifier], NoDoubles, Field(min_length=1, max_length=_MOST_PERIODS)]
    measures: Annotated[list[Identifier], NoDoubles, Field(min_length=1, max_length=_MOST_MEASURES)]
    bottleneck: Annotated[Prose, Field(description="The problem (knelpunt) that the figures are to help with")]
    necessity: Annotated[Prose, Field(description="Why these figures are needed for it")]
    why_nothing_less: Annotated[Prose, Field(description="Why coarser or fewer figures would not do")]

    def spec(self, catalogue: Catalogue) -> RequestSpec:
        """The request as the domain knows it, with the default classification where none is named."""
        defaults = _default_classifications(self.data_set, catalogue)
        return RequestSpec(
            data_set=self.data_set,
            purpose=self.purpose,
            dimensions=tuple(
                RequestedDimension(
                    d.dimension, d.classification or defaults.get(d.dimension, "-"), d.level, tuple(d.only or ())
                )
                for d in self.dimensions
            ),
            periods=tuple(self.periods),
            measures=tuple(self.measures),
            bottleneck=self.bottleneck,
            necessity=self.necessity,
            why_nothing_less=self.why_nothing_less,
        )


class ReviewInput(Input):
    """A steward's verdict on the evidence that was looked at."""

    evidence: Annotated[Identifier, Field(description="Id of the evidence: a table prepared anew needs new reviews")]
    verdict: Literal["approve", "reject"]
    reason: Prose

    @property
    def said(self) -> Verdict:
        """The verdict."""
        return Verdict(self.verdict)


class MendAnswer(Answer):
    """What would make it pass."""

    nl: str
    en: str


class ReasonAnswer(Answer):
    """A reason of a denial, with the article or rule behind it."""

    code: str
    rule: str
    nl: str
    en: str
    mend: MendAnswer
    data: dict[str, str | int | float] | None = ABSENT


class ObligationAnswer(Answer):
    """What a permit obliges to."""

    code: str
    value: str | int | float
    nl: str
    en: str


class DecisionAnswer(Answer):
    """What the policy said, under which bundle."""

    outcome: Literal["permit", "deny"]
    policy_hash: str
    policies: list[str] | None = ABSENT
    obligations: list[ObligationAnswer] | None = ABSENT
    reasons: list[ReasonAnswer] | None = ABSENT


class DimensionAnswer(Answer):
    """A dimension of the table."""

    dimension: str
    classification: str
    level: str
    only: list[str] | None = ABSENT

    @classmethod
    def of(cls, asked: RequestedDimension) -> DimensionAnswer:
        """The dimension."""
        only = list(asked.only) or None
        return cls(dimension=asked.dimension, classification=asked.classification, level=asked.level, only=only)


class OfferAnswer(Answer):
    """A table that can be asked for instead: ask for these dimensions, and everything else as before."""

    nl: str
    en: str
    dimensions: list[DimensionAnswer]

    @classmethod
    def of(cls, offer: OfferedTable) -> OfferAnswer:
        """The offer."""
        return cls(nl=offer.nl, en=offer.en, dimensions=[DimensionAnswer.of(d) for d in offer.dimensions])


class RefusalAnswer(Answer):
    """Why no safe table could be made; what exactly stands in the way is for stewards only."""

    code: Unsafe
    nl: str
    en: str
    mend: MendAnswer
    offers: Annotated[
        list[OfferAnswer] | None,
        Field(
            description="Coarser tables that were safe when this was refused, finest first; empty when none was found"
        ),
    ] = ABSENT

    @classmethod
    def of(cls, code: Unsafe, offers: Sequence[OfferedTable] | None) -> RefusalAnswer:
        """The code with its texts."""
        text = text_of_unsafe(code)
        offered = None if offers is None else [OfferAnswer.of(offer) for offer in offers]
        return cls(code=code, nl=text.nl, en=text.en, mend=MendAnswer(**text.mend), offers=offered)


class AggregateRequestAnswer(Answer):
    """A request with its decision; a denial is a result too."""

    id: str
    organisation: str
    data_set: str
    data_set_version: int | None = ABSENT
    purpose: str
    purpose_version: int
    dimensions: list[DimensionAnswer]
    periods: list[str]
    measures: list[str]
    bottleneck: str
    necessity: str
    why_nothing_less: str
    state: RequestState
    status_text: Label
    decision: DecisionAnswer
    created_at: Moment
    release_id: str | None = ABSENT
    refusal: Annotated[
        RefusalAnswer | None,
        Field(description="Why the request ended as `unsafe`, or waits for revised figures; where one is read, only"),
    ] = ABSENT

    @classmethod
    def of(
        cls,
        found: AggregateRequest,
        refusal: Unsafe | None = None,
        offers: Sequence[OfferedTable] | None = None,
    ) -> AggregateRequestAnswer:
        """The request."""
        spec = found.spec
        return cls(
            id=found.id,
            organisation=found.organisation,
            data_set=spec.data_set,
            data_set_version=spec.data_set_version,
            purpose=spec.purpose,
            purpose_version=found.purpose_version,
            dimensions=[DimensionAnswer.of(d) for d in spec.dimensions],
            periods=list(spec.periods),
            measures=list(spec.measures),
            bottleneck=spec.bottleneck,
            necessity=spec.necessity,
            why_nothing_less=spec.why_nothing_less,
            state=found.state,
            status_text=_STATUS[found.state],
            decision=DecisionAnswer.model_validate(_explained(json.loads(found.decision))),
            created_at=found.created_at,
            release_id=found.release,
            refusal=RefusalAnswer.of(refusal, offers) if refusal is not None else None,
        )


class EvidenceAnswer(Answer):
    """What a steward decides on; nothing in it leaves the service but what a release takes from it."""

    id: str
    request: str
    made_at: Moment
    safe: bool
    inputs: list[str]
    history: list[str]
    tables: Annotated[Any, Field(description="The protected tables, with primary and secondary suppressions marked")]
    report: Annotated[Any, Field(description="The report of protection and attack")]

    @classmethod
    def of(cls, found: Evidence) -> EvidenceAnswer:
        """The evidence."""
        return cls(
            id=found.id,
            request=found.request,
            made_at=found.made_at,
            safe=found.safe,
            inputs=list(found.inputs),
            history=list(found.history),
            tables=json.loads(found.tables),
            report=json.loads(found.report),
        )


def _default_classifications(data_set: str, catalogue: Catalogue) -> Mapping[str, str]:
    """Per dimension its first classification; none for a data set that does not exist, which the policy then says."""
    try:
        found = catalogue.data_set(data_set)
    except NotFound:
        return {}
    return {dimension.name: dimension.classifications[0] for dimension in found.dimensions}


def reasons_of(found: AggregateRequest) -> tuple[Reason, ...]:
    """The reasons of a denied request."""
    return tuple(Reason(r["code"], r["data"]) for r in json.loads(found.decision).get("reasons", ()))


def _explained(decision: Mapping[str, Any]) -> dict[str, Any]:
    """The stored decision with the texts of its reasons or obligations."""
    if "reasons" not in decision:
        terms = [obligation_json(Obligation(o["code"], o["value"])) for o in decision.get("obligations", ())]
        return {**decision, "obligations": terms}
    reasons = [reason_json(Reason(r["code"], r["data"])) for r in decision["reasons"]]
    return {**decision, "reasons": reasons}


_STATUS: Mapping[RequestState, Label] = {
    RequestState.DENIED: Label(nl="Geweigerd; zie de redenen.", en="Denied; see the reasons."),
    RequestState.PERMITTED: Label(
        nl="Toegestaan; de tabel wordt gemaakt, of wacht op herziene cijfers: dat zegt de aanvraag zelf.",
        en="Permitted; the table is being made, or waits for revised figures: the request itself says so.",
    ),
    RequestState.PREPARED: Label(nl="Wacht op twee stewards.", en="Waits for two stewards."),
    RequestState.UNSAFE: Label(
        nl="De tabel kan niet veilig worden vrijgegeven; de aanvraag zelf zegt waarom en wat helpt.",
        en="The table cannot be released safely; the request itself says why and what helps.",
    ),
    RequestState.FAILED: Label(
        nl="De tabel kon niet worden gemaakt; de beheerder kijkt ernaar.",
        en="The table could not be made; the operator looks into it.",
    ),
    RequestState.APPROVED_ONCE: Label(nl="Wacht op een tweede steward.", en="Waits for a second steward."),
    RequestState.APPROVED: Label(nl="Goedgekeurd; wordt vrijgegeven.", en="Approved; is being released."),
    RequestState.REJECTED: Label(nl="Afgewezen door een steward.", en="Rejected by a steward."),
    RequestState.RELEASED: Label(nl="Vrijgegeven.", en="Released."),
    RequestState.RETRACTED: Label(nl="Door uw organisatie ingetrokken.", en="Given up by your organisation."),
}
