from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.templatetags.ui import status_badge
from suppliers.models import Document
from suppliers.validity import validity


register = template.Library()


@register.simple_tag
def validity_chip(document: Document) -> SafeString | str:
    """A word of warning beside a document that ended, ends soon or is not valid yet; nothing beside the others."""
    state, words = validity(document, timezone.localdate())
    return "" if state == "valid" else status_badge(state, words)
