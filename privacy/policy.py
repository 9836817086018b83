"""docs/data-retention.yaml as the code reads it: what each model holds, which of its fields are about a person, and when it goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.conf import settings
from django.db.models import Model


# In the place of a path: such rows do not say which supplier they are about.
ANY = "any"
POLICY: Path = settings.BASE_DIR / "docs" / "data-retention.yaml"


@dataclass(frozen=True)
class Rule:
    """Rows go, or (`blank`) some of their fields do, so many days after a date, or the later of two; never those under a hold.

    `supplier`, `person` and `email` are paths to whose they are.
    """

    model: str
    after: str
    days: int
    and_after: str = ""
    where: dict[str, Any] = field(default_factory=dict)
    blank: tuple[str, ...] = ()
    supplier: str = ""
    person: str = ""
    email: str = ""

    @property
    def words(self) -> str:
        return f"{self.days} days after {self.after}" + (f", field {', '.join(self.blank)}" if self.blank else "")


@dataclass(frozen=True)
class Nameless:
    """What becomes of rows about a person who is made nameless. `by`: the field that finds them, the person or the former address.
    They go, or (`put`) some of their fields take over a field of the nameless account."""

    by: str
    put: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """`personal`: fields about a person; `other`: fields that could hold text and are not; `stays`: why none of it goes by age."""

    model: str
    data_class: str
    personal: frozenset[str]
    other: frozenset[str]
    rules: tuple[Rule, ...]
    stays: str
    nameless: Nameless | None


@dataclass(frozen=True)
class Policy:
    classes: dict[str, dict[str, str]]
    entries: dict[str, Entry]

    @property
    def rules(self) -> list[Rule]:
        return [rule for entry in self.entries.values() for rule in entry.rules]


@cache
def policy() -> Policy:
    content = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    return Policy(content["classes"], {model: _entry(model, given) for model, given in content["models"].items()})


def _entry(model: str, given: dict[str, Any]) -> Entry:
    return Entry(
        model,
        given["class"],
        frozenset(given.get("personal", ())),
        frozenset(given.get("other", ())),
        tuple(_rules(model, given.get("delete", []))),
        given.get("stays", ""),
        Nameless(**given["nameless"]) if "nameless" in given else None,
    )


def _rules(model: str, given: dict[str, Any] | list[dict[str, Any]]) -> Iterator[Rule]:
    for rule in given if isinstance(given, list) else [given]:
        yield Rule(model, **{**rule, "blank": tuple(rule.get("blank", ()))})


def model_of(rule: Rule) -> type[Model]:
    return apps.get_model(rule.model)
