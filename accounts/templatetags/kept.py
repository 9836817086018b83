from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from accounts.kept_html import TOKEN, kept_html, key_of


register = template.Library()


@register.simple_tag(takes_context=True)
def kept(context: Context, name: str, **names: Any) -> SafeString:
    """An include that is drawn once for what it shows. The piece knows the names handed to it and nothing else of the page."""
    engine = context.template.engine  # type: ignore[union-attr]  # there is one while a template is drawn

    def draw() -> SafeString:
        return engine.get_template(name).render(Context({"csrf_token": TOKEN, **names}))

    # While templates are being written, what was drawn from them before is old.
    piece = draw() if engine.debug else kept_html.get(key_of(name, names), draw)
    return SafeString(piece.replace(TOKEN, str(context["csrf_token"]))) if TOKEN in piece else piece
