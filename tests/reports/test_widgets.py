from django import forms

from reports.widgets import LightSelect


CHOICES = [("", "All"), ("a", "A & B"), ("b", "<B>")]


class Light(forms.Form):
    kind = forms.ChoiceField(choices=CHOICES, widget=LightSelect)


class Plain(forms.Form):
    kind = forms.ChoiceField(choices=CHOICES)


def test_a_light_select_is_the_select_django_draws():
    for data in ({}, {"kind": "b"}, {"kind": "unknown"}):
        light, plain = Light(data)["kind"], Plain(data)["kind"]

        assert normal(light.as_widget(attrs={"class": "x"})) == normal(plain.as_widget(attrs={"class": "x"}))


def normal(html: str) -> str:
    return "".join(line.strip() for line in html.splitlines())
