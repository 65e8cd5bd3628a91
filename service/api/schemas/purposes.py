"""Purposes, what is done to them, and the record of processing, as they are told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from service.api.schemas.base import ABSENT, Answer, Day, Input, Label, Moment, plain
from service.domain.classification import Label as DomainLabel
from service.domain.purpose import Purpose, PurposeScope, PurposeVerdict
from service.domain.request import Verdict
from service.use_cases.read_purposes import PurposeView, Register

Reason = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(plain)]
VersionNumber = Annotated[int, Field(ge=1, le=9999)]


class PurposeInput(Input):
    """A proposal: the document as a file of `policies/purposes/` has it, with its names in snake_case."""

    document: dict[str, Any]


class PurposeVerdictInput(Input):
    """A verdict on one version."""

    version: VersionNumber
    verdict: Literal["approve", "reject"]
    reason: Reason

    @property
    def said(self) -> Verdict:
        """The verdict."""
        return Verdict(self.verdict)


class PurposeChangeInput(Input):
    """What is done to the version that holds."""

    version: VersionNumber
    change: Literal["suspend", "resume", "withdraw"]
    reason: Reason


class ScopeAnswer(Answer):
    """What of a data set a purpose covers, and how finely."""

    data_set: str
    measures: list[str]
    finest_levels: dict[str, list[dict[str, str]]]

    @classmethod
    def of(cls, scope: PurposeScope) -> ScopeAnswer:
        """The scope; per dimension the classifications allowed with their finest level."""
        levels = {
            dimension: [{"classification": classification, "level": level} for classification, level in allowed]
            for dimension, allowed in sorted(scope.finest_levels.items())
        }
        return cls(data_set=scope.data_set, measures=sorted(scope.measures), finest_levels=levels)


class RecipientsAnswer(Answer):
    """Who may ask and read, and how far the figures go."""

    reach: str
    organisations: list[str]
    roles: list[str]


class DpiaAnswer(Answer):
    """The impact assessment (GDPR article 35)."""

    reference: str
    outcome: str
    review_on: Day


class FgAdviceAnswer(Answer):
    """The advice of the data protection officer."""

    given_on: Day
    advice: Label


class UavgAnswer(Answer):
    """The conditions of UAVG article 24."""

    statistics: Label
    public_interest: Label
    consent_impossible: Label
    safeguards: Label


class RecordAnswer(Answer):
    """What the record of processing says beside the purpose (GDPR article 30)."""

    reference: str
    data_subjects: Label
    personal_data: Label
    third_countries: Label
    security: Label


class PurposeVerdictAnswer(Answer):
    """What was done to this version, and why; by whom is in the audit log."""

    step: str
    reason: str
    at: Moment

    @classmethod
    def of(cls, verdict: PurposeVerdict) -> PurposeVerdictAnswer:
        """The verdict."""
        return cls(step=verdict.step, reason=verdict.reason, at=verdict.at)


class PurposeStatement(Answer):
    """What a version of a purpose says (doelbinding)."""

    id: str
    version: int
    digest: str
    changes: Label | None = ABSENT
    title: Label
    bottleneck: Label
    necessity: Label
    proportionality: Label
    why_nothing_less: Label
    controllers: list[str]
    joint_arrangement: str | None = ABSENT
    processor_agreement: str
    legal_basis: str
    statute: str | None = ABSENT
    special_category_exception: str | None = ABSENT
    uavg_evidence: UavgAnswer | None = ABSENT
    first_purpose: Label
    compatibility: Label
    consent_scope: Label | None = ABSENT
    scopes: list[ScopeAnswer]
    recipients: RecipientsAnswer
    disclosure_profile: str | None = ABSENT
    minimum_age_months: int
    frequency: str
    valid_from: Day
    valid_until: Day
    review_on: Day
    retention: dict[str, int]
    dpia: DpiaAnswer | None = ABSENT
    fg_advice: FgAdviceAnswer | None = ABSENT
    record: RecordAnswer
    dpv: list[str]

    @classmethod
    def stated(cls, purpose: Purpose) -> dict[str, Any]:
        """The members, for this class and those that say more."""
        uavg, dpia, advice, record = purpose.uavg_evidence, purpose.dpia, purpose.fg_advice, purpose.record
        return {
            "id": purpose.id,
            "version": purpose.version,
            "digest": purpose.digest,
            "changes": _label(purpose.changes),
            "title": Label.of(purpose.title),
            "bottleneck": Label.of(purpose.bottleneck),
            "necessity": Label.of(purpose.necessity),
            "proportionality": Label.of(purpose.proportionality),
            "why_nothing_less": Label.of(purpose.why_nothing_less),
            "controllers": list(purpose.controllers),
            "joint_arrangement": purpose.joint_arrangement,
            "processor_agreement": purpose.processor_agreement,
            "legal_basis": purpose.legal_basis,
            "statute": purpose.statute,
            "special_category_exception": purpose.special_category_exception,
            "uavg_evidence": uavg
            and UavgAnswer(
                statistics=Label.of(uavg.statistics),
                public_interest=Label.of(uavg.public_interest),
                consent_impossible=Label.of(uavg.consent_impossible),
                safeguards=Label.of(uavg.safeguards),
            ),
            "first_purpose": Label.of(purpose.first_purpose),
            "compatibility": Label.of(purpose.compatibility),
            "consent_scope": _label(purpose.consent_scope),
            "scopes": [ScopeAnswer.of(scope) for scope in purpose.scopes],
            "recipients": RecipientsAnswer(
                reach=purpose.recipients.reach.value,
                organisations=sorted(purpose.recipients.organisations),
                roles=sorted(role.value for role in purpose.recipients.roles),
            ),
            "disclosure_profile": purpose.disclosure_profile,
            "minimum_age_months": purpose.minimum_age_months,
            "frequency": purpose.frequency.value,
            "valid_from": purpose.valid_from,
            "valid_until": purpose.valid_until,
            "review_on": purpose.review_on,
            "retention": dict(purpose.retention),
            "dpia": dpia and DpiaAnswer(reference=dpia.reference, outcome=dpia.outcome, review_on=dpia.review_on),
            "fg_advice": advice and FgAdviceAnswer(given_on=advice.given_on, advice=Label.of(advice.advice)),
            "record": RecordAnswer(
                reference=record.reference,
                data_subjects=Label.of(record.data_subjects),
                personal_data=Label.of(record.personal_data),
                third_countries=Label.of(record.third_countries),
                security=Label.of(record.security),
            ),
            "dpv": list(purpose.dpv),
        }


class PurposeAnswer(PurposeStatement):
    """A version of a purpose and how it stands."""

    status: Annotated[str, Field(description="Of those that people made, a state of docs/states.md")]
    origin: Annotated[
        Literal["bundle", "service"], Field(description="Reviewed as code, or proposed and approved here")
    ]
    in_force: Annotated[bool, Field(description="Whether decisions look at this version; only `approved` permits")]
    verdicts: list[PurposeVerdictAnswer]

    @classmethod
    def of(cls, view: PurposeView) -> PurposeAnswer:
        """The version."""
        return cls(
            **cls.stated(view.purpose),
            status=view.purpose.status,
            origin="service" if view.stated else "bundle",
            in_force=view.in_force,
            verdicts=[PurposeVerdictAnswer.of(verdict) for verdict in view.verdicts],
        )


class RegisterEntry(PurposeStatement):
    """One processing activity: the purpose in full, with how it stands."""

    status: str


class RegisterAnswer(Answer):
    """The record of processing (GDPR article 30), from the purposes that decisions look at."""

    policy_hash: str
    activities: list[RegisterEntry]

    @classmethod
    def of(cls, register: Register) -> RegisterAnswer:
        """The register."""
        entries = [RegisterEntry(**RegisterEntry.stated(one), status=one.status) for one in register.purposes]
        return cls(policy_hash=register.policy_hash, activities=entries)


def _label(label: DomainLabel | None) -> Label | None:
    return Label.of(label) if label else None
