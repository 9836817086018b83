"""Deleting by age, holds, the log of it, people made nameless, and the privacy notice."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.consent import in_force
from accounts.invitations import Invitee, invite_many
from accounts.messages import queue
from accounts.models import Consent, Invitation, Message, Role, Throttle, User
from assessments.models import AreaTask
from assessments.teamwork.area_tasks import Newcomer, assign
from audit.models import Event
from grievances import handling, reporting
from grievances.models import Case
from privacy import people
from privacy.models import Disposal, LegalHold
from privacy.policy import policy
from privacy.retention import dispose
from reports.models import Export
from runs import engine
from suppliers.models import Document, HeldRecord, Import, ImportRow, Interest, Registration, Supplier
from tests.factories import PASSWORD, create_answer, create_assessment, create_contact, create_document, create_user
from tests.races import at_once
from tests.suppliers.files import pdf_bytes


NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=4000)


def rule_of(model: str) -> Any:
    return policy().entries[model].rules[-1]


def hold(kind: str, subject_id: int, by: User) -> LegalHold:
    return LegalHold.objects.create(kind=kind, subject_id=subject_id, reason="A court asks", set_by=by, set_at=NOW)


def create_registration(**fields: Any) -> Registration:
    given = {"name_en": "New Ltd", "country": "DE", "category": "office_it", "headcount_band": "micro", "contact_name": "Ann"}
    return Registration.objects.create(**{**given, "contact_email": "ann@new.example", "submitted_at": LONG_AGO, **fields})


def create_invitation(**fields: Any) -> Invitation:
    given = {"email": "new@bamboo.example", "role": Role.REVIEWER, "token_sha256": uuid4().hex, "expires_at": LONG_AGO}
    return Invitation.objects.create(**given | fields)


def old_document(supplier: Supplier) -> Document:
    document = create_document(supplier=supplier)
    document.file.save("old.pdf", ContentFile(pdf_bytes()))
    Document.objects.filter(pk=document.pk).update(uploaded_at=LONG_AGO)
    return document


def test_what_is_too_old_goes_with_its_file_and_is_in_the_log(
    supplier: Supplier, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    old, young = old_document(supplier), create_document(supplier=supplier)
    name = str(old.file.name)

    with django_capture_on_commit_callbacks(execute=True):
        assert dispose(rule_of("suppliers.Document"), at=NOW) == 1

    assert list(Document.objects.values_list("pk", flat=True)) == [young.pk]
    assert not default_storage.exists(name)
    assert Disposal.objects.get().numbers == [str(old.pk)]


def test_a_hold_keeps_it_and_lifting_lets_it_go(supplier: Supplier, administrator: User) -> None:
    old_document(supplier)
    held = hold("supplier", supplier.pk, administrator)
    assert dispose(rule_of("suppliers.Document"), at=NOW) == 0

    held.lifted_by, held.lifted_at = administrator, NOW
    held.save()

    assert dispose(rule_of("suppliers.Document"), at=NOW) == 1


def test_a_hold_on_a_person_keeps_mails_and_invitations(administrator: User, staff: User) -> None:
    for email in (staff.email, "other@x.example"):
        queue("password_reset", email=email, dedupe_key=email, context={}, language="en")
    invite_many([Invitee(staff.email, Role.REVIEWER), Invitee("other@x.example", Role.REVIEWER)], by=None, at=LONG_AGO)
    Message.objects.update(status="sent", created_at=LONG_AGO)
    hold("person", staff.pk, administrator)

    for model in (Message, Invitation):
        assert sum(dispose(rule, at=NOW) for rule in policy().entries[model._meta.label].rules) == 1
        assert model.objects.get().email == staff.email


def test_rows_of_imported_lists_stay_while_any_supplier_is_held(supplier: Supplier, administrator: User) -> None:
    source = Import.objects.create(kind="suppliers", created_at=LONG_AGO)
    ImportRow.objects.create(source=source, number=2, outcome="created", label="Somebody")
    held = hold("supplier", supplier.pk, administrator)
    assert dispose(rule_of("suppliers.ImportRow"), at=NOW) == 0

    LegalHold.objects.filter(pk=held.pk).update(lifted_by=administrator, lifted_at=NOW)

    assert dispose(rule_of("suppliers.ImportRow"), at=NOW) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["rows go", "a person is made nameless"])
def test_a_hold_is_set_before_it_or_after_and_never_in_between(what: str) -> None:
    administrator, staff = create_user(role=Role.ADMINISTRATOR), create_user()

    def sets_a_hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
            hold("person", staff.pk, administrator)

    with transaction.atomic():
        if what == "rows go":
            dispose(rule_of("accounts.Message"), at=NOW)
        else:
            people.make_nameless(user_id=staff.pk, by=administrator, at=NOW)
        assert at_once(sets_a_hold) == {"OperationalError": 1}, "waits"
    assert at_once(sets_a_hold) == {"done": 1}


def test_evidence_of_an_answer_stays(supplier: Supplier, owner: User) -> None:
    document = old_document(supplier)
    answer = create_answer(assessment=create_assessment(supplier=supplier), question="A-01")
    answer.evidence.create(document=document, added_by=owner, added_at=NOW)

    assert dispose(rule_of("suppliers.Document"), at=NOW) == 0
    assert Document.objects.filter(pk=document.pk).exists()


def test_the_words_of_a_closed_case_go_and_its_clocks_stay(case_worker: User) -> None:
    case, _code = reporting.report(content={"text": "Locked."}, number=uuid4(), language="en", at=LONG_AGO)
    handling.write(case_id=case.pk, text="Mended.", is_feedback=True, once=uuid4(), by=case_worker, at=LONG_AGO)
    handling.close(case_id=case.pk, by=case_worker, at=LONG_AGO)

    for model in ("grievances.Case", "grievances.CaseMessage"):
        assert dispose(rule_of(model), at=NOW) == 1
        assert dispose(rule_of(model), at=NOW) == 0, "once"

    kept = Case.objects.get()
    assert (kept.report, kept.closed_at, kept.messages.count()) == ("", LONG_AGO, 0)


def test_the_nightly_run_does_what_the_policy_says(staff: User) -> None:
    queue("password_reset", email="a@x.example", dedupe_key="a", context={}, language="en")
    Message.objects.update(status="sent", sent_at=LONG_AGO, created_at=LONG_AGO)
    Throttle.objects.create(key="x", count=1, last_at=LONG_AGO)

    run = engine.start("dispose_by_age", by=None, at=NOW)
    engine.work_off(run.pk)

    assert not Message.objects.exists()
    assert not Throttle.objects.exists()
    assert set(Disposal.objects.values_list("model", flat=True)) == {"accounts.Message", "accounts.Throttle"}


def test_the_log_cannot_be_changed(staff: User) -> None:
    Disposal.objects.create(model="x.Y", rule="a rule", count=1, at=NOW)

    with pytest.raises(DatabaseError), transaction.atomic():
        Disposal.objects.update(count=0)


def test_the_term_of_a_document_is_that_of_its_kind(supplier: Supplier) -> None:
    def ended(days: int, **fields: Any) -> Document:
        document = create_document(supplier=supplier, valid_to=(NOW - timedelta(days=days)).date(), **fields)
        Document.objects.filter(pk=document.pk).update(uploaded_at=LONG_AGO)
        return document

    ended(1100, kind="iso_14001")
    kept = [ended(1100, kind="discharge_permit"), ended(1100, kind="renewable_energy"), ended(-10, kind="other")]
    # Handed in late, of years ago: not gone the night after.
    kept.append(create_document(supplier=supplier, kind="iso_14001", valid_to=(NOW - timedelta(days=2000)).date(), uploaded_at=NOW))

    assert sum(dispose(rule, at=NOW) for rule in policy().entries["suppliers.Document"].rules) == 1
    assert set(Document.objects.all()) == set(kept)


def test_applications_and_invitations_go_a_year_after_their_end(supplier: Supplier, staff: User) -> None:
    decided = {"decided_by": staff, "decided_at": LONG_AGO, "status": "refused"}
    create_registration(**decided)
    waiting = create_registration()
    create_invitation(accepted_at=LONG_AGO, accepted_by=staff)
    young = create_invitation(accepted_at=NOW, accepted_by=staff)

    for model in ("suppliers.Registration", "accounts.Invitation"):
        assert sum(dispose(rule, at=NOW) for rule in policy().entries[model].rules) == 1

    assert Registration.objects.get() == waiting
    assert Invitation.objects.get() == young


def test_a_list_goes_with_its_file_when_its_rows_are_gone(
    db: None, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    source = Import.objects.create(kind="contacts", original_name="people.csv", sha256="0" * 64, created_at=LONG_AGO)
    source.file.save("people.csv", ContentFile(b"name"))
    source.rows.create(number=2, outcome="created", label="Rita")

    assert dispose(rule_of("suppliers.Import"), at=NOW) == 0
    assert dispose(rule_of("suppliers.ImportRow"), at=NOW) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert dispose(rule_of("suppliers.Import"), at=NOW) == 1

    assert not default_storage.exists(str(source.file.name))


def test_what_a_decided_row_said_is_emptied_and_its_page_stays(client: Client, staff: User) -> None:
    held = HeldRecord.objects.create(
        fingerprint="f",
        published_name="Bamboo",
        values={"description": "Mr Li"},
        candidates=[],
        created_at=LONG_AGO,
        decided_at=LONG_AGO,
        decided_by=staff,
        reason="Another company",
    )

    assert dispose(rule_of("suppliers.HeldRecord"), at=NOW) == 1
    assert dispose(rule_of("suppliers.HeldRecord"), at=NOW) == 0, "once"

    held.refresh_from_db()
    assert held.values == {}
    client.force_login(staff)
    assert client.get(held.get_absolute_url()).status_code == 200


def test_the_file_of_an_export_goes_and_a_hold_keeps_it(
    staff: User, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    export = Export.objects.create(
        kind="portfolio_csv", title="Portfolio", language="en", made_by=staff, requested_at=NOW, made_at=NOW, sha256="0" * 64
    )
    export.file.save("portfolio.csv", ContentFile(b"name"))
    name, later = str(export.file.name), export.expires_at + timedelta(seconds=1)
    held = hold("person", staff.pk, staff)
    assert dispose(rule_of("reports.Export"), at=later) == 0
    held.lifted_by, held.lifted_at = staff, NOW
    held.save()

    with django_capture_on_commit_callbacks(execute=True):
        assert dispose(rule_of("reports.Export"), at=later) == 1

    export.refresh_from_db()
    assert (export.file.name, export.sha256) == ("", "0" * 64)
    assert not default_storage.exists(name)


def test_the_history_says_that_a_contact_was_changed_and_not_what_it_said(supplier: Supplier) -> None:
    contact = create_contact(supplier=supplier, email="rita@bamboo.example")
    contact.email = "hal@bamboo.example"
    contact.save()
    contact.delete()

    changes = apps.get_model("suppliers", "ContactEvent").objects.order_by("pgh_id")

    assert [change["pgh_label"] for change in changes.values()] == ["superseded", "deleted"]
    assert "bamboo.example" not in str(list(changes.values()))


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_person_is_made_nameless_and_what_was_done_stays(client: Client, administrator: User) -> None:
    person = create_user(role=Role.REVIEWER, name="Rita Leaving", email="rita@leaving.example", phone="+86 10")
    Client().post("/sign-in/", {"username": person.email, "password": PASSWORD})
    Authenticator.objects.create(user=person, type="totp", data={"secret": "x"})
    queue("password_reset", email=person.email, dedupe_key="b", context={}, language="en")
    client.force_login(administrator)

    assert "cannot be undone" in client.get(f"/privacy/people/{person.pk}/").content.decode()
    client.post(f"/privacy/people/{person.pk}/")

    person.refresh_from_db()
    assert (person.name, person.email, person.phone) == (f"Former person {person.pk}", f"person-{person.pk}@removed.invalid", "")
    assert not person.is_active
    assert not person.has_usable_password()
    assert not Authenticator.objects.filter(user=person).exists()
    assert not Message.objects.filter(email="rita@leaving.example").exists()
    assert Event.objects.filter(action="user.signed_in", actor=person).exists()
    assert Event.objects.filter(action="user.made_nameless", target_id=str(person.pk), actor=administrator).exists()
    past = apps.get_model("accounts", "UserEvent").objects.filter(pgh_obj_id=person.pk)
    assert past.exists()
    assert "Rita" not in str(list(past.values()))


def test_a_person_made_nameless_is_forgotten_everywhere(administrator: User, supplier: Supplier) -> None:
    person = create_user(role=Role.REVIEWER, name="Rita Leaving", email="rita@leaving.example")
    contact = create_contact(supplier=supplier, name="Rita Leaving", email="Rita@Leaving.example", is_primary=True)
    heir = create_contact(supplier=supplier, name="Hal", email="hal@bamboo.example")
    registration = create_registration(contact_name="Rita Leaving", contact_email="rita@leaving.example", contact_phone="")
    assign(
        assessment_id=create_assessment(supplier=supplier, status="in_progress").pk,
        areas=["A"],
        to=Newcomer("rita@leaving.example", "Rita Leaving", "en"),
        due_on=NOW.date(),
        by=administrator,
        at=NOW,
    )
    interest = Interest.objects.create(
        user=person, supplier=supplier, kind="other", note="Her aunt works there", declared_by=person, declared_at=NOW
    )

    people.make_nameless(user_id=person.pk, by=administrator, at=NOW)

    person_name = f"Former person {person.pk}"
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.is_usable(NOW)) == (f"person-{person.pk}@removed.invalid", False)
    assert list(supplier.contacts.values_list("pk", "is_primary")) == [(heir.pk, True)]
    assert not AreaTask.objects.exists()
    registration.refresh_from_db()
    interest.refresh_from_db()
    assert (registration.contact_name, registration.contact_phone, interest.note) == (person_name, "", person_name)
    numbers = dict(Disposal.objects.values_list("model", "numbers"))
    assert numbers["suppliers.Contact"] == [str(contact.pk)]
    assert {"accounts.User", "accounts.Invitation", "assessments.AreaTask", "suppliers.Registration", "suppliers.Interest"} <= set(numbers)
    assert (
        "rita" not in str([list(model.objects.values()) for model in apps.get_models() if model._meta.label != "sessions.Session"]).lower()
    )


def test_nobody_under_a_hold_nor_oneself_nor_the_last_administrator(administrator: User, staff: User) -> None:
    hold("person", staff.pk, administrator)

    with pytest.raises(people.Held):
        people.make_nameless(user_id=staff.pk, by=administrator, at=NOW)
    with pytest.raises(people.NotYourself):
        people.make_nameless(user_id=administrator.pk, by=administrator, at=NOW)
    with pytest.raises(people.LastAdministrator), transaction.atomic():
        people.make_nameless(user_id=administrator.pk, by=staff, at=NOW)
    administrator.refresh_from_db()
    assert administrator.name == "Adam Administrator"


@pytest.mark.parametrize("what", ["a contact", "a colleague", "a task"])
def test_what_a_supplier_under_a_hold_has_of_a_person_stays(client: Client, administrator: User, supplier: Supplier, what: str) -> None:
    person = create_user(role=Role.REVIEWER, name="Rita Leaving", email="rita@leaving.example")
    if what == "a contact":
        create_contact(supplier=supplier, name="Rita Leaving", email="Rita@Leaving.example")
    elif what == "a colleague":
        person = create_user(role=Role.SUPPLIER_CONTRIBUTOR, supplier=supplier, name="Rita Leaving")
    else:
        assessment = create_assessment(supplier=supplier, status="in_progress")
        to = Newcomer("rita@leaving.example", "Rita Leaving", "en")
        assign(assessment_id=assessment.pk, areas=["A"], to=to, due_on=NOW.date(), by=administrator, at=NOW)
    held = hold("supplier", supplier.pk, administrator)
    client.force_login(administrator)
    address = reverse("privacy:person_make_nameless", args=[person.pk])

    assert "stands in the way" in client.post(address, follow=True).content.decode()
    person.refresh_from_db()
    assert person.name == "Rita Leaving"

    LegalHold.objects.filter(pk=held.pk).update(lifted_at=NOW, lifted_by=administrator)
    client.post(address)
    person.refresh_from_db()
    assert person.name == f"Former person {person.pk}"


def test_an_administrator_sets_and_lifts_holds_on_the_page(client: Client, administrator: User, supplier: Supplier) -> None:
    Supplier.objects.filter(pk=supplier.pk).update(reference="S000123")
    client.force_login(administrator)
    form = {"kind": "supplier", "subject": "S000123", "reason": "A court asks"}

    assert client.post("/privacy/", form | {"subject": "S999999"}).status_code == 422
    client.post("/privacy/", form)
    assert client.post("/privacy/", form).status_code == 422, "one at a time"
    page = client.get("/privacy/").content.decode()
    assert "Bamboo Bridge" in page
    client.post(f"/privacy/holds/{LegalHold.objects.get().pk}/lift/")

    assert not LegalHold.objects.in_force().exists()
    assert set(Event.objects.filter(target_type="privacy.legalhold").values_list("action", flat=True)) == {
        "legal_hold.set",
        "legal_hold.lifted",
    }


# --- the privacy notice -----------------------------------------------------------------------------------------------


def test_people_accept_the_privacy_notice_at_their_first_sign_in(client: Client, owner: User, settings: Any) -> None:
    settings.CONSENT_NEEDED = True
    client.force_login(owner)

    assert client.get("/account/").headers["Location"] == "/account/privacy/"
    assert "your company sees who looked" in client.get("/account/privacy/").content.decode()
    client.post("/account/privacy/")
    client.post("/account/privacy/")

    assert client.get("/account/").status_code == 200
    kept = Consent.objects.get()
    assert (kept.version, kept.language, kept.sha256) == (in_force().version, "en", in_force().sha256("en"))
    other = Client()
    other.force_login(owner)
    assert other.get("/account/").status_code == 200, "once a person, not once a session"


def test_a_new_version_is_asked_for_anew(client: Client, owner: User, settings: Any) -> None:
    settings.CONSENT_NEEDED = True
    Consent.objects.create(user=owner, version="2020-01", language="en", sha256="0" * 64, accepted_at=NOW)
    client.force_login(owner)

    assert client.get("/account/").headers["Location"] == "/account/privacy/"
    with pytest.raises(DatabaseError), transaction.atomic():
        Consent.objects.update(version="x")
