"""S3's events on EventBridge name the version of the object; the emulator leaves `version-id` out.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from contextvars import ContextVar
from typing import Any

from ministack.services import (  # type: ignore[import-not-found]  # of another environment
    eventbridge,
    s3,
)

_version: ContextVar[str | None] = ContextVar("version", default=None)
_fire = s3._fire_s3_event
_dispatch = eventbridge._dispatch_event


def _fired(*what: Any, **more: Any) -> None:
    # Not in the caller's context: each event is fired in a thread of its own.
    _version.set(more.get("version_id"))
    _fire(*what, **more)


def _dispatched(event: Any, *rest: Any, **more: Any) -> Any:
    version = _version.get()
    if version and event["Source"] == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return _dispatch(event, *rest, **more)


s3._fire_s3_event = _fired
eventbridge._dispatch_event = _dispatched
