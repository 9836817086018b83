"""A passkey made of software: what a device does when a page asks it to make or to use one."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData


PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Passkey:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.number = token_bytes(16)

    def registration(self, challenge: bytes, *, host: str) -> dict[str, Any]:
        public = AttestedCredentialData.create(b"\0" * 16, self.number, ES256.from_cryptography_key(self.key.public_key()))
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(sha256(host.encode()).digest(), flags, 0, public)
        response = {
            "clientDataJSON": text(self._client_data("webauthn.create", challenge, host)),
            "attestationObject": text(bytes(AttestationObject.create("none", data, {}))),
        }
        return self._credential(response)

    def answer(self, challenge: bytes, *, host: str, user_handle: bytes = b"") -> dict[str, Any]:
        data = AuthenticatorData.create(sha256(host.encode()).digest(), PRESENT_AND_VERIFIED, 1)
        client_data = self._client_data("webauthn.get", challenge, host)
        signature = self.key.sign(bytes(data) + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": text(client_data), "authenticatorData": text(bytes(data)), "signature": text(signature)}
        return self._credential(response | ({"userHandle": text(user_handle)} if user_handle else {}))

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        number = text(self.number)
        return {"id": number, "rawId": number, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def _client_data(self, kind: str, challenge: bytes, host: str) -> bytes:
        return json.dumps({"type": kind, "challenge": text(challenge), "origin": f"https://{host}"}).encode()
