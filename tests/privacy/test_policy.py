"""docs/data-retention.yaml speaks of every model and of every field that could be about a person; what it says is done."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.db.models import BinaryField, CharField, EmailField, FileField, GenericIPAddressField, JSONField, Model, TextField
from django.utils import translation
from pghistory.models import Event

from config.row_security import tracked
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


@pytest.mark.parametrize("rule", policy().rules, ids=lambda rule: f"{rule.model} {rule.words}")
def test_each_rule_is_a_query_that_the_database_understands(db: Any, rule: Rule) -> None:
    from datetime import UTC, datetime

    from privacy.retention import due

    assert due(rule, at=datetime(2026, 1, 1, tzinfo=UTC)).count() == 0
    assert not getattr(model_of(rule), "append_only", False), "what is append-only cannot be deleted"


def test_what_is_personal_goes_by_age_or_the_policy_says_why_not() -> None:
    """A model whose fields are not all emptied, and which does not go as a whole, has to say why the rest stays."""
    silent = {entry.model for entry in policy().entries.values() if entry.personal and not entry.stays and not _goes(entry)}

    assert silent == set(), "say in docs/data-retention.yaml: delete, or stays"


def _goes(entry: Entry) -> bool:
    return any(not rule.blank for rule in entry.rules) or entry.personal <= {name for rule in entry.rules for name in rule.blank}


def test_no_history_says_what_was_personal() -> None:
    """Nobody can take anything out of a history again."""
    kept = {
        f"{model.__name__}.{field}"
        for model in apps.get_models()
        if issubclass(model, Event) and (entry := policy().entries.get(tracked(model)._meta.label))
        for field in entry.personal & {each.name for each in model._meta.concrete_fields}
    }

    assert kept == set(), "keep_history(personal=[…])"


def test_an_address_is_found_when_its_person_is_made_nameless() -> None:
    forgotten = {entry.model for entry in policy().entries.values() if entry.nameless}
    with_address = {
        entry.model
        for entry in policy().entries.values()
        for field in apps.get_model(entry.model)._meta.concrete_fields
        if isinstance(field, EmailField) and field.name in entry.personal
    }

    assert with_address - forgotten == {"accounts.User"}, "say in docs/data-retention.yaml: nameless"


@pytest.mark.parametrize("rule", policy().rules, ids=lambda rule: f"{rule.model} {rule.words}")
def test_the_page_tells_every_rule_in_words(rule: Rule) -> None:
    line = line_of(rule)

    assert {moment.rpartition("__")[2] for moment in (rule.after, rule.and_after) if moment} <= set(SINCE)
    assert line.name != rule.model
    with translation.override("zh-hans"):
        assert not re.search("[a-z]", line_of(rule).goes), "give the field a name in Chinese, or in privacy/wording.py"
