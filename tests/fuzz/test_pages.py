"""Every address, by every role, with values that nobody should send: no 500, nothing of somebody else, nothing unescaped."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from tests.access_table import NOBODY, PAGES, ROLES
from tests.fuzz import forms
from tests.fuzz.canaries import BUYERS_MARK, MARK
from tests.fuzz.forms import Fields
from tests.fuzz.sending import Report, Sent, bad_address, bad_body, bad_query, send
from tests.test_access import visit
from tests.world import World


# A form is tried more often by whoever gets past its door.
TRIES = 3
QUERY_NAMES = (
    *("page", "after", "before", "sort", "q", "year", "kind", "outcome", "status", "state", "category", "region", "country", "area"),
    *("score_min", "score_max", "label", "level", "next", "from", "to", "on", "cycle", "severity", "supplier", "actor", "action"),
)


@dataclass
class Found:
    """What the pages themselves offer: the fields of every form by where it is sent, the names of queries by page. `marked`: who sees
    which marks, in how many pages."""

    fields: dict[str, Fields] = field(default_factory=dict)
    queries: dict[str, set[str]] = field(default_factory=dict)
    marked: Counter[tuple[str, str]] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def found(world: World, clients: dict[str, Client]) -> Found:
    found = Found()
    for page_name, page in PAGES.items():
        for role in sorted((page.get or NOBODY) - {"stranger"}):
            address = reverse(page_name, args=page.at(world))
            response = visit(clients[role], "get", address)
            if "html" not in response.headers.get("Content-Type", ""):
                continue
            text = response.content.decode()
            found.marked.update((role, mark) for mark in {each[0] for each in MARK.finditer(text)})
            read = forms.Page(address)
            read.feed(text)
            found.queries.setdefault(page_name, set()).update(read.queries)
            for action, fields in read.forms:
                known = found.fields.setdefault(name_of(action), {})
                known.update({name: each for name, each in fields.items() if name != "csrfmiddlewaretoken" and name not in known})
    return found


def name_of(address: str) -> str:
    try:
        return resolve(address.partition("?")[0]).view_name
    except Resolver404:
        return address


@pytest.fixture(scope="module")
def foreign(world: World) -> list[str]:
    """Numbers and addresses of things that are there, most of them of one supplier."""
    numbers = {str(each) for page in PAGES.values() for each in page.at(world) if isinstance(each, int | UUID)}
    return [*sorted(numbers), *(reverse(name, args=page.at(world)) for name, page in PAGES.items())]


def test_the_marks_are_seen_by_those_they_are_for(world: World, found: Found) -> None:
    """Else their absence elsewhere would say nothing."""
    own = f"cnry{world.supplier.pk}z"

    assert found.marked["signatory", own] > 20
    assert found.marked["reviewer", own] > 15
    assert found.marked["staff", BUYERS_MARK] > 2


def test_every_form_is_sent_to_an_address_that_takes_it(found: Found) -> None:
    takes = {name for name, page in PAGES.items() if page.post is not None}
    assert set(found.fields) <= takes


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.get is not None])
def test_junk_in_the_address_breaks_no_page(
    world: World, clients: dict[str, Client], found: Found, report: Report, rounds: int, seed: str, name: str
) -> None:
    page = PAGES[name]
    address = reverse(name, args=page.at(world))
    names = sorted({*QUERY_NAMES, *found.queries.get(name, ())})
    wrong = []
    for role in ROLES:
        draw = Random(f"{seed} {name} {role} get")
        for _round in range(rounds):
            spoiled = bad_address(address, page.at(world), draw) if draw.random() < 0.25 else address
            sent = Sent("GET", f"{spoiled}?{bad_query(names, draw)}")
            wrong.append(send(clients[role], sent, role=role, page=name, world=world, report=report))

    assert not any(wrong), "\n".join(filter(None, wrong))


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.post is not None])
def test_junk_in_a_form_breaks_no_page(
    world: World, clients: dict[str, Client], found: Found, foreign: list[str], report: Report, rounds: int, seed: str, name: str
) -> None:
    page = PAGES[name]
    address = reverse(name, args=page.at(world))
    fields = found.fields.get(name, {}) | {key: forms.Field("hidden", value) for key, value in page.sends}
    wrong = []
    for role in ROLES:
        draw = Random(f"{seed} {name} {role} post")
        may = role in (page.post or NOBODY) or (page.is_public and role == "anonymous")
        for _round in range(rounds * (TRIES if may else 1)):
            sent = Sent("POST", address, *bad_body(fields, foreign, draw))
            wrong.append(send(clients[role], sent, role=role, page=name, world=world, report=report))

    assert not any(wrong), "\n".join(filter(None, wrong))
