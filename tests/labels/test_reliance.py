"""What happens to the label when a document ends."""

from datetime import date

import pytest

from labels.reliance import label_section
from tests.factories import NOW, create_document
from tests.labels.support import create_green_supplier, create_standard


pytestmark = pytest.mark.django_db


@pytest.fixture
def certificate(supplier):
    create_standard()
    create_green_supplier(supplier)
    return supplier.documents.get()


def test_the_criteria_a_certificate_meets_are_named_with_what_would_be_missed(owner, certificate):
    section = label_section(certificate, owner, NOW)

    assert (section.context["now"], section.context["then"]) == ("Green leader", "")
    assert [(each.title, each.misses) for each in section.context["criteria"]] == [
        ("Environmental management system certificate", ["Green supplier", "Green leader"])
    ]


def test_where_another_certificate_does_as_well_the_label_stays(supplier, owner, certificate):
    other = create_document(supplier=supplier, kind="iso_14001", valid_from=date(2025, 1, 1), valid_to=date(2026, 12, 31), uploaded_at=NOW)

    section = label_section(certificate, owner, NOW)
    assert section.context["now"] == section.context["then"] == "Green leader"
    assert section.context["criteria"][0].misses == []
    assert label_section(other, owner, NOW) is None, "the longer one counts"


def test_a_document_the_standard_does_not_ask_for_has_no_such_part(supplier, owner, certificate):
    assert label_section(create_document(supplier=supplier, kind="other"), owner, NOW) is None


def test_without_a_standard_nothing_leans_on_anything(supplier, owner):
    assert label_section(create_document(supplier=supplier, kind="iso_14001"), owner, NOW) is None


def test_the_page_of_the_certificate_says_so(client, owner, certificate):
    client.force_login(owner)

    page = client.get(certificate.get_absolute_url()).content.decode()

    assert "The green label leans on it" in page
    assert "would be missed for Green supplier, Green leader" in page
