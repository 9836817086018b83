from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from assessments.models import QuestionnaireVersion
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules import loading, rulesets
from tests.assessments.publishing import put_in_force, today
from tests.factories import NOW, SMALL_QUESTIONNAIRE, create_user


def changed(**fields: Any) -> dict[str, Any]:
    return deepcopy(SMALL_QUESTIONNAIRE) | fields


def load(content: dict[str, Any] | None = None) -> QuestionnaireVersion:
    return loading.load_questionnaire(content or SMALL_QUESTIONNAIRE, by=None, at=NOW)


def test_loading_the_same_twice_keeps_one_version(db: None) -> None:
    first = load()

    assert load().pk == first.pk
    assert QuestionnaireVersion.objects.count() == 1


def test_a_draft_is_loaded_over(db: None) -> None:
    first = load()

    again = load(changed(title={"en": "Another title", "zh": "另一标题"}))

    assert again.pk == first.pk
    assert again.title_en == "Another title"
    assert rulesets.questionnaire_of(again.pk).title.en == "Another title"


def test_a_published_version_never_changes(db: None) -> None:
    version = put_in_force(SMALL_QUESTIONNAIRE)

    with pytest.raises(loading.PublishedVersionDiffers, match="give the new text a new version"):
        load(changed(zero_tolerance_cap="20"))
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        QuestionnaireVersion.objects.filter(pk=version.pk).update(content={})

    assert load(changed(version="2", zero_tolerance_cap="20")).pk != version.pk


def test_the_stored_rules_are_those_of_the_file(db: None) -> None:
    version = load()

    rules = rulesets.for_version(version.pk)

    assert rules.sha256 == version.sha256
    assert rulesets.for_version(version.pk) is rules
    assert rulesets.trigger_text(version.pk, "B-01-child-labour").zh == "童工"


def test_the_command_loads_publishes_and_says_so(db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(SMALL_QUESTIONNAIRE, allow_unicode=True))

    call_command("load_questionnaire", file, "--publish")

    assert "small 1: in_force" in capsys.readouterr().out
    assert QuestionnaireVersion.objects.get().status == "in_force"


def test_the_command_lists_every_problem_with_its_line(db: None, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(yaml.safe_dump(changed(profiles={"default": {"A": "60", "B": "50"}}, evidence_share="2"), allow_unicode=True))

    with pytest.raises(CommandError) as refusal:
        call_command("load_questionnaire", file)

    assert "2 problem(s)" in str(refusal.value)
    assert "The shares add up to 110, not to 100." in str(refusal.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"- just\n- a list\n", b"key: [unclosed\n"])
def test_what_is_no_questionnaire_is_refused_without_an_accident(db: None, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "no.yaml"
    file.write_bytes(content)

    with pytest.raises(CommandError):
        call_command("load_questionnaire", file)


@pytest.mark.parametrize(
    ("part", "value", "reason"),
    [
        ("key", "k" * 61, "At most 60 characters fit here."),
        ("version", "v" * 21, "At most 20 characters fit here."),
        ("title", {"en": "t" * 201, "zh": "题"}, "At most 200 characters fit here."),
        ("title", {"en": "Half a \0 title", "zh": "题"}, "This text holds a character that cannot be kept."),
        ("title", {"en": "Half a \ud83d sign", "zh": "题"}, "This text holds a character that cannot be kept."),
    ],
)
def test_what_no_column_can_hold_is_refused_with_its_line(db: None, part: str, value: Any, reason: str) -> None:
    with pytest.raises(QuestionnaireError) as refused:
        loading.load_questionnaire(yaml.safe_dump(changed(**{part: value})), by=None, at=NOW)

    [problem] = refused.value.problems
    assert problem.reason == reason
    assert problem.line
    assert problem.path.startswith(part)


def test_codes_longer_than_their_columns_are_refused(db: None) -> None:
    content = changed()
    content["questions"][0]["code"] = "A" * 41
    content["questions"][2]["triggers"][0]["key"] = "B" * 81

    with pytest.raises(QuestionnaireError) as refused:
        load(content)

    assert {problem.path: problem.reason for problem in refused.value.problems if "fit here" in problem.reason} == {
        "questions[0].code": "At most 40 characters fit here.",
        "questions[2].triggers[0].key": "At most 80 characters fit here.",
    }


def test_a_refused_file_leaves_nothing_behind(db: None) -> None:
    with pytest.raises(QuestionnaireError):
        load(changed(areas=[]))

    assert not QuestionnaireVersion.objects.exists()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_staff_load_a_file_read_its_method_and_publish_it(client: Client, staff: User) -> None:
    client.force_login(staff)
    file = SimpleUploadedFile("small.yaml", yaml.safe_dump(SMALL_QUESTIONNAIRE, allow_unicode=True).encode())

    page = client.post(reverse("assessments:questionnaire_load"), {"file": file}, follow=True)
    version = QuestionnaireVersion.objects.get()

    assert "Do you meter your water?" in page.text
    assert "without it the answer earns 0.5 of its credit" in page.text
    assert "caps all three at 30" in page.text
    client.force_login(create_user(role=Role.ESG_STAFF))
    client.post(reverse("assessments:questionnaire_announce", args=[version.pk]), {"in_force_from": today().isoformat()})
    version.refresh_from_db()
    assert (version.status, version.changed_by) == ("in_force", staff)


def test_the_browser_lists_every_problem_of_a_file(client: Client, staff: User) -> None:
    client.force_login(staff)
    broken = yaml.safe_dump(changed(profiles={"default": {"A": "60", "B": "50"}}, evidence_share="2")).encode()

    page = client.post(reverse("assessments:questionnaire_load"), {"file": SimpleUploadedFile("x.yaml", broken)})

    assert page.status_code == 422
    assert "The file was not loaded: 2 problems" in page.text


def test_reviewers_read_questionnaires_and_change_none(client: Client, reviewer: User) -> None:
    version = load()
    client.force_login(reviewer)

    assert client.get(reverse("assessments:questionnaire_list")).status_code == 200
    assert client.get(version.get_absolute_url()).status_code == 200
    assert client.get(reverse("assessments:questionnaire_load")).status_code == 403
    assert client.post(reverse("assessments:questionnaire_announce", args=[version.pk])).status_code == 403


def test_the_shipped_questionnaire_has_a_page_in_both_languages(client: Client, staff: User) -> None:
    source = Path("assessments/questionnaires/supplier-esg-code-2026.1.yaml")
    version = loading.load_questionnaire(source, by=staff, at=NOW)
    client.force_login(staff)

    english = client.get(version.get_absolute_url()).text
    User.objects.filter(pk=staff.pk).update(language="zh-hans")
    chinese = client.get(version.get_absolute_url()).text

    assert "110 questions in 8 areas" in english
    assert version.title_zh in chinese
