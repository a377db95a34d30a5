"""Calendar API v3 as its discovery document describes it: which requests and answers are well formed.

The document is the one inside google-api-python-client, so it is Google's own description and not ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

from googleapiclient import discovery_cache

#: Values that the document lists in prose only.
_WORDS = {
    ("Event", "status"): {"confirmed", "tentative", "cancelled"},
    ("Event", "transparency"): {"opaque", "transparent"},
    ("Event", "visibility"): {"default", "public", "private", "confidential"},
    ("Event", "eventType"): {
        "birthday",
        "default",
        "focusTime",
        "fromGmail",
        "outOfOffice",
        "workingLocation",
    },
    ("EventAttendee", "responseStatus"): {"needsAction", "declined", "tentative", "accepted"},
    ("EventWorkingLocationProperties", "type"): {"homeOffice", "officeLocation", "customLocation"},
    ("ConferenceRequestStatus", "statusCode"): {"pending", "success", "failure"},
    ("ConferenceSolutionKey", "type"): {"hangoutsMeet", "addOn"},
    ("EntryPoint", "entryPointType"): {"video", "phone", "sip", "more"},
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Method:
    """One method of the API and what its path said."""

    about: Mapping[str, Any]
    path: Mapping[str, str]

    @property
    def id(self) -> str:
        return str(self.about["id"])

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.about["scopes"])

    @property
    def answer(self) -> str | None:
        """The schema of its answer; None where it has no body."""
        return self.about["response"]["$ref"] if "response" in self.about else None


@cache
def document() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(discovery_cache.get_static_doc("calendar", "v3"))
    return found


def method_of(verb: str, path: str) -> Method | None:
    """The method that a request calls; None: there is none."""
    prefix = "/" + document()["servicePath"]
    if not path.startswith(prefix):
        return None
    for about in _methods(document()["resources"]):
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(about["path"]))
        match = re.fullmatch(pattern, path.removeprefix(prefix))
        if match and about["httpMethod"] == verb:
            return Method(about, {name: unquote(text) for name, text in match.groupdict().items()})
    return None


def _methods(resources: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for resource in resources.values():
        yield from resource["methods"].values()


def query_mistakes(method: Method, query: Mapping[str, list[str]]) -> list[str]:
    """What is wrong with a query string."""
    known = {**document()["parameters"], **method.about.get("parameters", {})}
    found = [f"{name}: unknown parameter" for name in query if name not in known]
    for name, about in known.items():
        if about.get("required") and name not in query and name not in method.path:
            found.append(f"{name}: missing")
        values = query.get(name, [])
        if len(values) > 1 and not about.get("repeated"):
            found.append(f"{name}: more than once")
        for value in values:
            found += [f"{name}: {wrong}" for wrong in _parameter_mistakes(about, value)]
    for selector in query.get("fields", []):
        found += _selector_mistakes(selector, method.answer)
    return found


def _parameter_mistakes(about: Mapping[str, Any], text: str) -> Iterator[str]:
    if "enum" in about and text not in about["enum"]:
        yield f"{text!r} is none of {about['enum']}"
    if about["type"] == "boolean" and text not in ("true", "false"):
        yield f"{text!r} is no boolean"
    if about["type"] == "integer":
        if not text.removeprefix("-").isdigit():
            yield f"{text!r} is no integer"
        elif not int(about.get("minimum", -(2**31))) <= int(text) <= int(about.get("maximum", 2**31 - 1)):
            yield f"{text} is out of bounds"
    if about.get("format") == "date-time" and not _is_moment(text, offset=True):
        yield f"{text!r} is no RFC 3339 time with an offset"


def body_mistakes(schema: str, value: Any, *, method: str = "", patch: bool = False) -> list[str]:
    """What is wrong with a body; `patch`: null removes a field, and none is required."""
    return list(_wrong({"$ref": schema}, value, "", "" if patch else method, patch))


def _wrong(about: Mapping[str, Any], value: Any, place: str, method: str, patch: bool) -> Iterator[str]:
    if value is None and patch and place:
        return
    name = ""
    if "$ref" in about:
        name = about["$ref"]
        about = document()["schemas"][name]
    match about["type"]:
        case "object":
            yield from _object_mistakes(name, about, value, place, method, patch)
        case "array":
            if not isinstance(value, list):
                yield f"{place}: no list"
                return
            for number, one in enumerate(value):
                yield from _wrong(about["items"], one, f"{place}[{number}]", method, patch)
        case "string":
            yield from _text_mistakes(about, value, place)
        case "boolean":
            if not isinstance(value, bool):
                yield f"{place}: no boolean"
        case "integer":
            if not isinstance(value, int) or isinstance(value, bool):
                yield f"{place}: no integer"
        case "any":
            return
        case other:
            raise NotImplementedError(other)


def _object_mistakes(
    name: str, about: Mapping[str, Any], value: Any, place: str, method: str, patch: bool
) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: no object"
        return
    known = about.get("properties", {})
    for key, inner in value.items():
        where = f"{place}.{key}" if place else key
        if key in known:
            yield from _wrong(known[key], inner, where, method, patch)
            words = _WORDS.get((name, key))
            if words is not None and isinstance(inner, str) and inner not in words:
                yield f"{where}: {inner!r} is none of {sorted(words)}"
        elif "additionalProperties" in about:
            yield from _wrong(about["additionalProperties"], inner, where, method, patch)
        else:
            yield f"{where}: unknown field"
    for key, inner in known.items():
        if method in inner.get("annotations", {}).get("required", ()) and key not in value:
            yield f"{place}.{key}: missing" if place else f"{key}: missing"
    if name == "EventDateTime":
        yield from _moment_mistakes(value, place)


def _moment_mistakes(value: Mapping[str, Any], place: str) -> Iterator[str]:
    if (value.get("date") is None) == (value.get("dateTime") is None):
        yield f"{place}: either a date or a dateTime"
    said = value.get("dateTime")
    if said is not None and not value.get("timeZone") and not _is_moment(said, offset=True):
        yield f"{place}: a time without offset or timeZone"


def _text_mistakes(about: Mapping[str, Any], value: Any, place: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{place}: no text"
    elif about.get("format") == "date-time" and not _is_moment(value, offset=False):
        yield f"{place}: {value!r} is no RFC 3339 time"
    elif about.get("format") == "date" and not _is_date(value):
        yield f"{place}: {value!r} is no date"
    elif about.get("format") == "int64" and not value.removeprefix("-").isdigit():
        yield f"{place}: {value!r} is no number"


def _is_moment(text: str, *, offset: bool) -> bool:
    match = _MOMENT.fullmatch(text)
    if match is None or (offset and match[2] is None):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# --- partial answers: the `fields` parameter --------------------------------------------------------

Selector = dict[str, "Selector"]


def selected(value: Any, selector: str) -> Any:
    """The part of an answer that `fields` asks for; an empty selector asks for all."""
    return _cut(value, parse(selector)) if selector else value


def _cut(value: Any, wanted: Selector) -> Any:
    if not wanted or "*" in wanted:
        return value
    if isinstance(value, list):
        return [_cut(one, wanted) for one in value]
    if isinstance(value, dict):
        return {key: _cut(inner, wanted[key]) for key, inner in value.items() if key in wanted}
    return value


def parse(selector: str) -> Selector:
    """`a,b(c,d/e)` as a tree.

    Raises:
        ValueError: its brackets do not match.
    """
    tree: Selector = {}
    stack = [tree]
    node = tree
    for token in re.findall(r"[\w*:-]+|[,()/]", selector):
        match token:
            case ",":
                node = stack[-1]
            case "/":
                continue
            case "(":
                stack.append(node)
            case ")":
                if len(stack) == 1:
                    raise ValueError(selector)
                stack.pop()
            case name:
                node = node.setdefault(name, {})
    if len(stack) != 1:
        raise ValueError(selector)
    return tree


def _selector_mistakes(selector: str, schema: str | None) -> Iterator[str]:
    try:
        tree = parse(selector)
    except ValueError:
        yield f"fields: {selector!r} cannot be read"
        return
    if schema is not None:
        yield from _unknown_fields({"$ref": schema}, tree, "fields")


def _unknown_fields(about: Mapping[str, Any], tree: Selector, place: str) -> Iterator[str]:
    if "$ref" in about:
        about = document()["schemas"][about["$ref"]]
    if about["type"] == "array":
        yield from _unknown_fields(about["items"], tree, place)
        return
    known = about.get("properties", {})
    for name, inner in tree.items():
        if name in known:
            yield from _unknown_fields(known[name], inner, f"{place}.{name}")
        elif name != "*" and "additionalProperties" not in about:
            yield f"{place}: there is no {name}"
