"""What the documents say is so: links lead somewhere, variables and commands exist, sign-ins are the demo's."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from accounts.demo import SIGN_INS
from config.demo.load import SUPPLIERS
from config.paths import BASE_DIR


FENCED = re.compile(r"^(?P<fence>\s*```).*?^\s*```", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)|<img[^>]*\ssrc=\"(?P<image>[^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
VARIABLE_ROW = re.compile(r"^\s*\| ((?:`[A-Z_]+`(?:, )?)+) \|", re.MULTILINE)
FILE = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|md|yaml|txt|html|css|js|sh|po|svg))`")
COMMAND = re.compile(r"(?:manage\.py|\./script/manage) ([a-z_]+)")
# Variables of the operating system and of Django's start, not the portal's own.
NOT_OURS = {"DJANGO_SETTINGS_MODULE"}


def documents() -> list[Path]:
    folders = [path for path in BASE_DIR.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != "var"]
    return sorted([*BASE_DIR.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))])


def name_of(path: Path) -> str:
    return path.relative_to(BASE_DIR).as_posix()


def links(document: Path) -> Iterator[str]:
    text = INLINE_CODE.sub("", FENCED.sub("", document.read_text(encoding="utf-8")))
    for match in LINK.finditer(text):
        target = match["target"] or match["image"]
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(document: Path) -> set[str]:
    """As the usual renderers make them: lower case, blanks to hyphens, punctuation dropped."""
    headings = HEADING.findall(FENCED.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(document: Path, target: str) -> bool:
    path, _hash, anchor = target.partition("#")
    found = (document.parent / path).resolve() if path else document
    if not found.is_relative_to(BASE_DIR) or not found.exists():
        return False
    return not anchor or anchor in anchors(found)


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    assert [target for target in links(document) if not leads_somewhere(document, target)] == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_every_file_a_document_names_exists(document: Path) -> None:
    text = FENCED.sub("", document.read_text(encoding="utf-8"))

    assert [
        name
        for name in FILE.findall(text)
        if not any((folder / name).exists() for folder in (BASE_DIR, document.parent, BASE_DIR / "templates"))
    ] == []


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_every_command_a_document_names_exists(document: Path) -> None:
    assert set(COMMAND.findall(document.read_text(encoding="utf-8"))) - set(get_commands()) == set()


def variables_read(path: Path) -> Iterator[str]:
    """Names given to `os.environ`, or to a function of config/environment.py."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            named: ast.expr | None = node.slice
        elif isinstance(node, ast.Call) and re.match(r"os\.(environ\.\w+|getenv)$|env\.\w+$", ast.unparse(node.func)):
            named = node.args[0] if node.args else None
        else:
            continue
        if isinstance(named, ast.Constant) and isinstance(named.value, str) and re.fullmatch(r"[A-Z_]+", named.value):
            yield named.value


def variables_of_the_portal() -> set[str]:
    return {name for path in (BASE_DIR / "config").rglob("*.py") for name in variables_read(path)} - NOT_OURS


def variables_of_the_scripts() -> set[str]:
    texts = [(BASE_DIR / name).read_text(encoding="utf-8") for name in ("compose.yaml", "script/postgres-roles.sh", "script/setup.py")]
    return {name for text in texts for name in re.findall(r"\$\{?([A-Z_]+)|\"(PORTAL_[A-Z_]+)\": ", text) for name in name if name}


def documented_variables() -> set[str]:
    rows = VARIABLE_ROW.findall((BASE_DIR / "docs" / "deployment.md").read_text(encoding="utf-8"))
    return {name for row in rows for name in re.findall(r"[A-Z_]+", row)}


def test_every_variable_is_documented() -> None:
    assert variables_of_the_portal() | variables_of_the_scripts() == documented_variables()


def test_each_app_of_the_architecture_begins_where_it_says() -> None:
    rows = re.findall(r"^\| `(\w+)/` \|.*\| (.+) \|$", (BASE_DIR / "docs" / "architecture.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert {app for app, _files in rows} == {*settings.BASE_APPS, "charts"}
    assert [name for app, files in rows for name in re.findall(r"`([^`]+)`", files) if not (BASE_DIR / app / name).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_demo_sign_ins_are_those_of_the_demo(name: str) -> None:
    text = (BASE_DIR / name).read_text(encoding="utf-8")

    assert [email for _role, email, password in SIGN_INS if email not in text or password not in text] == []
    assert len(re.findall(r"[\w.]+@demo\.example", text)) == len(SIGN_INS)


def test_the_size_of_the_demo_is_that_of_the_demo() -> None:
    said = [(BASE_DIR / name).read_text(encoding="utf-8") for name in ("README.md", "CHANGELOG.md")]

    assert [re.findall(r"([\d,]+) invented suppliers", text) for text in said] == [[f"{SUPPLIERS:,}"]] * 2


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = BASE_DIR / "docs" / "adr"
    decisions = sorted(path.name for path in folder.glob("0*.md"))

    assert re.findall(r"\]\((0\d{3}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8")) == decisions
    assert [name[:4] for name in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]


def test_the_change_log_begins_with_this_version() -> None:
    version = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## \[([^\]]+)\]", (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert headings[0] in ("Unreleased", version)
    assert version in headings
