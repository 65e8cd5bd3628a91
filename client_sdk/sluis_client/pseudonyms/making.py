"""Pseudonyms of BSNs, by the oblivious function of `wire.oprf`.

1. The service says where the key holder is, which keys of the domain are in force, and the check value of each.
2. Of all BSNs, each once and in an order of chance, the SDK makes blinded elements; with each batch goes an input that
   is no BSN, at a place of chance, and the key holder cannot tell which it is.
3. The key holder answers under each key in force.
4. The SDK takes the blinds off. Where the check value is not the published one, the batch was made with another key
   than everybody else's: nothing of it is used.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sluis_client.errors import SetupError, TrustError, UnexpectedAnswerError
from sluis_client.language import Text
from sluis_client.transport import Payload, TokenSource, Transport
from sluis_client.wire import WireError, oprf
from sluis_client.wire.canonical import base64url, from_base64url
from sluis_client.wire.pseudonym import BSN, CHECK_INPUT, Pseudonym, digest_of, input_of
from sluis_client.wire.pseudonym_keys import PublishedKey, PublishedKeys

BATCH = 500
"""BSNs in one call."""

PUBLISHED = "/.well-known/sluis-pseudonyms"
Progress = Callable[[int, int], None]
Makes = Callable[[Sequence[str], str], Iterable[Mapping[str, str]]]
"""From BSNs, each once, and a domain to the value of each: its pseudonym under each key in force, a space between.

The values come some at a time, in any order.
"""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A connection to the key holder, and what the service says of its keys."""

    transport: Transport
    tokens: TokenSource
    published: PublishedKeys

    def keys(self, domain: str) -> tuple[PublishedKey, ...]:
        """The keys of a domain that are in force.

        Raises:
            SetupError: there are none.
        """
        found = self.published.domains.get(domain)
        if not found:
            raise SetupError(
                Text(f"De dienst kent geen sleutel voor {domain}.", f"The service knows no key for {domain}."),
                Text("Neem contact op met de beheerder.", "Contact the operator."),
            )
        return found


def published_keys(transport: Transport) -> PublishedKeys:
    """What the service says of the key holder.

    Raises:
        ServiceRefusedError: there is no key holder.
        UnexpectedAnswerError: the document is not as agreed.
    """
    try:
        return PublishedKeys.from_json(transport.call("GET", PUBLISHED).document)
    except WireError:
        raise _unexpected() from None


class Maker:
    """Makes pseudonyms with a key holder."""

    def __init__(self, holder: KeyHolder, *, progress: Progress | None = None, batch: int = BATCH) -> None:
        self._holder = holder
        self._progress = progress or (lambda _done, _total: None)
        self._batch = batch

    def keys(self, domain: str) -> tuple[PublishedKey, ...]:
        """The keys of a domain that are in force.

        Raises:
            SetupError: there are none.
        """
        return self._holder.keys(domain)

    def __call__(self, bsns: Sequence[str], domain: str) -> Mapping[str, str]:
        """The value of each BSN (nine digits each, checked before), all at once; for the rest as `each`."""
        made: dict[str, str] = {}
        for batch in self.each(sorted(set(bsns)), domain):
            made |= batch
        return made

    def each(self, bsns: Sequence[str], domain: str) -> Iterator[Mapping[str, str]]:
        """The values of BSNs (nine digits each, checked before, each once), a batch at a time.

        Raises:
            SetupError: the domain has no key.
            ServiceRefusedError: the key holder refused: access, quota.
            ConnectionFailedError: no answer in time; ask again.
            TrustError: another key was used than the published one.
        """
        keys = self._holder.keys(domain)
        # Whoever has the key holder's log learns nothing from the order of the file.
        order = np.random.default_rng(secrets.randbits(256)).permutation(len(bsns))
        for start in range(0, len(order), self._batch):
            batch = [bsns[place] for place in order[start : start + self._batch].tolist()]
            yield self._made(batch, domain, keys)
            self._progress(start + len(batch), len(order))

    def _made(self, bsns: Sequence[str], domain: str, keys: Sequence[PublishedKey]) -> Mapping[str, str]:
        place = secrets.randbelow(len(bsns) + 1)
        inputs = [input_of(bsn) for bsn in bsns]
        inputs.insert(place, CHECK_INPUT)
        blinds = [oprf.new_blind() for _ in inputs]
        blinded = [oprf.blind(one, scalar) for one, scalar in zip(inputs, blinds, strict=True)]
        answers = self._evaluated(blinded, domain)
        digests: dict[int, list[str]] = {}
        for key in keys:
            if key.version not in answers:
                continue  # destroyed since the service read of it; the service says which key a round needs
            digests[key.version] = _finished(inputs, blinds, answers[key.version])
            if digests[key.version].pop(place) != key.check:
                raise _another_key(domain, key.version)
        if not digests:
            raise _another_key(domain, keys[-1].version)
        return {
            bsn: " ".join(str(Pseudonym(BSN, domain, version, found[i])) for version, found in digests.items())
            for i, bsn in enumerate(bsns)
        }

    def _evaluated(self, blinded: Sequence[bytes], domain: str) -> Mapping[int, Sequence[bytes]]:
        body = {"domain": domain, "elements": [base64url(one) for one in blinded]}
        answer = self._holder.transport.call(
            "POST", "/v1/evaluations", tokens=self._holder.tokens, payload=lambda: Payload.json(body)
        ).object
        try:
            found = {
                one["version"]: [from_base64url(text) for text in one["elements"]] for one in answer["evaluations"]
            }
        except (KeyError, TypeError, ValueError):
            raise _unexpected() from None
        if any(len(elements) != len(blinded) for elements in found.values()):
            raise _unexpected()
        return found


def _finished(inputs: Sequence[bytes], blinds: Sequence[bytes], answers: Sequence[bytes]) -> list[str]:
    try:
        return [
            digest_of(oprf.finalize(one, scalar, answer))
            for one, scalar, answer in zip(inputs, blinds, answers, strict=True)
        ]
    except oprf.OprfError:
        raise _unexpected() from None


def stand_ins(bsns: Sequence[str], domain: str) -> Iterator[Mapping[str, str]]:
    """Values that look like pseudonyms, for a check without a connection: the same for the same BSN, this once."""
    for start in range(0, len(bsns), BATCH):
        batch = bsns[start : start + BATCH]
        yield {bsn: str(Pseudonym(BSN, domain, 1, f"a{secrets.token_hex(16)}")) for bsn in batch}


def _another_key(domain: str, version: int) -> TrustError:
    return TrustError(
        Text(
            f"De sleutelhouder gebruikte een andere sleutel dan de dienst noemt voor {domain} {version}; er is niets "
            "van gebruikt.",
            f"The key holder used another key than the service names for {domain} {version}; nothing of it was used.",
        ),
        Text("Lever niet aan en meld het de beheerder.", "Do not deliver, and tell the operator."),
    )


def _unexpected() -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        Text("Het antwoord is niet dat van een sleutelhouder.", "The answer is not that of a key holder.")
    )
