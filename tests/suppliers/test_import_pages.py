import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from runs.engine import work_off
from suppliers.columns import recognise
from suppliers.models import Import, Supplier
from suppliers.tables import read_table
from tests.suppliers.files import workbook


pytestmark = pytest.mark.django_db
LIST = b"Name,Country,Category,Remark\nLantern,CN,media,x\n+Bridge,Atlantis,media,y\n"


def upload(client, data: bytes = LIST, name: str = "list.csv", kind: str = "suppliers"):
    return client.post(reverse("suppliers:import_new"), {"kind": kind, "file": SimpleUploadedFile(name, data)})


def chosen(source: Import, **changes: str) -> dict[str, str]:
    return {f"column_{name}": heading for name, heading in source.mapping.items()} | changes


def test_staff_import_a_list_step_by_step(client, staff):
    client.force_login(staff)

    response = upload(client)
    source = Import.objects.get()
    columns = reverse("suppliers:import_columns", args=[source.pk])
    assert response["Location"] == columns
    page = client.get(columns).content.decode()
    assert "Lantern" in page
    assert "Remark" in page
    assert '<option value="Country" selected>' in page

    client.post(columns, chosen(source))
    source.refresh_from_db()
    running = client.get(source.get_absolute_url()).content.decode()
    assert "The rows are being checked" in running
    work_off(source.dry_run_id)
    checked = client.get(source.get_absolute_url()).content.decode()
    assert "Nothing has changed yet." in checked
    assert "No country is called “Atlantis”." in checked
    assert not Supplier.objects.exists()

    client.post(reverse("suppliers:import_begin", args=[source.pk]))
    source.refresh_from_db()
    work_off(source.run_id)
    done = client.get(source.get_absolute_url()).content.decode()
    assert "All 2 rows of the file are accounted for." in done
    assert Supplier.objects.get().name_en == "Lantern"
    assert "list.csv" in client.get(reverse("suppliers:import_list")).content.decode()


def test_the_columns_may_be_chosen_otherwise(client, staff):
    client.force_login(staff)
    upload(client, b"Who,Where\nLantern,China\n")
    source = Import.objects.get()
    columns = reverse("suppliers:import_columns", args=[source.pk])

    assert "Choose at least one." in client.post(columns, {}).content.decode()
    assert "already" in client.post(columns, {"column_name": "Who", "column_name_en": "Who"}).content.decode()
    client.post(columns, {"column_name": "Who", "column_country": "Where", "default_category": "events"})
    source.refresh_from_db()
    work_off(source.dry_run_id)

    source.refresh_from_db()
    assert source.counts["dry_run"]["created"] == 1
    assert (source.mapping, source.defaults) == ({"name": "Who", "country": "Where"}, {"category": "events"})


def test_a_default_that_cannot_be_is_refused(client, staff):
    client.force_login(staff)
    upload(client)
    source = Import.objects.get()
    page = client.post(reverse("suppliers:import_columns", args=[source.pk]), chosen(source, default_region="x" * 81)).content.decode()
    assert "at most 80 characters" in page


@pytest.mark.parametrize(("name", "data"), [("list.csv", b""), ("list.xlsx", b"PK\x03\x04 broken"), ("list.pdf", b"%PDF-1.4")])
def test_what_is_no_list_is_refused_beside_the_field(client, staff, name, data):
    client.force_login(staff)
    page = upload(client, data, name).content.decode()
    assert "field-error" in page
    assert not Import.objects.exists()


def test_a_list_that_a_command_read_in_shows_what_became_of_it(client, staff):
    client.force_login(staff)
    upload(client)
    source = Import.objects.get()
    Import.objects.update(counts={"import": {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1}})

    page = client.get(source.get_absolute_url()).content.decode()
    assert "All 2 rows of the file are accounted for." in page
    columns = reverse("suppliers:import_columns", args=[source.pk])
    assert client.get(columns)["Location"] == source.get_absolute_url()


def test_the_reasons_can_be_taken_away_as_csv_that_is_safe_to_open(client, staff):
    client.force_login(staff)
    upload(client)
    source = Import.objects.get()
    client.post(reverse("suppliers:import_columns", args=[source.pk]), chosen(source))
    source.refresh_from_db()
    work_off(source.dry_run_id)

    response = client.get(reverse("suppliers:import_rows", args=[source.pk]), {"outcome": "rejected"})

    lines = read_table(b"".join(response.streaming_content)).lines
    assert [line.cells for line in lines] == [
        ["Row", "Outcome", "Name", "Column", "Reason"],
        ["3", "Rejected", "'+Bridge", "Country", "No country is called “Atlantis”."],
    ]


@pytest.mark.parametrize("kind", Import.Kind.values)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_has_headings_that_are_recognised(client, staff, kind, form):
    client.force_login(staff)
    response = client.get(reverse("suppliers:import_template", args=[kind, form]))

    headings = read_table(response.content).lines[0].cells
    assert len(recognise(headings, kind)) == len(headings)


def test_a_template_of_nothing_is_not_found(client, staff):
    client.force_login(staff)
    assert client.get("/suppliers/imports/template/toys.csv").status_code == 404
    assert client.get("/suppliers/imports/template/sites.pdf").status_code == 404


@pytest.mark.parametrize("person", ["owner", "reviewer", "auditor"])
def test_only_staff_import(client, request, staff, person):
    client.force_login(staff)
    upload(client, workbook([["Name"], ["Lantern"]]), "list.xlsx")
    pk = Import.objects.get().pk
    client.force_login(request.getfixturevalue(person))

    for name in ("import_detail", "import_columns", "import_rows"):
        assert client.get(reverse(f"suppliers:{name}", args=[pk])).status_code == 403
    assert client.get(reverse("suppliers:import_list")).status_code == 403
    assert client.get(reverse("suppliers:import_new")).status_code == 403
    assert client.post(reverse("suppliers:import_begin", args=[pk])).status_code == 403
