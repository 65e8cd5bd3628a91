"""The policy bundle: catalogue, purposes and rules, read and checked as one (policy.md).

policies/
  authorisation/     *.cedar and schema.cedarschema
  classifications/   *.yaml descriptors, *.csv code lists
  datasets/ purposes/ disclosure/   *.yaml
  public-sources/    *.yaml, and municipality-changes.csv
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.adapters.bundle import convert
from service.adapters.bundle.checks import CrossChecks
from service.adapters.bundle.faults import BundleError, BundleFault
from service.adapters.bundle.models import ClassificationModel, DataSetModel, ProfileModel
from service.adapters.bundle.public_sources import (
    CHANGES,
    FOLDER,
    PublicSourceChecks,
    PublicSourceModel,
    border_changes,
)
from service.adapters.bundle.purpose_model import PurposeModel
from service.adapters.bundle.reading import BundleFiles
from service.adapters.bundle.rules import rule_faults
from service.domain.catalogue import Catalogue

__all__ = ["Bundle", "BundleError", "BundleFault", "bundle_directory", "load_bundle"]

SCHEMA = "authorisation/schema.cedarschema"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle without faults: the catalogue and the texts of the Cedar rules, under one content hash."""

    catalogue: Catalogue
    schema: str
    rules: tuple[tuple[str, str], ...]
    policy_hash: str


def bundle_directory() -> Path:
    """The bundle that comes with the service: `policies/` of a checkout, else the one in the installed package.

    Raises:
        FileNotFoundError: neither is there.
    """
    package = Path(__file__).resolve().parents[2]
    for candidate in (package / "_bundle" / "policies", package.parent / "policies"):
        if (candidate / SCHEMA).is_file():
            return candidate
    raise FileNotFoundError("no policies/ beside the service or in the package")


def load_bundle(directory: Path) -> Bundle:
    """Read, check and hash the bundle.

    Raises:
        BundleError: with every fault of every file.
    """
    files = BundleFiles(directory)
    origin: dict[int, str] = {}
    read: set[str] = set()

    classifications = []
    for file, described in files.models("classifications", ClassificationModel):
        if described.file is not None:
            read.add(f"classifications/{described.file}")
        tree = convert.classification(files, file, described)
        if tree is not None:
            classifications.append(tree)
            origin[id(tree)] = file
    data_sets = []
    for file, defined in files.models("datasets", DataSetModel):
        data_sets.append(convert.data_set(defined))
        origin[id(data_sets[-1])] = file
    profiles = []
    for file, ruled in files.models("disclosure", ProfileModel):
        profiles.append(convert.profile(ruled))
        origin[id(profiles[-1])] = file
    purposes = []
    for file, stated in files.models("purposes", PurposeModel):
        purposes.append(stated.purpose())
        origin[id(purposes[-1])] = file

    sources = [(file, described.source()) for file, described in files.models(FOLDER, PublicSourceModel)]

    policy_hash = files.content_hash()
    catalogue = Catalogue(
        policy_hash,
        tuple(data_sets),
        tuple(classifications),
        tuple(purposes),
        tuple(profiles),
        tuple(source for _, source in sources),
        border_changes(files),
    )
    CrossChecks(files, catalogue, origin).run()
    PublicSourceChecks(files, catalogue).run(sources)
    schema, rules = _rules(files)
    files.faults += rule_faults(SCHEMA, schema, rules)
    for folder in ("classifications", "datasets", "disclosure", "purposes", FOLDER):
        read.update(files.names(folder, ".yaml"))
    if files.names(FOLDER, ".yaml"):
        read.add(CHANGES)
    files.unread(read | {SCHEMA, *(name for name, _ in rules)})
    if files.faults:
        raise BundleError(tuple(files.faults))
    return Bundle(catalogue, schema, rules, policy_hash)


def _rules(files: BundleFiles) -> tuple[str, tuple[tuple[str, str], ...]]:
    names = files.names("authorisation", ".cedar")
    if not names:
        files.fault("authorisation", "", "file-missing")
    texts = [(name, files.text(name)) for name in names]
    return files.text(SCHEMA) or "", tuple((name, text) for name, text in texts if text is not None)
