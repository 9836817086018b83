"""Rules about every model, template and file: what a reviewer would otherwise have to look for each time."""

import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
from django.db.models import CheckConstraint, DateTimeField, Field, Model, Q
from pghistory.models import Event

from audit.action_names import NAMES
from config.paths import BASE_DIR


OURS = ("reports", "labels", "pilots", "assessments", "emissions", "privacy", "suppliers", "grievances", "runs", "accounts", "audit")
MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models() if not issubclass(model, Event)]

# These steps the machine takes too (a command that publishes, a schedule that launches, a score that withdraws its finding).
BY_MACHINE = {
    "QuestionnaireVersion.changed",
    "QuestionnaireVersion.published",
    "Standard.published",
    "Campaign.launched",
    "Finding.closed",
    "Run.started",
}

# Reached only through something that is asked for with `visible_to`, or by those who may see all of them.
REACHED_THROUGH = {
    "EvidenceUse": "its answer",
    "Verdict": "its answer",
    "Registration": "staff who decide on it",
    "Membership": "its person, or the supplier of who asks",
    "Invitation": "its token, or the supplier of who asks",
    "Message": "nobody: it is posted",
}


# Neither history nor a trigger keeps what was in these before.
KEEPS_NO_PAST = {
    "AnswerTime": "figures that are measured anew every night",
    "BackTest": "a trial, which changes nothing",
    "BuyingUnit": "a name to search by",
    "Chunk": "work in progress; what it did is in its run and in the trail",
    "ComeBack": "a note to oneself",
    "CommentNotice": "a mail to be sent",
    "DailyFact": "figures that follow from other rows",
    "EvaluationMark": "work to be done",
    "Export": "a file that was taken along: the trail says who, when and what",
    "Import": "work in progress; what it changed has its own history",
    "ImportRow": "the same, row by row",
    "IssuedDocument": "a printed file: it is signed, and holds its own hash",
    "Label": "where the steps of its ledger lead to, which are only added to",
    "Message": "a mail, gone after half a year",
    "Notice": "a mail to be sent",
    "Presence": "who is on a page at this moment",
    "QueryNotice": "a mail to be sent",
    "ReviewNotice": "a mail to be sent",
    "Risk": "figures that are computed anew every night",
    "Run": "work in progress; starts, stops and retries are in the trail",
    "SavedView": "a bookmark of a person",
    "ScoreMark": "work to be done",
    "Standing": "where assessments and scores lead to",
    "StandardTest": "a trial, which changes nothing",
    "TaskOutcome": "how a schedule went the last time",
    "Throttle": "tries of the last two days",
    "UnitShare": "figures that are computed anew",
    "UnitWatch": "a bookmark of a person",
    "Upload": "a file on its way",
    "UploadPart": "a file on its way",
    "ActivityImport": "a file that was read; what it changed has its own history",
    "WorkbookUpload": "a file that was read; what it changed has its own history",
}


def files(*endings: str) -> list[Path]:
    """What the repository holds, or is about to: no file of others that we bring along."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=BASE_DIR, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    paths = [Path(line) for line in listed if line.endswith(endings) and "/vendor/" not in line and "/migrations/" not in line]
    return [BASE_DIR / path for path in paths if (BASE_DIR / path).is_file()]


def of_product(path: Path) -> bool:
    return path.relative_to(BASE_DIR).parts[0] not in ("tests", "benchmarks", "script", "docs")


# --- models -----------------------------------------------------------------------------------------------------------


def names_in(condition: Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from names_in(child)
        elif isinstance(child, tuple):
            yield child[0]


def conditions_of(model: type[Model]) -> list[set[str]]:
    checks = [constraint for constraint in model._meta.constraints if isinstance(constraint, CheckConstraint)]
    return [set(names_in(check.condition)) for check in checks if isinstance(check.condition, Q)]


def fields_of(model: type[Model]) -> dict[str, Field[Any, Any]]:
    return {field.name: field for field in model._meta.fields}


def pairs() -> Iterator[tuple[type[Model], str]]:
    """`closed` where both `closed_at` and `closed_by` may be empty."""
    for model in MODELS:
        fields = fields_of(model)
        for name, field in fields.items():
            what = name.removesuffix("_at")
            by = fields.get(f"{what}_by")
            if isinstance(field, DateTimeField) and name != what and by is not None and field.null and by.null:
                yield model, what


def test_who_and_when_are_known_together() -> None:
    alone = {
        f"{model.__name__}.{what}"
        for model, what in pairs()
        if not any({f"{what}_at__isnull", f"{what}_by__isnull"} <= names for names in conditions_of(model))
    }

    assert alone == BY_MACHINE


def test_every_choice_is_one_the_database_knows() -> None:
    free = [
        f"{model.__name__}.{name}"
        for model in MODELS
        for name, field in fields_of(model).items()
        if field.choices and not any(f"{name}__in" in names or name in names for names in conditions_of(model))
    ]

    assert free == []


def test_what_belongs_to_a_supplier_is_asked_for_by_who_may_see_it() -> None:
    owners = {"supplier", "assessment", "agreement", "answer"}
    open_to_all = {
        model.__name__ for model in MODELS if owners & set(fields_of(model)) and not hasattr(model._default_manager.all(), "visible_to")
    }

    assert open_to_all == set(REACHED_THROUGH)


def test_what_is_written_once_is_guarded_by_a_trigger() -> None:
    """The rights are taken away too: tests/config/test_grants.py."""
    written_once = [model for model in MODELS if getattr(model, "append_only", False)]

    assert written_once
    for model in written_once:
        assert "append_only" in {trigger.name for trigger in getattr(model._meta, "triggers", [])}, model


def test_every_table_keeps_its_past_or_says_why_not() -> None:
    histories = [model for model in apps.get_models() if issubclass(model, Event) and model._meta.managed]
    tracked = {history._meta.get_field("pgh_obj").related_model for history in histories}
    guards = {"append_only", "published_never_changes", "announced_never_changes", "computed_stays", "said_is_said"}
    bare = {
        model.__name__
        for model in MODELS
        if model not in tracked and not guards & {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    }

    assert bare == set(KEEPS_NO_PAST)


def test_every_migration_can_be_taken_back() -> None:
    migrations = [each for (app, _name), each in MigrationLoader(None).disk_migrations.items() if app in OURS]
    operations = [operation for migration in migrations for operation in migration.operations]
    inside = [step for operation in operations for step in getattr(operation, "operations", ())]

    assert [str(step) for step in (*operations, *inside) if not step.reversible] == []


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# --- code -------------------------------------------------------------------------------------------------------------


def test_lists_are_paged_by_position() -> None:
    """Django's pages count all rows and skip to theirs; ours begin after a row, in an order that ends in a unique field."""
    counted = [str(path) for path in files(".py") if of_product(path) and re.search(r"\bPaginator\(|paginate_by", path.read_text())]
    orders = {
        order
        for path in files(".py")
        if of_product(path)
        for order in re.findall(r"page_by\([^\n]*?, \"([^\"]+)\", request", path.read_text())
    }

    assert counted == []
    # "number" is unique within its import, "email" among people.
    assert orders <= {"pk", "-pk", "email", "number"}


