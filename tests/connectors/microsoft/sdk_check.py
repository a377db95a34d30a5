"""Do the models of Microsoft's own client (msgraph-sdk) understand what our test server answers?

Reads the lines of `answers` from standard input. A key that a model does not know ends up in its
`additional_data`, a value of the wrong type gets lost: both are complaints. Run in an environment of
its own, which takes some 250 MB: `make check-graph-models`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator

from kiota_abstractions.serialization import AdditionalDataHolder, Parsable
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph.generated.models.event import Event
from msgraph.generated.models.event_collection_response import EventCollectionResponse
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_response import (
    GetSchedulePostResponse,
)

_MODELS: dict[str, type[Parsable]] = {
    "event": Event,
    "events": EventCollectionResponse,
    "schedules": GetSchedulePostResponse,
    "error": ODataError,
}


def complaints(kind: str, body: object) -> Iterator[str]:
    """What the model of that kind does not understand of a body."""
    raw = json.dumps(body).encode()
    model = _MODELS[kind]
    parsed = JsonParseNodeFactory().get_root_parse_node("application/json", raw).get_object_value(model)
    yield from _unknown_keys(parsed, kind)
    writer = JsonSerializationWriter()
    parsed.serialize(writer)
    yield from _lost(body, json.loads(writer.get_serialized_content()), kind)


def _unknown_keys(parsed: object, where: str) -> Iterator[str]:
    """Keys that no model of the tree knows; annotations belong to none."""
    if isinstance(parsed, list):
        for one in parsed:
            yield from _unknown_keys(one, where)
    if not isinstance(parsed, Parsable):
        return
    if isinstance(parsed, AdditionalDataHolder):
        for key in parsed.additional_data:
            if not key.startswith("@odata"):
                yield f"{where}: {type(parsed).__name__} has no {key!r}"
    for name, value in vars(parsed).items():
        if name not in ("additional_data", "backing_store"):
            yield from _unknown_keys(value, f"{where}.{name}")


def _lost(sent: object, kept: object, where: str) -> Iterator[str]:
    """What was sent and is not there after parsing."""
    if isinstance(sent, dict) and isinstance(kept, dict):
        for key, value in sent.items():
            if value is not None and not key.startswith("@odata") and key in kept:
                yield from _lost(value, kept[key], f"{where}.{key}")
            elif value is not None and not key.startswith("@odata"):
                yield f"{where}.{key}: {value!r} got lost"
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for one, other in zip(sent, kept, strict=True):
            yield from _lost(one, other, where)
    elif type(sent) is not type(kept):
        yield f"{where}: {sent!r} became {kept!r}"


def main() -> int:
    counts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for line in sys.stdin:
        answer = json.loads(line)
        counts[answer["kind"]] += 1
        found.update(complaints(answer["kind"], answer["body"]))
    for complaint, times in found.most_common():
        sys.stdout.write(f"{complaint} ({times} times)\n")
    sys.stdout.write(f"parsed: {dict(counts)}; complaints: {len(found)}\n")
    return 1 if found or set(counts) != set(_MODELS) else 0


if __name__ == "__main__":
    raise SystemExit(main())
