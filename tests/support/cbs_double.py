"""CBS's open data service on this machine: a real HTTP server that answers as OData version 4 of CBS does.

Shapes, names and codes are those of the real service (see tests/data/cbs/README.md); the figures are made up.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

DATA = Path(__file__).parents[1] / "data" / "cbs"
BASE = "/odata/v1/CBS"
Rows = list[dict[str, Any]]


@dataclass
class Table:
    """What the service has of one table: its single object, and its collections by name."""

    properties: dict[str, Any]
    collections: dict[str, Rows]


@dataclass
class Answer:
    """An answer in place of the usual one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Trouble = Callable[[str], Answer | None]
"""Called with path and query; what it gives is answered, and with None all is as usual."""


@dataclass
class CbsDouble:
    url: str
    tables: dict[str, Table]
    page: int = 100_000
    packed: bool = False
    troubles: list[Trouble] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def once(self, *answers: Answer, at: str = "") -> None:
        """Answer the next calls whose address has `at` with these, one after another."""
        left = list(answers)
        self.troubles.append(lambda address: left.pop(0) if left and at in address else None)

    def always(self, answer: Answer, at: str = "") -> None:
        self.troubles.append(lambda address: answer if at in address else None)

    def answer(self, address: str) -> Answer:
        self.asked.append(address)
        for trouble in self.troubles:
            found = trouble(address)
            if found is not None:
                return found
        split = urlsplit(address)
        names = split.path.removeprefix(BASE).strip("/").split("/")
        table = self.tables.get(names[0])
        if table is None or len(names) != 2:
            return Answer(404)
        if names[1] == "Properties":
            return self._json(table.properties)
        if names[1] not in table.collections:
            return Answer(404)
        return self._collection(split.path, dict(parse_qsl(split.query)), table.collections[names[1]])

    def _collection(self, path: str, query: dict[str, str], rows: Rows) -> Answer:
        """$filter, $select, $top and $skip; at most a page, and then the address of the next one."""
        if set(query) - {"$filter", "$select", "$top", "$skip"}:
            return Answer(400)
        if "$filter" in query:
            holds = _condition(query["$filter"])
            rows = [row for row in rows if holds(row)]
        start, most = int(query.get("$skip", 0)), int(query.get("$top", len(rows)))
        shown = rows[start : start + min(self.page, most)]
        if "$select" in query:
            shown = [{name: row[name] for name in query["$select"].split(",")} for row in shown]
        document: dict[str, Any] = {"@odata.context": f"{self.url}/$metadata", "value": shown}
        following = start + len(shown)
        if following < len(rows) and "$top" not in query:
            rest = "&".join(f"{name}={value}" for name, value in query.items() if name != "$skip")
            document["@odata.nextLink"] = (
                f"{self.url}{path.removeprefix(BASE)}?{rest}{'&' * bool(rest)}$skip={following}".replace(" ", "%20")
            )
        return self._json(document)

    def _json(self, document: Mapping[str, Any]) -> Answer:
        body, headers = json.dumps(document).encode(), {"Content-Type": "application/json;odata.metadata=minimal"}
        if self.packed:
            return Answer(200, gzip.compress(body), {**headers, "Content-Encoding": "gzip"})
        return Answer(200, body, headers)


def _condition(text: str) -> Callable[[dict[str, Any]], bool]:
    """The part of $filter that is asked for: `a eq 'b'`, `startswith(a,'b')`, in brackets with or, joined by and."""
    parts = [_term(part) for part in re.split(r" and (?![^()]*\))", text)]
    return lambda row: all(part(row) for part in parts)


def _term(text: str) -> Callable[[dict[str, Any]], bool]:
    if text.startswith("("):
        some = [re.fullmatch(r"(\w+) eq '(\w*)'", one).groups() for one in text[1:-1].split(" or ")]
        ((column, *others), wanted) = list(dict(some)), {value for _, value in some}
        assert not others, text
        return lambda row: row[column] in wanted
    if begins := re.fullmatch(r"startswith\((\w+),'(\w*)'\)", text):
        return lambda row: row[begins[1]].startswith(begins[2])
    equal = re.fullmatch(r"(\w+) eq '(\w*)'", text)
    assert equal, text
    return lambda row: row[equal[1]] == equal[2]


