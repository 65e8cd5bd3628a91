"""Access tokens: OAuth 2.0 client credentials with `private_key_jwt` (RFC 7523, profile NL GOV Assurance).

A token lives minutes, is kept in memory only, and is bound to the supplier's key (DPoP, RFC 9449): each request carries
a proof of its own, so that a token that was seen on its way is of no use. One for another resource than the service
(RFC 8707) is of no use at the service.

The assertion behind it is made anew for every attempt, because the service accepts its `jti` once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sluis_client.errors import UnexpectedAnswerError
from sluis_client.keys import SupplierKey
from sluis_client.language import Text
from sluis_client.machine import Machine
from sluis_client.transport import Payload, Transport

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MARGIN = timedelta(seconds=30)


class Tokens:
    """The tokens of one client; its representation shows none of them."""

    def __init__(
        self,
        transport: Transport,
        key: SupplierKey,
        *,
        client_id: str,
        issuer: str,
        machine: Machine,
        resource: str | None = None,
    ) -> None:
        self._transport = transport
        self._key = key
        self._client_id = client_id
        self._issuer = issuer
        self._machine = machine
        self._asked = {} if resource is None else {"resource": resource}
        self._shown_at = issuer if resource is None else resource
        self._token: str | None = None
        self._until: datetime | None = None

    def __repr__(self) -> str:
        return f"Tokens({self._client_id})"

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """A token that is valid for some time yet, and a proof for this request."""
        token = self._current()
        return {"Authorization": f"DPoP {token}", "DPoP": self._proof(self._shown_at, method, path, token)}

    def _proof(self, name: str, method: str, path: str, token: str | None) -> str:
        """Made for the receiver's own name: over https the address, which registering compared."""
        url = name.rstrip("/") + path
        return self._key.request_proof(self._machine, method=method, url=url, token=token)

    def _current(self) -> str:
        if self._token is None or self._until is None or self._machine.now() >= self._until:
            self._token, self._until = self._fetch()
        return self._token

    def forget(self) -> None:
        """The token was refused: the next `headers` fetches another."""
        self._token = None

    def _fetch(self) -> tuple[str, datetime]:
        asked = self._machine.now()
        answer = self._transport.call("POST", TOKEN_PATH, payload=self._request).object
        token, lifetime = answer.get("access_token"), answer.get("expires_in")
        kind = answer.get("token_type")
        if not (isinstance(token, str) and token and isinstance(lifetime, int) and isinstance(kind, str)):
            raise _unusable_token()
        if kind.lower() != "dpop":  # one that is not bound would be of use to anybody
            raise _unusable_token()
        return token, asked + timedelta(seconds=lifetime) - _MARGIN

    def _request(self) -> Payload:
        return Payload.form(
            {
                "grant_type": "client_credentials",
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": self._key.proof(
                    self._machine, audience=self._issuer, subject=self._client_id, iss=self._client_id
                ),
                **self._asked,
            },
            {"DPoP": self._proof(self._issuer, "POST", TOKEN_PATH, None)},
        )


def _unusable_token() -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        Text("De dienst gaf geen bruikbaar toegangsbewijs.", "The service gave no usable access token.")
    )
