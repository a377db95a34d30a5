"""What Graph v1.0 takes, written from its public reference; unknown keys and wrong types are refused.

Pages: calendar-getschedule, user-post-events, event-update, resources/event, resources/attendee,
resources/datetimetimezone, singlevaluelegacyextendedproperty-post, json-batching.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StrictInt, model_validator

#: "String {guid} Name name" (resources/extended-properties-overview)
PROPERTY_ID = re.compile(
    r"(String|Integer|Boolean|SystemTime) \{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\} Name \S+"
)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?")


def _local(text: str) -> str:
    if not _LOCAL.fullmatch(text):
        raise ValueError("a dateTime has no offset; its zone stands beside it")
    return text


def _property_id(text: str) -> str:
    if not PROPERTY_ID.fullmatch(text):
        raise ValueError(
            "PropertyId values may only be of the form 'MapiPropertyType namespaceGuid Name name'"
        )
    return text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DateTimeTimeZone(_Strict):
    dateTime: Annotated[str, AfterValidator(_local)]  # noqa: N815
    timeZone: str  # noqa: N815


class GetSchedule(_Strict):
    """The keys come in camelCase (documentation) or PascalCase (Microsoft's own client)."""

    schedules: list[str] = Field(min_length=1)
    startTime: DateTimeTimeZone  # noqa: N815
    endTime: DateTimeTimeZone  # noqa: N815
    availabilityViewInterval: StrictInt = 30  # noqa: N815

    @model_validator(mode="before")
    @classmethod
    def _camel(cls, body: Any) -> Any:
        return (
            {key[:1].lower() + key[1:]: value for key, value in body.items()}
            if isinstance(body, dict)
            else body
        )


class EmailAddress(_Strict):
    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str | None = None


class AttendeeBody(_Strict):
    emailAddress: EmailAddress  # noqa: N815
    type: Literal["required", "optional", "resource"]


class ItemBody(_Strict):
    contentType: Literal["text", "html", "HTML"]  # noqa: N815
    content: str


class Location(_Strict):
    displayName: str  # noqa: N815
    locationEmailAddress: str | None = None  # noqa: N815


class ExtendedProperty(_Strict):
    id: Annotated[str, AfterValidator(_property_id)]
    value: str


class EventPatch(_Strict):
    subject: str = Field(default="", max_length=255)
    body: ItemBody | None = None
    start: DateTimeTimeZone | None = None
    end: DateTimeTimeZone | None = None
    location: Location | None = None
    attendees: list[AttendeeBody] = Field(default=[], max_length=500)
    showAs: Literal["free", "tentative", "busy", "oof", "workingElsewhere"] = "busy"  # noqa: N815
    isOnlineMeeting: StrictBool = False  # noqa: N815
    onlineMeetingProvider: Literal["teamsForBusiness", "unknown"] = "unknown"  # noqa: N815
    singleValueExtendedProperties: list[ExtendedProperty] = []  # noqa: N815


class EventCreate(EventPatch):
    start: DateTimeTimeZone
    end: DateTimeTimeZone
    transactionId: str | None = Field(default=None, max_length=255)  # noqa: N815


class BatchItem(_Strict):
    id: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    url: str
    headers: dict[str, str] = {}
    body: Any = None
    dependsOn: list[str] = []  # noqa: N815

    @model_validator(mode="after")
    def _typed(self) -> BatchItem:
        if self.body is not None and "content-type" not in {name.lower() for name in self.headers}:
            raise ValueError("a body needs a Content-Type")
        if "$batch" in self.url or self.url.startswith("http"):
            raise ValueError("a url inside a batch is relative to the version")
        return self


class Batch(_Strict):
    requests: list[BatchItem] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _in_order(self) -> Batch:
        """In parallel, each after the one before it, or all after the same one (known issues)."""
        ids = [one.id.lower() for one in self.requests]
        if len(set(ids)) != len(ids):
            raise ValueError("ids must be unique in a batch")
        later = [one.dependsOn for one in self.requests[1:]]
        in_parallel = not any(one.dependsOn for one in self.requests)
        in_turn = not self.requests[0].dependsOn and later == [[one.id] for one in self.requests[:-1]]
        after_one = not self.requests[0].dependsOn and later == [[self.requests[0].id]] * len(later)
        if not (in_parallel or in_turn or after_one):
            raise ValueError("the batch must be parallel, serial, or all after the same request")
        return self
