"""What a delivery to one round must satisfy: from the service, or as this machine fetched it last."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sluis_client import wire
from sluis_client.answers import Round, definition_from, field, optional, unexpected
from sluis_client.errors import NotCachedError, SetupError
from sluis_client.language import Text
from sluis_client.profile import Profile
from sluis_client.transport import TokenSource, Transport, segment
from sluis_client.wire.manifest import IDENTIFIER


@dataclass(frozen=True, slots=True)
class RoundRules:
    """What a delivery to one round must satisfy.

    Attributes:
        round: the round.
        definition: the data set.
        allowed_periods: the periods that the round asks for; None when it does not limit them.
    """

    round: Round
    definition: wire.Definition
    allowed_periods: tuple[str, ...] | None

    @classmethod
    def of(cls, round_document: Mapping[str, Any], definition: wire.Definition) -> Self:
        """The rules, from the service's own description of the round.

        Raises:
            UnexpectedAnswerError: the description is not as agreed, or is about another definition.
        """
        described = Round.from_json(round_document)
        if (described.data_set, described.data_set_version) != (definition.id, definition.version):
            raise unexpected("dataSet")
        periods = optional(round_document, "allowedPeriods", list)
        return cls(described, definition, None if periods is None else tuple(str(p) for p in periods))

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns; a file holds all of them, in any order."""
        return self.definition.names

    def codes_of(self, column: str) -> tuple[wire.Code, ...]:
        """The codes that a column may hold in this round; empty for a column without a list of codes.

        Raises:
            KeyError: there is no such column.
        """
        codes = self.definition.column(column).codes
        allowed = self.allowed_periods
        if allowed is None:
            return codes
        if column == self.definition.period_column:
            return tuple(code for code in codes if code.code in allowed)
        spans = [span for period in allowed if (span := wire.dates_of_period(period)) is not None]
        return tuple(code for code in codes if not spans or any(code.valid_in(*span) for span in spans))


def fetch_rounds(transport: Transport, tokens: TokenSource) -> list[Round]:
    """The rounds in which a delivery is expected, page by page."""
    found: list[Round] = []
    cursor: str | None = None
    while True:
        page = transport.call("GET", "/v1/rounds", tokens=tokens, query={"cursor": cursor} if cursor else None).object
        found += [Round.from_json(item) for item in field(page, "items", list)]
        cursor = optional(page, "next", str)
        if cursor is None:
            return found


def fetch_rules(transport: Transport, tokens: TokenSource, profile: Profile, round_id: str) -> RoundRules:
    """The rules that hold now, kept for a check without a connection."""
    require_identifier(round_id)
    document = transport.call("GET", f"/v1/rounds/{segment(round_id)}", tokens=tokens).object
    described = Round.from_json(document)
    definition = fetch_definition(transport, tokens, described.data_set, described.data_set_version)
    rules = RoundRules.of(document, definition)
    profile.keep_definition(definition)
    profile.keep_round(document)
    return rules


def fetch_definition(
    transport: Transport, tokens: TokenSource, data_set: str, version: int | None = None
) -> wire.Definition:
    """One version of a data set's definition, the newest when none is named."""
    require_identifier(data_set)
    query = None if version is None else {"version": str(version)}
    return definition_from(
        transport.call("GET", f"/v1/data-sets/{segment(data_set)}", tokens=tokens, query=query).object
    )


def kept_rules(profile: Profile, round_id: str) -> RoundRules:
    """The rules as they were fetched last.

    Raises:
        NotCachedError: they never were.
    """
    require_identifier(round_id)
    document = profile.round(round_id)
    if document is None:
        raise NotCachedError(round_id)
    described = Round.from_json(document)
    definition = profile.definition(described.data_set, described.data_set_version)
    if definition is None:
        raise NotCachedError(round_id)
    return RoundRules.of(document, definition)


def require_identifier(name: str) -> None:
    """A round or submission that someone typed.

    Raises:
        SetupError: it cannot be one.
    """
    if not IDENTIFIER.fullmatch(name):
        raise SetupError(
            Text("Dat is geen ronde of aanlevering.", "That is no round or submission."),
            Text("Kijk met `sluis-client status`.", "Look with `sluis-client status`."),
        )
