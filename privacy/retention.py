"""Deleting by age, as the policy says. What is under a hold stays, what others lean on stays, and each deletion is in the log."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import CASCADE, DO_NOTHING, FileField, Model, ProtectedError, QuerySet, RestrictedError

from accounts.models import User
from privacy.models import Disposal, LegalHold
from privacy.policy import ANY, Rule, model_of


# Of one rule in one night; the rest goes the nights after.
MOST = 20_000
MOST_ONE_BY_ONE = 1000
NUMBERS_KEPT = 1000


def due(rule: Rule, *, at: datetime) -> QuerySet[Any]:
    long_ago = at - timedelta(days=rule.days)
    old = {f"{moment}__lt": long_ago for moment in (rule.after, rule.and_after) if moment}
    rows = model_of(rule)._default_manager.filter(**rule.where, **old)
    if rule.blank:
        rows = rows.exclude(**emptied(rule))
    return _without_held(rule, rows).order_by("pk")


def _without_held(rule: Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    suppliers, persons = (list(LegalHold.objects.subjects(kind)) for kind in (LegalHold.Kind.SUPPLIER, LegalHold.Kind.PERSON))
    if rule.supplier == ANY:
        return rows.none() if suppliers else rows
    emails = User.objects.filter(pk__in=persons).values_list("email")
    for path, subjects in ((rule.supplier, suppliers), (rule.person, persons), (rule.email, emails)):
        if path:
            # Rows of nobody are under nobody's hold: NOT IN would lose them.
            held = model_of(rule)._default_manager.filter(**{f"{path}__in": subjects})
            rows = rows.exclude(pk__in=held.values("pk"))
    return rows


@transaction.atomic
def dispose(rule: Rule, *, at: datetime, by: User | None = None) -> int:
    """How many rows went, or were emptied."""
    LegalHold.stand_still()
    way = _blank if rule.blank else _at_once if _stands_alone(model_of(rule)) else _one_by_one
    gone = way(rule, at)
    if gone:
        numbers = [str(number) for number in gone[:NUMBERS_KEPT]]
        Disposal.objects.create(model=rule.model, rule=rule.words, count=len(gone), numbers=numbers, at=at, by=by)
    return len(gone)


def emptied(rule: Rule) -> dict[str, Any]:
    fields = {field.name: field for field in model_of(rule)._meta.concrete_fields}
    return {name: fields[name].get_default() for name in rule.blank}


def _blank(rule: Rule, at: datetime) -> list[Any]:
    rows = list(due(rule, at=at)[:MOST])
    model_of(rule)._default_manager.filter(pk__in=[row.pk for row in rows]).update(**emptied(rule))
    for row in rows:
        _forget_files(row, of=rule.blank)
    return [row.pk for row in rows]


def _stands_alone(model: type[Model]) -> bool:
    """No file hangs on it, and nothing leans on it."""
    leans = any(relation.on_delete is not DO_NOTHING for relation in model._meta.related_objects)
    return not leans and not any(isinstance(field, FileField) for field in model._meta.concrete_fields)


def _at_once(rule: Rule, at: datetime) -> list[Any]:
    gone = list(due(rule, at=at).values_list("pk", flat=True)[:MOST])
    model_of(rule)._default_manager.filter(pk__in=gone).delete()
    return gone


def _one_by_one(rule: Rule, at: datetime) -> list[Any]:
    """Those that others lean on are tried each night: they may have let go."""
    numbers = (_delete(rule, row, at) for row in due(rule, at=at).iterator())
    return list(islice((number for number in numbers if number is not None), MOST_ONE_BY_ONE))


def _delete(rule: Rule, row: Model, at: datetime) -> Any:
    """Its number; None for a row that others lean on, or that somebody went on with meanwhile."""
    number = row.pk
    try:
        with transaction.atomic():
            if not due(rule, at=at).select_for_update(of=("self",), skip_locked=True).filter(pk=number).first():
                return None
            _forget_files(row)
            row.delete()
    except (ProtectedError, RestrictedError):
        return None
    return number


def _forget_files(row: Model, *, of: Collection[str] | None = None) -> None:
    """All of a row that goes, with those of the parts that go with it; or those of some fields."""
    for field in row._meta.concrete_fields:
        if isinstance(field, FileField) and (of is None or field.name in of) and (file := getattr(row, field.name)):
            # After the commit: a file that is gone cannot come back with its row.
            transaction.on_commit(partial(file.storage.delete, file.name))
    for relation in row._meta.related_objects if of is None else ():
        if relation.on_delete is CASCADE and any(isinstance(field, FileField) for field in relation.related_model._meta.concrete_fields):
            for part in relation.related_model._default_manager.filter(**{relation.field.name: row}):
                _forget_files(part)
