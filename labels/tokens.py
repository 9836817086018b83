"""The signed words of a certificate: short enough for a QR code, checked without network or database. Pure.

    GL1.<payload>.<signature>

The payload is JSON in base64url: what the label said when the certificate was made. The signature is Ed25519 over the text before the
last dot. A token proves what was awarded, by whom and until when; that nothing happened since, only the public page can say.
"""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


PREFIX = "GL1"
TOKEN = re.compile(rf"{PREFIX}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class BadToken(Exception):
    """Why it proves nothing."""


class NoToken(BadToken):
    """The text is no token, or only a part of one."""


class Forged(BadToken):
    """What it says was not signed by the key it names."""


class UnknownKey(BadToken):
    """It names a key that is not ours."""


@dataclass(frozen=True)
class Claims:
    """`key` says which public key signed; days are ISO 8601."""

    id: str
    name: str
    level: str
    category: str
    valid_from: str
    valid_to: str
    standard: str
    issued: str


_SHORT = {"id": "i", "name": "n", "level": "l", "category": "c", "valid_from": "f", "valid_to": "t", "standard": "s", "issued": "d"}


def encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def key_id(public: Ed25519PublicKey) -> str:
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:8]


def sign(claims: Claims, key: Ed25519PrivateKey) -> str:
    short = {_SHORT[name]: value for name, value in asdict(claims).items()}
    payload = {"k": key_id(key.public_key()), **short}
    signed = f"{PREFIX}.{encode(json.dumps(payload, ensure_ascii=False, separators=(',', ':')).encode())}"
    return f"{signed}.{encode(key.sign(signed.encode()))}"


def read(text: str, keys: Sequence[Ed25519PublicKey]) -> Claims:
    """What the token says, if one of these keys signed it. Raises `NoToken`, `UnknownKey`, `Forged`."""
    if not TOKEN.fullmatch(text):
        raise NoToken("This is no token, or only a part of one.")
    signed, _dot, signature = text.rpartition(".")
    payload = _payload(signed)
    by_id = {key_id(key): key for key in keys}
    key = by_id.get(str(payload.get("k")))
    if key is None:
        raise UnknownKey("It was signed by a key that is not ours.")
    try:
        key.verify(decode(signature), signed.encode())
    except (InvalidSignature, NotBase64, ValueError) as error:
        raise Forged("It was changed after it was signed, or a part of it is missing.") from error
    try:
        return Claims(**{name: str(payload[short]) for name, short in _SHORT.items()})
    except KeyError as error:
        raise NoToken("It does not say what a certificate says.") from error


def _payload(signed: str) -> Mapping[str, Any]:
    try:
        payload = json.loads(decode(signed.removeprefix(f"{PREFIX}.")))
    except (NotBase64, ValueError) as error:
        raise NoToken("This is no token, or only a part of one.") from error
    if not isinstance(payload, dict):
        raise NoToken("This is no token, or only a part of one.")
    return payload
