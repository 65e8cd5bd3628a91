"""Between supplier and service stands a machine that ends TLS and keeps everything, and it learns and can do nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cutting_proxy import cutting_proxy
from supplier_place import HEADER, OPEN, SupplierPlace

from sluis_client import Client

pytestmark = pytest.mark.xdist_group("supplier")

FIGURES = ("765432", "654321", "543217", "432176")
CSV = HEADER + "2019Q1,S08000015,cardiology,765432,654321\n2019Q2,S08000015,cardiology,543217,432176\n"
"""Six digits: what a fault could still show of a value."""

PUBLIC = ("GET /.well-known/", "GET /v1/sealing-keys", "GET /v1/log/", "POST /v1/registrations")
"""Anybody may ask these; a registration that is repeated answers what it did, and does nothing."""


def test_who_keeps_everything_learns_no_figure_and_can_repeat_nothing(
    supplier_place: SupplierPlace, tmp_path: Path
) -> None:
    path = tmp_path / "figures.csv"
    path.write_text(CSV)
    record = {"period": "2019Q3", "region": "S08000015", "care_form": "cardiology"}
    records = [record | {"staffed_bed_days": int(FIGURES[0]), "occupied_bed_days": int(FIGURES[1])}]
    with cutting_proxy(supplier_place.url) as proxy:
        proxy.keeps = True
        home = supplier_place.registered(proxy.url)
        with Client.from_profile(home) as client:
            delivered = client.submit(path, OPEN)
            client.verify_receipt(delivered.submission, path)
            again = client.submit(path, OPEN)
            assert again.outcome == "duplicate", "the same file is the same content"
            client.submit_records(records, OPEN, corrects=delivered.submission)
            for name in home.rglob("*"):
                if name.parent.name == "delivered":
                    continue  # the supplier's own copy, to compare its next delivery with
                assert not name.is_file() or b"765432" not in name.read_bytes()
        kept = b"\n".join([*proxy.requests, *proxy.answers])
    assert kept.count(b"PUT /v1/submissions/") == 2, "a part and the completion went past it"
    sent = b"\n".join(proxy.requests)  # the codes stand in the definitions that come back
    assert not [one for one in ("S08000015", "cardiology") if one.encode() in sent]
    assert not [one for one in FIGURES if one.encode() in kept]
    for content in (path.read_bytes(), json.dumps(records, separators=(",", ":")).encode()):
        sha = hashlib.sha256(content).digest()
        for written in (sha.hex().encode(), base64.b64encode(sha), base64.urlsafe_b64encode(sha).rstrip(b"=")):
            assert written not in kept
    for request in proxy.requests:
        line = request.split(b"\r\n", 1)[0].decode()
        status = _repeat(supplier_place.url, request)
        if line.startswith(PUBLIC):
            assert status in {200, 201}, line
        else:
            assert status in {400, 401}, (line, status)


def _repeat(url: str, request: bytes) -> int:
    """The status of the answer to a request that is sent once more, byte for byte."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as service, service.makefile("rb") as incoming:
        service.sendall(request)
        return int(incoming.readline().split()[1])
