from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import User
from audit.models import Event
from labels import standards
from labels.models import Standard
from labels.rules import InvalidStandard
from tests.factories import NOW, create_questionnaire
from tests.labels.support import QUESTIONNAIRE, create_standard


def content(version: str = "2026") -> dict[str, Any]:
    return {**standards.read(standards.OURS), "version": version}


def write(folder: Path, data: dict[str, Any]) -> Path:
    path = folder / f"{data['version']}.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


def criterion(data: dict[str, Any], key: str) -> dict[str, Any]:
    return next(line for line in data["criteria"] if line["key"] == key)


def test_our_standard_makes_sense() -> None:
    rules = standards.check(content())

    assert rules.levels == ("green", "green_leader")
    assert len(rules.rules) == 30


def test_our_standard_never_claims_to_be_a_certificate() -> None:
    assert "certified" not in standards.OURS.read_text(encoding="utf-8")


SPOILT: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("unknown certificate", lambda d: criterion(d, "permit_on_file").update(any_of=["iso_9999"]), "unknown certificate 'iso_9999'"),
    ("unknown kind", lambda d: criterion(d, "total").update(kind="horoscope"), "unknown kind 'horoscope'"),
    ("unknown category", lambda d: criterion(d, "pilot").update(categories=["space"]), "unknown category 'space'"),
    ("unknown level", lambda d: criterion(d, "total")["need"].update(gold="90"), "unknown level 'gold'"),
    (
        "a higher level that asks less",
        lambda d: criterion(d, "total").update(need={"green": "60", "green_leader": "50"}),
        "green_leader asks less of media suppliers than green",
    ),
    (
        "a higher level that allows older reviews",
        lambda d: criterion(d, "review").update(need={"green": 12, "green_leader": 18}),
        "green_leader asks less",
    ),
    ("a higher level that asks nothing", lambda d: criterion(d, "no_violation").update(need={"green": 12}), "green_leader asks less"),
    ("a score that is no number", lambda d: criterion(d, "total").update(need={"green": "many"}), "nothing media suppliers could be asked"),
    ("a score above 100", lambda d: criterion(d, "total").update(need={"green_leader": "120"}), "nothing media suppliers could be asked"),
    ("a binary fraction", lambda d: criterion(d, "total").update(need={"green_leader": 80.5}), "nothing media suppliers could be asked"),
    ("no notice period", lambda d: d["ledger"].update(notice_days=0), "needs a notice period"),
    ("no Chinese text", lambda d: criterion(d, "total").update(title={"en": "Total"}), "in Chinese (zh)"),
    ("the same criterion twice", lambda d: d["criteria"].append(deepcopy(criterion(d, "total"))), "'total' occurs twice"),
    ("a gate for one level only", lambda d: criterion(d, "in_business").update(need={"green_leader": True}), "of every level alike"),
    ("no criteria", lambda d: d.update(criteria=[]), "has no criteria"),
    ("criteria of the wrong form", lambda d: d.update(criteria="all"), "criteria should be a list"),
]


