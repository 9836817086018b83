"""PAdES signatures under documents: a change of one byte afterwards shows in any reader, and in `verify_document`.

The key comes from the settings: a PKCS#12 file, or a token behind a PKCS#11 library. Without one, the portal makes its own from
SECRET_KEY. Such a signature proves that nothing was changed since, and to the buyer itself who signed; to others it names nobody,
and the documents say so.
"""

import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]  # pyHanko's ASN.1 has no types
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.extensions import DeveloperExtension
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, Signer, signers, timestamps
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from reports.printing import Enclosed, as_pdf


FIELD = "Signature"
PDF_VERSION, PDF_NAME = (1, 7), "/1.7"
# A P-256 scalar has to lie below the order of the curve.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FROM, _TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Identity:
    """Who signs. `fingerprint` is the SHA-256 of the certificate, as readers show it."""

    name: str
    fingerprint: str
    is_self_made: bool


def identity() -> Identity:
    signer = _signer()
    certificate = signer.signing_cert
    if certificate is None:
        raise ImproperlyConfigured("The key for signing documents comes without a certificate.")
    names = certificate.subject.native
    name = names.get("common_name") or names.get("organization_name") or certificate.subject.human_friendly
    given = settings.DOCUMENT_SIGNING_KEY or settings.DOCUMENT_SIGNING_PKCS11
    return Identity(str(name), certificate.sha256.hex(), is_self_made=not given)


def signed_pdf(html: str, *, files: Iterable[Enclosed] = (), reason: str, at: datetime) -> bytes:
    """A finished document of these pages, with these files in it."""
    return sign(as_pdf(html, files=files, at=at), reason=reason, at=at)


def sign(pdf: bytes, *, reason: str, at: datetime) -> bytes:
    """Added behind the document's own bytes, which stay as they are."""
    metadata = PdfSignatureMetadata(
        field_name=FIELD, reason=reason, name=identity().name, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    # Without an authority's stamp, the time is what this machine's clock says.
    stamper = timestamps.HTTPTimeStamper(settings.DOCUMENT_TIMESTAMP_URL) if settings.DOCUMENT_TIMESTAMP_URL else None
    signer = signers.PdfSigner(metadata, _signer(), timestamper=stamper, new_field_spec=SigFieldSpec(FIELD))
    signed = io.BytesIO()
    # In a thread of its own: pyHanko runs an event loop, and refuses to where one runs already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(signer.sign_pdf, _Appending(io.BytesIO(pdf)), output=signed).result()
    return signed.getvalue()


class _Appending(IncrementalPdfFileWriter):
    """The metadata stay those of the document: in an archive, two places that name its producer have to agree."""

    def _update_meta(self) -> None:
        pass

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """PDF/A-3 is made of PDF 1.7. The curves of our keys are older than the extension of PDF 2.0 that lists them."""
        super().ensure_output_version(min(version, PDF_VERSION))  # type: ignore[no-untyped-call]  # pyHanko's has no types

    def register_extension(self, ext: DeveloperExtension) -> None:
        if ext.base_version == PDF_NAME:
            super().register_extension(ext)


def _signer() -> Signer:
    if settings.DOCUMENT_SIGNING_PKCS11:
        return _token_signer(settings.DOCUMENT_SIGNING_PKCS11)
    if settings.DOCUMENT_SIGNING_KEY:
        return _file_signer(settings.DOCUMENT_SIGNING_KEY, settings.DOCUMENT_SIGNING_PASSPHRASE)
    return _own_signer(settings.SECRET_KEY)


@lru_cache(maxsize=2)
def _file_signer(path: str, passphrase: str) -> Signer:
    load: Callable[..., Signer | None] = signers.SimpleSigner.load_pkcs12
    signer = load(path, passphrase=passphrase.encode() or None)
    if signer is None:
        raise ImproperlyConfigured(f"DOCUMENT_SIGNING_KEY: {path} is no PKCS#12 file that DOCUMENT_SIGNING_PASSPHRASE opens.")
    return signer


@lru_cache(maxsize=2)
def _token_signer(library: str) -> Signer:
    """A smart card or a hardware module: the key never leaves it. Needs python-pkcs11."""
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session

    if not Path(library).exists():
        raise ImproperlyConfigured(f"DOCUMENT_SIGNING_PKCS11: there is no library {library}.")
    token = TokenCriteria(label=settings.DOCUMENT_SIGNING_TOKEN or None)
    session = open_pkcs11_session(library, token_criteria=token, user_pin=settings.DOCUMENT_SIGNING_PASSPHRASE)
    label = settings.DOCUMENT_SIGNING_LABEL
    # The hash is made here: not every token makes one of its own before it signs, but each signs one.
    return PKCS11Signer(session, cert_label=label, key_label=label, use_raw_mechanism=True)


@lru_cache(maxsize=2)
def _own_signer(secret: str) -> Signer:
    """Every machine that shares the secret makes the same key and the same certificate."""
    derived = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=b"document signatures").derive(secret.encode())
    key = ec.derive_private_key(int.from_bytes(derived, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Supplier ESG Portal (self-made key)")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(hashes_of(key)[:16], "big") >> 1)
        .not_valid_before(_FROM)
        .not_valid_after(_TO)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]
    )


def hashes_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize()


def _usage() -> x509.KeyUsage:
    unused = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False
    )
    return x509.KeyUsage(digital_signature=True, content_commitment=True, **unused)
