from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


class LightSelect(forms.Select):
    """A list of choices without groups. Django renders a template for each option: with every country, half of a page's time."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        pairs = ((flatatt({"value": str(key), "selected": str(key) in chosen}), label) for key, label in self.choices)
        options = format_html_join("\n", "<option{}>{}</option>", pairs)
        return format_html("<select{}>{}</select>", flatatt({"name": name, **self.build_attrs(self.attrs, attrs)}), options)
