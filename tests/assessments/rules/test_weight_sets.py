"""Weight sets: other weights for the same questions, from a form or a file, and scored, tested and proven like any version."""

import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role, User
from assessments.models import BackTestScore, QuestionnaireVersion, Score, WeightSet
from assessments.publication import publishing
from assessments.questionnaires import questionnaire
from assessments.questionnaires.questionnaire import QuestionnaireError
from assessments.rules import loading, rulesets, weight_sets, weight_workbook, weighting
from assessments.scores import past
from assessments.scores.keeping import keep_scores
from assessments.scoring import offline_checker, receipt_checking, receipts, scorer
from audit.models import Event
from suppliers.models import Supplier
from tests.assessments.publishing import announced, put_in_force, tried
from tests.assessments.small import MEDIA, document, question
from tests.factories import NOW, create_answer, create_assessment, create_campaign, create_user


TWO_AREAS = document(
    question("A-1", weight="3"), question("A-2"), question("B-1", area="B"), question("B-2", "text", area="B", credit={"kind": "none"})
)
BASE = questionnaire.load(TWO_AREAS)


def weights(version: str = "1-w1", **parts: Any) -> dict[str, Any]:
    head = {"questionnaire": "small", "of": "1", "version": version}
    return {"weight_set": head, "profiles": {"media": {"A": "80", "B": "20"}}, "weights": {"A-1": "1"}} | parts


@pytest.fixture
def base(db: None) -> QuestionnaireVersion:
    return put_in_force(TWO_AREAS)