def recorded() -> Iterator[str]:
    calls = re.compile(r"(?:trail\.record|audit\.record|\brecord|\bnote|note_view)\(\s*(?:request, \w+, )?\"([a-z_]+\.[a-z_]+)\"")
    for path in files(".py"):
        if of_product(path):
            yield from calls.findall(path.read_text())


def test_every_action_of_the_trail_has_a_name_to_show() -> None:
    actions = set(recorded())

    assert len(actions) > 40
    assert actions <= set(NAMES)


def test_nothing_is_left_for_later() -> None:
    words = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X\\b"]))
    left = [str(path) for path in files(".py", ".html", ".js", ".css", ".yaml", ".txt", ".sh") if words.search(path.read_text())]

    assert left == []


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(path.relative_to(BASE_DIR)): lines
        for path in files(".py", ".html", ".js", ".css")
        if (lines := len(path.read_text().splitlines())) > 600 and of_product(path)
    }

    assert long == {}


def test_no_test_is_skipped() -> None:
    skips = re.compile(r"pytest\.(mark\.)?(skip|xfail)|unittest\.skip|\|\| (true|echo)")
    here = Path(__file__)

    assert [str(path) for path in files(".py", ".sh") if path != here and skips.search(path.read_text())] == []


# --- templates --------------------------------------------------------------------------------------------------------

TEMPLATES = [path for path in files(".html") if "templates" in path.parts]
# Mails are read in mail programs, which know nothing but inline styles.
ON_SCREEN = [path for path in TEMPLATES if "emails" not in path.parts]


class Tags(HTMLParser):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        # Tags of the template language inside a tag would look like attributes of it.
        self.feed(re.sub(r"{%.*?%}|{#.*?#}", " ", path.read_text(), flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", ON_SCREEN, ids=lambda path: str(path.relative_to(BASE_DIR / "templates")))
def test_a_page_carries_no_style_and_no_script_of_its_own(path: Path) -> None:
    for tag, attributes in Tags(path).tags:
        assert tag != "style" or "pdf" in path.name or "pdf" in path.parts
        assert tag != "script" or "src" in attributes or attributes.get("type") == "application/json"
        assert not [name for name in attributes if name == "style" or name.startswith(("on", "hx-on"))], (tag, attributes)


def test_what_htmx_fetches_can_be_reached_without_it() -> None:
    """A link repeats its address as `href`. What fetches by itself (a progress bar, a preview) says when."""
    alone = [
        (path.name, attributes["hx-get"])
        for path in ON_SCREEN
        for tag, attributes in Tags(path).tags
        if "hx-get" in attributes and attributes.get("href") != attributes["hx-get"] and "hx-trigger" not in attributes
    ]

    assert alone == []


def test_every_mail_has_a_subject_a_text_and_a_page() -> None:
    folder = BASE_DIR / "templates" / "emails"
    mails = {path.name.partition(".")[0] for path in folder.iterdir() if not path.name.startswith("_")}

    assert len(mails) >= 6
    for mail in mails:
        assert all((folder / f"{mail}{ending}").is_file() for ending in (".subject.txt", ".txt", ".html")), mail


def test_every_mail_the_code_sends_exists() -> None:
    sent = {
        kind for path in files(".py") if of_product(path) for kind in re.findall(r"\bqueue(?:_many)?\(\s*\"([a-z_]+)\"", path.read_text())
    }

    assert sent
    assert {kind for kind in sent if not (BASE_DIR / "templates" / "emails" / f"{kind}.txt").is_file()} == set()
