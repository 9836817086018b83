"""Conditions of a questionnaire in words, in the language in use: "E1-02 (Discharge permit class) is one of: …"."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assessments.questionnaires.expressions import Items, Literal, Node, Operation, Word, parse
from assessments.questionnaires.questions import Field, Question, Questionnaire
from assessments.questionnaires.wording import listed, local
from suppliers import places
from suppliers.models import Category, HeadcountBand, SiteType


_FACTS: Mapping[str, StrOrPromise] = {
    "company.country": gettext_lazy("the country of registration"),
    "company.category": gettext_lazy("the category of the company"),
    "company.headcount": gettext_lazy("the headcount"),
    "site.country": gettext_lazy("the country of a site"),
    "site.type": gettext_lazy("the type of a site"),
}
_LABELS: Mapping[str, Mapping[str, StrOrPromise]] = {
    "company.category": dict(Category.choices),
    "company.headcount": dict(HeadcountBand.choices),
    "site.type": dict(SiteType.choices),
}
_COMPARED: Mapping[str, StrOrPromise] = {
    "=": gettext_lazy("%(what)s is %(value)s"),
    "!=": gettext_lazy("%(what)s is not %(value)s"),
    "<": gettext_lazy("%(what)s is less than %(value)s"),
    "<=": gettext_lazy("%(what)s is at most %(value)s"),
    ">": gettext_lazy("%(what)s is more than %(value)s"),
    ">=": gettext_lazy("%(what)s is at least %(value)s"),
    "in": gettext_lazy("%(what)s is one of: %(value)s"),
    "has": gettext_lazy("%(what)s includes %(value)s"),
}


def in_words(source: str, question: Question, questionnaire: Questionnaire) -> str:
    return _Words(question, questionnaire).of(parse(source).root)


class _Words:
    def __init__(self, question: Question, questionnaire: Questionnaire) -> None:
        self._question = question
        self._questionnaire = questionnaire

    def of(self, node: Node, *, inside: bool = False) -> str:
        if not isinstance(node, Operation):
            return self._operand(node, None)
        if node.sign in ("and", "or"):
            parts = [self.of(part, inside=True) for part in node.parts]
            joined = (_(" and ") if node.sign == "and" else _(" or ")).join(parts)
            return _("(%(words)s)") % {"words": joined} if inside else joined
        if node.sign == "not":
            return _("not (%(words)s)") % {"words": self.of(node.parts[0])}
        if node.sign in _COMPARED:
            left, right = node.parts
            return str(_COMPARED[node.sign]) % {"what": self._operand(left, None), "value": self._operand(right, left)}
        return self._arithmetic(node)

    def _arithmetic(self, node: Operation) -> str:
        parts = [self._operand(part, None) for part in node.parts]
        return f"-{parts[0]}" if node.sign == "negative" else f" {node.sign.replace('*', '×')} ".join(parts)

    def _operand(self, node: Node, beside: Node | None) -> str:
        """A name, or what it is compared with: an option is read in the light of the name beside it."""
        if isinstance(node, Items):
            return listed(self._operand(item, beside) for item in node.items)
        if isinstance(node, Operation):
            return self._arithmetic(node)
        if beside is None and isinstance(node, Word):
            return self._name(node.text)
        return self._value(node, beside.text if isinstance(beside, Word) else "")

    def _value(self, node: Word | Literal, name: str) -> str:
        text = node.text
        if name.endswith(".country"):
            return places.country_name(text)
        if name in _LABELS:
            return str(_LABELS[name].get(text, text))
        _other, field = self._find(name)
        option = field.option(text) if field else None
        if option:
            return _("“%(option)s”") % {"option": local(option.label)}
        return self._name(text) if isinstance(node, Word) else text

    def _name(self, word: str) -> str:
        if word in _FACTS:
            return str(_FACTS[word])
        other, field = self._find(word)
        if other is None:
            return word
        label = local(field.label) if field and len(other.fields) > 1 else ""
        if other is self._question:
            return label or word
        topic = local(other.topic)
        called = _("%(code)s (%(topic)s)") % {"code": other.code, "topic": topic} if topic else other.code
        return _("%(question)s, %(field)s") % {"question": called, "field": label} if label else called

    def _find(self, word: str) -> tuple[Question | None, Field | None]:
        """The question and the field a word stands for: of this question first, as the rules read it."""
        key, _dot, _column = word.partition(".")
        if own := self._question.field(key):
            return self._question, own
        other = self._questionnaire.by_code.get(key)
        if other is None:
            return None, None
        rest = word.partition(".")[2].partition(".")[0]
        fields = [each for each in other.fields if each.type != "file"]
        return other, other.field(rest or "value") or (fields[0] if len(fields) == 1 else None)
