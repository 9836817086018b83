"""docs/data-retention.yaml speaks of every model and of every field that could be about a person; what it says is done."""

from typing import Any

import pytest
from django.apps import apps
from django.db.models import BinaryField, CharField, FileField, GenericIPAddressField, JSONField, Model, TextField
from pghistory.models import Event

from privacy.policy import Entry, Rule, model_of, policy
from privacy.wording import SINCE, line_of
from tests.test_repository import OURS


COULD_HOLD_TEXT = (CharField, TextField, JSONField, FileField, GenericIPAddressField, BinaryField)
LIBRARIES = ("mfa", "account", "socialaccount", "usersessions", "sessions")


def texts_of(model: type[Model]) -> set[str]:
    return {field.name for field in model._meta.concrete_fields if isinstance(field, COULD_HOLD_TEXT) and not field.choices}


def all_models() -> dict[str, type[Model]]:
    found = [model for app in (*OURS, *LIBRARIES) for model in apps.get_app_config(app).get_models() if not issubclass(model, Event)]
    return {model._meta.label: model for model in found}


def test_every_model_has_an_entry_and_every_entry_a_model() -> None:
    named = set(policy().entries)

    assert set(all_models()) - named == set(), "new models: say in docs/data-retention.yaml what they hold"
    assert {name for name in named if not _exists(name)} == set()


def _exists(name: str) -> bool:
    try:
        apps.get_model(name)
    except LookupError:
        return False
    return True


def test_every_field_that_could_be_about_a_person_says_whether_it_is() -> None:
    silent = {
        f"{name}.{field}"
        for name, model in all_models().items()
        if (entry := policy().entries.get(name))
        for field in texts_of(model) - entry.personal - entry.other
    }

    assert silent == set(), "say in docs/data-retention.yaml: personal, or other"


def test_the_policy_names_no_field_that_is_not_there() -> None:
    wrong = {
        f"{entry.model}.{field}"
        for entry in policy().entries.values()
        for field in entry.personal | entry.other
        if field not in {each.name for each in apps.get_model(entry.model)._meta.concrete_fields}
    }

    assert wrong == set()


def test_every_class_is_explained() -> None:
    assert {entry.data_class for entry in policy().entries.values()} == set(policy().classes)
    assert all(each["what"] and each["kept"] for each in policy().classes.values())


@pytest.mark.parametrize("entry", [entry for entry in policy().entries.values() if entry.rule], ids=lambda entry: entry.model)
def test_each_rule_is_a_query_that_the_database_understands(db: Any, entry: Entry) -> None:
    from datetime import UTC, datetime

    from privacy.retention import due

    assert entry.rule
    assert due(entry.rule, at=datetime(2026, 1, 1, tzinfo=UTC)).count() == 0
    assert not getattr(model_of(entry.rule), "append_only", False), "what is append-only cannot be deleted"


def test_the_history_of_a_person_does_not_say_who_it_is() -> None:
    for name in ("UserEvent", "InvitationEvent"):
        fields = {field.name for field in apps.get_model("accounts", name)._meta.concrete_fields}
        assert not fields & {"email", "name", "phone", "password"}


@pytest.mark.parametrize("rule", policy().rules, ids=lambda rule: rule.model)
def test_the_page_tells_every_rule_in_words(rule: Rule) -> None:
    line = line_of(rule)

    assert rule.after.rpartition("__")[2] in SINCE
    assert line.name != rule.model
    assert all(field in line.goes for field in rule.blank)
