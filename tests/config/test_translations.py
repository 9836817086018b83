import polib
import pytest

from config.translations import Text, compile_catalogues, complaints, texts_in_python, texts_in_template, update


def found(texts):
    return [(text.context, text.msgid, text.plural) for text in texts]


def test_texts_of_python_code_are_found():
    source = """
_("Plain")
gettext_lazy("Joined " "together")
ngettext("%(n)s file", "%(n)s files", n)
pgettext("verb", "Post")
_(variable)
other("Not this")
"""

    assert found(texts_in_python(source)) == [
        (None, "Plain", None),
        (None, "Joined together", None),
        (None, "%(n)s file", "%(n)s files"),
        ("verb", "Post", None),
    ]


def test_texts_of_templates_are_found_as_django_looks_them_up():
    source = """
{% translate "Sign in" %} {% translate "May" context "month" %} {% include "x.html" with label=_("Save (all)") %}
{% blocktranslate trimmed with name=user.name %}
  Dear {{ name }},
  100% done
{% endblocktranslate %}
{% blocktranslate count n=rows|length trimmed %}One row{% plural %}{{ n }} rows{% endblocktranslate %}
"""

    assert found(texts_in_template(source)) == [
        (None, "Sign in", None),
        ("month", "May", None),
        (None, "Save (all)", None),
        (None, "Dear %(name)s, 100%% done", None),
        (None, "One row", "%(n)s rows"),
    ]


def catalogue(**translations):
    entries = polib.POFile()
    entries.extend(polib.POEntry(msgid=msgid, msgstr=msgstr) for msgid, msgstr in translations.items())
    return entries


def test_update_adds_new_texts_keeps_translations_and_drops_what_is_gone():
    kept = catalogue(Kept="保留", Gone="消失")

    update(kept, [Text("Kept", places=["a.py"]), Text("New", places=["a.py"])], {"New": "新"})

    assert {entry.msgid: entry.msgstr for entry in kept} == {"Kept": "保留", "New": "新"}


@pytest.mark.parametrize(
    ("translation", "complaint"),
    [("", "not translated"), ("你好", "placeholders differ"), ("你好 %(nome)s", "placeholders differ")],
)
def test_missing_translations_and_lost_placeholders_are_complained_about(translation, complaint):
    text = Text("Hello %(name)s", places=["a.py"])

    wrong = complaints(catalogue(**{"Hello %(name)s": translation}), [text])

    assert len(wrong) == 1
    assert complaint in wrong[0]


def test_a_complete_catalogue_has_no_complaints():
    assert complaints(catalogue(**{"Hello %(name)s": "%(name)s，你好"}), [Text("Hello %(name)s", places=["a.py"])]) == []


def test_catalogues_compile_once_until_they_change(tmp_path, settings):
    settings.LOCALE_PATHS = [tmp_path]
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue(Yes="是").save(str(folder / "django.po"))

    assert compile_catalogues() == [folder / "django.mo"]
    assert compile_catalogues() == []
