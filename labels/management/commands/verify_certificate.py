from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pikepdf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.management.base import BaseCommand, CommandError

from labels import certificates, tokens


MOST_BYTES = 20 * 1024 * 1024


class Command(BaseCommand):
    help = "Checks a label certificate offline: the PDF, a text with the token in it, the address behind its QR code, or the token itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("certificate", metavar="FILE_OR_TOKEN")
        parser.add_argument("--key", type=Path, metavar="PUBLIC_KEY.pem", help="default: the keys of this portal")

    def handle(self, *, certificate: str, key: Path | None, **options: Any) -> None:
        keys = [_read_key(key)] if key else certificates.public_keys()
        try:
            claims = tokens.read(_token_in(certificate), keys)
        except tokens.BadToken as error:
            raise CommandError(f"Not valid. {error}") from error
        self.stdout.write(f"Signed by us: {claims.name}, {claims.level}, {claims.category}, by {claims.standard}.")
        self.stdout.write(f"Valid from {claims.valid_from} to {claims.valid_to}, as of {claims.issued}.")
        self.stdout.write(f"Whether it was suspended or revoked since, only its page says: /labels/verify/{claims.id}/")


def _read_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} holds no public key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CommandError(f"{path} holds a key of another kind.")
    return key


def _token_in(argument: str) -> str:
    path = Path(argument)
    try:
        text = _text_of(path) if path.is_file() else argument
    except OSError:
        # Longer than any name of a file may be.
        text = argument
    found = tokens.TOKEN.search(text)
    if found is None:
        raise tokens.NoToken("There is no token in it.")
    return found.group()


def _text_of(path: Path) -> str:
    if path.stat().st_size > MOST_BYTES:
        raise CommandError(f"{path} is too large for a certificate.")
    if path.suffix.lower() != ".pdf":
        return path.read_text(encoding="utf-8", errors="replace")
    try:
        with pikepdf.open(path) as pdf:
            return "\n".join(file.get_file().read_bytes().decode("utf-8", "replace") for file in pdf.attachments.values())
    except pikepdf.PdfError as error:
        raise CommandError(f"{path} is no readable PDF.") from error
