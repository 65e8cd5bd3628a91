"""What the SDK and the service share: manifests, receipts, definitions, and the checks over content.

The same code runs on the supplier's machine before anything is sent and in the service when it arrives, so that an
offline check means something. It needs pyarrow, rfc8785 and cryptography, and touches neither network nor clock.
"""

from sluis_client.wire.about import About, Assessment, Target
from sluis_client.wire.canonical import (
    base64url,
    canonical_bytes,
    content_of_records,
    digest,
    from_base64url,
    is_digest,
    parse_json,
)
from sluis_client.wire.check import Checked, Limits, Outcome, check_content, check_rows
from sluis_client.wire.code import Code
from sluis_client.wire.commitment import NONCE_BYTES
from sluis_client.wire.confirmation import Confirmation
from sluis_client.wire.definition import Check, Column, Definition, Kind
from sluis_client.wire.fault_texts import FaultCode
from sluis_client.wire.faults import Fault, Faults, Severity
from sluis_client.wire.jwk import (
    KeySet,
    PublicKey,
    jwk_thumbprint,
    parse_public_jwk,
    public_jwk,
    published_jwk,
)
from sluis_client.wire.manifest import (
    MANIFEST_PREFIX,
    Format,
    Manifest,
    SignatureError,
    SignedManifest,
    sign_manifest,
    verify_manifest,
)
from sluis_client.wire.objection import (
    OBJECTION_PREFIX,
    ObjectionReceipt,
    SignedObjectionReceipt,
    subject_of,
    verify_objection,
)
from sluis_client.wire.period import dates_of_period
from sluis_client.wire.receipt import (
    ACCEPTANCE_EVENTS,
    RECEIPT_PREFIX,
    RELEASE_PREFIX,
    Receipt,
    ReceiptError,
    SignedReceipt,
    sign_ed25519,
    sign_receipt,
    verify_ed25519,
    verify_receipt,
    verify_receipt_alone,
)
from sluis_client.wire.serves import Filled, Served
from sluis_client.wire.strict import Label, Problem, WireError, time_text
from sluis_client.wire.withdrawal import WITHDRAWAL_PREFIX, SignedWithdrawal, Withdrawal, verify_withdrawal

__all__ = [
    "ACCEPTANCE_EVENTS",
    "MANIFEST_PREFIX",
    "NONCE_BYTES",
    "OBJECTION_PREFIX",
    "RECEIPT_PREFIX",
    "RELEASE_PREFIX",
    "WITHDRAWAL_PREFIX",
    "About",
    "Assessment",
    "Check",
    "Checked",
    "Code",
    "Column",
    "Confirmation",
    "Definition",
    "Fault",
    "FaultCode",
    "Faults",
    "Filled",
    "Format",
    "KeySet",
    "Kind",
    "Label",
    "Limits",
    "Manifest",
    "ObjectionReceipt",
    "Outcome",
    "Problem",
    "PublicKey",
    "Receipt",
    "ReceiptError",
    "Served",
    "Severity",
    "SignatureError",
    "SignedManifest",
    "SignedObjectionReceipt",
    "SignedReceipt",
    "SignedWithdrawal",
    "Target",
    "WireError",
    "Withdrawal",
    "base64url",
    "canonical_bytes",
    "check_content",
    "check_rows",
    "content_of_records",
    "dates_of_period",
    "digest",
    "from_base64url",
    "is_digest",
    "jwk_thumbprint",
    "parse_json",
    "parse_public_jwk",
    "public_jwk",
    "published_jwk",
    "sign_ed25519",
    "sign_manifest",
    "sign_receipt",
    "subject_of",
    "time_text",
    "verify_ed25519",
    "verify_manifest",
    "verify_objection",
    "verify_receipt",
    "verify_receipt_alone",
    "verify_withdrawal",
]
