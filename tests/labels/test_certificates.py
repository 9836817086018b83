"""The signed words of a certificate, the command that checks them offline, and the PDF that carries them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from labels import certificates, deciding, evaluation, tokens
from labels.dates import ledger_day
from labels.models import Label
from labels.tokens import Claims
from reports import label_files
from reports.models import Export
from runs import engine
from suppliers.models import Supplier
from tests.archive import against_pdf_a
from tests.labels.support import create_green_supplier, create_standard


KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
CLAIMS = Claims("7d1f", "竹桥有限公司", "green", "services", "2026-06-01", "2027-05-31", "green-procurement 2026", "2026-06-01")


@pytest.fixture
def label(supplier: Supplier) -> Label:
    create_standard()
    create_green_supplier(supplier, closed_at=timezone.now() - timedelta(days=60))
    evaluation.evaluate_all(on=ledger_day(timezone.now()), at=timezone.now())
    return Label.objects.select_related("supplier", "standard").get()


def test_a_token_says_what_was_signed() -> None:
    assert tokens.read(tokens.sign(CLAIMS, KEY), [KEY.public_key()]) == CLAIMS


SPOILT: list[tuple[str, Callable[[str], str], type[tokens.BadToken]]] = [
    ("cut short", lambda token: token[:-20], tokens.Forged),
    ("cut to its payload", lambda token: token.rpartition(".")[0], tokens.NoToken),
    ("half a payload", lambda token: token[:30] + "." + token.rpartition(".")[2], tokens.BadToken),
    ("another day", lambda token: tokens.PREFIX + "." + tokens.encode(
        tokens.decode(token.split(".")[1]).replace(b"2027-05-31", b"2037-05-31")
    ) + "." + token.split(".")[2], tokens.Forged),
    ("a letter changed", lambda token: token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:], tokens.Forged),
    ("empty", lambda token: "", tokens.NoToken),
    ("something else", lambda token: "https://example.org/", tokens.NoToken),
    ("a list", lambda token: f"GL1.{tokens.encode(b'[1]')}.AAAA", tokens.NoToken),
    ("another key", lambda token: tokens.sign(CLAIMS, Ed25519PrivateKey.generate()), tokens.UnknownKey),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "reason"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_forged_or_truncated_token_is_refused_with_the_reason(spoil: Callable[[str], str], reason: type[tokens.BadToken]) -> None:
    with pytest.raises(reason) as refused:
        tokens.read(spoil(tokens.sign(CLAIMS, KEY)), [KEY.public_key()])

    assert str(refused.value).endswith(".")


def test_the_key_of_the_settings_signs_and_keys_of_before_stay_good(label: Label) -> None:
    old = certificates.token_of(label)
    former = tokens.encode(certificates.signing_key().public_key().public_bytes_raw())

    with override_settings(LABEL_SIGNING_KEY=tokens.encode(b"n" * 32), LABEL_FORMER_KEYS=[former]):
        new = certificates.token_of(label)
        assert new != old
        for token in (old, new):
            assert tokens.read(token, certificates.public_keys()).name == "竹桥有限公司"


def test_the_command_checks_a_token_an_address_and_a_text(label: Label, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = certificates.token_of(label)
    (tmp_path / "scanned.txt").write_text(f"{certificates.verification_url(label)}#{token}\n")

    for argument in (token, f"https://portal.example/labels/verify/x/#{token}", str(tmp_path / "scanned.txt")):
        call_command("verify_certificate", argument)
        assert f"/labels/verify/{label.public_id}/" in capsys.readouterr().out


def test_the_command_works_with_the_published_key_alone(label: Label, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(client.get(reverse("labels:public_key")).content)

    call_command("verify_certificate", certificates.token_of(label), "--key", str(path))
    with pytest.raises(CommandError, match="not ours"):
        call_command("verify_certificate", tokens.sign(CLAIMS, KEY), "--key", str(path))


@pytest.mark.parametrize("argument", ["", "hello", "GL1.abc", "x" * 5000])
def test_the_command_refuses_what_is_no_certificate(db: None, argument: str) -> None:
    with pytest.raises(CommandError, match="Not valid"):
        call_command("verify_certificate", argument)


def test_the_command_refuses_files_that_are_none(db: None, tmp_path: Path) -> None:
    for name, content in (("broken.pdf", b"%PDF-1.7 nothing"), ("key.pem", b"no key")):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CommandError, match="no readable PDF"):
        call_command("verify_certificate", str(tmp_path / "broken.pdf"))
    with pytest.raises(CommandError, match="no public key"):
        call_command("verify_certificate", "GL1.a.b", "--key", str(tmp_path / "key.pem"))


def test_the_pdf_speaks_both_languages_and_carries_its_token(label: Label, owner: User, tmp_path: Path) -> None:
    export = label_files.request_certificate(label=label, by=owner, at=timezone.now())
    assert export.run is not None

    assert engine.work_off(export.run.pk).status == "done"

    export.refresh_from_db()
    path = tmp_path / "certificate.pdf"
    with export.file.open("rb") as file:
        path.write_bytes(file.read())
    call_command("verify_certificate", str(path))
    assert against_pdf_a(path.read_bytes()) == []


def test_a_certificate_is_asked_for_on_the_page_and_fetched_by_its_people(
    label: Label, owner: User, stranger: User, client: Client
) -> None:
    client.force_login(owner)
    client.post(reverse("reports:label_certificate", args=[label.supplier_id]))
    export = Export.objects.get(kind="label_certificate")
    assert export.run is not None
    engine.work_off(export.run.pk)

    response: Any = client.get(reverse("reports:export_file", args=[export.pk]))
    assert b"".join(response.streaming_content).startswith(b"%PDF-")
    client.force_login(stranger)
    assert client.get(reverse("reports:export", args=[export.pk])).status_code == 404


def test_no_certificate_is_printed_of_a_label_that_does_not_count(label: Label, owner: User, staff: User) -> None:
    export = label_files.request_certificate(label=label, by=owner, at=timezone.now())
    deciding.suspend(supplier_id=label.supplier_id, reason="Doubts about the evidence.", by=staff, at=timezone.now())
    label.refresh_from_db()

    with pytest.raises(label_files.NotInForce):
        label_files.request_certificate(label=label, by=owner, at=timezone.now())
    assert export.run is not None
    assert engine.work_off(export.run.pk).status == "failed"
