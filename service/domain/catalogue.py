"""What may flow through the service: data sets, their dimensions and measures, and disclosure profiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from service.domain.classification import Classification, Label
from service.domain.errors import NotFound
from service.domain.method import Method, Suppression
from service.domain.public_figures import BorderChange, PublicSource
from service.domain.purpose import Purpose
from sluis_client.wire.serves import Served


class Sensitivity(StrEnum):
    """Why figures need care; the stricter rules win when several hold."""

    PERSONAL = "personal"
    SPECIAL_CATEGORY = "special-category"
    COMPETITION = "competition-sensitive"
    OPERATIONAL = "operational"
    PUBLIC = "public"


class SupplierKind(StrEnum):
    """Who delivers a data set: a kind of organisation, or the one national body that holds the figures."""

    PROVIDER = "provider"
    INSURER = "insurer"
    ZORGKANTOOR = "zorgkantoor"
    MUNICIPALITY = "municipality"
    VEKTIS = "vektis"
    ZINL = "zinl"
    NZA = "nza"
    CIZ = "ciz"
    CBS = "cbs"
    RIVM = "rivm"
    RPP = "rpp"
    WVGGZ_MONITOR = "wvggz-chain-monitor"

    @property
    def has_business(self) -> bool:
        """Whether competitors could learn from its figures; a public body without market has none to protect."""
        return self not in _PUBLIC_BODIES


_PUBLIC_BODIES = frozenset(
    {
        SupplierKind.MUNICIPALITY,
        SupplierKind.ZINL,
        SupplierKind.NZA,
        SupplierKind.CIZ,
        SupplierKind.CBS,
        SupplierKind.RIVM,
        SupplierKind.RPP,
        SupplierKind.WVGGZ_MONITOR,
    }
)


class Nature(StrEnum):
    """Numbers, or coded and written answers of which only the number is counted."""

    QUANTITATIVE = "quantitative"
    QUALITATIVE = "qualitative"


class Availability(StrEnum):
    """The three levels of the report on the minimal data set: public, existing but not public, not existing."""

    PUBLIC = "public"
    PARTLY = "partly"
    NOT = "not"


class AddedValue(StrEnum):
    """What the information adds to the regional conversation, as the report judged it."""

    AVERAGE = "average"
    SIGNIFICANT = "significant"


class Workability(StrEnum):
    """Whether the source can be worked with: burden, legal risk, lead time and technical effort together."""

    GOOD = "good"
    AVERAGE = "average"
    POOR_TO_AVERAGE = "poor-to-average"
    POOR = "poor"


class ReleasedBy(StrEnum):
    """Who can bring the figures together, as the report reads the law."""

    PARTIES = "parties"
    PARTIES_OR_TTP = "parties-or-ttp"


class MeasureKind(StrEnum):
    """Whether the value counts persons or units (N = value) or is a magnitude."""

    COUNT = "count"
    MAGNITUDE = "magnitude"


class Figure(StrEnum):
    """What a measure tells of. Only what has been may flow: plans and prices let competitors agree (Mw article 6)."""

    OBSERVED = "observed"
    FORECAST = "forecast"
    TARIFF = "tariff"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A coded column. `classifications` names the groupings it may be requested in, the default first.

    With `provider_level` its codes name single providers, so that every figure would be of one of them. A stock
    (`total: false`) has no total over this dimension: capacity on two days does not add up.
    """

    name: str
    title: Label
    classifications: tuple[str, ...]
    is_period: bool = False
    total: bool = True
    sensitive: bool = False
    provider_level: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """A number per row, summed over rows. `minimum` and `maximum` bound one delivered value.

    With `once_per_person` one row of each person and period counts, whoever delivered it and however many there are:
    the first by the codes of its dimensions, then by the supplier's holding.
    """

    name: str
    title: Label
    definition: Label
    unit: str
    kind: MeasureKind
    minimum: int = 0
    maximum: int = 10**9
    figure: Figure = Figure.OBSERVED
    once_per_person: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A column of free text beside the figures: screened for identifiers, never counted and never released."""

    name: str
    title: Label
    definition: Label
    maximum_length: int


@dataclass(frozen=True, slots=True)
class PersonColumn:
    """The column of pseudonyms of a data set with records of persons: it names a row, and is never released.

    `domain` is that of the pseudonyms: data sets of one domain are about the same persons, and of two cannot be linked.
    """

    name: str
    title: Label
    definition: Label
    domain: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a measure is held against from a day on: agreed in public, not delivered and not computed."""

    measure: str
    valid_from: date
    at_most: int
    definition: Label


@dataclass(frozen=True, slots=True)
class Assessment:
    """The row of the report's assessment matrix; `row` is the number among the sixteen, `table` the report's table."""

    row: int
    table: int
    added_value: AddedValue
    workability: Workability
    released_by: ReleasedBy


@dataclass(frozen=True, slots=True)
class Check:
    """A rule over one row: the `left` column may not exceed the `right` one."""

    code: str
    left: str
    right: str
    severity: str
    message: Label


@dataclass(frozen=True, slots=True)
class DisclosureProfile:
    """The primary rules of disclosure.md, which a purpose may only tighten, and the method that answers to them."""

    id: str
    minimum_count: int
    minimum_contributors: int
    dominance: tuple[tuple[int, int], ...]
    p_percent: int | None
    zero_is_safe: bool = True
    method: Method = field(default_factory=Suppression)


