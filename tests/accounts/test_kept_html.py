"""Pieces of pages that are drawn once for what they show."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Engine
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from accounts.kept_html import TOKEN, KeptHtml, key_of, put_together
from accounts.models import User


@dataclass(frozen=True)
class Shown:
    words: str
    by: User


def draw(template: str, **context: object) -> str:
    pieces = {
        "piece.html": "{% load i18n %}{% translate 'Sign out' %} {{ shown.words }} {{ shown.by.name }} {{ secret }}",
        "form.html": "<form>{% csrf_token %}{{ words }}</form>",
        "around.html": '{% load kept %}<div>{% kept "form.html" words=words %}</div>',
    }
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


@pytest.mark.parametrize("name", ["form.html", "around.html"])
def test_form_in_a_piece_has_the_token_of_whoever_is_shown_it(name):
    page = f'{{% load kept %}}{{% kept "{name}" words="kept" %}}'

    for token in ("first", "second"):
        field = f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
        assert f"<form>{field}kept</form>" in draw(page, csrf_token=token)
        assert f"<form>{field}kept</form>".encode() in put_together(lambda: draw(page, csrf_token=TOKEN), token)


def test_words_of_people_are_escaped():
    assert "&lt;b&gt;" in draw(PAGE, shown=Shown("<b>", User(name="Lin Deng")))


def test_times_of_day_are_kept_for_each_time_zone():
    with timezone.override(ZoneInfo("Asia/Shanghai")):
        shanghai = key_of("piece.html", {})
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert key_of("piece.html", {}) != shanghai


def test_words_about_today_are_kept_for_the_day():
    with time_machine.travel("2026-06-07T12:00Z", tick=False):
        today = key_of("piece.html", {})
    with time_machine.travel("2026-06-08T12:00Z", tick=False):
        assert key_of("piece.html", {}) != today


def test_what_was_not_needed_for_longest_goes_first():
    kept = KeptHtml(most=10)
    drawn: list[str] = []

    def piece(name: str) -> None:
        kept.get(name.encode(), lambda: drawn.append(name) or SafeString(name * 4))

    for name in ("a", "b", "a", "c", "a", "b"):
        piece(name)

    assert drawn == ["a", "b", "c", "b"]
    assert len(kept) == 2


def nested(kept: KeptHtml, drawn: list[str]) -> SafeString:
    """An outer piece with another one twice in it."""

    def inner() -> SafeString:
        drawn.append("inner")
        return SafeString("<i>")

    def outer() -> SafeString:
        drawn.append("outer")
        return SafeString(f"({kept.get(b'inner', inner)}{kept.get(b'inner', inner)})")

    return kept.get(b"outer", outer)


def test_piece_within_another_is_kept_once_and_found_in_its_place():
    kept, drawn = KeptHtml(most=100), list[str]()

    assert [nested(kept, drawn) for _ in range(3)] == ["(<i><i>)"] * 3
    assert drawn == ["outer", "inner"]


def test_page_is_put_together_as_it_is_sent():
    kept, drawn = KeptHtml(most=100), list[str]()

    pages = [put_together(lambda: f"{nested(kept, drawn)} 竹 {nested(kept, drawn)}", "token") for _ in range(2)]

    assert pages == ["(<i><i>) 竹 (<i><i>)".encode()] * 2
    assert drawn == ["outer", "inner"]


def test_piece_whose_parts_have_gone_is_drawn_again():
    kept, drawn = KeptHtml(most=60), list[str]()
    nested(kept, drawn)
    kept.most = 20 + 20
    kept.get(b"large", lambda: SafeString("x" * 30))

    assert nested(kept, drawn) == "(<i><i>)"
    assert drawn[0] == drawn[-2] == "outer"


def test_page_too_large_to_be_kept_is_drawn_whole():
    drawn: list[str] = []

    assert nested(KeptHtml(most=0), drawn) == "(<i><i>)"


def test_piece_that_could_not_be_drawn_leaves_the_next_one_alone():
    kept = KeptHtml(most=100)
    with pytest.raises(ZeroDivisionError):
        kept.get(b"broken", lambda: SafeString(1 / 0))

    assert kept.get(b"whole", lambda: SafeString("whole")) == "whole"


def test_nobody_can_write_what_stands_for_a_piece():
    kept = KeptHtml(most=100)
    kept.get(b"secret", lambda: SafeString("secret"))

    assert kept.get(b"typed", lambda: SafeString(f"\x00{b'secret'.hex()};")) == f"\x00{b'secret'.hex()};"


def test_templates_that_are_being_written_are_drawn_each_time():
    class Drawn(Engine):
        def get_template(self, name: str) -> Any:
            drawn.append(name)
            return super().get_template(name)

    drawn: list[str] = []
    loaders = [("django.template.loaders.locmem.Loader", {"piece.html": "piece", "page.html": '{% load kept %}{% kept "piece.html" %}'})]
    engine = Drawn(loaders=loaders, libraries={"kept": "accounts.templatetags.kept"}, debug=True)
    for _ in range(2):
        engine.get_template("page.html").render(Context())

    assert drawn.count("piece.html") == 2


def test_what_cannot_be_told_apart_is_refused_and_not_drawn_from_memory():
    with pytest.raises(AttributeError):
        key_of("piece.html", {"shown": lambda: 1})
