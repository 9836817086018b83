"""Requests as a browser would never make them, and what may not come back."""

import traceback
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from random import Random
from time import perf_counter
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.fuzz import values
from tests.fuzz.canaries import leaks
from tests.fuzz.forms import Fields, filled
from tests.world import World


SLOW = 2.0
BOUNDARY = "fuzzfuzzfuzz"
# Pages that say whose a label or an invitation is, to whoever holds its address.
NAMES_ARE_PUBLIC = {"labels:verify", "accounts:accept_invitation"}


@dataclass(frozen=True)
class Sent:
    method: str
    address: str
    body: bytes = b""
    kind: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.address[:200]} {self.kind} {self.body[:600]!r}"


@dataclass
class Report:
    sent: int = 0
    taken: int = 0
    slow: list[tuple[float, str]] = field(default_factory=list)


# --- bodies -----------------------------------------------------------------------------------------------------------


def form_body(pairs: list[tuple[str, str]]) -> tuple[bytes, str]:
    encoded = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return encoded.encode(), "application/x-www-form-urlencoded"


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def multipart_body(pairs: list[tuple[str, str]], files: list[tuple[str, tuple[str, str, bytes]]]) -> tuple[bytes, str]:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode("utf-8", "surrogatepass")
        for name, value in pairs
    ]
    for name, (file_name, kind, content) in files:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: {kind}\r\n\r\n'
        parts.append(head.encode("utf-8", "surrogatepass") + content + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()]), f"multipart/form-data; boundary={BOUNDARY}"


ALIEN = (
    (b"[[{", "application/json"),
    (b'{"a": "\\ud800", "b": NaN, "c": [1, {}]}', "application/json"),
    (b"null", "application/json"),
    (b"\xff\xfe\x00", "application/json"),
    (b"\xff\xfe=%zz&&&=%", "application/x-www-form-urlencoded; charset=utf-99"),
    (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"abc", "multipart/form-data"),
    (b"<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "text/xml"),
    (b"&".join(b"n%d=1" % number for number in range(12_000)), "application/x-www-form-urlencoded"),
)


def bad_body(fields: Fields, foreign: list[str], draw: Random) -> tuple[bytes, str]:
    """One of the ways to be wrong: everything, one thing among right ones, too little, twice, a file, no form at all."""
    good = filled(fields, draw)
    names = list(good) or ["name"]
    takes_files = [name for name, each in fields.items() if each.kind == "file"]
    way = draw.random()
    if way < 0.06:
        return draw.choice(ALIEN)
    if takes_files and way < 0.7:
        files = [(draw.choice(takes_files), values.file(draw)) for _each in range(draw.choice((1, 1, 2)))]
        return multipart_body(list(good.items()), files)
    if way < 0.75:
        changed = draw.sample(names, min(len(names), draw.choice((1, 1, 1, 2))))
        bad = {name: _bad(name, fields, foreign, draw) for name in changed}
        return form_body(list((good | bad).items()))
    if way < 0.85:
        return form_body([(name, value) for name, value in good.items() if draw.random() < 0.6])
    if way < 0.93:
        name = draw.choice(names)
        return form_body([*good.items(), *((each, values.text(draw)) for each in (name, name, f"{name}[]", "next", "version"))])
    return form_body([(name, _bad(name, fields, foreign, draw)) for name in [*names, "next"]])


def _bad(name: str, fields: Fields, foreign: list[str], draw: Random) -> str:
    """Also what is right for somebody else: the number of another supplier's document."""
    if draw.random() < 0.15:
        return draw.choice(foreign)
    return values.for_kind(fields[name].kind if name in fields else "", draw)


def bad_query(names: list[str], draw: Random) -> str:
    chosen = draw.sample(names, min(len(names), 8))
    return "&".join(f"{_quoted(name)}={_quoted(values.text(draw)[:400])}" for name in chosen)


def bad_address(address: str, arguments: list[Any], draw: Random) -> str:
    """The same address with one of its parts spoiled; what numbers stand there is tried elsewhere."""
    texts = [each for each in arguments if isinstance(each, str | UUID)]
    if not texts:
        return address
    spoiled = _quoted(draw.choice(values.SEGMENTS)).replace("+", "%20")
    head, _part, tail = address.rpartition(quote_plus(str(draw.choice(texts))))
    return f"{head}{spoiled}{tail}"


# --- what comes back --------------------------------------------------------------------------------------------------


def send(client: Client, sent: Sent, *, role: str, page: str, world: World, report: Report) -> str:
    """What is wrong with the answer, or nothing. Whatever was taken is looked at once more, then all of it is taken back."""
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    started = perf_counter()
    try:
        with transaction.atomic():
            response = _ask(client, sent)
            took = perf_counter() - started
            wrong = wrong_with(response, sent, role=role, page=page, world=world)
            if not wrong and 300 <= response.status_code < 400 and sent.method == "POST":
                report.taken += 1
                wrong = wrong_with(_ask(client, Sent("GET", response["Location"])), sent, role=role, page=page, world=world)
            transaction.set_rollback(True)
    except Exception:
        took, wrong = perf_counter() - started, traceback.format_exc(limit=-6)
    client.cookies = SimpleCookie(cookies)
    report.sent += 1
    if took > SLOW:
        report.slow.append((took, f"{role} {page} {str(sent)[:160]}"))
    return f"{role} {sent}\n    {wrong}" if wrong else ""


def _ask(client: Client, sent: Sent) -> HttpResponse:
    path, _mark, query = sent.address.partition("?")
    headers = {"QUERY_STRING": query}
    response: Any = client.generic(sent.method, path or "/", sent.body, sent.kind or "application/octet-stream", **headers)
    if response.streaming:
        response.content_read = b"".join(response.streaming_content)
    return response  # type: ignore[no-any-return]


def wrong_with(response: Any, sent: Sent, *, role: str, page: str, world: World) -> str:
    if response.status_code >= 500:
        return f"{response.status_code}"
    target = urlsplit(response.headers.get("Location", ""))
    if target.netloc not in ("", "testserver") or target.scheme not in ("", "http", "https"):
        return f"leads elsewhere: {response['Location'][:200]}"
    if "fuzz" in response.cookies:
        return "sets a cookie that was typed"
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith(("text/", "application/json")):
        return ""
    text = (response.content_read if response.streaming else response.content).decode(errors="replace")
    if values.TAG in text and "html" in kind:
        return f"does not escape: {_around(text, values.TAG)}"
    typed = unquote_plus(sent.body.decode(errors="replace"))
    found = {each for each in leaks(text, role=role, world=world, names_are_public=page in NAMES_ARE_PUBLIC) if each not in typed}
    return f"shows {found}: {_around(text, min(found))}" if found else ""


def _around(text: str, what: str) -> str:
    place = text.find(what)
    return repr(text[max(0, place - 120) : place + 120])
