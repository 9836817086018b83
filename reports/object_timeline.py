"""What became of one object: the events of the trail about it, and each version of its row that was superseded, with what changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from django.apps import apps
from django.db.models import Field, Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.looks import role_name
from accounts.models import User
from audit.action_names import action_name
from audit.models import Event


# The newest of each kind; what lies before is in the exports.
MOST = 200
# Whose row a row is, as far as its own keys say it.
TOWARDS_THE_SUPPLIER = ("assessment", "agreement", "answer", "finding", "document", "record", "appeal", "event")


@dataclass(frozen=True)
class Change:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    at: datetime
    title: str
    action: str = ""
    who: str = ""
    role: str = ""
    address: str = ""
    detail: str = ""
    changes: Sequence[Change] = field(default_factory=tuple)


@dataclass(frozen=True)
class Timeline:
    title: str
    kind: str
    supplier_id: int | None
    is_deleted: bool
    entries: Sequence[Entry]
    is_cut: bool


def timeline_of(label: str, pk: str, *, user: User) -> Timeline | None:
    """None where nothing of the kind is, or was, for this person to see."""
    model = _model(label)
    if model is None or (key := _key(model, pk)) is None:
        return None
    row, is_hidden = _row(model, key, user)
    if is_hidden:
        return None
    versions = _versions(model, key)
    events = list(Event.objects.filter(target_type=label, target_id=pk).select_related("actor").order_by("-pk")[: MOST + 1])
    if row is None and not versions and not events:
        return None
    entries = [*_changes(model, versions, row), *map(_of_event, events[:MOST])]
    newest = row or (versions[-1] if versions else None)
    return Timeline(
        title=str(row) if row else f"{model._meta.verbose_name} {pk}",
        kind=str(model._meta.verbose_name),
        supplier_id=_supplier_of(newest) or next((event.supplier_id for event in events if event.supplier_id), None),
        is_deleted=row is None,
        entries=sorted(entries, key=lambda entry: entry.at, reverse=True),
        is_cut=len(events) > MOST or len(versions) > MOST,
    )


def has_timeline(label: str) -> bool:
    return _model(label) is not None


def _model(label: str) -> type[Model] | None:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    # The tables of the libraries hold sessions and the like.
    return model if (model._meta.label_lower == label and hasattr(model._default_manager.all(), "visible_to")) or _is_kept(model) else None


def _is_kept(model: type[Model]) -> bool:
    return hasattr(model, "pgh_event_model")


def _key(model: type[Model], pk: str) -> Any:
    try:
        return model._meta.pk.to_python(pk)
    except Exception:
        return None


def _row(model: type[Model], key: Any, user: User) -> tuple[Model | None, bool]:
    """The row as it stands, and whether it is there and not for this person."""
    rows: Any = model._default_manager.all()
    row = rows.filter(pk=key).first()
    if row is not None and hasattr(rows, "visible_to") and not rows.visible_to(user).filter(pk=key).exists():
        return None, True
    return row, False


def _versions(model: type[Model], key: Any) -> list[Any]:
    """Oldest first; each holds what the row said before it was changed or deleted."""
    if not _is_kept(model):
        return []
    kept: Any = model
    newest = kept.pgh_event_model.objects.filter(pgh_obj_id=key).order_by("-pgh_id")[: MOST + 1]
    return list(newest)[::-1]


def _changes(model: type[Model], versions: Sequence[Any], row: Model | None) -> Iterator[Entry]:
    if not versions:
        return
    people = User.objects.in_bulk({person for version in versions if (person := _person(version))})
    for version, following in zip(versions, [*versions[1:], row], strict=True):
        who = people.get(_person(version) or 0)
        is_end = version.pgh_label == "deleted"
        yield Entry(
            at=version.pgh_created_at,
            title=_("Deleted") if is_end else _("Changed"),
            who=str(who) if who else "",
            detail=str((version.pgh_context or {}).get("url", "")),
            changes=list(_differences(model, version, None if is_end else following)),
        )


def _person(version: Any) -> int | None:
    person = (version.pgh_context or {}).get("user")
    return person if isinstance(person, int) else None


def _differences(model: type[Model], before: Any, after: Any) -> Iterator[Change]:
    kept = {each.attname for each in before._meta.concrete_fields}
    for each in model._meta.concrete_fields:
        if each.attname not in kept or each.primary_key:
            continue
        was, now = getattr(before, each.attname), getattr(after, each.attname) if after is not None else None
        if was != now:
            yield Change(str(each.verbose_name), _shown(each, was), _shown(each, now))


def _shown(each: "Field[Any, Any]", value: Any) -> str:
    match value:
        case None | "":
            return "–"
        case bool():
            return _("Yes") if value else _("No")
        case datetime():
            return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
        case dict() | list():
            text = orjson.dumps(value, default=str).decode()
        case _:
            text = str(dict(each.flatchoices).get(value, value))
    return Truncator(text).chars(300)


def _of_event(event: Event) -> Entry:
    return Entry(
        at=event.at,
        title=action_name(event.action),
        action=event.action,
        who=str(event.actor) if event.actor else str(THE_SYSTEM),
        role=role_name(event.actor_role),
        address=event.address or "",
        detail=orjson.dumps(event.detail).decode() if event.detail else "",
    )


THE_SYSTEM = gettext_lazy("the system")


def _supplier_of(row: Any) -> int | None:
    """For the access log: by its own key, else by that of the row it hangs on."""
    if row is None:
        return None
    if row._meta.label == "suppliers.Supplier":
        return int(row.pk)
    for name in ("supplier_id", *_owners(row)):
        if name == "supplier_id" and (found := getattr(row, name, None)):
            return int(found)
        if name != "supplier_id" and (above := getattr(row, name, None)) is not None:
            return _supplier_of(above)
    return None


def _owners(row: Any) -> Iterable[str]:
    names = {each.name for each in row._meta.concrete_fields}
    return [name for name in TOWARDS_THE_SUPPLIER if name in names]
