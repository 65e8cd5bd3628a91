"""A purpose as a document: the same in `purposes/*.yaml` and in what people propose over the API (policy.md)."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field

from service.adapters.bundle.models import LabelModel, Months, Name, Text, Version
from service.domain.classification import Label
from service.domain.principal import Role
from service.domain.purpose import (
    Dpia,
    FgAdvice,
    Frequency,
    ProcessingRecord,
    Purpose,
    PurposeScope,
    Reach,
    Recipients,
    UavgEvidence,
)

Organisation = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9./-]{0,62}[A-Za-z0-9])?$")]
Term = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}:[A-Za-z0-9-]{1,60}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ScopeModel(_Strict):
    """Of one data set: measures, and per dimension the finest level in each classification allowed."""

    data_set: Name
    measures: Annotated[tuple[Name, ...], Field(min_length=1)]
    dimensions: dict[Name, Annotated[dict[Name, Name], Field(min_length=1)]]


class RecipientsModel(_Strict):
    """Who may ask and read, and how far the figures go."""

    reach: Reach
    organisations: tuple[Organisation, ...] = ()
    roles: tuple[Literal["regional-owner"], ...] = ()


class RetentionModel(_Strict):
    """How many months inputs, intermediates and outputs are kept."""

    inputs: Months
    intermediates: Months
    outputs: Months


class DpiaModel(_Strict):
    """The data protection impact assessment (GDPR article 35) and its outcome."""

    reference: Reference
    outcome: Literal["approved", "rejected", "pending"]
    review_on: date


class FgAdviceModel(_Strict):
    """What the data protection officer advised."""

    given_on: date
    advice: LabelModel


class UavgModel(_Strict):
    """The conditions of UAVG article 24."""

    statistics: LabelModel
    public_interest: LabelModel
    consent_impossible: LabelModel
    safeguards: LabelModel


class RecordModel(_Strict):
    """The record of processing (GDPR article 30)."""

    reference: Reference
    data_subjects: LabelModel
    personal_data: LabelModel
    third_countries: LabelModel
    security: LabelModel


class PurposeModel(_Strict):
    """One version of a purpose; what is required beyond this depends on basis and sensitivity (`purpose_checks`)."""

    id: Name
    version: Version
    status: Literal["draft", "approved", "withdrawn"]
    approvers: tuple[Text, ...] = ()
    changes: LabelModel | None = None
    title: LabelModel
    bottleneck: LabelModel
    necessity: LabelModel
    proportionality: LabelModel
    why_nothing_less: LabelModel
    controllers: Annotated[tuple[Text, ...], Field(min_length=1)]
    joint_arrangement: Reference | None = None
    processor_agreement: Reference
    legal_basis: Text
    statute: Text | None = None
    special_category_exception: Text | None = None
    uavg_evidence: UavgModel | None = None
    first_purpose: LabelModel
    compatibility: LabelModel
    consent_scope: LabelModel | None = None
    scopes: Annotated[tuple[ScopeModel, ...], Field(min_length=1)]
    recipients: RecipientsModel
    disclosure_profile: Name | None = None
    minimum_age_months: Months
    frequency: Frequency
    valid_from: date
    valid_until: date
    review_on: date
    retention: RetentionModel
    dpia: DpiaModel | None = None
    fg_advice: FgAdviceModel | None = None
    record: RecordModel
    dpv: Annotated[tuple[Term, ...], Field(min_length=1)]

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of everything but status and approvers."""
        stated = self.model_dump(mode="json", exclude={"status", "approvers"})
        return f"sha-256:{hashlib.sha256(rfc8785.dumps(stated)).hexdigest()}"

    def purpose(self) -> Purpose:
        """The purpose of the domain."""
        return Purpose(
            id=self.id,
            version=self.version,
            status=self.status,
            digest=self.digest(),
            approvers=self.approvers,
            changes=_label(self.changes),
            title=self.title.label(),
            bottleneck=self.bottleneck.label(),
            necessity=self.necessity.label(),
            proportionality=self.proportionality.label(),
            why_nothing_less=self.why_nothing_less.label(),
            controllers=self.controllers,
            joint_arrangement=self.joint_arrangement,
            processor_agreement=self.processor_agreement,
            legal_basis=self.legal_basis,
            statute=" ".join(self.statute.split()) if self.statute else None,
            special_category_exception=self.special_category_exception,
            uavg_evidence=_evidence(self.uavg_evidence),
            first_purpose=self.first_purpose.label(),
            compatibility=self.compatibility.label(),
            consent_scope=_label(self.consent_scope),
            scopes=tuple(
                PurposeScope(
                    s.data_set,
                    frozenset(s.measures),
                    {name: tuple(finest.items()) for name, finest in s.dimensions.items()},
                )
                for s in self.scopes
            ),
            recipients=Recipients(
                self.recipients.reach,
                frozenset(self.recipients.organisations),
                frozenset(Role(role) for role in self.recipients.roles),
            ),
            disclosure_profile=self.disclosure_profile,
            minimum_age_months=self.minimum_age_months,
            frequency=self.frequency,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            review_on=self.review_on,
            retention=self.retention.model_dump(),
            dpia=Dpia(self.dpia.reference, self.dpia.outcome, self.dpia.review_on) if self.dpia else None,
            fg_advice=FgAdvice(self.fg_advice.given_on, self.fg_advice.advice.label()) if self.fg_advice else None,
            record=ProcessingRecord(
                self.record.reference,
                self.record.data_subjects.label(),
                self.record.personal_data.label(),
                self.record.third_countries.label(),
                self.record.security.label(),
            ),
            dpv=self.dpv,
        )


def _label(model: LabelModel | None) -> Label | None:
    return model.label() if model else None


def _evidence(model: UavgModel | None) -> UavgEvidence | None:
    if model is None:
        return None
    return UavgEvidence(
        model.statistics.label(),
        model.public_interest.label(),
        model.consent_impossible.label(),
        model.safeguards.label(),
    )
