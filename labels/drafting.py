"""Drafts of the green standard: begun from a version, changed piece by piece in the browser, and published by two people, with notice.

Every change is checked as a whole, so that a draft makes sense at any time. Whoever changes says which text they saw (its hash): two
people never overwrite each other. A change takes back the wish to publish, since that was for other words.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from audit import trail
from labels import standards
from labels.deciding import SamePerson
from labels.models import Standard
from labels.rules import InvalidStandard


if TYPE_CHECKING:
    from accounts.models import User

Content = dict[str, Any]


class ChangedMeanwhile(Exception):
    """Somebody else changed the draft after it was opened, or published it."""


class VersionTaken(Exception):
    """There is a version of this name."""


class NotSubmitted(Exception):
    """Nobody asked to publish the draft, or somebody took it back."""


@transaction.atomic
def begin(*, source_id: int, version: str, by: "User", at: datetime) -> Standard:
    """A draft that says what the source says, under a version of its own. Raises `VersionTaken`."""
    source = Standard.objects.get(pk=source_id)
    if Standard.objects.filter(key=source.key, version=version).exists():
        raise VersionTaken(version)
    content = {**deepcopy(source.content), "version": version}
    draft = Standard(key=source.key, version=version)
    standards.take_content(draft, content, standards.check(content))
    draft.save()
    trail.record("standard.drafted", actor=by, target=draft, detail={"from": source.version}, at=at)
    return draft


@transaction.atomic
def change(*, standard_id: int, seen: str, edit: Callable[[Content], None], by: "User", at: datetime) -> Standard:
    """Raises `ChangedMeanwhile`, and `InvalidStandard` with every reason where the result makes no sense; then nothing is changed."""
    draft = _locked(standard_id, seen)
    content = deepcopy(draft.content)
    edit(content)
    rules = standards.check(content)
    if problems := standards.unknown_to_questionnaire(rules):
        raise InvalidStandard(problems)
    standards.take_content(draft, content, rules)
    draft.save()
    trail.record("standard.changed", actor=by, target=draft, detail={"sha256": draft.sha256}, at=at)
    return draft


def _locked(standard_id: int, seen: str) -> Standard:
    draft = Standard.objects.select_for_update(of=("self",)).get(pk=standard_id)
    if draft.status != Standard.Status.DRAFT or draft.sha256 != seen:
        raise ChangedMeanwhile(standard_id)
    return draft


@transaction.atomic
def submit(*, standard_id: int, seen: str, in_force_from: date, by: "User", at: datetime) -> Standard:
    """The first of two people asks to publish. Raises `ChangedMeanwhile`, and `InvalidStandard` without notice."""
    draft = _locked(standard_id, seen)
    rules = standards.check(draft.content)
    problems = standards.unknown_to_questionnaire(rules)
    earliest = standards.earliest_start(rules, at=at)
    if in_force_from < earliest:
        problems.append(standards.late_notice(rules, earliest))
    if problems:
        raise InvalidStandard(problems)
    draft.submitted_by, draft.submitted_at, draft.wanted_from = by, at, in_force_from
    draft.save(update_fields=["submitted_by", "submitted_at", "wanted_from"])
    trail.record("standard.submitted", actor=by, target=draft, detail={"in_force_from": in_force_from.isoformat()}, at=at)
    return draft


@transaction.atomic
def publish(*, standard_id: int, seen: str, by: "User", at: datetime) -> Standard:
    """The second one publishes it. Raises `NotSubmitted`, `SamePerson`, `ChangedMeanwhile`, and `InvalidStandard` when notice ran out."""
    draft = _locked(standard_id, seen)
    if draft.submitted_by_id is None or draft.wanted_from is None:
        raise NotSubmitted(standard_id)
    if draft.submitted_by_id == by.pk:
        raise SamePerson(by.pk)
    return standards.publish(draft, by=by, at=at, in_force_from=draft.wanted_from)


@transaction.atomic
def withdraw(*, standard_id: int, by: "User", at: datetime) -> Standard:
    """Back to drafting: by the first person, or because the second does not agree."""
    draft = Standard.objects.select_for_update(of=("self",)).get(pk=standard_id)
    if draft.status != Standard.Status.DRAFT or draft.submitted_by_id is None:
        raise NotSubmitted(standard_id)
    draft.submitted_by = draft.submitted_at = draft.wanted_from = None
    draft.save(update_fields=["submitted_by", "submitted_at", "wanted_from"])
    trail.record("standard.withdrawn", actor=by, target=draft, at=at)
    return draft


# --- changes of the content -------------------------------------------------------------------------------------------


def put_criterion(line: Content) -> Callable[[Content], None]:
    """In the place of the one with its key, or at the end."""

    def edit(content: Content) -> None:
        lines = content["criteria"]
        places = [place for place, one in enumerate(lines) if one["key"] == line["key"]]
        if places:
            lines[places[0]] = line
        else:
            lines.append(line)

    return edit


def drop_criterion(key: str) -> Callable[[Content], None]:
    def edit(content: Content) -> None:
        content["criteria"] = [one for one in content["criteria"] if one["key"] != key]

    return edit


def put_general(title: Content, summary: Content, ledger: Content) -> Callable[[Content], None]:
    def edit(content: Content) -> None:
        content.update(title=title, summary=summary, ledger={**content["ledger"], **ledger})

    return edit


def find_criterion(content: Content, key: str) -> Content | None:
    return next((one for one in content["criteria"] if one["key"] == key), None)