# --- tables ----------------------------------------------------------------------------------------------------------

Figures = Mapping[str, Mapping[str, Any]]
"""Of each municipality: of each figure a value, or a word for why there is none."""


def _read(table: str) -> Table:
    document = json.loads((DATA / f"{table}.json").read_text())
    return Table(document.pop("Properties"), {name: rows["value"] for name, rows in document.items()})


def population(people: Mapping[str, int | str], year: int = 2024) -> Table:
    """03759ned with so many people in each municipality, most of them forty years old; a text is why there are none.

    Everybody of nought is a girl and one of a hundred and five or older a man; the others are women of forty.
    """
    made = _read("03759ned")
    ages = [row["Identifier"] for row in made.collections["LeeftijdCodes"] if row["Identifier"] != "22000"]
    observations = made.collections["Observations"]
    for region, count in people.items():
        for sex in ("T001038", "3000", "4000"):
            for age in ages:
                value = None if isinstance(count, str) else _people(count, sex, age)
                observations.append(
                    {
                        "Id": len(observations),
                        "Measure": "M000352",
                        "ValueAttribute": count if isinstance(count, str) else "None",
                        "Value": value,
                        "StringValue": None,
                        "BurgerlijkeStaat": "T001019",
                        "Geslacht": sex,
                        "Leeftijd": age,
                        "RegioS": region,
                        "Perioden": f"{year}JJ00",
                    }
                )
    return made


def _people(count: int, sex: str, age: str) -> int:
    girls, men = (1, 1) if count > 1 else (0, 0)
    found = {("4000", "10010"): girls, ("3000", "22300"): men, ("4000", "14000"): count - girls - men}
    return sum(n for (s, a), n in found.items() if sex in {s, "T001038"} and age in {a, "10000"})


def scores(figures: Mapping[str, tuple[int, float | str]], year: int = 2022) -> Table:
    """86092NED with households and the average score of each municipality; a text is why there is no score."""
    made = _read("86092NED")
    observations = made.collections["Observations"]
    for region, (households, score) in figures.items():
        for measure, value in (("M000001", households), ("M000002", score), ("M000003", 0.1)):
            observations.append(
                {
                    "Id": len(observations),
                    "Measure": measure,
                    "ValueAttribute": value if isinstance(value, str) else "None",
                    "Value": None if isinstance(value, str) else value,
                    "StringValue": None,
                    "WijkenEnBuurten": region,
                    "Perioden": f"{year}JJ00",
                }
            )
    return made


def key_figures(figures: Mapping[str, tuple[int, int]], year: int = 2024) -> Table:
    """70072ned with inhabitants and households of each municipality."""
    made = _read("70072ned")
    observations = made.collections["Observations"]
    for region, (inhabitants, households) in figures.items():
        for measure, value in (("M000101", inhabitants), ("M000102", households), ("M000103", 1)):
            observations.append(
                {
                    "Id": len(observations),
                    "Measure": measure,
                    "ValueAttribute": "None",
                    "Value": value,
                    "StringValue": None,
                    "RegioS": region,
                    "Perioden": f"{year}JJ00",
                }
            )
    return made


# --- the server ------------------------------------------------------------------------------------------------------


@contextmanager
def cbs_double(**tables: Table) -> Iterator[CbsDouble]:
    """The service with these tables, each under its identifier after a `t`: a name does not begin with a digit."""

    class Handler(BaseHTTPRequestHandler):
        wbufsize = 65_536  # head and body leave together

        def do_GET(self) -> None:
            found = double.answer(self.path)
            self.send_response(found.status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body) + (10 if found.cut else 0)))
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *_: Any) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double = CbsDouble(f"http://127.0.0.1:{server.server_port}{BASE}", {name[1:]: t for name, t in tables.items()})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
