"""The certificate of a label: what it says, and the QR code that leads to the public page."""

import segno
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from labels.models import Label


def verification_url(label: Label) -> str:
    """The public page's full address, as people type it from paper."""
    return f"{settings.PUBLIC_URL}{label.get_verification_url()}"


def qr_code(label: Label) -> SafeString:
    """An SVG drawing without any style of its own: black on white in the dark theme too, or no camera reads it."""
    code = segno.make(verification_url(label), error="q", micro=False)
    drawing = code.svg_inline(scale=4, border=3, dark="#000000", light="#ffffff", svgclass="qr-code", lineclass=None, omitsize=True)
    return mark_safe(drawing)  # noqa: S308 - drawn from our own address, without any text of others
