"""What a refused caller is told, in Dutch and English: what is wrong and how to mend it, never what the token says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from service.ports.identity import TokenFault

_FORM = (
    "Het token heeft niet de vorm van een ondertekend JWT (RFC 7515). Stuur het onveranderd door.",
    "The token does not have the form of a signed JWT (RFC 7515). Pass it on unchanged.",
)
_HEADER = (
    "De kop van het token zegt iets dat hier niet wordt aangenomen: gebruik alleen alg, kid en typ.",
    "The token's header says what is not accepted here: use alg, kid and typ only.",
)
_SIGNATURE = (
    "De handtekening klopt niet, of de sleutel is niet (meer) aangemeld. Controleer kid en sleutel.",
    "The signature does not hold, or the key is not registered (any more). Check kid and key.",
)

FAULT_TEXTS: Final[Mapping[TokenFault, tuple[str, str]]] = {
    TokenFault.MALFORMED: _FORM,
    TokenFault.TOO_LARGE: (
        "Het token is langer dan 8.192 tekens. Vraag de provider om minder claims.",
        "The token is longer than 8,192 characters. Ask the provider for fewer claims.",
    ),
    TokenFault.DUPLICATE_NAME: (
        "Het token noemt een naam tweemaal. Maak het met een andere bibliotheek.",
        "The token says a name twice. Make it with another library.",
    ),
    TokenFault.ALGORITHM: (
        "Het token is ondertekend met een ander algoritme dan is afgesproken.",
        "The token is signed under another algorithm than was agreed.",
    ),
    TokenFault.TYPE: (
        "Dit soort token (typ) hoort hier niet. Een toegangstoken is at+jwt; een assertion of bewijs is JWT.",
        "This kind of token (typ) does not belong here. An access token is at+jwt; an assertion or proof is JWT.",
    ),
    TokenFault.CRITICAL_HEADER: _HEADER,
    TokenFault.EMBEDDED_KEY: _HEADER,
    TokenFault.KEY_ID: (
        "De kop van het token noemt geen sleutel (kid), en dat moet.",
        "The token's header names no key (kid), and has to.",
    ),
    TokenFault.KEY_UNKNOWN: _SIGNATURE,
    TokenFault.KEY_REVOKED: _SIGNATURE,
    TokenFault.KEY_UNSUITABLE: (
        "Deze sleutel is ongeschikt: nodig is de publieke helft van een EC P-256-sleutel voor handtekeningen.",
        "This key is unsuitable: it has to be the public half of an EC P-256 key for signatures.",
    ),
    TokenFault.SIGNATURE: _SIGNATURE,
    TokenFault.CLAIM: (
        "Een claim ontbreekt of heeft niet de juiste vorm.",
        "A claim is missing or does not have the right form.",
    ),
    TokenFault.ISSUER: (
        "De uitgever (iss) is hier niet bekend. Log in bij een provider die is ingesteld.",
        "The issuer (iss) is not known here. Log in at a provider that is configured.",
    ),
    TokenFault.SUBJECT: (
        "Het onderwerp (sub) is niet wat het moet zijn.",
        "The subject (sub) is not what it has to be.",
    ),
    TokenFault.AUDIENCE: (
        "Het token is voor een ander bedoeld (aud). Vraag er een voor deze dienst.",
        "The token is meant for another (aud). Ask for one for this service.",
    ),
    TokenFault.ISSUED_IN_FUTURE: (
        "Het token is uit de toekomst (iat): zet uw klok gelijk.",
        "The token is from the future (iat): set your clock right.",
    ),
    TokenFault.NOT_YET_VALID: (
        "Het token geldt nog niet (nbf): zet uw klok gelijk.",
        "The token does not hold yet (nbf): set your clock right.",
    ),
    TokenFault.EXPIRED: (
        "Het token is verlopen (exp): log opnieuw in, of zet uw klok gelijk.",
        "The token has expired (exp): log in again, or set your clock right.",
    ),
    TokenFault.LIFETIME: (
        "Het token geldt langer dan hier is toegestaan (exp - iat).",
        "The token holds for longer than is allowed here (exp - iat).",
    ),
    TokenFault.REPLAYED: (
        "Dit token is al eens gebruikt (jti). Maak voor elk verzoek een nieuw.",
        "This token was used before (jti). Make a new one for each request.",
    ),
    TokenFault.PROVIDER_UNREACHABLE: (
        "De OpenID-provider is niet bereikbaar. Probeer het straks opnieuw; meld het als het blijft.",
        "The OpenID provider cannot be reached. Try again soon; report it if it stays so.",
    ),
    TokenFault.PROVIDER_INVALID: (
        "Wat de OpenID-provider antwoordt klopt niet. Is zijn adres letterlijk wat hij zelf als issuer noemt?",
        "What the OpenID provider answers is not right. Is its address literally what it calls its issuer?",
    ),
    TokenFault.PROVIDER_ADDRESS: (
        "Het adres van de OpenID-provider moet met https beginnen.",
        "The address of the OpenID provider has to be an https address.",
    ),
    TokenFault.PROVIDER_REFUSED: (
        "De OpenID-provider weigert. Controleer het client id, en of hij een client secret verlangt.",
        "The OpenID provider refuses. Check the client id, and whether it demands a client secret.",
    ),
    TokenFault.ORGANISATION: (
        "Deze OpenID-provider mag niet namens die organisatie spreken.",
        "This OpenID provider may not vouch for that organisation.",
    ),
    TokenFault.UNBOUND: (
        "Hier gelden alleen toegangstokens die aan een sleutel gebonden zijn: vraag ze aan met een kop DPoP.",
        "Only access tokens bound to a key are taken here: send a header DPoP when asking for one.",
    ),
    TokenFault.PROOF_MISSING: (
        "Dit token is aan een sleutel gebonden: toon het als Authorization: DPoP, met precies een kop DPoP (RFC 9449).",
        "This token is bound to a key: show it as Authorization: DPoP, with exactly one header DPoP (RFC 9449).",
    ),
    TokenFault.PROOF_UNWANTED: (
        "Dit token is niet aan een sleutel gebonden: toon het als Authorization: Bearer.",
        "This token is not bound to a key: show it as Authorization: Bearer.",
    ),
    TokenFault.PROOF_HEADER: (
        "De kop van het bewijs moet alg ES256, typ dpop+jwt en jwk bevatten, en verder niets.",
        "The proof's header has to hold alg ES256, typ dpop+jwt and jwk, and nothing else.",
    ),
    TokenFault.PROOF_KEY: (
        "Het bewijs is van een andere sleutel dan waaraan het token gebonden is: gebruik de aangemelde sleutel.",
        "The proof is by another key than the token is bound to: use the registered key.",
    ),
    TokenFault.PROOF_METHOD: (
        "Het bewijs is voor een andere HTTP-methode (htm). Maak voor elk verzoek een nieuw.",
        "The proof is for another HTTP method (htm). Make a new one for each request.",
    ),
    TokenFault.PROOF_ADDRESS: (
        "Het bewijs is voor een ander adres (htu): neem het adres van de dienst (issuer) en het pad, zonder query.",
        "The proof is for another address (htu): take the service's address (issuer) and the path, without query.",
    ),
    TokenFault.PROOF_TOKEN: (
        "Het bewijs is voor een ander token (ath): neem de SHA-256 van het toegangstoken, in base64url.",
        "The proof is for another token (ath): take the SHA-256 of the access token, in base64url.",
    ),
    TokenFault.PROOF_TIME: (
        "Het bewijs is niet van nu (iat): maak het vlak voor het verzoek, en zet uw klok gelijk.",
        "The proof is not of this moment (iat): make it just before the request, and set your clock right.",
    ),
    TokenFault.PROOF_REPLAYED: (
        "Dit bewijs is al eens gebruikt (jti). Maak voor elk verzoek een nieuw.",
        "This proof was used before (jti). Make a new one for each request.",
    ),
}
"""Complete; look up `NotAuthenticated.fault.told`, so that nobody learns by guessing which keys exist."""