@dataclass(frozen=True, slots=True)
class DataSet:
    """One version of a data set's definition.

    A round asks for one period of `round_level`, which is how often is delivered; figures are due `deadline_days` after
    its last day. `changes` says what a version changed, and there is none in the first. `care_forms` are those that
    the figures tell of, by their numbers; none when they are not about care. With `supplier_consent` figures are
    taken and used only under the consent of their supplier, or a law instead of it. A data set that `serves` others is
    a form: its figures go into those, each into one, and none is released of the form itself.
    """

    id: str
    version: int
    title: Label
    description: Label
    nature: Nature
    dimensions: tuple[Dimension, ...]
    measures: tuple[Measure, ...]
    checks: tuple[Check, ...]
    round_level: str
    sensitivity: frozenset[Sensitivity]
    legal_default: Label
    disclosure_profile: str
    minimum_age_months: int
    maximum_rows: int
    retention_months: int
    source: str
    delivered_by: tuple[SupplierKind, ...]
    deadline_days: int
    availability: Availability
    availability_note: Label
    notes: tuple[Note, ...] = ()
    person: PersonColumn | None = None
    targets: tuple[Target, ...] = ()
    care_forms: tuple[int, ...] = ()
    assessment: Assessment | None = None
    changes: Label | None = None
    supplier_consent: bool = False
    serves: tuple[Served, ...] = ()

    @property
    def period(self) -> Dimension:
        """The one dimension that is time."""
        return next(d for d in self.dimensions if d.is_period)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that name a row within one delivery: all dimensions, and the person where there is one."""
        return (*(d.name for d in self.dimensions), *([self.person.name] if self.person else []))

    @property
    def has_business(self) -> bool:
        """Whether somebody who delivers it has a business that may not show."""
        return any(kind.has_business for kind in self.delivered_by)

    @property
    def bounds(self) -> frozenset[tuple[str, str]]:
        """Pairs of columns of which the first is at most the second: by a check, or by way of others."""
        found = {(check.left, check.right) for check in self.checks}
        while more := {(low, high) for low, one in found for other, high in found if one == other} - found:
            found |= more
        return frozenset(found)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The whole bundle, checked as one: every name that one part gives for another exists.

    A catalogue is equal to itself only, so that what is worked out from one can be kept without comparing all codes.
    """

    policy_hash: str
    data_sets: tuple[DataSet, ...]
    classifications: tuple[Classification, ...]
    purposes: tuple[Purpose, ...]
    profiles: tuple[DisclosureProfile, ...]
    public_sources: tuple[PublicSource, ...] = ()
    border_changes: tuple[BorderChange, ...] = ()

    def data_set(self, data_set: str, version: int | None = None) -> DataSet:
        """The definition; the newest version when none is named.

        Raises:
            NotFound: no such data set or version.
        """
        found = [d for d in self.data_sets if d.id == data_set and version in {None, d.version}]
        if not found:
            raise NotFound("data-set")
        return max(found, key=lambda d: d.version)

    def versions(self, data_set: str) -> tuple[DataSet, ...]:
        """All versions of a data set, the oldest first; none when there is no such data set."""
        return tuple(sorted((d for d in self.data_sets if d.id == data_set), key=lambda d: d.version))

    def classification(self, classification: str) -> Classification:
        """The classification by id.

        Raises:
            NotFound: no such classification.
        """
        for found in self.classifications:
            if found.id == classification:
                return found
        raise NotFound("classification")

    def purpose(self, purpose: str) -> Purpose:
        """The newest version of the purpose.

        Raises:
            NotFound: no such purpose.
        """
        found = [p for p in self.purposes if p.id == purpose]
        if not found:
            raise NotFound("purpose")
        return max(found, key=lambda p: p.version)

    def public_source(self, source: str) -> PublicSource:
        """The source of public figures by id.

        Raises:
            NotFound: no such source.
        """
        for found in self.public_sources:
            if found.id == source:
                return found
        raise NotFound("public-source")

    def profiles_named(self, data_set: str) -> dict[str, str]:
        """Per purpose that covers the data set and names a disclosure profile of its own, that profile."""
        newest = {found.id: found for found in sorted(self.purposes, key=lambda found: found.version)}
        return {
            name: found.disclosure_profile
            for name, found in sorted(newest.items())
            if found.disclosure_profile is not None and found.scope(data_set) is not None
        }

    def profile(self, profile: str) -> DisclosureProfile:
        """The disclosure profile by id.

        Raises:
            NotFound: no such profile.
        """
        for found in self.profiles:
            if found.id == profile:
                return found
        raise NotFound("disclosure-profile")

    def period_days(self, data_set: DataSet, period: str) -> tuple[date, date] | None:
        """First and last day of a period code of the data set's calendar; None when there is no such code."""
        code = self.classification(data_set.period.classifications[0]).by_code.get(period)
        if code is None or code.valid_from is None or code.valid_until is None:
            return None
        return code.valid_from, code.valid_until

    def allowed_periods(self, data_set: DataSet, round_period: str) -> tuple[str, ...]:
        """The period codes that a delivery for the round may hold: those of the finest level within its period.

        None when the calendar has no such code at the data set's round level.
        """
        calendar = self.classification(data_set.period.classifications[0])
        whole = calendar.by_code.get(round_period)
        if whole is None or whole.level != data_set.round_level:
            return ()
        return tuple(
            c.code for c in calendar.at(calendar.finest) if calendar.ancestor(c.code, whole.level) == whole.code
        )
