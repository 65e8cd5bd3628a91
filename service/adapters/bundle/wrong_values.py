"""What the schema says of a value, in Dutch: pydantic says it in English only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DUTCH: Mapping[str, str] = {
    "bool_type": "moet true of false zijn",
    "date_from_datetime_parsing": "moet een datum zijn als 2026-01-31",
    "date_parsing": "moet een datum zijn als 2026-01-31",
    "date_type": "moet een datum zijn als 2026-01-31",
    "dict_type": "moet een object zijn",
    "enum": "moet een zijn van {expected}",
    "finite_number": "moet een eindig getal zijn",
    "float_type": "moet een getal zijn",
    "greater_than": "moet groter zijn dan {gt}",
    "greater_than_equal": "moet minstens {ge} zijn",
    "int_from_float": "moet een geheel getal zijn",
    "int_parsing": "moet een geheel getal zijn",
    "int_type": "moet een geheel getal zijn",
    "less_than": "moet kleiner zijn dan {lt}",
    "less_than_equal": "mag hoogstens {le} zijn",
    "list_type": "moet een lijst zijn",
    "literal_error": "moet een zijn van {expected}",
    "model_type": "moet een object zijn",
    "string_pattern_mismatch": "heeft niet de gevraagde vorm",
    "string_too_long": "mag hoogstens {max_length} tekens lang zijn",
    "string_too_short": "moet minstens {min_length} teken lang zijn",
    "string_type": "moet tekst zijn",
    "too_long": "mag hoogstens {max_length} onderdelen hebben",
    "too_short": "moet minstens {min_length} onderdeel hebben",
    "tuple_type": "moet een lijst zijn",
}


def wrong_value(error: Mapping[str, Any]) -> dict[str, str]:
    """The data of the fault `wrong-value`, of an error as `ValidationError.errors()` gives it.

    What pydantic says of a kind that is not in the table stands in both languages, rather than nothing.
    """
    english = str(error["msg"]).replace("'", "")
    text = _DUTCH.get(error["type"])
    dutch = english if text is None else text.format_map(error.get("ctx", {})).replace("'", "").replace(" or ", " of ")
    return {"detail": english, "detail_nl": dutch}
