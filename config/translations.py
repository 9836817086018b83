"""Finds the texts to translate, keeps the catalogue in step with them, and compiles it. Pure Python: no gettext tools needed."""

import ast
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polib
from django.conf import settings
from django.utils.translation.template import templatize

from config.paths import BASE_DIR


# Where each function keeps its arguments: (context, singular, plural).
SIGNATURES: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
CALL_IN_TEMPLATE = re.compile(r"\b(n?p?gettext|_)\((?=u?['\"])")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%[sd]")
# In the JSON files translators hand in, a text's context stands before it, as in compiled catalogues.
CONTEXT_MARK = "\x04"
# Has texts, and no models that would make it an app.
BESIDE_APPS = ("charts",)
SKIPPED_FOLDERS = {"tests", "migrations", "benchmarks", "script", "docs"}


@dataclass
class Text:
    msgid: str
    context: str | None = None
    plural: str | None = None
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> tuple[str | None, str]:
        return self.context, self.msgid


def catalogues() -> list[Path]:
    return sorted(path for folder in settings.LOCALE_PATHS for path in Path(folder).glob("*/LC_MESSAGES/django.po"))


def compile_catalogues() -> list[Path]:
    """Compiles those that changed since; returns them."""
    compiled = []
    for source in catalogues():
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)  # a process reading it sees the old or the new one, never half
        compiled.append(target)
    return compiled


# --- finding ---------------------------------------------------------------------------------------------------------


def texts_in_sources() -> list[Text]:
    found: dict[tuple[str | None, str], Text] = {}
    for path in _sources():
        place = path.relative_to(BASE_DIR).as_posix()
        for text in _texts_in(path):
            known = found.setdefault(text.key, text)
            known.plural = known.plural or text.plural
            if place not in known.places:
                known.places.append(place)
    return sorted(found.values(), key=lambda text: (text.places[0], text.msgid))


def _sources() -> Iterator[Path]:
    for app in sorted([*settings.BASE_APPS, *BESIDE_APPS]):
        for path in sorted((BASE_DIR / app).rglob("*.py")):
            if not SKIPPED_FOLDERS & set(path.relative_to(BASE_DIR).parts):
                yield path
    for suffix in ("html", "txt", "svg", "xml"):
        yield from sorted((BASE_DIR / "templates").rglob(f"*.{suffix}"))


def _texts_in(path: Path) -> Iterator[Text]:
    source = path.read_text()
    if path.suffix == ".py":
        yield from texts_in_python(source)
    else:
        yield from texts_in_template(source, str(path))


def texts_in_python(source: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            text = _text_of_call(node)
            if text:
                yield text


def texts_in_template(source: str, origin: str = "") -> Iterator[Text]:
    calls = templatize(source, origin=origin)
    for match in CALL_IN_TEMPLATE.finditer(calls):
        node = _call_at(calls, match.start())
        text = _text_of_call(node) if node else None
        if text:
            yield text


def _call_at(source: str, start: int) -> ast.Call | None:
    """The shortest piece from `start` that is a whole call; a bracket inside the text is no end."""
    end = start
    while (end := source.find(")", end) + 1) > 0:
        try:
            node = ast.parse(source[start:end], mode="eval").body
        except SyntaxError:
            continue
        return node if isinstance(node, ast.Call) else None
    return None


def _text_of_call(node: ast.Call) -> Text | None:
    name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if name not in SIGNATURES:
        return None
    context, singular, plural = (_constant(node, position) for position in SIGNATURES[name])
    return Text(singular, context, plural) if singular else None


def _constant(node: ast.Call, position: int | None) -> str | None:
    if position is None or position >= len(node.args):
        return None
    argument = node.args[position]
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


# --- keeping ---------------------------------------------------------------------------------------------------------


def update(catalogue: polib.POFile, texts: list[Text], translations: dict[str, str]) -> None:
    """Adds what is new, drops what is gone, takes over translations for what has none yet or a new one."""
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    wanted = {text.key for text in texts}
    for key, entry in known.items():
        if key not in wanted:
            catalogue.remove(entry)
    for text in texts:
        entry = known.get(text.key)
        if entry is None:
            entry = polib.POEntry(msgid=text.msgid, msgctxt=text.context)
            catalogue.append(entry)
        entry.occurrences = [(place, "") for place in text.places]
        _translate(entry, text, translations)
    catalogue.sort(key=lambda entry: (entry.msgid.lower(), entry.msgctxt or ""))


def _translate(entry: polib.POEntry, text: Text, translations: dict[str, str]) -> None:
    new = translations.get(f"{text.context}{CONTEXT_MARK}{text.msgid}" if text.context else text.msgid)
    entry.flags = ["python-format"] if re.search(r"%\(\w+\)[sd]", text.msgid) else []
    if text.plural:
        # Chinese has one form for any number.
        old = entry.msgstr_plural.get(0, "") or entry.msgstr
        entry.msgid_plural, entry.msgstr, entry.msgstr_plural = text.plural, "", {0: new or old}
    else:
        old = entry.msgstr or entry.msgstr_plural.get(0, "")
        entry.msgid_plural, entry.msgstr, entry.msgstr_plural = "", new or old, {}


def read_translations(paths: list[Path]) -> dict[str, str]:
    """JSON files of {"English": "中文"}."""
    merged: dict[str, str] = {}
    for path in paths:
        merged.update(json.loads(path.read_text()))
    return merged


# --- checking --------------------------------------------------------------------------------------------------------


def complaints(catalogue: polib.POFile, texts: list[Text]) -> list[str]:
    """What is wrong with a catalogue, a line each; empty when it is complete."""
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    wrong = []
    for text in texts:
        entry = entries.get(text.key)
        translation = entry.msgstr_plural.get(0, "") if entry and entry.msgid_plural else entry.msgstr if entry else ""
        if entry is None or not translation:
            wrong.append(f"{text.places[0]}: not translated: {text.msgid!r}")
        elif entry.fuzzy:
            wrong.append(f"{text.places[0]}: translation is only a guess: {text.msgid!r}")
        elif not _same_placeholders(text, translation):
            wrong.append(f"{text.places[0]}: placeholders differ: {text.msgid!r} / {translation!r}")
    wanted = {text.key for text in texts}
    wrong += [f"no longer used: {entry.msgid!r}" for key, entry in entries.items() if key not in wanted]
    return wrong


def _same_placeholders(text: Text, translation: str) -> bool:
    expected = set(PLACEHOLDER.findall(text.plural or text.msgid))
    given = set(PLACEHOLDER.findall(translation))
    # A plural's number may be left out of neither form in Chinese, but English "1 file" often has none.
    return expected == given
