"""The record of processing (GDPR article 30) as a table for a spreadsheet, and as a page that can be printed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from html import escape

from service.domain.classification import Label
from service.domain.purpose import Purpose
from service.domain.spreadsheet import harmless
from service.use_cases.read_purposes import Register


def _both(label: Label) -> str:
    return f"{label.nl} / {label.en}"


def _recipients(purpose: Purpose) -> str:
    found = purpose.recipients
    named = [*sorted(found.organisations), *sorted(role.value for role in found.roles)]
    return f"{found.reach.value}: {', '.join(named)}"


def _retention(purpose: Purpose) -> str:
    return ", ".join(f"{what} {months}" for what, months in sorted(purpose.retention.items()))


_COLUMNS: Mapping[str, tuple[str, Callable[[Purpose], str]]] = {
    "reference": ("Registratie / record", lambda p: p.record.reference),
    "purpose": ("Doel / purpose (30(1)(b))", lambda p: f"{p.id} {p.version}: {_both(p.title)}"),
    "status": ("Status", lambda p: p.status),
    "controllers": ("Verantwoordelijken / controllers (30(1)(a))", lambda p: "; ".join(p.controllers)),
    "jointArrangement": ("Onderlinge regeling / joint arrangement (26)", lambda p: p.joint_arrangement or "-"),
    "processorAgreement": ("Verwerkersovereenkomst / processor agreement (28)", lambda p: p.processor_agreement),
    "legalBasis": ("Grondslag / basis (6)", lambda p: f"{p.legal_basis} {p.statute or ''}".strip()),
    "exception": ("Uitzondering / exception (9)", lambda p: p.special_category_exception or "-"),
    "dataSubjects": ("Betrokkenen / data subjects (30(1)(c))", lambda p: _both(p.record.data_subjects)),
    "personalData": ("Persoonsgegevens / personal data (30(1)(c))", lambda p: _both(p.record.personal_data)),
    "dataSets": ("Gegevenssets / data sets", lambda p: "; ".join(scope.data_set for scope in p.scopes)),
    "recipients": ("Ontvangers / recipients (30(1)(d))", _recipients),
    "thirdCountries": ("Doorgifte / third countries (30(1)(e))", lambda p: _both(p.record.third_countries)),
    "retention": ("Bewaartermijn, maanden / retention, months (30(1)(f))", _retention),
    "security": ("Beveiliging / security (30(1)(g))", lambda p: _both(p.record.security)),
    "dpia": ("DPIA (35)", lambda p: f"{p.dpia.reference}: {p.dpia.outcome}, {p.dpia.review_on}" if p.dpia else "-"),
    "validity": ("Geldig / valid", lambda p: f"{p.valid_from} - {p.valid_until}; {p.review_on}"),
    "dpv": ("W3C DPV", lambda p: " ".join(p.dpv)),
    "digest": ("Digest", lambda p: p.digest),
}

_STYLE = (
    "body{font-family:sans-serif}table{border-collapse:collapse;margin:0 0 2em}"
    "th,td{border:1px solid #999;padding:.3em;text-align:left;vertical-align:top}th{width:18em}"
)


def register_csv(register: Register) -> bytes:
    """One row per purpose; nothing in it is a formula."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow((*_COLUMNS, "policyHash"))
    for purpose in register.purposes:
        rows.writerow((*(harmless(value(purpose)) for _, value in _COLUMNS.values()), register.policy_hash))
    return text.getvalue().encode()


def register_html(register: Register) -> bytes:
    """A page of itself: no script, no style from elsewhere, every value escaped."""
    parts = [
        '<!doctype html><html lang="nl"><head><meta charset="utf-8">',
        "<title>Register van verwerkingsactiviteiten / record of processing</title>",
        f"<style>{_STYLE}</style></head><body>",
        "<h1>Register van verwerkingsactiviteiten (AVG artikel 30) / record of processing (GDPR article 30)</h1>",
        f"<p>{escape(register.policy_hash)}</p>",
    ]
    for purpose in register.purposes:
        parts.append(f"<h2>{escape(_both(purpose.title))}</h2><table>")
        parts += [f"<tr><th>{escape(h)}</th><td>{escape(value(purpose))}</td></tr>" for h, value in _COLUMNS.values()]
        parts.append("</table>")
    return "".join([*parts, "</body></html>"]).encode()
