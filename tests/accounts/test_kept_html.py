"""Pieces of pages that are drawn once for what they show."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Engine
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from accounts.kept_html import KeptHtml, key_of
from accounts.models import User


@dataclass(frozen=True)
class Shown:
    words: str
    by: User


def draw(template: str, **context: object) -> str:
    pieces = {"piece.html": "{% load i18n %}{% translate 'Sign out' %} {{ shown.words }} {{ shown.by.name }} {{ secret }}"}
    loaders = [("django.template.loaders.locmem.Loader", {**pieces, "page.html": template})]
    libraries = {"kept": "accounts.templatetags.kept", "i18n": "django.templatetags.i18n"}
    return Engine(loaders=loaders, libraries=libraries).get_template("page.html").render(Context(context))


PAGE = '{% load kept %}{% kept "piece.html" shown=shown %}'


def test_piece_follows_every_field_of_what_it_shows_and_the_language():
    by = User(name="Lin Deng", email="lin@example.com")

    assert draw(PAGE, shown=Shown("one", by)) == "Sign out one Lin Deng "
    assert draw(PAGE, shown=Shown("two", by)) == "Sign out two Lin Deng "
    by.name = "Deng Lin"
    assert draw(PAGE, shown=Shown("two", by)) == "Sign out two Deng Lin "
    with translation.override("zh-hans"):
        assert draw(PAGE, shown=Shown("two", by)).startswith("退出登录 two")


def test_piece_sees_nothing_of_the_page_but_what_is_handed_to_it():
    assert "token" not in draw(PAGE, shown=Shown("three", User(name="Lin Deng")), secret="token")


def test_words_of_people_are_escaped():
    assert "&lt;b&gt;" in draw(PAGE, shown=Shown("<b>", User(name="Lin Deng")))


def test_times_of_day_are_kept_for_each_time_zone():
    with timezone.override(ZoneInfo("Asia/Shanghai")):
        shanghai = key_of("piece.html", {})
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert key_of("piece.html", {}) != shanghai


def test_what_was_not_needed_for_longest_goes_first():
    kept = KeptHtml(most=10)
    drawn: list[str] = []

    def piece(name: str) -> None:
        kept.get(name.encode(), lambda: drawn.append(name) or SafeString(name * 4))

    for name in ("a", "b", "a", "c", "a", "b"):
        piece(name)

    assert drawn == ["a", "b", "c", "b"]
    assert len(kept) == 2


def test_what_cannot_be_told_apart_is_refused_and_not_drawn_from_memory():
    with pytest.raises(AttributeError):
        key_of("piece.html", {"shown": lambda: 1})
