"""The small language of conditions, checks and triggers.

    E1-02 in [key_management, simplified_management] and not (value = no)
    recovered <= 1.5 * bought

`parse` reads a text once; `bind` gives its words a meaning and returns a test that costs a few dictionary look-ups. What a
word means is the caller's business (a `Scope`): a field of the question, another question, a fact about the company.
A word that is not a name is an option key or another literal, and stands on the right of a comparison.

- `and`, `or`, `not`, parentheses; `= != < <= > >=`; `in [a, b]`; `has a` and `has [a, b]` (a multiple choice contains any
  of them); `+ - * /` over numbers. A minus between two names needs spaces around it, because codes carry hyphens.
- A comparison with something that was not answered is false, whatever the operator; so is one that divides by zero.
- A fact with several values (the countries of the sites) satisfies a comparison when any one of them does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from assessments.questionnaires.units import EXACT


State = Any
Read = Callable[[State], Any]
Test = Callable[[State], bool]


def gettext_noop(message: str) -> str:
    """Marks a sentence for the translation catalogue; rendering it is the job of `assessments.questionnaires.messages`."""
    return message


class ExpressionError(ValueError):
    """What is wrong, and at which character (counted from 1)."""

    def __init__(self, position: int, message: str, **params: object) -> None:
        self.position = position
        self.message = message
        self.params = {"position": position, **params}
        super().__init__(message % self.params)


@dataclass(frozen=True, slots=True)
class Name:
    """Something a word can stand for: how to read it from the state, and what it may be compared with.

    kind: "choice" (a str), "number" (Decimal), "date" (ISO str), "text" (str), "set" (several option keys),
    "any" (several values, one of which must satisfy the comparison), "rank" (a choice whose options are ordered).
    The reader gives None for what was not answered.
    """

    kind: str
    read: Read
    options: tuple[str, ...] | None = None
    # The question another question's condition depends on; empty for own fields and facts.
    question: str = ""
    own: bool = False


Scope = Callable[[str], Name | None]


class Bound(NamedTuple):
    test: Test
    names: tuple[str, ...]
    # Codes of the other questions it looks at.
    questions: tuple[str, ...]
    # True when it looks at nothing but the question's own fields.
    local: bool


# --- reading the text ---------------------------------------------------------------------------------------------


class Token(NamedTuple):
    kind: str
    text: str
    position: int


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<date>\d{4}-\d{2}-\d{2}(?![\w-]))
    | (?P<number>\d+(?:\.\d+)?(?![A-Za-z_0-9.]))
    | (?P<quoted>"[^"]*"|'[^']*')
    | (?P<word>[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign><=|>=|!=|[=<>+\-*/()\[\],])
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_RESERVED = frozenset({"and", "or", "not", "in", "has"})


def _tokens(source: str) -> Iterator[Token]:
    at, end = 0, len(source.rstrip())
    while at < end:
        match = _TOKEN.match(source, at)
        if match is None:
            at += len(source[at:]) - len(source[at:].lstrip())
            raise ExpressionError(
                at + 1,
                gettext_noop("Unexpected character “%(character)s” at position %(position)s."),
                character=source[at],
            )
        kind = str(match.lastgroup)
        text, start = match.group(kind), match.start(kind)
        if kind == "word" and text in _RESERVED:
            kind = "sign"
        yield Token(kind, text, start + 1)
        at = match.end()
    yield Token("end", "", end + 1)


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a date or a quoted text."""

    kind: str
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Items:
    items: tuple[Node, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Operation:
    """`sign` over one or two parts: arithmetic, comparison or logic."""

    sign: str
    parts: tuple[Node, ...]
    position: int


Node = Literal | Word | Items | Operation


@dataclass(frozen=True, slots=True)
class Expression:
    source: str
    root: Node


def parse(source: str) -> Expression:
    """Raises ExpressionError with the position of the first thing that cannot be read."""
    parser = _Parser(source)
    root = parser.disjunction()
    if parser.token.kind != "end":
        parser.refuse()
    return Expression(source, root)


class _Parser:
    def __init__(self, source: str) -> None:
        self._tokens = list(_tokens(source))
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at]

    def refuse(self) -> None:
        if self.token.kind == "end":
            raise ExpressionError(self.token.position, gettext_noop("The expression ends too early."))
        raise ExpressionError(
            self.token.position,
            gettext_noop("“%(word)s” at position %(position)s does not fit here."),
            word=self.token.text,
        )

    def take(self, *signs: str) -> Token | None:
        token = self.token
        if token.kind == "sign" and token.text in signs:
            self._at += 1
            return token
        return None

    def expect(self, sign: str) -> None:
        if self.take(sign) is None:
            self.refuse()

    def disjunction(self) -> Node:
        return self._chain("or", self.conjunction)

    def conjunction(self) -> Node:
        return self._chain("and", self.negation)

    def _chain(self, sign: str, part: Callable[[], Node]) -> Node:
        position, parts = self.token.position, [part()]
        while self.take(sign):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Operation(sign, tuple(parts), position)

    def negation(self) -> Node:
        if token := self.take("not"):
            return Operation("not", (self._deeper(self.negation),), token.position)
        return self.comparison()

    def comparison(self) -> Node:
        left = self.sum()
        if token := self.take(*_COMPARISONS, "in", "has"):
            return Operation(token.text, (left, self.sum()), token.position)
        return left

    def sum(self) -> Node:
        return self._arithmetic(("+", "-"), self.product)

    def product(self) -> Node:
        return self._arithmetic(("*", "/"), self.unary)

    def _arithmetic(self, signs: tuple[str, ...], part: Callable[[], Node]) -> Node:
        left = part()
        while token := self.take(*signs):
            left = Operation(token.text, (left, part()), token.position)
        return left

    def unary(self) -> Node:
        if token := self.take("-"):
            return Operation("negative", (self._deeper(self.unary),), token.position)
        return self.primary()

    def primary(self) -> Node:
        token = self.token
        if token.kind == "word":
            self._at += 1
            return Word(token.text, token.position)
        if token.kind in ("number", "date", "quoted"):
            self._at += 1
            text = token.text[1:-1] if token.kind == "quoted" else token.text
            return Literal(token.kind, text, token.position)
        if self.take("["):
            return self._items(token.position)
        if self.take("("):
            inner = self._deeper(self.disjunction)
            self.expect(")")
            return inner
        self.refuse()
        raise AssertionError("refuse always raises")

    def _items(self, position: int) -> Node:
        items = [self.primary()]
        while self.take(","):
            items.append(self.primary())
        self.expect("]")
        return Items(tuple(items), position)

    def _deeper(self, part: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > 50:
            raise ExpressionError(self.token.position, gettext_noop("The expression is nested too deeply."))
        inner = part()
        self._depth -= 1
        return inner


# --- giving it a meaning ------------------------------------------------------------------------------------------


def bind(expression: Expression, scope: Scope) -> Bound:
    """Raises ExpressionError for an unknown name, an unknown option, or a comparison that makes no sense."""
    binder = _Binder(scope)
    test = binder.test(expression.root)
    names = binder.used
    return Bound(
        test=test,
        names=tuple(names),
        questions=tuple(dict.fromkeys(name.question for name in names.values() if name.question)),
        local=all(name.own for name in names.values()),
    )


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
}