def reasons(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(QuestionnaireError) as refused:
        weighting.read(data, base=BASE)
    return [(problem.path, problem.reason) for problem in refused.value.problems]


# --- what a set says --------------------------------------------------------------------------------------------------


def test_a_set_changes_weights_and_nothing_else() -> None:
    made = weighting.read(weights(), base=BASE).made

    assert made.profile("media") == {"A": Decimal(80), "B": Decimal(20)}
    assert made.profile("events") == BASE.profile("events")
    assert [each.weight for each in made.questions] == [1, 1, 1, 1]
    assert (made.version, made.weight_set) == ("1-w1", "1")
    same = {**made.document, "version": "1", "profiles": BASE.document["profiles"], "questions": BASE.document["questions"]}
    assert {key: value for key, value in same.items() if key != "weight_set"} == BASE.document


def test_a_score_follows_the_weights_by_hand() -> None:
    """A: (1x1 + 1x0) / 2 = 50; B: 100; media 0.8 x 50 + 0.2 x 100 = 60. By the questionnaire's own: A 75, total 87.5."""
    answers = {"A-1": ({"value": "yes"}, False, None), "A-2": ({"value": "no"}, False, None), "B-1": ({"value": "yes"}, False, None)}

    by_set = scorer.compile(weighting.read(weights(), base=BASE).made).score(MEDIA, answers)  # type: ignore[arg-type]
    own = scorer.compile(BASE).score(MEDIA, answers)  # type: ignore[arg-type]

    assert (by_set.declared, own.declared) == (Decimal("60.00"), Decimal("87.50"))


def test_numbers_written_out_and_numbers_left_out_make_the_same_set() -> None:
    every = weighting.document(BASE, weighting.read(weights(), base=BASE).made, version="1-w1")

    assert every["weights"] == {"A-1": "1", "A-2": "1", "B-1": "1"}
    assert weighting.read(every, base=BASE) == weighting.read(weights(), base=BASE)
    assert weighting.read(weights(weights={"A-1": "1.00"}), base=BASE).sha256 == weighting.read(weights(), base=BASE).sha256


def test_a_category_keeps_the_shares_it_is_given_beside_another_default() -> None:
    """Services have the default's shares in the questionnaire, and keep them where only the default is changed."""
    given = {"default": {"A": "90", "B": "10"}, "services": shares_of("services")}

    made = weighting.read(weights(profiles=given), base=BASE).made

    assert made.profile("services") == BASE.profile("services")
    assert made.profile("events") == {"A": Decimal(90), "B": Decimal(10)}
    left_out = weighting.read(weights(profiles={"services": shares_of("services")}), base=BASE)
    assert left_out.content["profiles"] == {}


def shares_of(category: str) -> dict[str, str]:
    return {area: str(share) for area, share in BASE.profile(category).items()}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    broken = weights(
        weight_set={"questionnaire": "other", "of": "1", "version": "1"},
        profiles={"media": {"A": "80", "B": "21"}, "space": {"A": "100"}, "events": {"C": "100"}},
        weights={"A-9": "1", "B-2": "1", "A-1": "heavy"},
    )

    assert reasons(broken) == [
        ("weight_set.questionnaire", "These weights are meant for “other”, not for “small”."),
        ("weight_set.version", "This is the version of the questionnaire itself: give the weights one of their own."),
        ("profiles.space", "Unknown key; known here: default, media, events, services, engineering, office_it, logistics, cloud_dc."),
        ("profiles.media", "The shares add up to 101, not to 100."),
        ("profiles.events.C", "Unknown key; known here: A, B."),
        ("profiles.events", "The shares add up to 0, not to 100."),
        ("weights.A-9", "The questionnaire has no question “A-9”."),
        ("weights.B-2", "Question B-2 is collected and never scored: it has no weight."),
        ("weights.A-1", '“heavy” is not a number in quotes, such as "0.5".'),
    ]


@given(st.integers(0, 100), st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(["yes", "no"]), st.sampled_from(["yes", "no"]))
def test_any_set_does_what_its_numbers_say(share: int, first: int, second: int, one: str, other: str) -> None:
    """The total is the weighted mean of the weighted means, whatever the weights; what weighs nothing changes nothing."""
    data = weights(profiles={"media": {"A": str(share), "B": str(100 - share)}}, weights={"A-1": str(first), "A-2": str(second)})
    rules = scorer.compile(weighting.read(data, base=BASE).made)
    answers = {"A-1": ({"value": one}, False, None), "A-2": ({"value": other}, False, None), "B-1": ({"value": "yes"}, False, None)}

    total = rules.score(MEDIA, answers).declared  # type: ignore[arg-type]

    counted = [(share, Decimal(100 * (first * (one == "yes") + second * (other == "yes"))) / (first + second))] if first + second else []
    counted.append((100 - share, Decimal(100)))
    shared = sum(each for each, _score in counted)
    if not shared:
        assert total is None
    else:
        assert total is not None
        assert abs(total - sum((each * score for each, score in counted), Decimal(0)) / shared) <= Decimal("0.005")


def test_a_workbook_is_read_as_it_was_written() -> None:
    made = weighting.document(BASE, weighting.read(weights(), base=BASE).made, version="1-w1")
    content = weight_workbook.write_xlsx(made, texts={"A-1": "Do you?"})

    assert weight_workbook.parse_xlsx(content, lambda data: data) == made


def test_a_workbooks_problems_name_their_cells() -> None:
    made = weights(profiles={"media": {"A": "80", "B": "30"}}, weights={"A-9": "1"})
    content = weight_workbook.write_xlsx(made, texts={})

    with pytest.raises(QuestionnaireError) as refused:
        weight_workbook.parse_xlsx(content, lambda data: weighting.read(data, base=BASE))

    assert [(each.cell, each.reason) for each in refused.value.problems] == [
        ("profiles!A2", "The shares add up to 110, not to 100."),
        ("weights!B2", "The questionnaire has no question “A-9”."),
    ]


# --- kept, published, proven ------------------------------------------------------------------------------------------


def test_a_set_is_kept_as_a_draft_and_the_same_again_changes_nothing(base: QuestionnaireVersion, staff: User) -> None:
    first = weight_sets.load_weight_set(weights(), by=staff, at=NOW)
    again = weight_sets.load_weight_set(weights(), by=staff, at=NOW)

    assert first == again
    assert (first.key, first.version, first.status, first.changed_by) == ("small", "1-w1", "draft", staff)
    assert WeightSet.objects.get().base == base
    assert Event.objects.filter(action="weight_set.loaded").count() == 1
    changed = weight_sets.load_weight_set(weights(weights={"A-1": "2"}), by=staff, at=NOW)
    assert changed.pk == first.pk
    assert WeightSet.objects.get().content["weights"] == {"A-1": "2"}


def test_a_set_for_a_version_made_by_a_set_is_for_the_questionnaire(base: QuestionnaireVersion, staff: User) -> None:
    first = weight_sets.load_weight_set(weights(), by=None, at=NOW)
    announced(first)
    publishing.put_due_into_force(at=NOW.replace(year=NOW.year + 1))
    first.refresh_from_db()

    second = weight_sets.load_weight_set(weight_sets.document_of(first), by=staff, at=NOW)

    assert (second.version, second.weight_set.base) == ("1-w2", base)
    assert rulesets.questionnaire_of(second.pk).profiles == rulesets.questionnaire_of(first.pk).profiles


def test_a_receipt_by_a_weight_set_names_it_and_computes_again(base: QuestionnaireVersion, supplier: Supplier, tmp_path: Path) -> None:
    version = weight_sets.load_weight_set(weights(), by=None, at=NOW)
    announced(version)
    publishing.put_due_into_force(at=NOW.replace(year=NOW.year + 1))
    Supplier.objects.filter(pk=supplier.pk).update(category="media")
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=version), started_at=NOW, status="in_progress")
    for code, said in (("A-1", "yes"), ("A-2", "no"), ("B-1", "yes")):
        create_answer(assessment=assessment, question=code, value={"value": said})
    keep_scores([assessment.pk], at=NOW)

    score = Score.objects.select_related("assessment__campaign", "assessment__supplier").get(assessment=assessment)
    receipt = past.receipt_for(score)

    assert score.declared == Decimal("60.00")
    assert receipt["questionnaire"] == {"key": "small", "version": "1-w1", "sha256": version.sha256}
    assert receipt["rules"]["weight_set"] == {"of": "1", "sha256": base.sha256}
    assert receipt["rules_sha256"] == rulesets.rules_sha256(version.pk)
    assert receipts.verify(receipt, rulesets.for_version(version.pk)) == []
    (tmp_path / "verify_receipt.py").write_text(offline_checker.source())
    (tmp_path / "receipt.json").write_text(json.dumps(receipt))
    told = subprocess.run(
        [sys.executable, "-I", "verify_receipt.py", "receipt.json"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "small 1-w1, weights for small 1, SHA-256" in told.stdout
    receipt["rules"]["profiles"]["media"]["A"] = "79"
    code, lines = receipt_checking.check(json.dumps(receipt))
    assert code != receipt_checking.SOUND
    assert any("rules.profiles" in line for line in lines)


def test_a_back_test_of_a_set_counts_every_answer(base: QuestionnaireVersion, supplier: Supplier, staff: User) -> None:
    Supplier.objects.filter(pk=supplier.pk).update(category="media")
    assessment = create_assessment(supplier=supplier, campaign=create_campaign(questionnaire=base), started_at=NOW, status="in_progress")
    for code, said in (("A-1", "yes"), ("A-2", "no"), ("B-1", "yes")):
        create_answer(assessment=assessment, question=code, value={"value": said})
    keep_scores([assessment.pk], at=NOW)

    tried(weight_sets.load_weight_set(weights(), by=staff, at=NOW), by=staff)

    row = BackTestScore.objects.get()
    assert (row.before, row.after) == (Decimal("87.50"), Decimal("60.00"))


def test_a_published_set_never_changes(base: QuestionnaireVersion) -> None:
    version = weight_sets.load_weight_set(weights(), by=None, at=NOW)
    announced(version)

    with pytest.raises(loading.PublishedVersionDiffers):
        weight_sets.load_weight_set(weights(weights={"A-1": "2"}), by=None, at=NOW)
    for change in (lambda: WeightSet.objects.update(content={}), lambda: WeightSet.objects.get().delete()):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            change()


def test_weights_and_questionnaires_do_not_take_each_others_versions(base: QuestionnaireVersion) -> None:
    weight_sets.load_weight_set(weights(), by=None, at=NOW)
    loading.load_questionnaire({**TWO_AREAS, "version": "2"}, by=None, at=NOW)

    for refused in (
        lambda: loading.load_questionnaire({**TWO_AREAS, "version": "1-w1"}, by=None, at=NOW),
        lambda: loading.load_questionnaire(weighting.read(weights("3"), base=BASE).made.document, by=None, at=NOW),
        lambda: weight_sets.load_weight_set(weights("2"), by=None, at=NOW),
    ):
        with pytest.raises(QuestionnaireError):
            refused()
    with pytest.raises(weight_sets.NoBase):
        weight_sets.load_weight_set(weights(weight_set={"questionnaire": "small", "of": "2", "version": "2-w1"}), by=None, at=NOW)


# --- pages and command line -------------------------------------------------------------------------------------------


def typed(client: Client, page: str, **changed: str) -> dict[str, str]:
    form = client.get(page).context["form"]
    return {name: str(form[name].value()) for name in form.fields} | changed


def test_staff_draft_weights_in_the_browser_and_change_them_again(client: Client, staff: User, base: QuestionnaireVersion) -> None:
    client.force_login(staff)
    page = reverse("assessments:weight_set_edit", args=[base.pk])

    changed = typed(client, page, **{"share-media-A": "80", "share-media-B": "20", "weight-A-1": "1"})
    client.post(page, changed)
    client.post(page, changed)

    kept = WeightSet.objects.select_related("version").get()
    assert kept.content == {"profiles": {"media": {"A": "80", "B": "20"}}, "weights": {"A-1": "1"}}
    again = reverse("assessments:weight_set_edit", args=[kept.version_id])
    done = client.post(again, typed(client, again, **{"weight-A-1": "2"}), follow=True)
    assert "kept as a draft" in done.text
    assert "Weights of questions" in done.text
    assert WeightSet.objects.get().content["weights"] == {"A-1": "2"}


def test_of_two_people_who_draft_weights_nobody_overwrites_the_other(client: Client, staff: User, base: QuestionnaireVersion) -> None:
    client.force_login(staff)
    page = reverse("assessments:weight_set_edit", args=[base.pk])
    mine, yours = (typed(client, page, **{"weight-A-1": weight}) for weight in ("4", "5"))
    client.post(page, mine)
    draft = WeightSet.objects.get()

    named_alike = client.post(page, yours)

    assert named_alike.status_code == 422
    assert "There are rules of this version already" in str(named_alike.context["form"].errors["version"])
    again = reverse("assessments:weight_set_edit", args=[draft.version_id])
    one, other = (typed(client, again, **{"weight-A-1": weight}) for weight in ("6", "7"))
    client.post(again, one)
    late = client.post(again, other)
    assert late.status_code == 422
    assert "Somebody has changed this draft since you opened it" in late.text
    assert WeightSet.objects.get().content["weights"] == {"A-1": "6"}


def test_what_is_wrong_with_typed_weights_stands_beside_them(client: Client, staff: User, base: QuestionnaireVersion) -> None:
    client.force_login(staff)
    page = reverse("assessments:weight_set_edit", args=[base.pk])

    uneven = client.post(page, typed(client, page, **{"share-media-A": "81", "share-media-B": "20"}))
    unread = client.post(page, typed(client, page, **{"weight-A-1": "much", "share-media-A": "-1", "version": "1"}))
    taken = client.post(page, typed(client, page, version="1"))

    assert (uneven.status_code, unread.status_code, taken.status_code) == (422, 422, 422)
    assert "The shares add up to 101, not to 100." in uneven.text
    assert set(unread.context["form"].errors) == {"weight-A-1", "share-media-A"}
    assert "version" in taken.context["form"].errors
    assert not WeightSet.objects.exists()


def test_files_of_weights_are_loaded_and_refused_with_every_problem(client: Client, staff: User, base: QuestionnaireVersion) -> None:
    client.force_login(staff)
    page = reverse("assessments:weight_set_load")

    def send(content: bytes, name: str = "weights.yaml") -> Any:
        return client.post(page, {"file": SimpleUploadedFile(name, content)}, follow=True)

    broken = send(yaml.safe_dump(weights(profiles={"media": {"A": "80", "B": "21"}}, weights={"A-9": "1"}), sort_keys=False).encode())
    assert "The file was not loaded: 2 problems" in broken.text
    assert "Line 6: profiles.media" in broken.text
    nameless = send(b"weights: {A-1: '2'}")
    assert "does not name a published questionnaire" in nameless.text
    assert "neither a spreadsheet nor text" in send(b"\xff\xfe\x00").text
    workbook = client.get(reverse("assessments:weight_set_file", args=[base.pk]))
    loaded = send(b"".join(workbook.streaming_content), "weights.xlsx")  # type: ignore[attr-defined]
    assert "kept as a draft" in loaded.text
    assert WeightSet.objects.get().content == {"profiles": {}, "weights": {}}


def test_only_staff_set_weights(client: Client, base: QuestionnaireVersion) -> None:
    client.force_login(create_user(role=Role.REVIEWER))

    assert client.get(reverse("assessments:weight_set_file", args=[base.pk])).status_code == 200
    assert client.get(reverse("assessments:weight_set_edit", args=[base.pk])).status_code == 403


def test_the_command_loads_weights_and_lists_what_is_wrong(base: QuestionnaireVersion, tmp_path: Path) -> None:
    file = tmp_path / "weights.yaml"
    file.write_text(yaml.safe_dump(weights(weights={"A-8": "1", "A-9": "1"}), sort_keys=False))

    with pytest.raises(CommandError) as refused:
        call_command("load_weight_set", str(file))

    assert f"{file}:10: weights.A-8: The questionnaire has no question “A-8”." in str(refused.value)
    file.write_text(yaml.safe_dump(weights()))
    said = io.StringIO()
    call_command("load_weight_set", str(file), stdout=said)
    assert "small 1-w1: draft" in said.getvalue()
