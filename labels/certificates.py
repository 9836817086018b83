"""The certificate of a label: what it says, the signed token, and the QR code that leads to the public page and carries the token."""

from functools import lru_cache

import segno
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from labels import tokens
from labels.models import Label
from labels.tokens import Claims


# --- keys -----------------------------------------------------------------------------------------------------------------


def signing_key() -> Ed25519PrivateKey:
    return _signing_key(settings.LABEL_SIGNING_KEY, settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _signing_key(own: str, secret: str) -> Ed25519PrivateKey:
    if own:
        return Ed25519PrivateKey.from_private_bytes(tokens.decode(own))
    # Every machine that shares the secret makes the same key.
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"label certificates").derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(derived)


def public_keys() -> list[Ed25519PublicKey]:
    """The one in use first, then those of before."""
    former = [Ed25519PublicKey.from_public_bytes(tokens.decode(text)) for text in settings.LABEL_FORMER_KEYS]
    return [signing_key().public_key(), *former]


def as_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


# --- what a certificate says ------------------------------------------------------------------------------------------------


def verification_url(label: Label) -> str:
    """The public page's full address, as people type it from paper."""
    return f"{settings.PUBLIC_URL}{label.get_verification_url()}"


def token_of(label: Label) -> str:
    """Select supplier and standard with it. The same label, the same token: it says since when it is as it is."""
    supplier, standard = label.supplier, label.standard
    claims = Claims(
        id=str(label.public_id),
        name=supplier.name_zh or supplier.name_en,
        level=label.level,
        category=supplier.category,
        valid_from=label.valid_from.isoformat() if label.valid_from else "",
        valid_to=label.valid_to.isoformat() if label.valid_to else "",
        standard=f"{standard.key} {standard.version}" if standard else "",
        issued=label.changed_at.date().isoformat() if label.changed_at else "",
    )
    return tokens.sign(claims, signing_key())


def qr_code(label: Label, *, title: str | None = None) -> SafeString:
    """An SVG drawing without any style of its own: black on white in the dark theme too, or no camera reads it.

    The token stands behind the #, which no browser sends: the page is the same for everybody and can be cached.
    """
    code = segno.make(f"{verification_url(label)}#{token_of(label)}", error="m", micro=False)
    drawing = code.svg_inline(
        scale=4, border=3, dark="#000000", light="#ffffff", title=title, svgclass="qr-code", lineclass=None, omitsize=True
    )
    return mark_safe(drawing)  # noqa: S308 - drawn from our own address and signed words, without any markup of others