class _Binder:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.used: dict[str, Name] = {}

    def test(self, node: Node) -> Test:
        if isinstance(node, Operation):
            if node.sign in ("and", "or"):
                return _logic(node.sign, [self.test(part) for part in node.parts])
            if node.sign == "not":
                inner = self.test(node.parts[0])
                return lambda state: not inner(state)
            if node.sign in _COMPARISONS or node.sign in ("in", "has"):
                return self._comparison(node)
        raise ExpressionError(node.position, gettext_noop("A comparison is needed at position %(position)s, such as “value = yes”."))

    def _comparison(self, node: Operation) -> Test:
        left, right = node.parts
        name = self._name(left)
        kind = name.kind if name else "number"
        compare = {
            "choice": self._compare_choice,
            "text": self._compare_choice,
            "any": self._compare_any,
            "set": self._compare_set,
            "rank": self._compare_rank,
            "date": self._compare_date,
        }.get(kind)
        if compare is None or name is None:
            return self._compare_number(node.sign, self._number(left), right, node)
        return compare(node.sign, name, right, node)

    def _name(self, node: Node) -> Name | None:
        """The name a word stands for; None for anything that must be arithmetic."""
        if isinstance(node, Word):
            return self._known(node)
        if isinstance(node, Literal) and node.kind == "number":
            return None
        if isinstance(node, Operation) and node.sign in (*_ARITHMETIC, "/", "negative"):
            return None
        raise ExpressionError(node.position, gettext_noop("A name or a number is needed at position %(position)s."))

    def _known(self, word: Word) -> Name:
        name = self._scope(word.text)
        if name is None:
            raise ExpressionError(word.position, gettext_noop("Unknown name “%(name)s” at position %(position)s."), name=word.text)
        self.used[word.text] = name
        return name

    # A test per kind of the left side ---------------------------------------------------------------------------

    def _compare_choice(self, sign: str, name: Name, right: Node, node: Operation) -> Test:
        read = name.read
        if sign == "in":
            wanted = frozenset(self._literals(name, right))
            return lambda state: read(state) in wanted
        if sign == "=":
            if other := self._other_choice(name, right):
                return _compared(read, operator.eq, other)
            literal = self._literal(name, right)
            return lambda state: read(state) == literal
        if sign == "!=":
            if other := self._other_choice(name, right):
                return _compared(read, operator.ne, other)
            literal = self._literal(name, right)
            return lambda state: (value := read(state)) is not None and value != literal
        raise self._misused(node)

    def _compare_any(self, sign: str, name: Name, right: Node, node: Operation) -> Test:
        read = name.read
        if sign not in ("=", "!=", "in"):
            raise self._misused(node)
        wanted = frozenset(self._literals(name, right) if sign == "in" else [self._literal(name, right)])
        if sign == "!=":
            return lambda state: any(value not in wanted for value in read(state))
        return lambda state: any(value in wanted for value in read(state))

    def _compare_set(self, sign: str, name: Name, right: Node, node: Operation) -> Test:
        if sign != "has":
            raise self._misused(node)
        read = name.read
        wanted = self._literals(name, right) if isinstance(right, Items) else [self._literal(name, right)]
        if len(wanted) == 1:
            one = wanted[0]
            return lambda state: (chosen := read(state)) is not None and one in chosen
        return lambda state: (chosen := read(state)) is not None and any(key in chosen for key in wanted)

    def _compare_rank(self, sign: str, name: Name, right: Node, node: Operation) -> Test:
        if sign in ("=", "!=", "in"):
            return self._compare_choice(sign, name, right, node)
        if sign == "has":
            raise self._misused(node)
        rank = {key: place for place, key in enumerate(name.options or ())}
        bar, read, compare = rank[self._literal(name, right)], name.read, _ORDER[sign]
        return lambda state: (place := rank.get(read(state))) is not None and compare(place, bar)

    def _compare_date(self, sign: str, name: Name, right: Node, node: Operation) -> Test:
        if sign not in _ORDER:
            raise self._misused(node)
        read, compare = name.read, _ORDER[sign]
        if isinstance(right, Literal) and right.kind == "date":
            day = right.text
            return lambda state: (value := read(state)) is not None and compare(value, day)
        other_name = self._known(right) if isinstance(right, Word) else None
        if other_name is None or other_name.kind != "date":
            raise ExpressionError(right.position, gettext_noop("A date such as 2026-03-31 is needed at position %(position)s."))
        return _compared(read, compare, other_name.read)

    def _compare_number(self, sign: str, left: Read, right: Node, node: Operation) -> Test:
        if sign == "in" and isinstance(right, Items):
            wanted = frozenset(self._plain_number(item) for item in right.items)
            return lambda state: left(state) in wanted
        if sign not in _ORDER:
            raise self._misused(node)
        compare = _ORDER[sign]
        if isinstance(right, Literal) and right.kind == "number":
            bar = Decimal(right.text)
            return lambda state: (value := left(state)) is not None and compare(value, bar)
        return _compared(left, compare, self._number(right))

    # Parts of a comparison --------------------------------------------------------------------------------------

    def _other_choice(self, name: Name, node: Node) -> Read | None:
        """The right side read as another name - unless it is one of the left side's own options."""
        if not isinstance(node, Word) or (name.options and node.text in name.options):
            return None
        other = self._scope(node.text)
        if other is None or other.kind not in ("choice", "text"):
            return None
        self.used[node.text] = other
        return other.read

    def _literals(self, name: Name, node: Node) -> list[str]:
        if not isinstance(node, Items):
            raise ExpressionError(node.position, gettext_noop("A list such as [a, b] is needed at position %(position)s."))
        return [self._literal(name, item) for item in node.items]

    def _literal(self, name: Name, node: Node) -> str:
        if not isinstance(node, (Word, Literal)):
            raise ExpressionError(node.position, gettext_noop("An option is needed at position %(position)s."))
        if name.options is not None and node.text not in name.options:
            raise ExpressionError(
                node.position,
                gettext_noop("Unknown option “%(option)s” at position %(position)s; known: %(known)s."),
                option=node.text,
                known=", ".join(name.options),
            )
        return node.text

    def _plain_number(self, node: Node) -> Decimal:
        if isinstance(node, Literal) and node.kind == "number":
            return Decimal(node.text)
        if isinstance(node, Operation) and node.sign == "negative":
            return -self._plain_number(node.parts[0])
        raise ExpressionError(node.position, gettext_noop("A number is needed at position %(position)s."))

    def _number(self, node: Node) -> Read:
        if isinstance(node, Literal) and node.kind == "number":
            constant = Decimal(node.text)
            return lambda _state: constant
        if isinstance(node, Word):
            name = self._known(node)
            if name.kind == "number":
                return name.read
        if isinstance(node, Operation) and node.sign == "negative":
            inner = self._number(node.parts[0])
            return lambda state: None if (value := inner(state)) is None else -value
        if isinstance(node, Operation) and node.sign in (*_ARITHMETIC, "/"):
            left, right = (self._number(part) for part in node.parts)
            return _quotient(left, right) if node.sign == "/" else _result(_ARITHMETIC[node.sign], left, right)
        raise ExpressionError(node.position, gettext_noop("A number is needed at position %(position)s."))

    def _misused(self, node: Operation) -> ExpressionError:
        return ExpressionError(
            node.position,
            gettext_noop("“%(sign)s” at position %(position)s does not fit the kind of answer on its left."),
            sign=node.sign,
        )


def _logic(sign: str, tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        if sign == "and":
            return lambda state: first(state) and second(state)
        return lambda state: first(state) or second(state)
    combine = all if sign == "and" else any
    return lambda state: combine(test(state) for test in tests)


def _compared(left: Read, compare: Callable[[Any, Any], bool], right: Read) -> Test:
    def test(state: State) -> bool:
        a, b = left(state), right(state)
        return a is not None and b is not None and compare(a, b)

    return test


def _result(work: Callable[[Decimal, Decimal], Decimal], left: Read, right: Read) -> Read:
    def read(state: State) -> Decimal | None:
        a, b = left(state), right(state)
        return None if a is None or b is None else work(a, b)

    return read


def _quotient(left: Read, right: Read) -> Read:
    def read(state: State) -> Decimal | None:
        a, b = left(state), right(state)
        return EXACT.divide(a, b) if a is not None and b else None

    return read
