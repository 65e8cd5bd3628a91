"""A record-level delivery from the supplier's file to the aggregate: rows and pseudonyms per second, and peak memory.

The file has a row per person and product, ten of each person, with BSNs, as an export of claims has. Two processes, as
in life, so that the memory of each can be seen (Linux tells the peak of a process since it began):

- *client*: what `sluis-client submit` does with the file: find out how it is written, check it, make the pseudonyms,
  write and check what is sent, seal the parts. The key holder is in the same process, without a network;
- *service*: what the service does with the parts: open, keep, put together, compare with what was signed, check,
  pseudonymise once more, keep encrypted, make persons findable; and then sums all of it once per person.

Rates are held against the least that must be done, in the same run: the oblivious function of libsodium for pseudonyms,
reading and writing the file by the standard library for the client, reading what was delivered and writing it as
Parquet by Arrow for the service. Memory is held against that of the same work with a tenth of the rows.

python -m benchmarks client [--full | --rows N]
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from benchmarks.installation import STEWARD, Installation
from benchmarks.pseudonyms import Line, numbers, primitive
from benchmarks.report import is_full, option, print_row
from service.adapters.database import upgrade
from service.composition.build import open_application
from service.composition.settings import Settings
from service.domain.organisation import OrganisationKind
from service.domain.principal import Operator, Supplier
from service.domain.round import RoundState
from service.ports.engine import Aggregation, SourcePart
from service.use_cases.begin_submission import begin_submission
from service.use_cases.call import Call
from service.use_cases.change_round import change_round
from service.use_cases.complete_submission import complete_submission
from service.use_cases.create_round import create_round
from service.use_cases.describe_data_set import wire_definition
from service.use_cases.opening import Sealed
from service.use_cases.read_sealing_keys import list_sealing_keys
from service.use_cases.receive_part import receive_part
from service.use_cases.rotate_sealing_key import rotate_sealing_key
from sluis_client.answers import Round
from sluis_client.files.dialect import Dialect
from sluis_client.files.mapping import Mapping
from sluis_client.files.prepare import prepare
from sluis_client.keys import SupplierKey
from sluis_client.machine import Machine
from sluis_client.pseudonyms import stand_ins
from sluis_client.pseudonyms.making import BATCH, KeyHolder, Maker
from sluis_client.rules import RoundRules
from sluis_client.sealing import SealedContent
from sluis_client.transport import TokenSource, Transport
from sluis_client.wire import Definition, Format, Manifest, SignedManifest, base64url, digest
from sluis_client.wire.sealing import PublishedSealingKey, SealedPlace, seal

BUNDLE = Path(__file__).parent.parent / "policies"
DATA_SET, VERSION, PERIOD, SUPPLIER = "treatment-history", 2, "2024", "supplier"
LEAST, QUICK, FULL = 10_000, 1_000_000, 10_000_000
EACH = 10
"""Rows of a person."""
PART = 8 * 2**20
SAMPLE = 50
GOALS = {"libsodium alone": 0.77, "csv alone": 0.015, "Arrow alone": 0.04}
"""The least share of the peer's rate. Of libsodium's as for pseudonyms alone; the others keep what was reached: the
client passes over a file six times, to find out how it is written, whom it has and what is wrong with it, before and
after it is converted; the service opens, checks, keeps encrypted and makes persons findable."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the processes share: a folder with the service, the supplier's file and key, and the parts in between."""

    folder: Path

    @property
    def service(self) -> Path:
        """The service's data."""
        return self.folder / "service"

    @property
    def file(self) -> Path:
        """The supplier's file."""
        return self.folder / "clients.csv"

    @property
    def parts(self) -> Path:
        """What goes over the line."""
        return self.folder / "parts"

    def said(self, name: str) -> Any:
        """What one process told another."""
        return json.loads((self.folder / name).read_text())

    def say(self, name: str, value: Any) -> None:
        """Tell the others something."""
        (self.folder / name).write_text(json.dumps(value))

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        """The service on its data, with the catalogue as it is."""
        self.service.mkdir(mode=0o700, exist_ok=True)
        settings = Settings(data_directory=self.service, policy_directory=BUNDLE, database_url=None)
        upgrade(settings.url)
        with open_application(settings) as application:
            yield Installation(application, self.service)


def set_up(stage: Stage, rows: int) -> None:
    """A service with an open round, and the supplier's file."""
    with stage.installation() as made:
        made.take_in("ttp", OrganisationKind.TRUSTED_THIRD_PARTY)
        made.onboard(SUPPLIER)
        deadline = made.application.services.clock.now() + timedelta(days=10)
        found = create_round(made.call(STEWARD), DATA_SET, PERIOD, [SUPPLIER], deadline)
        change_round(made.call(STEWARD), found.id, RoundState.OPEN)
        services = made.application.services
        if not list_sealing_keys(services):
            rotate_sealing_key(made.call(Operator("benchmark")))
        key = list_sealing_keys(services)[0].published(services.clock.now())
        definition = wire_definition(services.catalogue.data_set(DATA_SET, VERSION), services.catalogue)
        (stage.folder / "key.pem").write_bytes(made.keys[SUPPLIER].to_pem(None))
        stage.say("sealing", key.to_json())
        stage.say("definition", definition.to_json())
        stage.say("round", found.id)
    _write_file(stage.file, definition, rows)
    stage.parts.mkdir()


