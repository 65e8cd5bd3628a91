"""Files and records that a supplier delivers, and a clock that tests of the SDK turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sluis_client import Machine

CSV_HEADER = "period,region,care_form,staffed_bed_days,occupied_bed_days\n"
GOOD = CSV_HEADER + "2019Q1,S08000015,cardiology,90,61\n2019Q2,S08000015,cardiology,91,70\n"
LONG = CSV_HEADER + "".join(
    f"2019Q{quarter},S08000015,{care_form},{90 + quarter},60\n"
    for quarter in range(1, 5)
    for care_form in ("cardiology", "general-surgery")
)
RECORDS = [
    {
        "period": "2019Q1",
        "region": "S08000015",
        "care_form": "cardiology",
        "staffed_bed_days": 90,
        "occupied_bed_days": 61,
    }
]
FAULTY = CSV_HEADER + (
    "2019Q1,S08000015,cardiology,90,61\n2019Q1,S08000015,Cardiologie,91,70\n2019Q2,S08000015,general-surgery,9O,0\n"
)


@dataclass
class FakeTime:
    """Waiting costs no time; the wall clock can be set wrong."""

    offset: timedelta = timedelta(0)
    passed: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds

    def machine(self) -> Machine:
        return Machine(now=lambda: datetime.now(UTC) + self.offset, monotonic=lambda: self.passed, sleep=self.sleep)
