"""The forms of a page: where each goes, and what a browser would let a person choose there."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Field:
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


Fields = dict[str, Field]

FILLED = {
    "number": "1",
    "date": "2026-09-15",
    "month": "2026-09",
    "email": "new@example.com",
    "tel": "+49 30 123",
    "url": "https://example.com",
    "textarea": "As agreed.",
}


class Page(HTMLParser):
    """`forms`: action and fields of each form that posts. `queries`: names asked for in links and in forms that get."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here = here
        self.forms: list[tuple[str, Fields]] = []
        self.queries: set[str] = set()
        self._fields: Fields | None = None
        self._of_select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        for link in (given.get("href"), given.get("hx-get")):
            if link:
                self.queries |= {name for name, _value in parse_qsl(urlsplit(link).query, keep_blank_values=True)}
        if tag == "form":
            self._begin(given)
        elif tag == "option" and self._of_select is not None:
            self._of_select.choices.append(given.get("value", ""))
            if "selected" in given:
                self._of_select.value = given.get("value", "")
        elif tag in ("input", "select", "textarea", "button") and given.get("name") and self._fields is not None:
            self._take(tag, given)

    def _begin(self, given: dict[str, str]) -> None:
        self._fields = {}
        if given.get("method", "").lower() == "post":
            self.forms.append((given.get("action") or self.here, self._fields))

    def _take(self, tag: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text").lower() if tag == "input" else tag
        found = (self._fields or {}).setdefault(given["name"], Field(kind))
        if kind in ("radio", "checkbox", "button"):
            found.choices.append(given.get("value", "on"))
        elif given.get("value"):
            found.value = given["value"]
        if tag == "select":
            self._of_select = found
        if self._fields is not None:
            self._fields[given["name"]] = found

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._of_select = None
        elif tag == "form" and self._fields is not None:
            self.queries |= set(self._fields)
            self._fields = None


def filled(fields: Fields, draw: Random) -> dict[str, str]:
    """As somebody in good faith would send it, so that one bad value among good ones comes past the first check."""
    return {name: _good(each, draw) for name, each in fields.items() if each.kind != "file"}


def _good(each: Field, draw: Random) -> str:
    choices = [choice for choice in each.choices if choice]
    if each.value and draw.random() < 0.8:
        return each.value
    return draw.choice(choices) if choices else each.value or FILLED.get(each.kind, "Bamboo")
