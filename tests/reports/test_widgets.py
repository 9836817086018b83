from django import forms
from pytest_django.asserts import assertHTMLEqual

from reports.widgets import LightSelect


CHOICES = [("", "All"), ("a", "A & B"), ("b", "<B>")]


class Light(forms.Form):
    kind = forms.ChoiceField(choices=CHOICES, widget=LightSelect)


class Plain(forms.Form):
    kind = forms.ChoiceField(choices=CHOICES)


def test_a_light_select_is_the_select_django_draws():
    for data in ({}, {"kind": "b"}, {"kind": "unknown"}):
        assertHTMLEqual(Light(data)["kind"].as_widget(attrs={"class": "x"}), Plain(data)["kind"].as_widget(attrs={"class": "x"}))
