"""Small secrets that the database keeps for us and should not be able to read, such as the keys of authenticator apps.

The newest key seals; older ones still open, so that a key can be replaced.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str, *, purpose: str) -> str:
    return box(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Raises `cryptography.fernet.InvalidToken` for what none of our keys sealed."""
    return box(purpose).decrypt(sealed.encode()).decode()


def box(purpose: str, secrets: tuple[str, ...] = ()) -> MultiFernet:
    return _box(purpose, secrets or (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=8)
def _box(purpose: str, secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret, purpose)) for secret in secrets])


def _key(secret: str, purpose: str) -> bytes:
    """A key for each purpose: what seals one thing opens no other."""
    return base64.urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode()))
