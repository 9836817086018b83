import re
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.conf import settings
from django.template import Context, Template
from django.template.loader import render_to_string

from accounts.badges import _STATES, TONES
from accounts.templatetags import ui


OURS = {"accounts", "runs", "suppliers", "emissions", "assessments", "pilots", "labels", "reports"}
TEMPLATES = Path(settings.BASE_DIR) / "templates"


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As registered.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="I agree")
    note = forms.CharField(label="Note", required=False)


def render(source: str, **context: object) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


def field_html(form: forms.Form, name: str) -> str:
    return render_to_string("components/field.html", {"field": form[name]})


def test_a_decorative_icon_is_hidden_from_screen_readers_and_a_labelled_one_is_not():
    assert 'aria-hidden="true"' in render('{% icon "leaf" %}')
    assert 'role="img" aria-label="Green"' in render('{% icon "leaf" label="Green" %}')


def test_what_is_said_of_a_question_follows_its_mark():
    assert render("{{ a|lead }}{{ b|lead }}", a="Name", b="Which company?") == "Name: Which company? "


def test_every_icon_named_in_templates_badges_and_menu_exists():
    named = {icon for _tone, icon in _STATES.values()} | set(TONES.values())
    for path in TEMPLATES.rglob("*.html"):
        named |= set(re.findall(r"\{% icon ['\"]([a-z0-9-]+)['\"]", path.read_text()))
    menu = Path(settings.BASE_DIR) / "accounts" / "menu.py"
    named |= set(re.findall(r'Entry\("[^"]+", _\("[^"]+"\), "([^"]+)"', menu.read_text()))

    assert named - ui.icon_names() == set()


def test_a_badge_says_its_state_in_words_and_marks_it_with_an_icon():
    html = render('{% status_badge "off_track" "Off track" %}')

    assert "state--bad" in html
    assert "#trending-up" in html
    assert "Off track" in html


def test_an_unknown_state_is_neutral_and_an_unknown_tone_is_refused():
    assert "state--neutral" in render('{% status_badge "never_heard_of" "New" %}')
    with pytest.raises(ValueError, match="unknown tone"):
        ui.badge("x", "purple")


def test_every_state_a_model_can_be_in_has_a_badge():
    states = {
        str(value)
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        if field.name in {"status", "state", "outcome", "severity"}
        for value, _label in getattr(field, "choices", None) or []
        if value
    }

    assert states - set(_STATES) == set()


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Decimal("1234567.50"), None, "1,234,567.50"),
        (Decimal("2.345"), 2, "2.35"),
        (1000, 0, "1,000"),
        ("12.5", 1, "12.5"),
        (None, None, "–"),
        ("", 2, "–"),
        ("n/a", 1, "n/a"),
        (Decimal("-1234.5"), 0, "-1,235"),
    ],
)
def test_numbers_are_grouped_and_rounded_half_up(value, places, shown):
    assert ui.local_number(value, places) == shown


def test_shares_are_shown_as_percentages():
    assert ui.percent(Decimal("0.6789")) == "68%"
    assert ui.percent(Decimal("0.6789"), 1) == "67.9%"
    assert ui.percent(None) == "–"


def test_initials_of_latin_and_chinese_names():
    assert [ui.initials(name) for name in ("Lin Wei", "Madonna", "陈静怡", "林知远 Lin Zhiyuan", "")] == ["LW", "M", "静怡", "知远", "?"]


def test_a_field_with_an_error_points_at_its_hint_and_its_error():
    form = Sample({})
    html = field_html(form, "name")

    described_by = re.search(r'aria-describedby="([^"]+)"', html).group(1).split()
    assert described_by == ["id_name_helptext", "id_name_error"]
    assert all(f'id="{name}"' in html for name in described_by)
    assert 'aria-invalid="true"' in html
    assert 'class="form-control is-invalid"' in html


def test_radio_buttons_are_a_fieldset_with_a_legend_and_one_label_each():
    html = field_html(Sample(), "kind")

    assert html.count("<legend") == 1
    assert html.count("<label") == 2
    assert html.count('type="radio"') == 2


def test_optional_fields_say_so_and_required_ones_do_not():
    assert "(optional)" in field_html(Sample(), "note")
    assert "(optional)" not in field_html(Sample(), "name")


def test_the_error_summary_links_to_each_field_and_is_absent_without_errors():
    html = render_to_string("components/error_summary.html", {"form": Sample({})})

    assert re.findall(r'href="#([^"]+)"', html) == ["id_name", "id_kind", "id_agreed"]
    assert render_to_string("components/error_summary.html", {"form": Sample()}).strip() == ""


def test_the_widget_tag_passes_attributes_on():
    html = render('{% widget form.name data_question="E1-01" class="wide" %}', form=Sample())

    assert 'data-question="E1-01"' in html
    assert 'class="form-control wide"' in html
