"""Loading a questionnaire from data (parsed YAML or JSON) and refusing one that cannot be answered or scored.

`load` reports everything that is wrong in one exception, each problem with its path ("questions[3].credit.bands[0].from").
`read_yaml` adds the line of the file. The format: `docs/questionnaire-format.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from assessments.questionnaires import expressions, names
from assessments.questionnaires.expressions import gettext_noop
from assessments.questionnaires.parts import read_questionnaire
from assessments.questionnaires.questions import (
    CATEGORIES,
    Area,
    Band,
    Check,
    Credit,
    Field,
    Option,
    Question,
    Questionnaire,
    Text,
    Trigger,
)
from assessments.questionnaires.reading import Node, Problem, word


__all__ = [
    "Area",
    "Band",
    "Check",
    "Credit",
    "Field",
    "Option",
    "Problem",
    "Question",
    "Questionnaire",
    "QuestionnaireError",
    "Text",
    "Trigger",
    "load",
    "parse_yaml",
    "plain",
    "read_yaml",
]

Read = TypeVar("Read")

ROOT = ""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*")
_IN_QUESTION = re.compile(r"questions\[(\d+)\]")


class QuestionnaireError(ValueError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def load(data: Any, *, texts: bool = True) -> Questionnaire:
    """Raises QuestionnaireError with every problem found. `texts=False` is for rules without wording, as in receipts."""
    problems: list[Problem] = []
    root = Node(plain(data), ROOT, problems, texts)
    questionnaire = read_questionnaire(root)
    _check_whole(questionnaire, problems)
    if problems:
        raise QuestionnaireError(problems)
    return questionnaire


def read_yaml(source: str) -> Questionnaire:
    """Load from YAML text; problems carry the line they are on."""
    return parse_yaml(source, load)


def parse_yaml(source: str, read: Callable[[Any], Read]) -> Read:
    """What `read` makes of YAML text; to the problems it raises, their lines are added."""
    import yaml

    try:
        loader = yaml.SafeLoader(source)
        node = loader.get_single_node()
        lines = _lines(node)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        message = gettext_noop("This is not readable YAML: %(detail)s.")
        raise QuestionnaireError([Problem(ROOT, message, {"detail": error.problem}, line)]) from error
    except QuestionnaireError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = gettext_noop("This is not readable YAML: %(detail)s.")
        raise QuestionnaireError([Problem(ROOT, message, {"detail": error})]) from error
    try:
        return read(data)
    except QuestionnaireError as error:
        raise QuestionnaireError([replace(p, line=_nearest(p.path, lines)) for p in error.problems]) from None


def _lines(node: Any) -> dict[str, int]:
    """Path -> line of every value in a composed YAML document.

    A value that stands in two places is refused: such a file can hold more than any memory, or itself.
    """
    found: dict[str, int] = {}
    seen: set[int] = set()
    pending = [(node, ROOT)] if node is not None else []
    while pending:
        node, path = pending.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise QuestionnaireError([Problem(path, gettext_noop("Write the value out instead of referring to another place."), {}, line)])
        seen.add(id(node))
        found.setdefault(path, line)
        if node.id == "mapping":
            for key, value in node.value:
                inner = f"{path}.{key.value}" if path else str(key.value)
                found[inner] = key.start_mark.line + 1
                pending.append((value, inner))
        elif node.id == "sequence":
            pending.extend((item, f"{path}[{place}]") for place, item in enumerate(node.value))
    return found


def _nearest(path: str, lines: Mapping[str, int]) -> int | None:
    while path not in lines and path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)


def plain(value: Any) -> Any:
    """A document as JSON would hold it. YAML 1.1 reads the words yes and no as booleans where a key or option stands."""
    if isinstance(value, Mapping):
        return {word(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value if isinstance(value, (str, int, float)) else str(value)


def _check_whole(questionnaire: Questionnaire, problems: list[Problem]) -> None:
    """What only shows between the parts. Nothing is said that merely follows from a question that could not be read."""
    unread = {int(found[1]) for problem in problems if (found := _IN_QUESTION.match(problem.path))}
    broken = frozenset(question.code for number, question in enumerate(questionnaire.questions) if number in unread)
    if not broken and not any(problem.path.startswith(("areas", "questions")) for problem in problems):
        _check_areas(questionnaire, problems)
    depends: dict[str, tuple[str, ...]] = {}
    for number, question in enumerate(questionnaire.questions):
        path = f"questions[{number}]"
        depends[question.code] = _check_expressions(questionnaire, question, path, broken, problems)
    _check_cycles(questionnaire, {code: waits or _mentioned(questionnaire, code) for code, waits in depends.items()}, problems)
    _check_reachable(questionnaire, depends, broken, problems)


def _check_areas(questionnaire: Questionnaire, problems: list[Problem]) -> None:
    used = {question.area for question in questionnaire.questions}
    for number, area in enumerate(questionnaire.areas):
        if area.code not in used:
            problems.append(Problem(f"areas[{number}]", gettext_noop("This area has no question.")))


def _check_expressions(
    questionnaire: Questionnaire, question: Question, path: str, broken: frozenset[str], problems: list[Problem]
) -> tuple[str, ...]:
    def bound(source: str, where: str, own: bool = True) -> tuple[str, ...]:
        try:
            scope = names.scope(questionnaire.by_code, question, own)
            return expressions.bind(expressions.parse(source), scope).questions
        except expressions.ExpressionError as error:
            # A question that could not be read may be what this one misses. One without a readable code may be any.
            if question.code not in broken and not any(code in source for code in broken):
                problems.append(Problem(f"{path}.{where}", error.message, error.params))
            return ()

    for n, check in enumerate(question.checks):
        bound(check.ok_when, f"checks[{n}].ok_when")
    if question.evidence.when:
        bound(question.evidence.when, "evidence.when")
    for n, trigger in enumerate(question.triggers):
        bound(trigger.when, f"triggers[{n}].when")
    return bound(question.applies.when, "applies.when", own=False) if question.applies.when else ()


def _mentioned(questionnaire: Questionnaire, code: str) -> tuple[str, ...]:
    """What a condition names whose own question or neighbours could not be read: a circle among them is said along with the rest."""
    found = _WORD.findall(questionnaire.by_code[code].applies.when)
    return tuple(word for word in dict.fromkeys(found) if word in questionnaire.by_code and not word.islower())


def _check_cycles(questionnaire: Questionnaire, depends: Mapping[str, tuple[str, ...]], problems: list[Problem]) -> None:
    settled: set[str] = set()
    remaining = list(depends)
    while ready := [code for code in remaining if settled.issuperset(depends[code])]:
        settled.update(ready)
        remaining = [code for code in remaining if code not in settled]
    if remaining:
        number = next(n for n, question in enumerate(questionnaire.questions) if question.code == remaining[0])
        problems.append(
            Problem(
                f"questions[{number}].applies.when",
                gettext_noop("These conditions wait for each other: %(codes)s."),
                {"codes": ", ".join(remaining)},
            )
        )


def _check_reachable(
    questionnaire: Questionnaire, depends: Mapping[str, tuple[str, ...]], broken: frozenset[str], problems: list[Problem]
) -> None:
    """A condition on questions that are never asked of the same suppliers can never hold."""
    for number, question in enumerate(questionnaire.questions):
        if not depends[question.code] or not broken.isdisjoint((question.code, *depends[question.code])):
            continue
        others = [questionnaire.by_code[code] for code in depends[question.code]]
        mine = set(question.applies.categories or CATEGORIES)
        if any(mine & set(other.applies.categories or CATEGORIES) for other in others):
            continue
        scope = names.scope(questionnaire.by_code, question, own=False)
        bound = expressions.bind(expressions.parse(question.applies.when), scope)
        if not bound.test(names.State({})):
            problems.append(
                Problem(
                    f"questions[{number}].applies.when",
                    gettext_noop("This question is never asked: no category is asked both it and %(codes)s."),
                    {"codes": ", ".join(depends[question.code])},
                )
            )
