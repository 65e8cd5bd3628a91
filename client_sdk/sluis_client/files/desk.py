"""What a supplier does with its own files: read them, check them, name what is its own, deliver them."""

from dataclasses import replace
from pathlib import Path

from sluis_client import storage, wire
from sluis_client.content import Content, FileContent, of_wire
from sluis_client.delivery import Delivered, Progress
from sluis_client.errors import ContentRefusedError, FileError, SetupError
from sluis_client.files.confirm import confirmation_of
from sluis_client.files.convert import convert
from sluis_client.files.dialect import Dialect
from sluis_client.files.history import MAX_KEPT, History, Kept
from sluis_client.files.mapping import Mapping, Maps
from sluis_client.files.persons import BSN_COLUMN, person_column
from sluis_client.files.prepare import Prepared, open_source, prepare, require_file
from sluis_client.files.spool import Spool
from sluis_client.files.suggest import Suggestion, suggestions
from sluis_client.files.template import write_template
from sluis_client.files.unusual import Comparison, compare
from sluis_client.language import Text
from sluis_client.pseudonyms import Makes, stand_ins
from sluis_client.rules import RoundRules, kept_rules
from sluis_client.session import Session

_ROUNDS = 2
_BLOCK = 1 << 20


class Desk:
    """The files of one profile."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @property
    def maps(self) -> Maps:
        """The supplier's own names and codes."""
        return Maps(self._session.profile)

    @property
    def history(self) -> History:
        """What was delivered from here."""
        return History(self._session.profile, self._session.receipts)

    def before(self, rules: RoundRules) -> tuple[Kept | None, Kept | None]:
        """What was delivered to this round from here, and to the round before it."""
        kept = self.history.deliveries(rules.definition.id)
        same = next((each for each in kept if each.round == rules.round.id), None)
        others = [each for each in kept if each.round != rules.round.id]
        return same, others[0] if others else None

    def template(self, rules: RoundRules, output: Path) -> tuple[int, Kept | None]:
        """Writes a workbook to fill in.

        Returns:
            The number of rows that are ready, and the delivery that they are from.

        Raises:
            FileError: the file is there, or is to have another name.
        """
        same, earlier = self.before(rules)
        return write_template(rules, same, earlier, output), same or earlier

    def mapping(self, rules: RoundRules) -> Mapping:
        """The supplier's own names and codes for a round's data set.

        Raises:
            SetupError: the file with them cannot be used.
        """
        return self.maps.get(rules.definition.id, rules.definition.version)

    def map(
        self, path: Path, rules: RoundRules, said: Mapping, dialect: Dialect, *, accept: bool
    ) -> tuple[Mapping, list[Suggestion]]:
        """Keeps what is said about the supplier's own names and codes, and tells all that is still unknown.

        Args:
            path: a file with the names and codes.
            rules: of the round.
            said: what is said, kept when every name and code of ours in it exists.
            dialect: how the file is read; kept as well.
            accept: whether to take over what is sure.

        Raises:
            SetupError: a name or code of ours does not exist; all are named, and nothing is kept.
            FileError: the file cannot be read.
        """
        said = replace(said, dialect=dialect.over(said.dialect))
        _require_ours(said, rules.definition)
        earlier = self.maps.earlier(said.data_set, said.version)
        unknown = self._unknown(path, rules, said, earlier)
        for _ in range(_ROUNDS if accept else 0):  # names first, then the codes below them
            for each in unknown:
                if each.sure and each.ours is not None:
                    said = (
                        said.with_column(each.theirs, each.ours)
                        if each.column is None
                        else said.with_code(each.column, each.theirs, each.ours)
                    )
            unknown = self._unknown(path, rules, said, earlier)
        self.maps.keep(said)
        return said, unknown

    def _unknown(self, path: Path, rules: RoundRules, said: Mapping, earlier: Mapping | None) -> list[Suggestion]:
        require_file(path)
        source = open_source(path, rules.definition, said, said.dialect)
        names_alone = replace(
            said.dialect, decimal=said.dialect.decimal or "comma"
        )  # how numbers are read is asked later
        return suggestions(rules.definition, convert(source, rules.definition, said, names_alone), earlier)

    def prepare(self, path: Path, rules: RoundRules, dialect: Dialect | None = None) -> Prepared:
        """The content of a file and everything that is wrong with it; nothing is sent.

        Where the file has BSNs, values that only look like pseudonyms take their place: that content is not to be sent.

        Raises:
            AmbiguousFileError: it can be read in two ways.
            FileError: it cannot be read.
        """
        return self._prepared(path, rules, dialect, stand_ins)

    def _prepared(self, path: Path, rules: RoundRules, dialect: Dialect | None, makes: Makes) -> Prepared:
        prepared = prepare(path, rules, self.mapping(rules), dialect or Dialect(), makes)
        found = self.compare(prepared, rules)
        return prepared if found is None else prepared.with_warnings(found.warnings())

    def compare(self, prepared: Prepared, rules: RoundRules, *, own_round: bool = False) -> Comparison | None:
        """What changed since the deliveries before this round; None when none is known, or the content is refused.

        Args:
            prepared: the content.
            rules: of the round.
            own_round: compare with what was delivered to this same round instead, where that is known.
        """
        if not prepared.report.accepted or prepared.content.size > MAX_KEPT:
            return None
        kept = self.history.deliveries(rules.definition.id)
        same = [each for each in kept if each.round == rules.round.id]
        earlier = same if own_round and same else [each for each in kept if each.round != rules.round.id]
        if not earlier:
            return None
        content = prepared.content
        rows = wire.check_content(rules.definition, rules.allowed_periods, content.source, content.format).table
        return None if rows is None else compare(rules, rows, earlier)

    def content(self, path: Path, round_id: str) -> Content:
        """What is sent of a file: its bytes, or what is made of it for the round.

        Raises:
            NotCachedError: the file is not as the wire wants it, and the round's rules are not here.
            FileError: it cannot be read.
            SluisClientError: of a file with BSNs, what the key holder refuses.
        """
        session = self._session
        if of_wire(path) is not None and session.profile.round(round_id) is None:
            return FileContent.read(path)
        rules = kept_rules(session.profile, round_id)
        prepared = self.prepare(path, rules)
        if prepared.persons is None or not prepared.report.accepted:
            return prepared.content
        with session.pseudonym_maker() as makes:
            return self._prepared(path, rules, None, makes.each).content

    def pseudonymise(
        self, path: Path, output: Path, rules: RoundRules, progress: Progress | None = None
    ) -> tuple[int, int]:
        """Writes what would be sent of a file with BSNs, to look at or to keep; `submit` makes the same by itself.

        Args:
            path: the file with a column of BSNs.
            output: the CSV file to write, for its owner alone; one that is there is replaced.
            rules: of the round.
            progress: called with the persons done so far and in total.

        Returns:
            The numbers of rows and of persons.

        Raises:
            ContentRefusedError: fatal faults, cells that hold no BSN among them; nothing is written.
            FileError: a file cannot be read or written, or holds no BSNs.
            SetupError: the data set asks for no pseudonyms.
            ServiceRefusedError: the key holder refused, for the quota is used up, for example.
            TrustError: the key holder used another key than the service names.
        """
        if person_column(rules.definition) is None:
            raise SetupError(
                Text(f"{rules.round.id} vraagt geen pseudoniemen.", f"{rules.round.id} asks for no pseudonyms."),
                Text("Lever het bestand zonder BSN aan.", "Deliver the file without BSNs."),
            )
        if output.suffix.lower() != ".csv":
            raise FileError(
                Text(f"{output.name} eindigt niet op .csv.", f"{output.name} does not end in .csv."),
                Text("Kies een andere naam.", "Choose another name."),
            )
        require_file(path)
        prepared, spool = self._to_send(path, rules, None, progress)
        if not prepared.report.accepted:
            raise ContentRefusedError(prepared.report.faults)
        if prepared.persons is None:
            raise FileError(
                Text(f"{path.name} heeft geen kolom {BSN_COLUMN}.", f"{path.name} has no column {BSN_COLUMN}."),
                Text(
                    f'Noem de uwe met `sluis-client map --column "UW NAAM={BSN_COLUMN}"`.',
                    f'Name yours by `sluis-client map --column "YOUR NAME={BSN_COLUMN}"`.',
                ),
            )
        try:
            storage.write_private_blocks(output, prepared.content.parts(_BLOCK))
        except OSError as failed:
            raise FileError(
                Text(f"{output.name}: {failed.strerror}.", f"{output.name}: {failed.strerror}."),
                Text("Controleer naam en rechten.", "Check the name and the permissions."),
            ) from None
        _let_go(spool)
        return prepared.report.rows or 0, prepared.persons

    def submit(
        self,
        path: Path,
        rules: RoundRules,
        corrects: str | None = None,
        *,
        progress: Progress | None = None,
        dialect: Dialect | None = None,
        reason: str | None = None,
    ) -> Delivered:
        """Delivers a file.

        Raises:
            SluisClientError: as `Client.submit`.
        """
        prepared, spool = self._to_send(path, rules, dialect, progress)
        try:
            delivered = self._session.deliver(
                prepared.content,
                rules,
                corrects,
                progress,
                checked=prepared.report,
                confirmed=confirmation_of(prepared.report.faults, reason) if prepared.report.accepted else None,
            )
        except ContentRefusedError:  # the file will be another one; after anything else the same may be sent again
            _let_go(spool)
            raise
        self.history.keep(delivered.submission, prepared.content, rules.definition)
        _let_go(spool)
        return delivered

    def _to_send(
        self, path: Path, rules: RoundRules, dialect: Dialect | None, progress: Progress | None
    ) -> tuple[Prepared, Spool | None]:
        """As `prepare`; where all is well with it the pseudonyms are true ones, and kept until the delivery is over."""
        prepared = self.prepare(path, rules, dialect)
        person = person_column(rules.definition)
        if prepared.persons is None or not prepared.report.accepted or person is None or person.domain is None:
            return prepared, None
        session = self._session
        with session.pseudonym_maker(progress) as makes:
            spool = Spool(
                session.profile,
                path,
                rules,
                mapping=self.mapping(rules),
                dialect=dialect or Dialect(),
                keys=makes.keys(person.domain),
            )
            content = spool.find()
            if content is None:
                prepared = self._prepared(path, rules, dialect, spool.going_on(makes.each))
                try:
                    content = spool.keep(prepared.content)
                except OSError:  # no room: what was made is sent all the same, and made again only if that breaks off
                    spool.remove()
                    return prepared, None
        report = replace(prepared.report, content_digest=content.digest)
        return replace(prepared, content=content, report=report), spool


def _let_go(spool: Spool | None) -> None:
    if spool is not None:
        spool.remove()


def _require_ours(said: Mapping, definition: wire.Definition) -> None:
    """Refuse names and codes that the data set does not have; all are named."""
    names = definition.names if person_column(definition) is None else (*definition.names, BSN_COLUMN)
    wrong = [ours for ours in said.columns.values() if ours and ours not in names]
    for name, codes in said.codes.items():
        known = definition.column(name).by_code if name in definition.names else {}
        wrong += [f"{name}: {ours}" for ours in codes.values() if ours not in known]
    if wrong:
        raise SetupError(
            Text(f"Dit kent {definition.id} niet: {', '.join(wrong)}.", f"{definition.id} has no {', '.join(wrong)}."),
            Text(
                "Kijk met `sluis-client describe` welke kolommen en codes er zijn.",
                "Look with `sluis-client describe` which columns and codes there are.",
            ),
        )
