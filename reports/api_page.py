"""The read API as a page: what the generated OpenAPI schema says, for people. One source: the schema itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import SchemaGenerator


# How the generator adds the names of choices to a description: Markdown, a line each.
NAMED_CHOICE = re.compile(r"^\* `(.*)` - (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: str
    text: str
    choices: str


@dataclass(frozen=True)
class Field:
    name: str
    kind: str


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    text: str
    parameters: list[Parameter]
    fields: list[Field]


def operations() -> list[Operation]:
    """In the order of their addresses. Made from the serializers and filters, so it takes some milliseconds."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return list(_operations(schema))


def _operations(schema: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in sorted(schema["paths"].items()):
        for method, said in methods.items():
            yield Operation(
                name=said["operationId"],
                method=method.upper(),
                path=path,
                text=said.get("description", ""),
                parameters=[_parameter(one) for one in said.get("parameters", [])],
                fields=_fields(schema, said),
            )


def _parameter(said: dict[str, Any]) -> Parameter:
    kind, text = said.get("schema", {}), said.get("description", "")
    names = dict(NAMED_CHOICE.findall(text))
    choices = [str(choice) for choice in (kind.get("items") or kind).get("enum") or []]
    told = ", ".join(f"{choice} ({names[choice]})" if choice in names else choice for choice in choices)
    return Parameter(said["name"], _kind(kind), NAMED_CHOICE.sub("", text).strip(), told)


def _fields(schema: dict[str, Any], said: dict[str, Any]) -> list[Field]:
    """The fields of one object of the answer, also where the answer is a page of them."""
    content = said["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
    found = _resolved(schema, content)
    if "results" in found.get("properties", {}):
        found = _resolved(schema, found["properties"]["results"]["items"])
    return [Field(name, _kind(kind)) for name, kind in found.get("properties", {}).items()]


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        found: dict[str, Any] = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        return found
    return part


def _kind(said: dict[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rpartition("/")[2]
    if "allOf" in said or "oneOf" in said:
        return " | ".join(_kind(one) for one in said.get("allOf") or said["oneOf"])
    kind = said.get("type", "")
    return f"{kind} ({said['format']})" if "format" in said else str(kind)