def _write_file(path: Path, definition: Definition, rows: int) -> None:
    chance = random.Random(1)
    days = datetime(2024, 1, 1, tzinfo=UTC).date(), datetime(2024, 12, 31, tzinfo=UTC).date()
    codes = {
        name: [code.code for code in definition.column(name).codes if code.valid_in(*days)]
        for name in ("region", "care_form", "history")
    }
    with path.open("w") as file:
        file.write("bsn,period,region,care_form,history,clients\n")
        for bsn in numbers(rows // EACH):
            for care_form in chance.sample(
                [(form, one) for form in codes["care_form"] for one in codes["history"]], EACH
            ):
                file.write(f"{bsn},{PERIOD},{chance.choice(codes['region'])},{care_form[0]},{care_form[1]},1\n")


def run_client(stage: Stage) -> dict[str, float]:
    """The supplier's side; what it took."""
    definition = Definition.from_json(stage.said("definition"))
    deadline = datetime(2030, 1, 1, tzinfo=UTC)
    round_ = Round(stage.said("round"), DATA_SET, VERSION, PERIOD, "open", deadline, None, None)
    rules, mapping = RoundRules(round_, definition, (PERIOD,)), Mapping(DATA_SET, VERSION)
    took = {"before": _peak()}
    start = time.process_time()
    checked = prepare(stage.file, rules, mapping, Dialect(), stand_ins)
    if not checked.report.accepted or checked.persons is None:
        raise RuntimeError(f"the file is not clean: {checked.report.faults.by_code}")
    took["check"] = time.process_time() - start
    line = Line(stage.folder / "keyholder")
    maker = Maker(KeyHolder(cast("Transport", line), cast("TokenSource", None), line.published))
    start = time.process_time()
    made, alone = [0.0], [0.0]

    def makes(bsns: Any, domain: str) -> Iterator[Any]:
        for batch in _timed(maker.each(bsns, domain), made):
            begun = time.process_time()
            primitive(SAMPLE)  # by turns, so that both meet the same machine
            alone[0] += (time.process_time() - begun) / SAMPLE * len(batch)
            yield batch

    prepared = prepare(stage.file, rules, mapping, Dialect(), makes)
    took["pseudonyms"], took["primitive"] = made[0], alone[0]
    sampled = alone[0] * SAMPLE / BATCH
    took["convert"] = time.process_time() - start - made[0] - sampled
    took["persons"], took["rows"] = float(prepared.persons or 0), float(prepared.report.rows)
    start = time.process_time()
    _send(stage, prepared.content, prepared.report.rows)
    took["send"] = time.process_time() - start
    took["peak"] = _peak()
    took["csv"] = _csv_alone(stage.file)
    took["arrow"] = _arrow_alone(prepared.content.source)
    return took


def _timed(batches: Iterator[Any], seconds: list[float]) -> Iterator[Any]:
    """The same, with what making them took added up."""
    while True:
        begun = time.process_time()
        batch = next(batches, None)
        seconds[0] += time.process_time() - begun
        if batch is None:
            return
        yield batch


def _csv_alone(path: Path) -> float:
    """What it takes to read the file by the standard library and write it again."""
    start = time.process_time()
    with path.open(newline="") as file, Path(os.devnull).open("w", newline="") as out:
        csv.writer(out).writerows(csv.reader(file))
    return time.process_time() - start


def _arrow_alone(content: Any) -> float:
    """What it takes Arrow to read what is delivered, unchecked, and to write it as Parquet."""
    start = time.process_time()
    content.seek(0)
    rows = arrow_csv.open_csv(content)
    with pq.ParquetWriter(os.devnull, rows.schema, compression="zstd") as out:
        for batch in rows:
            out.write_batch(batch)
    return time.process_time() - start


def _send(stage: Stage, content: Any, rows: int) -> None:
    machine, key = Machine(), SupplierKey.from_pem((stage.folder / "key.pem").read_bytes(), None)
    salted = SealedContent.of(content, b"benchmark" * 4)
    manifest = Manifest(
        data_set=DATA_SET,
        data_set_version=VERSION,
        round=stage.said("round"),
        supplier=SUPPLIER,
        format=Format.CSV,
        rows=rows,
        content_digest=salted.digest,
        content_size=salted.size,
        nonce=base64url(machine.token(16)),
        created_at=machine.now().replace(microsecond=0),
        sealed=True,
    )
    sealing = PublishedSealingKey.from_json(stage.said("sealing"))
    for number, part in enumerate(salted.parts(PART)):
        place = SealedPlace(manifest.digest(), SUPPLIER, sealing.key_id, number)
        (stage.parts / f"{number:05d}").write_bytes(seal(part, place, sealing.public_jwk))
    stage.say("manifest", SignedManifest(manifest, key.key_id, key.sign_manifest(manifest)).to_json())
    stage.say("key-id", sealing.key_id)


def run_service(stage: Stage) -> dict[str, float]:
    """The service's side; what it took."""
    signed, key_id = SignedManifest.from_json(stage.said("manifest")), stage.said("key-id")
    with stage.installation() as made:

        def call() -> Call:
            return made.call(Supplier(SUPPLIER, SUPPLIER, signed.key_id))

        took = {"before": _peak()}
        start = time.process_time()
        found = begin_submission(call(), signed, "benchmark-0000000").submission
        names = sorted(stage.parts.iterdir())
        for number, path in enumerate(names):
            content = path.read_bytes()
            receive_part(call(), found.id, number, Sealed(key_id, content), digest(content))
        took["receive"] = time.process_time() - start
        start = time.process_time()
        settled = complete_submission(call(), found.id, len(names)).submission
        took["complete"] = time.process_time() - start
        took["delivered"] = _peak()
        if settled.part is None:
            raise RuntimeError(f"refused: {settled.faults}")
        start = time.process_time()
        took["cells"] = _aggregated(stage, made, settled.part, settled.round)
        took["aggregate"] = time.process_time() - start
        took["content"] = float(signed.manifest.content_size)
        took["peak"] = _peak()
        start = time.process_time()
        for path in names:
            hashlib.sha256(path.read_bytes()).digest()
        took["sha256"] = time.process_time() - start
        return took


def _aggregated(stage: Stage, made: Installation, part: str, round_: str) -> float:
    services, definition = made.application.services, Definition.from_json(stage.said("definition"))
    with services.database.look() as data:
        data_key = services.keys.unwrap(data.rounds.wrapped_key(round_))
    dimensions = ("period", "region", "care_form", "history")
    mapping = {name: {code.code: code.code for code in definition.column(name).codes} for name in dimensions}
    aggregation = Aggregation(
        dimensions, mapping, ("clients",), pseudonym="person", once=frozenset({"clients"}), period="period"
    )
    table = services.engine.contributions(
        [SourcePart(services.parts.locate_part(part), data_key, SUPPLIER)], aggregation
    )
    return float(table.num_rows)


def _peak() -> float:
    """MB of memory of this process at its most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(rows: int) -> tuple[dict[str, float], dict[str, float]]:
    """What client and service took for a delivery of so many rows, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        for role in ("set-up", "client", "service"):
            subprocess.run([sys.executable, "-m", "benchmarks.client", role, folder, str(rows)], check=True)
        return stage.said("client-took"), stage.said("service-took")


def main() -> None:
    """Print the rows; times are CPU seconds, memory is in MB above what the process had at its start."""
    sizes = _sizes()
    before: tuple[dict[str, float], dict[str, float]] | None = None
    for size in sizes:
        client, service = measured(size)
        if before is not None:
            _print(size, client, service, before)
        before = client, service


def _sizes() -> list[int]:
    """The numbers of rows, each held against the one before it: up to what `--rows` says, or a million, or ten."""
    given = option("rows")
    if given is None:
        return [QUICK // 10, QUICK, FULL] if is_full() else [QUICK // 10, QUICK]
    if not (given.isascii() and given.isdigit() and LEAST <= int(given) <= FULL):
        sys.exit(f"--rows takes a number from {LEAST} to {FULL}")
    return [int(given) // 10, int(given)]


def _print(
    size: int,
    client: dict[str, float],
    service: dict[str, float],
    smaller: tuple[dict[str, float], dict[str, float]],
) -> None:
    persons, rows, sha = int(client["persons"]), client["rows"], service["sha256"]
    rates = [
        (f"pseudonyms/s of {persons:,} persons", persons, client["pseudonyms"], "libsodium alone", client["primitive"]),
        ("client, rows/s but for pseudonyms", rows, client["check"] + client["convert"], "csv alone", client["csv"]),
        ("service, rows/s", rows, service["receive"] + service["complete"], "Arrow alone", client["arrow"]),
    ]
    for what, count, seconds, peer, alone in rates:
        print_row(f"{size:,} rows: {what}", count / seconds, peer, count / alone, GOALS[peer], at_least=True)
    print_row(f"{size:,} rows: service, take in the parts", service["receive"], "SHA-256 of them", sha, None)
    print_row(f"{size:,} rows: service, check, keep, make findable", service["complete"], "SHA-256", sha, None)
    print_row(f"{size:,} rows: service, sum once per person", service["aggregate"], "SHA-256", sha, None)
    for name, took, less in (("client", client, smaller[0]), ("service", service, smaller[1])):
        peak = "delivered" if name == "service" else "peak"
        print_row(
            f"{size:,} rows: {name}, memory", took[peak] - took["before"], "a tenth of the rows",
            max(less[peak] - less["before"], 1), 3,
        )  # fmt: skip


def _run(role: str, folder: str, rows: str) -> None:
    stage = Stage(Path(folder))
    if role == "set-up":
        set_up(stage, int(rows))
    elif role == "client":
        (stage.folder / "keyholder").mkdir(mode=0o700)
        stage.say("client-took", run_client(stage))
    else:
        stage.say("service-took", run_service(stage))


if __name__ == "__main__":
    _run(*sys.argv[1:4])
