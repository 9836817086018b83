"""Tags and filters every page may use: icons, badges, form widgets, numbers. `docs/ui.md` shows each in use."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache, lru_cache
from itertools import chain, count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.template import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.badges import TONES, badge_of
from accounts.permissions import Permission, has


register = template.Library()

NO_VALUE = "–"


@cache
def icon_names() -> frozenset[str]:
    sprite = Path(settings.BASE_DIR) / "static" / "icons" / "tabler.svg"
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text()))


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """An icon of the sprite. Without a label it is decoration, and screen readers skip it."""
    return _icon(name, str(label), css)


@lru_cache(maxsize=1000)  # a page has a hundred, and they are always the same
def _icon(name: str, label: str, css: str) -> SafeString:
    href = f"{static('icons/tabler.svg')}#{name}"
    classes = f"icon {css}".strip()
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def badge(label: object, tone: str = "neutral", icon_name: str = "") -> SafeString:
    """A state in words, with an icon: colour is never the only sign."""
    if tone not in TONES:
        raise ValueError(f"unknown tone {tone!r}; one of {', '.join(TONES)}")
    mark = icon(icon_name or TONES[tone])
    return format_html('<span class="state state--{}">{}<span>{}</span></span>', tone, mark, label)


@register.simple_tag
def status_badge(value: object, label: object = "") -> SafeString:
    """The badge of a state of ours: `{% status_badge a.status a.get_status_display %}`."""
    tone, icon_name = badge_of(str(value))
    return badge(label or getattr(value, "label", value), tone, icon_name)


@register.simple_tag
def widget(field: BoundField, **attrs: str) -> SafeString:
    """The bare input of a form field, dressed for our stylesheet. `data_x="1"` becomes `data-x="1"`."""
    given: dict[str, str | bool] = {name.replace("_", "-"): value for name, value in attrs.items()}
    own = str(field.field.widget.attrs.get("class", ""))
    given["class"] = " ".join(filter(None, [input_class(field), own, attrs.get("class", ""), "is-invalid" if field.errors else ""]))
    return field.as_widget(attrs=given)


def input_class(field: BoundField) -> str:
    match field.field.widget:
        case forms.CheckboxInput():
            return "form-check-input"
        case forms.RadioSelect() | forms.CheckboxSelectMultiple():
            return ""
        case forms.Select():
            return "form-select"
        case _:
            return "form-control"


@register.filter
def is_choice_list(field: BoundField) -> bool:
    """Radio buttons or checkboxes: drawn as a fieldset with one line an option."""
    return isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def local_number(value: object, places: int | None = None) -> str:
    """1234567.5 as 1,234,567.5; `:1` rounds half up to one place. English and Chinese write numbers alike."""
    number = decimal_or_none(value)
    if number is None:
        return NO_VALUE if value in (None, "") else str(value)
    if places is not None:
        number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{number:,f}"


@register.filter
def score(value: object) -> str:
    """A score of 0 to 100, one decimal place."""
    return local_number(value, 1)


@register.filter
def percent(value: object, places: int = 0) -> str:
    """A share of 0 to 1 as a percentage."""
    number = decimal_or_none(value)
    return NO_VALUE if number is None else f"{local_number(number * 100, places)}%"


@register.filter
def or_dash(value: object) -> object:
    return NO_VALUE if value in (None, "") else value


@register.filter
def get(mapping: Mapping[Any, Any], key: object) -> Any:
    """`{{ scores|get:area }}`: what the template language cannot say when the key is a variable."""
    return mapping.get(key) if mapping else None


@register.filter
def lead(label: str) -> str:
    """`Name: ` or `Who? `, before what is said about it."""
    return f"{label} " if str(label).endswith(("?", "？")) else _("%(label)s: ") % {"label": label}


@register.filter
def initials(name: str) -> str:
    """Two letters for the round mark of a person; Chinese names give their last two characters."""
    words = name.split()
    if not words:
        return "?"
    if han := re.search(r"[\u3400-\u9fff]+", name):
        return han[0][-2:]
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


@register.inclusion_tag("components/table_files.html", takes_context=True)
def table_files(context: RequestContext, name: str, supplier_id: int | None = None) -> dict[str, object]:
    """The ways to take a table along: `</table>{% table_files "runs" %}`. Of tables that one template draws again, each gets a number.

    `supplier_id` where the whole table is about one; where its rows are about several, `<tr data-supplier="…">` says whom.
    """
    request = getattr(context, "request", None)
    # A kept piece knows no request, but may be told its page. On paper there is none, and nothing to press.
    page, unique = context.get("page_path", ""), name
    # Who is not signed in takes the page as it is.
    if request is not None and request.user.is_authenticated:
        if supplier_id and request.user.is_buyer and not has(request.user, Permission.PORTFOLIO_EXPORT):
            return {}
        taken: set[str] = request.__dict__.setdefault("named_tables", set())
        unique = next(each for each in chain([name], (f"{name}-{number}" for number in count(2))) if each not in taken)
        taken.add(unique)
        page = request.get_full_path() if request.GET else request.path
    return {"name": unique, "links": file_links(page, unique), "supplier_id": supplier_id} if page else {}


def file_links(page: str, table: str) -> dict[str, str]:
    address = reverse("reports:table_file")
    return {form: f"{address}?{urlencode({'of': page, 'table': table, 'form': form})}" for form in ("xlsx", "csv")}


def decimal_or_none(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
