"""A value of a purpose that is wrong is told in Dutch in the Dutch text."""

from __future__ import annotations

import pytest
from bundles import bundle_of
from purpose_documents import a_document

from service.adapters.bundle.stated import StatedPurposes
from service.domain.errors import Faulty

CATALOGUE = bundle_of().catalogue


@pytest.mark.parametrize(
    ("change", "dutch", "english"),
    [
        ({"version": "x"}, "moet een geheel getal zijn", "Input should be a valid integer"),
        ({"minimum_age_months": -1}, "moet minstens 0 zijn", "greater than or equal to 0"),
        (
            {"frequency": "hourly"},
            "moet een zijn van once, monthly, quarterly, half-yearly of yearly",
            "Input should be once, monthly, quarterly, half-yearly or yearly",
        ),
        ({"valid_from": "soon"}, "moet een datum zijn als 2026-01-31", "valid date in the format YYYY-MM-DD"),
        ({"controllers": []}, "moet minstens 1 onderdeel hebben", "at least 1 item"),
        ({"title": {"nl": "", "en": "x"}}, "moet minstens 1 teken lang zijn", "at least 1 character"),
        ({"approvers": "x"}, "moet een lijst zijn", "valid array"),
        ({"uavg_evidence": 3}, "moet een object zijn", "Input should be an object"),
    ],
)
def test_each_language_in_its_own_words(change, dutch, english):
    with pytest.raises(Faulty) as refused:
        StatedPurposes().check(a_document() | change, CATALOGUE)
    (fault,) = refused.value.found
    assert fault.code == "wrong-value"
    assert dutch in fault.nl
    assert "Input should" not in fault.nl
    assert english in fault.en
