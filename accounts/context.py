"""What every page needs to draw its frame: the menu of the role in use, and the theme the person chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from accounts.menu import MENU, Entry


if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

THEMES = ("light", "dark")


@dataclass(frozen=True)
class NavItem:
    label: "StrOrPromise"
    icon: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class NavGroup:
    label: "StrOrPromise"
    items: tuple[NavItem, ...]


@dataclass(frozen=True)
class PersonCard:
    """`role` and `company` are empty for who has none."""

    name: str
    email: str
    role: str
    company: str


@dataclass(frozen=True)
class Frame:
    """`home_url` and `sign_out_url` are empty where the site has no such page; `person` is None for a visitor."""

    theme: str
    person: PersonCard | None
    groups: tuple[NavGroup, ...]
    home_url: str
    sign_in_url: str
    sign_out_url: str
    account_url: str
    language_url: str


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The template context `frame`. Worked out when a template first uses it: parts fetched by htmx pay nothing."""
    return {"frame": SimpleLazyObject(lambda: build_frame(request))}


def build_frame(request: HttpRequest) -> Frame:
    groups = menu_for(request)
    return Frame(
        theme=chosen_theme(request),
        person=person_card(request),
        groups=groups,
        home_url=groups[0].items[0].url if groups else "/",
        sign_in_url=url_or_empty("accounts:sign_in"),
        sign_out_url=url_or_empty("accounts:sign_out"),
        account_url=url_or_empty("accounts:profile"),
        language_url=url_or_empty("set_language"),
    )


def person_card(request: HttpRequest) -> PersonCard | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    hat = user.active_membership
    company = hat.supplier if hat and hat.supplier_id else ""
    return PersonCard(user.name, user.email, str(hat.get_role_display()) if hat else "", str(company))


def chosen_theme(request: HttpRequest) -> str:
    """'light' or 'dark' when the person chose one; '' follows the device."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def menu_for(request: HttpRequest) -> tuple[NavGroup, ...]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.role:
        return ()
    current = current_url(request.path, prefixes_of(user.role))
    return menu_of(user.role, current, translation.get_language())


@cache
def entries_of(role: str) -> tuple[Entry, ...]:
    return tuple(entry for _, entries in MENU for entry in entries if entry.is_for(role))


@cache
def prefixes_of(role: str) -> dict[str, str]:
    """Beginnings of addresses -> the entry of the menu they belong to."""
    urls = [(entry, url_or_empty(entry.url_name)) for entry in entries_of(role)]
    return {prefix: url for entry, url in urls for prefix in (url, *entry.also)}


@cache
def menu_of(role: str, current: str, _language: str | None) -> tuple[NavGroup, ...]:
    """Every page draws it, and it is the same for everybody in the role. In the language of the moment."""
    groups = (NavGroup(str(label), items_of([each for each in entries if each.is_for(role)], current)) for label, entries in MENU)
    return tuple(group for group in groups if group.items)


def items_of(entries: list[Entry], current: str) -> tuple[NavItem, ...]:
    urls = [(entry, url_or_empty(entry.url_name)) for entry in entries]
    return tuple(NavItem(str(entry.label), entry.icon, url, is_current=url == current) for entry, url in urls if url)


def current_url(path: str, prefixes: Mapping[str, str]) -> str:
    """The entry with the longest address the path lies under: on /campaigns/7/ the menu still says Campaigns."""
    longest = max((prefix for prefix in prefixes if prefix and path.startswith(prefix)), key=len, default="")
    return prefixes.get(longest, "")


@cache
def url_or_empty(name: str) -> str:
    """Each page asks for twenty of them, and they stay what they are."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
