"""What every page needs to draw its frame: the menu of the role in use, and the theme the person chose."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
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
    items: list[NavItem]


@dataclass(frozen=True)
class Frame:
    """`home_url` and `sign_out_url` are empty where the site has no such page."""

    theme: str
    groups: list[NavGroup]
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
        groups=groups,
        home_url=groups[0].items[0].url if groups else "/",
        sign_in_url=url_or_empty("accounts:sign_in"),
        sign_out_url=url_or_empty("accounts:sign_out"),
        account_url=url_or_empty("accounts:profile"),
        language_url=url_or_empty("set_language"),
    )


def chosen_theme(request: HttpRequest) -> str:
    """'light' or 'dark' when the person chose one; '' follows the device."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def menu_for(request: HttpRequest) -> list[NavGroup]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or not user.role:
        return []
    allowed = [(group, [entry for entry in entries if entry.is_for(user)]) for group, entries in MENU]
    urls = {entry.url_name: url_or_empty(entry.url_name) for _, entries in allowed for entry in entries}
    current = current_url(request.path, list(urls.values()))
    groups = [NavGroup(str(label), items_of(entries, urls, current)) for label, entries in allowed]
    return [group for group in groups if group.items]


def items_of(entries: list[Entry], urls: dict[str, str], current: str) -> list[NavItem]:
    return [
        NavItem(str(entry.label), entry.icon, urls[entry.url_name], is_current=urls[entry.url_name] == current)
        for entry in entries
        if urls[entry.url_name]
    ]


def current_url(path: str, urls: list[str]) -> str:
    """The longest menu address the path lies under: on /campaigns/7/ the menu still says Campaigns."""
    return max((url for url in urls if url and path.startswith(url)), key=len, default="")


@cache
def url_or_empty(name: str) -> str:
    """Each page asks for twenty of them, and they stay what they are."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
