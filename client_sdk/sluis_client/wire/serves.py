"""One delivery, several data sets: the rows of others that follow from it, and the manifests of those.

A definition says which other data sets a delivery can serve, and from which of its columns each of theirs is filled. No
figure is worked out: each goes as it is into one row of one other data set. So the same rows come out on the supplier's
machine and in the service, to the byte, and the supplier recognises them in the receipts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from sluis_client.wire.canonical import base64url, digest
from sluis_client.wire.manifest import IDENTIFIER, Format, Manifest
from sluis_client.wire.strict import Fields

Value = str | int | None
Record = Mapping[str, Value]

_MAX_VERSION = 10**6
_NONCE_BYTES = 16
_SALT_PREFIX = b"sluis-served-salt-v1\n"


@dataclass(frozen=True, slots=True)
class Filled:
    """How one column of a row of the other data set is filled: from a column of the delivery, or always with a code."""

    name: str
    column: str | None = None
    code: str | None = None

    @classmethod
    def from_json(cls, value: Any) -> Filled:
        """Read it.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"name", "column", "code"})
        name = fields.text("name")
        column = fields.text("column") if "column" in fields else None
        code = fields.text("code") if "code" in fields else None
        if (column is None) == (code is None):
            fields.refuse("column", "of code: precies een van beide", "or code: exactly one of them")
        fields.finish()
        return cls(name, column, code)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        return {"name": self.name} | ({"code": self.code} if self.column is None else {"column": self.column})


@dataclass(frozen=True, slots=True)
class Served:
    """Another data set that a delivery can serve.

    Attributes:
        data_set: its id.
        version: of its definition.
        rows: each row of the delivery gives one row of the other data set for each of these.
    """

    data_set: str
    version: int
    rows: tuple[tuple[Filled, ...], ...]

    @classmethod
    def from_json(cls, value: Any) -> Served:
        """Read it.

        Raises:
            WireError: malformed; all faults are named.
        """
        fields = Fields(value, {"dataSet", "version", "rows"})
        data_set = fields.text("dataSet", IDENTIFIER)
        version = fields.integer("version", 1, _MAX_VERSION)
        rows = fields.each("rows", _row)
        fields.finish()
        return cls(data_set, version, rows)

    def to_json(self) -> dict[str, Any]:
        """As it stands on the wire."""
        rows = [{"columns": [filled.to_json() for filled in row]} for row in self.rows]
        return {"dataSet": self.data_set, "version": self.version, "rows": rows}

    def records(self, table: pa.Table) -> list[Record]:
        """The rows of the other data set, in the order of the delivery's rows.

        Args:
            table: all rows of the delivery, checked.
        """
        columns: dict[str, Sequence[Value]] = {name: table[name].to_pylist() for name in table.column_names}
        return [
            {filled.name: filled.code if filled.column is None else columns[filled.column][number] for filled in row}
            for number in range(table.num_rows)
            for row in self.rows
        ]

    def manifest(self, manifest: Manifest, round_: str, content: bytes, salt: bytes) -> Manifest:
        """What the supplier would have signed for the other data set, had it delivered that by itself.

        It follows from the manifest that it did sign, so that both sides make the same one. What came sealed has a
        digest that tells nothing of its figures, and so has this.

        Args:
            manifest: of the delivery.
            round_: the round of the other data set.
            content: the canonical JSON of its records.
            salt: the 32 bytes that came before sealed content; none before other content.
        """
        seed = f"{manifest.digest()}\n{self.data_set}\n{self.version}".encode()
        before = hmac.digest(salt, _SALT_PREFIX + seed, hashlib.sha256) if manifest.sealed else b""
        return Manifest(
            data_set=self.data_set,
            data_set_version=self.version,
            round=round_,
            supplier=manifest.supplier,
            format=Format.JSON,
            rows=None,
            content_digest=digest(before + content),
            content_size=len(before) + len(content),
            nonce=base64url(hashlib.sha256(seed).digest()[:_NONCE_BYTES]),
            created_at=manifest.created_at,
            sealed=manifest.sealed,
        )


def _row(value: Any) -> tuple[Filled, ...]:
    fields = Fields(value, {"columns"})
    columns = fields.each("columns", Filled.from_json)
    fields.finish()
    return columns