@pytest.mark.parametrize(("spoil", "problem"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_standard_that_makes_no_sense_is_refused_with_the_reason(spoil: Callable[[dict[str, Any]], None], problem: str) -> None:
    data = deepcopy(content())
    spoil(data)

    with pytest.raises(InvalidStandard, match=problem.replace("(", r"\(").replace(")", r"\)")):
        standards.check(data)


def test_every_problem_is_told_at_once() -> None:
    data = deepcopy(content())
    criterion(data, "total").update(kind="horoscope")
    criterion(data, "pilot").update(effect="shout")

    with pytest.raises(InvalidStandard) as caught:
        standards.check(data)

    assert len(caught.value.problems) == 2


@pytest.mark.parametrize("text", ["- a list", "key: [unclosed", "just words"])
def test_a_file_that_holds_no_standard_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "standard.yaml"
    path.write_text(text)

    with pytest.raises(InvalidStandard):
        standards.read(path)


def test_loading_the_same_file_twice_makes_one_draft(db: None) -> None:
    first = standards.load_standard(standards.OURS, by=None, at=NOW)
    second = standards.load_standard(standards.OURS, by=None, at=NOW)

    assert first.pk == second.pk
    assert first.status == Standard.Status.DRAFT
    assert Event.objects.filter(action="standard.loaded").count() == 1


def test_a_draft_may_change(db: None, tmp_path: Path) -> None:
    draft = standards.load_standard(standards.OURS, by=None, at=NOW)
    changed = content()
    changed["title"]["en"] = "Another title"

    assert standards.load_standard(write(tmp_path, changed), by=None, at=NOW).pk == draft.pk
    assert Standard.objects.get().title_en == "Another title"


def test_publishing_is_recorded_and_the_first_version_is_in_force_at_once(staff: User) -> None:
    create_questionnaire(content=QUESTIONNAIRE)
    draft = standards.load_standard(standards.OURS, by=staff, at=NOW)

    standard = standards.publish(draft, by=staff, at=NOW)

    assert standard.in_force_from == date(2026, 6, 1)
    assert standards.in_force(date(2026, 6, 1)) == standard
    assert Event.objects.get(action="standard.published").actor == staff


def test_a_published_version_never_changes(db: None, tmp_path: Path) -> None:
    standard = create_standard()
    changed = content()
    changed["title"]["en"] = "Another title"

    with pytest.raises(standards.StandardChanged):
        standards.load_standard(write(tmp_path, changed), by=None, at=NOW)
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        Standard.objects.filter(pk=standard.pk).update(content={})


def test_a_later_version_needs_its_notice(db: None, tmp_path: Path) -> None:
    create_questionnaire(content=QUESTIONNAIRE)
    create_standard()
    draft = standards.load_standard(write(tmp_path, content("2027")), by=None, at=NOW)

    with pytest.raises(InvalidStandard, match="30 days of notice"):
        standards.publish(draft, by=None, at=NOW, in_force_from=NOW.date() + timedelta(days=29))
    assert standards.publish(draft, by=None, at=NOW).in_force_from == date(2026, 7, 1)
    assert standards.in_force(date(2026, 6, 30)).version == "2026"
    assert standards.in_force(date(2026, 7, 1)).version == "2027"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: criterion(d, "area_E1").update(area="E9"), "no area 'E9'"),
        (lambda d: criterion(d, "credit_rating").update(gate="E1-12-purple"), "no gate 'E1-12-purple'"),
        (lambda d: criterion(d, "permit_on_file")["asked_when"].update(question="E9-99"), "no question 'E9-99'"),
        (lambda d: d.update(questionnaire="another"), "No questionnaire 'another'"),
    ],
)
def test_a_standard_may_not_ask_about_what_the_questionnaire_does_not_have(
    db: None, tmp_path: Path, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    create_questionnaire(content=QUESTIONNAIRE)
    data = deepcopy(content())
    change(data)
    draft = standards.load_standard(write(tmp_path, data), by=None, at=NOW)

    with pytest.raises(InvalidStandard, match=problem):
        standards.publish(draft, by=None, at=NOW)


def test_no_standard_is_in_force_before_the_first(db: None) -> None:
    create_standard()

    with pytest.raises(standards.NoStandardInForce):
        standards.in_force(date(2023, 12, 31))


def test_the_command_loads_and_publishes(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    create_questionnaire(content=QUESTIONNAIRE)

    call_command("load_standard", "--publish", "--in-force-from", "2100-01-01")

    assert "in force from 2100-01-01" in capsys.readouterr().out
    assert Standard.objects.get().status == Standard.Status.PUBLISHED


def test_the_command_tells_what_is_wrong_with_a_file(db: None, tmp_path: Path) -> None:
    data = content()
    data["ledger"]["notice_days"] = 0

    with pytest.raises(CommandError, match="notice period"):
        call_command("load_standard", str(write(tmp_path, data)))
    with pytest.raises(CommandError, match="No such file"):
        call_command("load_standard", str(tmp_path / "missing.yaml"))
