"""Lists of suppliers, sites and contacts, from the file to the register."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.utils import translation

from runs.engine import work_off
from runs.models import Run
from suppliers import importing
from suppliers.importing import import_file
from suppliers.models import Contact, Import, ImportRow, Site, Supplier
from tests.factories import NOW, create_contact, create_site, create_supplier
from tests.suppliers.files import valid_lei, valid_uscc, workbook


pytestmark = pytest.mark.django_db
UK_EMPLOYERS = Path(__file__).parent.parent / "data" / "uk_employers_2021-22.csv.gz"
UK_DEFAULTS = {"country": "GB", "category": "by_industry"}


def import_text(text: str, kind: str = "suppliers", *, defaults: Mapping[str, str] | None = None, **options: Any) -> Import:
    return import_file(text.encode(), kind, defaults=defaults or {}, by=None, at=NOW, **options)


def counts(done: Import) -> dict[str, int]:
    return {outcome: count for outcome, count in done.counts["import"].items() if count}


def problems(done: Import) -> list[tuple[int, str, str]]:
    """(row, column, code) of every problem."""
    rows = done.rows.filter(outcome="rejected").order_by("number")
    return [(row.number, problem["field"], problem["code"]) for row in rows for problem in row.problems]


# --- the real list ----------------------------------------------------------------------------------------------------


def test_the_uk_list_imports_whole_and_a_second_time_changes_nothing(django_assert_max_num_queries):
    data = gzip.decompress(UK_EMPLOYERS.read_bytes())

    # save the list; savepoints; look up by number, by name; COPY suppliers, COPY rows; counts and audit event
    with django_assert_max_num_queries(40):
        first = import_file(data, "suppliers", defaults=UK_DEFAULTS, by=None, at=NOW)
    second = import_file(data, "suppliers", defaults=UK_DEFAULTS, by=None, at=NOW)

    assert counts(first) == {"created": 10_465}
    assert counts(second) == {"unchanged": 10_465}
    assert Supplier.objects.filter(company_number=None).count() == 1396
    abrdn = Supplier.objects.get(company_number="SC082015")
    assert (abrdn.country, abrdn.postcode, abrdn.category) == ("GB", abrdn.postcode, "services")
    school = Supplier.objects.get(company_number="04104101")
    assert (school.name_en, school.industry_code, school.headcount_band) == ("1509 GROUP", "85200, 85310", "")
    assert set(Supplier.objects.values_list("headcount_band", flat=True)) == {"", "large", "xlarge"}


# --- what a row may say -----------------------------------------------------------------------------------------------


def test_a_chinese_list_is_read_with_its_own_headings():
    done = import_text(
        "供应商编号,供应商名称,统一社会信用代码,国家,省份,类别,员工人数,财年起始月,网站\n"
        f"V1,纸灯笼有限公司,{valid_uscc()},中国,浙江省,云与数据中心,300人,4月,lantern.example\n"
    )

    assert counts(done) == {"created": 1}
    supplier = Supplier.objects.get()
    assert (supplier.reference, supplier.name_zh, supplier.name_en, supplier.uscc) == ("V1", "纸灯笼有限公司", "", valid_uscc())
    assert (supplier.country, supplier.region, supplier.category, supplier.headcount_band) == ("CN", "Zhejiang", "cloud_dc", "large")
    assert (supplier.fiscal_year_start, supplier.website, supplier.state) == (4, "https://lantern.example", "invited")


def test_every_mistake_has_its_row_column_and_reason():
    done = import_text(
        "Name,USCC,LEI,DUNS,Company number,Country,Province,Category,Headcount,FY start,Website\n"
        "Lantern,91330100799655058A,,,,CN,,media,,,\n"
        "Lantern 2,,529900T8BM49AURSDO56,,,CN,,media,,,\n"
        "Lantern 3,,,12345,,CN,,media,,,\n"
        "Lantern 4,,,,552100555,France,,media,,,\n"
        "Lantern 5,,,,,Atlantis,,media,,,\n"
        "Lantern 6,,,,,CN,Bavaria,media,,,\n"
        "Lantern 7,,,,,CN,,toys,many,13,not a site\n"
        "=HYPERLINK(1),,,,,CN,,media,,,\n"
        "Nul\0l,,,,,CN,,media,,,\n"
        f"{'x' * 301},,,,,CN,,media,,,\n"
        ",,,,A1,CN,,media,,,\n"
        "Lantern 12,,,,,,,media,,,\n"
        "Lantern 13,,,,,CN,,,,,\n"
        f"Lantern 14,{valid_uscc()},,,,DE,,media,,,\n"
        "Lantern 15,9.13301E+17,,,,CN,,media,,,\n"
    )

    assert problems(done) == [
        (2, "uscc", "uscc_check_digit"),
        (3, "lei", "lei_check_digit"),
        (4, "duns", "duns_form"),
        (5, "company_number", "company_number_check"),
        (6, "country", "country_unknown"),
        (7, "region", "region_unknown"),
        (8, "category", "choice_unknown"),
        (8, "headcount_band", "headcount_unknown"),
        (8, "fiscal_year_start", "month_unknown"),
        (8, "website", "website_form"),
        (9, "name", "formula"),
        (10, "name", "control_characters"),
        (11, "name", "too_long"),
        (12, "name", "required"),
        (13, "country", "country_missing"),
        (14, "category", "required"),
        (15, "uscc", "uscc_country"),
        (16, "uscc", "number_shortened"),
    ]
    assert counts(done) == {"rejected": 15}
    assert not Supplier.objects.exists()
    row = done.rows.get(number=6)
    assert row.lines() == ["Country: No country is called “Atlantis”."]


def test_cells_that_say_nothing_are_blank():
    import_text('Name,Country,Category,Postcode,DUNS,Address\nLantern,GB,media,="00123",N/A,无\n')

    supplier = Supplier.objects.get()
    assert (supplier.postcode, supplier.duns, supplier.address) == ("00123", None, "")


def test_numbers_that_a_spreadsheet_made_of_codes_are_put_right():
    rows = [["Name", "Country", "Category", "Company number", "Supplier no", "Postcode"], ["Lantern", "GB", "media", 4104101, 1001, 310000]]
    import_file(workbook(rows), "suppliers", by=None, at=NOW)

    supplier = Supplier.objects.get()
    assert (supplier.company_number, supplier.reference, supplier.postcode) == ("04104101", "1001", "310000")


def test_a_social_credit_code_implies_china_and_defaults_fill_the_rest():
    import_text(f"Name,USCC\n纸灯笼,{valid_uscc()}\n", defaults={"category": "events", "country": "GB"})
    assert Supplier.objects.get().country == "CN"


# --- rows against each other and against the register -----------------------------------------------------------------


def test_a_repeated_identifier_is_refused_with_the_first_row():
    done = import_text(
        f"Name,Country,Category,USCC,LEI\nA,CN,media,{valid_uscc()},\nB,CN,media,,{valid_lei()}\nC,CN,media,{valid_uscc().lower()},\nD,CN,media,,{valid_lei()}\n"
    )

    assert counts(done) == {"created": 2, "rejected": 2}
    assert problems(done) == [(4, "uscc", "duplicate"), (5, "lei", "duplicate")]
    assert done.rows.get(number=4).problems[0]["params"] == {"row": 2}
    assert done.rows.get(number=4).lines() == ["USCC: The same as row 2 of this file."]


def test_the_same_company_number_in_two_countries_is_two_companies():
    assert counts(import_text("Name,Country,Category,Company number\nA,GB,media,12345678\nB,DE,media,12345678\n")) == {"created": 2}


def test_a_row_with_a_name_only_repeats_any_row_of_that_name_wherever_it_stands():
    text = f"Name,Country,Category,USCC\n纸灯笼 有限公司,CN,media,\n纸灯笼有限公司,CN,media,{valid_uscc()}\n"

    assert counts(import_text(text)) == {"created": 1, "rejected": 1}
    assert counts(import_text(text)) == {"unchanged": 1, "rejected": 1}


@pytest.mark.parametrize(
    ("columns", "values"),
    [
        ("Supplier number", "V1"),
        ("USCC", valid_uscc()),
        ("LEI", valid_lei()),
        ("DUNS", "123456789"),
        ("Country,Company number", "CN,1234"),
        ("Country,Name", "中国,paper  lantern LTD."),
    ],
)
def test_a_known_supplier_is_found_by_any_identifier_or_by_its_name(columns, values):
    known = {"reference": "V1", "uscc": valid_uscc(), "lei": valid_lei(), "duns": "123456789", "company_number": "1234"}
    supplier = create_supplier(name_en="Paper Lantern Ltd", country="CN", **known)

    done = import_text(f"{columns},Postcode\n{values},310000\n")

    supplier.refresh_from_db()
    assert (counts(done), supplier.postcode) == ({"updated": 1}, "310000")
    assert done.rows.get().changes["postcode"] == ["", "310000"]


def test_a_supplier_known_by_name_only_learns_its_identifiers():
    supplier = create_supplier(name_en="Paper Lantern Ltd", name_zh="", country="GB")

    import_text("Name,Country,Category,Company number\nPaper Lantern Ltd,GB,media,12345678\n")

    supplier.refresh_from_db()
    assert supplier.company_number == "12345678"


def test_a_company_of_the_same_name_with_another_number_is_another_company():
    create_supplier(name_en="Paper Lantern Ltd", name_zh="", country="GB", company_number="87654321")

    assert counts(import_text("Name,Country,Category,Company number\nPaper Lantern Ltd,GB,media,12345678\n")) == {"created": 1}


def test_a_name_that_several_suppliers_have_is_not_guessed():
    for number in ("1", "2"):
        create_supplier(name_en="Paper Lantern Ltd", name_zh="", country="GB", company_number=number)

    assert problems(import_text("Name,Country,Category\nPaper Lantern Ltd,GB,media\n")) == [(2, "", "name_ambiguous")]


def test_identifiers_of_two_suppliers_in_one_row_are_refused():
    create_supplier(uscc=valid_uscc(1))
    create_supplier(lei=valid_lei(2))

    assert problems(import_text(f"USCC,LEI\n{valid_uscc(1)},{valid_lei(2)}\n")) == [(2, "", "identifiers_disagree")]


def test_a_list_never_changes_a_known_identifier():
    create_supplier(reference="V1", uscc=valid_uscc(1))

    done = import_text(f"Supplier number,USCC\nV1,{valid_uscc(2)}\n")

    assert problems(done) == [(2, "uscc", "identifier_conflict")]
    assert Supplier.objects.get().uscc == valid_uscc(1)


def test_blank_cells_and_defaults_leave_what_is_known():
    supplier = create_supplier(uscc=valid_uscc(), category="media", postcode="310000", country="CN", headcount_band="")

    done = import_text(f"USCC,Postcode\n{valid_uscc()},\n", defaults={"category": "events", "country": "GB", "headcount_band": "small"})

    supplier.refresh_from_db()
    assert counts(done) == {"updated": 1}
    assert (supplier.category, supplier.country, supplier.postcode, supplier.headcount_band) == ("media", "CN", "310000", "small")


def test_an_update_leaves_a_row_in_the_history():
    supplier = create_supplier(uscc=valid_uscc(), postcode="1")

    import_text(f"USCC,Postcode\n{valid_uscc()},2\n")

    history = apps.get_model("suppliers.SupplierEvent").objects.filter(pgh_obj_id=supplier.pk)
    assert list(history.values_list("postcode", flat=True)) == ["1"]


def test_what_the_database_refuses_is_one_rejected_row_and_no_half_list():
    create_supplier(country="FR", company_number="552100554")
    create_supplier(reference="V1", country="DE", company_number="552100554")

    done = import_text("Supplier number,Name,Country,Category\nV1,,FR,\nV2,Lantern,CN,media\n")

    assert counts(done) == {"created": 1, "rejected": 1}
    assert problems(done) == [(2, "", "row_refused")]


def test_a_company_that_somebody_registers_meanwhile_is_updated_instead(monkeypatch):
    real, calls = importing.apply, []

    def apply(*args: Any, **options: Any) -> None:
        if not calls:
            calls.append(1)
            create_supplier(uscc=valid_uscc(), postcode="")
        real(*args, **options)

    monkeypatch.setattr(importing, "apply", apply)

    done = import_text(f"Name,USCC,Category,Postcode\n纸灯笼,{valid_uscc()},media,310000\n")

    assert counts(done) == {"updated": 1}
    assert Supplier.objects.get().postcode == "310000"


def test_an_import_that_fails_leaves_nothing(monkeypatch):
    def keep_rows(*_args: Any, **_options: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(importing, "keep_rows", keep_rows)

    with pytest.raises(IntegrityError):
        import_text("Name,Country,Category\nLantern,CN,media\n")
    assert not Supplier.objects.exists()


# --- sites and contacts -----------------------------------------------------------------------------------------------


def test_sites_go_to_their_supplier_and_a_second_time_changes_nothing():
    supplier = create_supplier(uscc=valid_uscc())
    text = (
        "统一社会信用代码,场所名称,场所类型,国家,省份,人数\n"
        f"{valid_uscc()},杭州总部,办公室,中国,浙江,300\n{valid_uscc()},宁波仓,仓库,中国,浙江省,20\n{valid_uscc(9)},远方,工厂,中国,江苏,1\n"
        f"{valid_uscc()},杭州总部,工厂,中国,浙江,1\n{valid_uscc()},温州,城堡,中国,浙江,x\n,没有主人,工厂,中国,江苏,1\n"
    )

    done = import_text(text, "sites")

    assert counts(done) == {"created": 2, "rejected": 4}
    assert problems(done) == [
        (4, "supplier_uscc", "supplier_unknown"),
        (5, "name", "duplicate"),
        (6, "type", "choice_unknown"),
        (6, "headcount", "number_unknown"),
        (7, "supplier_name", "supplier_missing"),
    ]
    assert set(supplier.sites.values_list("name", "type", "region", "headcount")) == {
        ("杭州总部", "office", "Zhejiang", 300),
        ("宁波仓", "warehouse", "Zhejiang", 20),
    }
    assert counts(import_text(text, "sites")) == {"unchanged": 2, "rejected": 4}


def test_a_site_is_updated_by_its_number_or_its_name():
    supplier = create_supplier(reference="V1", name_en="Lantern")
    create_site(supplier=supplier, name="Harbour", reference="S1", headcount=1)
    create_site(supplier=supplier, name="Tower", headcount=1)

    done = import_text(
        "Supplier,Supplier number,Site no,Site,People working there,Closed on\n,V1,S1,Haven,5,\nLantern,,,tower,7,2026-03-01\n", "sites"
    )

    assert counts(done) == {"updated": 2}
    assert set(Site.objects.values_list("name", "headcount")) == {("Haven", 5), ("tower", 7)}


def test_contacts_have_one_first_contact_each():
    first, second = create_supplier(reference="V1", country="CN"), create_supplier(reference="V2", country="DE")
    create_contact(supplier=first, email="old@lantern.example", is_primary=True)
    text = (
        "Supplier number,Contact,E-mail,Primary\nV1,Ann,ANN@lantern.example,yes\nV1,Bob,bob@lantern.example,yes\n"
        "V1,Cy,cy@lantern.example,\nV2,Di,di@bridge.example,\nV2,Ed,ed@bridge.example,\nV2,Flo,no address,\nV2,Gil,,\n"
        "V1,Ann again,ann@lantern.example,\n"
    )

    done = import_text(text, "contacts")

    assert counts(done) == {"created": 4, "rejected": 4}
    assert problems(done) == [
        (3, "is_primary", "primary_twice"),
        (7, "email", "email_form"),
        (8, "email", "required"),
        (9, "email", "duplicate"),
    ]
    assert set(Contact.objects.filter(is_primary=True).values_list("supplier_id", "email")) == {
        (first.pk, "ann@lantern.example"),
        (second.pk, "di@bridge.example"),
    }
    assert dict(Contact.objects.filter(name__in=["Ann", "Di"]).values_list("name", "language")) == {"Ann": "zh-hans", "Di": "en"}
    assert counts(import_text(text, "contacts")) == {"unchanged": 4, "rejected": 4}


# --- runs -------------------------------------------------------------------------------------------------------------


def uploaded(text: str, staff: Any, **defaults: str) -> Import:
    source = importing.upload(kind="suppliers", data=text.encode(), name="list.csv", by=staff, at=NOW)
    importing.choose_columns(source, mapping=source.mapping, defaults=defaults)
    return source


def test_a_dry_run_says_what_the_import_then_does(staff, monkeypatch):
    monkeypatch.setattr("suppliers.jobs.CHUNK_ROWS", 3)
    create_supplier(company_number="10000001", country="GB", name_en="Old name", name_zh="")
    rows = "".join(f"Lantern {number},{10000000 + number}\n" for number in range(1, 8))
    source = uploaded(f"Name,Company number\n{rows}Lantern 9,!\nLantern 10,10000002\n", staff, country="GB", category="media")

    check = work_off(importing.check(source_id=source.pk, by=staff, at=NOW).pk)

    expected = {"created": 6, "updated": 1, "unchanged": 0, "rejected": 2}
    assert (check.status, check.result) == (Run.Status.DONE, expected)
    assert Supplier.objects.count() == 1
    done = work_off(importing.begin(source_id=source.pk, by=staff, at=NOW).pk)
    source.refresh_from_db()
    assert (done.status, done.result, done.chunks.count()) == (Run.Status.DONE, expected, 3)
    assert source.counts == {"dry_run": expected, "import": expected}
    assert Supplier.objects.count() == 7
    expected_rows, rows = (
        list(source.rows.filter(is_dry_run=flag).order_by("number").values_list("number", "outcome")) for flag in (True, False)
    )
    assert expected_rows == rows
    assert len(rows) == 9


def test_a_second_dry_run_forgets_the_first(staff):
    source = uploaded("Name\nLantern\n", staff, country="GB")
    work_off(importing.check(source_id=source.pk, by=staff, at=NOW).pk)
    importing.choose_columns(source, mapping=source.mapping, defaults={"country": "GB", "category": "media"})
    work_off(importing.check(source_id=source.pk, by=staff, at=NOW).pk)

    assert list(ImportRow.objects.values_list("outcome", flat=True)) == ["created"]


def test_a_dry_run_that_another_overtook_leaves_nothing(staff):
    source = uploaded("Name\nLantern\n", staff, country="GB")
    overtaken = importing.check(source_id=source.pk, by=staff, at=NOW)
    importing.choose_columns(source, mapping=source.mapping, defaults={"country": "GB", "category": "media"})
    newest = importing.check(source_id=source.pk, by=staff, at=NOW)

    work_off(newest.pk)
    run = work_off(overtaken.pk)

    source.refresh_from_db()
    assert (run.status, run.result) == (Run.Status.DONE, {})
    assert (source.dry_run_id, source.counts["dry_run"]["created"]) == (newest.pk, 1)
    assert list(ImportRow.objects.values_list("outcome", flat=True)) == ["created"]


def test_rows_an_overtaken_dry_run_wrote_in_its_last_moment_are_replaced(staff, monkeypatch):
    source = uploaded("Name\nLantern\n", staff, country="GB", category="media")
    check = importing.check(source_id=source.pk, by=staff, at=NOW)
    ImportRow.objects.create(source=source, is_dry_run=True, number=2, outcome="rejected", label="Lantern")
    # They came after this run had looked for them.
    monkeypatch.setattr(importing, "forget_findings", lambda *_args, **_options: None)

    assert work_off(check.pk).status == Run.Status.DONE
    assert list(ImportRow.objects.values_list("outcome", flat=True)) == ["created"]


def test_a_list_is_imported_once_and_only_after_its_dry_run(staff):
    source = uploaded("Name\nLantern\n", staff, country="GB", category="media")
    with pytest.raises(importing.NotChecked):
        importing.begin(source_id=source.pk, by=staff, at=NOW)
    work_off(importing.check(source_id=source.pk, by=staff, at=NOW).pk)
    importing.begin(source_id=source.pk, by=staff, at=NOW)

    with pytest.raises(importing.AlreadyImported):
        importing.begin(source_id=source.pk, by=staff, at=NOW)
    with pytest.raises(importing.AlreadyImported):
        importing.choose_columns(source, mapping={"name": "Name"}, defaults={})


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table_and_the_reasons(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text("Name,Country,Category\nLantern,CN,media\nBridge,Atlantis,media\n")

    with translation.override("en"):
        call_command("import_suppliers", str(path), "--dry-run")
        assert not Supplier.objects.exists()
        assert not Import.objects.exists()
        call_command("import_suppliers", str(path))

    printed = capsys.readouterr().out
    assert "list.csv: 2 rows (dry run)" in printed
    assert "Created             1" in printed
    assert "Country: No country is called “Atlantis”." in printed
    assert Supplier.objects.count() == 1


def test_the_command_says_how_to_give_what_the_list_leaves_out(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text("Name,Country\nLantern,CN\n")

    call_command("import_suppliers", str(path))
    assert "--default category=VALUE" in capsys.readouterr().out
    call_command("import_suppliers", str(path), "--default", "category=media")
    assert "--default" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["nowhere.csv"], "No such file"),
        (["LIST", "--default", "colour=red"], "Unknown column colour"),
        (["LIST", "--default", "country=Atlantis"], "No country is called"),
        (["EMPTY"], "The file has no rows"),
    ],
)
def test_the_command_refuses_in_words(tmp_path, options, words):
    (tmp_path / "LIST").write_text("Name\nLantern\n")
    (tmp_path / "EMPTY").write_text("")
    options = [str(tmp_path / option) if option in ("LIST", "EMPTY") else option for option in options]

    with pytest.raises(CommandError, match=words):
        call_command("import_suppliers", *options)
