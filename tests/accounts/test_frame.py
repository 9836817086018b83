import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template, render_to_string
from django.test import RequestFactory
from django.utils import translation

from accounts.context import build_frame, current_url, menu_of, prefixes_of
from accounts.models import Membership, Role, User


TEMPLATES = Path(settings.BASE_DIR) / "templates"
STATIC = Path(settings.BASE_DIR) / "static"


def request_of(role: str = "", path: str = "/", **cookies: str):
    request = RequestFactory().get(path)
    request.COOKIES.update(cookies)
    request.user = User(name="Lin Wei", email="lin@example.org", active_membership=Membership(role=role)) if role else AnonymousUser()
    return request


@pytest.fixture
def every_page(monkeypatch):
    """As if every page of the menu existed."""
    monkeypatch.setattr("accounts.context.url_or_empty", lambda name: f"/{name.replace(':', '/')}/")
    menu_of.cache_clear()
    yield
    menu_of.cache_clear()


def labels(role: str) -> list[str]:
    return [str(item.label) for group in build_frame(request_of(role)).groups for item in group.items]


def test_a_visitor_has_no_menu():
    assert build_frame(request_of()).groups == ()


def test_a_supplier_sees_only_supplier_pages(every_page):
    assert labels(Role.SUPPLIER_SIGNATORY) == labels(Role.SUPPLIER_CONTRIBUTOR)
    assert len(labels(Role.SUPPLIER_SIGNATORY)) == len(set(labels(Role.SUPPLIER_SIGNATORY)))
    assert "What to do now" in labels(Role.SUPPLIER_SIGNATORY)
    assert not {"Dashboard", "Supplier portfolio", "Audit trail", "Users"} & set(labels(Role.SUPPLIER_SIGNATORY))


def test_procurement_has_the_short_menu(every_page):
    assert labels(Role.REVIEWER) == ["Dashboard", "Supplier portfolio", "Labelled suppliers", "Review queue", "Findings", "Public records"]


def test_only_those_who_may_manage_people_see_users(every_page):
    assert [role for role in Role if "Users" in labels(role)] == [Role.ADMINISTRATOR]


def test_the_audit_trail_is_for_auditors_and_administrators(every_page):
    assert [role for role in Role if "Audit trail" in labels(role)] == [Role.AUDITOR, Role.ADMINISTRATOR]


def test_exports_are_for_those_who_may_export(every_page):
    assert [role for role in Role if "Exports" in labels(role)] == [Role.ESG_STAFF, Role.AUDITOR]


def test_an_entry_without_a_page_is_left_out(monkeypatch):
    monkeypatch.setattr("accounts.context.url_or_empty", lambda name: "/runs/" if name == "runs:list" else "")

    assert [item.label for group in menu_of.__wrapped__(Role.ESG_STAFF, "", "en") for item in group.items] == ["Runs"]


def test_the_menu_marks_the_longest_address_the_page_lies_under():
    urls = {url: url for url in ("/assessments/", "/assessments/campaigns/", "/pilots/", "")}

    assert current_url("/assessments/campaigns/7/", urls) == "/assessments/campaigns/"
    assert current_url("/elsewhere/", urls) == ""


def test_what_waits_for_the_committee_lies_under_the_committee():
    assert current_url("/labels/appeals/7/", prefixes_of(Role.ESG_STAFF)) == "/labels/committee/"


def test_the_theme_comes_from_the_cookie_and_nothing_else_gets_into_the_page():
    assert build_frame(request_of(theme="dark")).theme == "dark"
    assert build_frame(request_of(theme='"><script>')).theme == ""


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_drawn_without_a_request_are_bilingual_and_need_no_database(name):
    html = get_template(name).render()

    assert 'lang="zh-Hans"' in html
    assert "首页" in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize("name", ["403.html", "404.html", "403_csrf.html"])
def test_error_pages_have_one_heading_and_a_way_out(name):
    html = get_template(name).render({}, request_of(Role.AUDITOR))

    assert html.count("<h1") == 1
    assert 'href="/"' in html


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_base_page_has_the_language_the_skip_link_and_the_landmarks(language):
    with translation.override(language):
        html = render_to_string("base.html", request=request_of(Role.ESG_STAFF))

    assert f'<html lang="{language}"' in html
    assert 'href="#main"' in html
    assert html.count("<main") == 1


def test_templates_keep_to_the_content_security_policy():
    inline = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|javascript:|<script(?![^>]*\ssrc=)", re.IGNORECASE)
    # Mails have no content security policy and know no stylesheets; PDF documents are not pages.
    pages = [path for path in TEMPLATES.rglob("*.html") if not {"emails", "pdf"} & set(path.relative_to(TEMPLATES).parts)]

    assert [str(path.relative_to(TEMPLATES)) for path in pages if inline.search(path.read_text())] == []


def test_stylesheets_name_no_other_host_and_only_files_that_exist():
    for sheet in STATIC.rglob("*.css"):
        for url in re.findall(r"url\(\s*[\"']?([^\"')]+)", sheet.read_text()):
            assert url.startswith("data:") or (sheet.parent / url).exists(), f"{sheet.name}: {url}"


def test_every_vendored_file_is_in_the_table():
    table = (STATIC / "vendor" / "README.md").read_text()
    files = [path for path in (STATIC / "vendor").rglob("*") if path.is_file() and path.name not in {"README.md", "LICENSE"}]

    assert [path.name for path in files if str(path.relative_to(STATIC / "vendor")) not in table] == []
