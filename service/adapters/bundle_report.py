"""What `sluis policy check` tells of a bundle: its hash, what is in it, or all that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.adapters.bundle import BundleError, BundleFault, bundle_directory, load_bundle


@dataclass(frozen=True, slots=True)
class BundleReport:
    """A bundle looked at as a whole; without faults it has a hash and counts."""

    directory: Path
    faults: Sequence[BundleFault]
    policy_hash: str | None = None
    counts: Mapping[str, int] | None = None


def report_bundle(directory: Path | None = None) -> BundleReport:
    """Look at the bundle in `directory`, or at the one that comes with the service."""
    place = directory or bundle_directory()
    try:
        bundle = load_bundle(place)
    except BundleError as error:
        return BundleReport(place, error.faults)
    catalogue = bundle.catalogue
    counts = {
        "data sets": len(catalogue.data_sets),
        "classifications": len(catalogue.classifications),
        "purposes": len(catalogue.purposes),
        "disclosure profiles": len(catalogue.profiles),
        "rule files": len(bundle.rules),
    }
    return BundleReport(place, (), bundle.policy_hash, counts)
