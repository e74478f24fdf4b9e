"""CheckParameters: a wrong BatchPlan or DefaultRequest ends the deployment that brings it.

A custom resource of the stack. The check is there for what is wrong in these two parameters, and
for nothing else: whatever else goes wrong, CloudFormation is told that all is well.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import requests

from sei_export.batch.defaults import BatchDefaults
from sei_export.batch.plan import parse_plan
from sei_export.clock import Clock
from sei_export.errors import ConfigurationError, ServiceUnavailableError
from sei_export.input.payload import text_field
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.request.parsing import parse_request

type ReadSettings = Callable[[Mapping[str, str]], BatchDefaults]
"""Reads the stack's settings from values by the names of the environment's variables."""

logger = logging.getLogger(__name__)

PHYSICAL_ID = "checked-parameters"
"""Never another: CloudFormation would take a new one for a new resource, and delete the old one."""

MOST_REASON_BYTES = 1_500
"""The whole answer has 4096 bytes. JSON doubles a quote, and the stack's names come on top."""

MOST_BYTES = 4096
"""Of all variables of a function, counted as JSON has them. Without this check Lambda refuses the
function, and says nothing of parameters."""

BYTES_OF_OTHERS, BYTES_OF_OWN_SECRET = 290, 160
"""Of those variables of PlanBatch that the check is not given, each at its longest; and of the
ARN of the secret that the stack makes."""
_CUT = " … (cut; the function's log has all)"
_PAUSES = (0, 1, 2)
_SECONDS = 3.0
"""For connecting, and for an answer. All tries fit twice into the two minutes that CloudFormation
waits: Lambda invokes the function once more, a minute after it has failed."""


def check_parameters(
    event: JsonObject,
    read_settings: ReadSettings,
    is_rolling_back: Callable[[str], bool],
    clock: Clock | None = None,
) -> JsonObject:
    """Check what a stack is created or updated with, and tell CloudFormation.

    Args:
        event: A custom resource's request. Its properties are the settings that decide, by the
            names of the environment's variables. Without `ResponseURL`, as when the function is
            invoked by hand, nobody but the caller is told.
        read_settings: As PlanBatch and CreateExport read them.
        is_rolling_back: Tells of a stack's id whether it goes back to what was deployed before.
        clock: Against which relative dates are read.

    Returns:
        What CloudFormation is told.

    Raises:
        ServiceUnavailableError: CloudFormation cannot be told; Lambda then tries again.
        InvalidRequestError: The function was invoked by hand, and not with a request.
    """
    clock = clock or Clock()
    kind = text_field(event, "RequestType")
    reason = None
    if kind != "Delete":
        reason = _why_refused(event, read_settings, is_rolling_back, clock.now())
    answer: JsonObject = {
        **({"Status": "FAILED", "Reason": _cut(reason)} if reason else {"Status": "SUCCESS"}),
        "PhysicalResourceId": PHYSICAL_ID,
        **{name: event.get(name) for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    if "ResponseURL" in event:
        _send(text_field(event, "ResponseURL"), answer, clock)
    return answer


def _why_refused(
    event: JsonObject,
    read_settings: ReadSettings,
    is_rolling_back: Callable[[str], bool],
    now: datetime,
) -> str | None:
    """What is wrong with the parameters, if that is to end the deployment."""
    try:
        found = _problems(event.get("ResourceProperties"), read_settings, now)
        if not found:
            return None
        reason = " ".join(found)
        logger.error("The parameters are refused: %s", reason)
        # A rollback has to end, also if it goes back to what newer code refuses.
        if event.get("RequestType") == "Update" and is_rolling_back(text_field(event, "StackId")):
            logger.warning("The stack rolls back to them: they are let pass.")
            return None
    except Exception:
        # Not about the parameters: a fault of the check must not be why nobody can deploy.
        logger.exception("The parameters could not be checked")
        return None
    return reason


def _problems(properties: JsonValue, read_settings: ReadSettings, now: datetime) -> list[str]:
    """What is wrong with each parameter, as a run that takes it is told."""
    given = properties if isinstance(properties, dict) else {}
    texts = {name: str(value) for name, value in given.items()}
    settings = read_settings(texts)
    found: list[str] = []
    try:
        # What is to run later may be about days to come; a run refuses those by itself.
        parse_request({}, settings.of_requests, now, look_ahead=False)
    except ConfigurationError as error:
        found.append(error.message)
    try:
        # A plan of {} is the default request, which has been looked at.
        if settings.plan.read() or not found:
            parse_plan({}, settings, now, look_ahead=False)
    except ConfigurationError as error:
        found.append(error.message)
    if (beyond := bytes_beyond(texts)) > 0:
        found.append(
            "The parameters do not fit into the settings of the function PlanBatch, which have "
            f"{MOST_BYTES:,} bytes, each quote and line end counted twice: BatchPlan and "
            f"DefaultRequest together are {beyond:,} bytes too long. Remedy: Shorten the plan, or "
            "give it as the input of a schedule of your own."
        )
    return found


def bytes_beyond(texts: Mapping[str, str]) -> int:
    """How many bytes PlanBatch's variables have more than Lambda takes; below 0 if they fit."""
    # What CloudFormation adds, such as the function to ask, is named otherwise.
    variables = {name: text for name, text in texts.items() if name.isupper()}
    size = len(json.dumps(variables, ensure_ascii=False, separators=(",", ":")).encode())
    made = 0 if texts.get("API_KEY_SECRET_ARN") else BYTES_OF_OWN_SECRET
    return size + BYTES_OF_OTHERS + made - MOST_BYTES


def _cut(reason: str) -> str:
    content = reason.encode()
    if len(content) <= MOST_REASON_BYTES:
        return reason
    room = MOST_REASON_BYTES - len(_CUT.encode())
    return content[:room].decode(errors="ignore") + _CUT


def _send(url: str, answer: JsonObject, clock: Clock) -> None:
    """Put the answer where CloudFormation looks for it; the URL is signed, so no log has it."""
    body = json.dumps(answer, ensure_ascii=False).encode()
    for pause in _PAUSES:
        clock.sleep(pause)
        try:
            # Without a Content-Type, which would have to be signed.
            response = requests.put(url, data=body, timeout=_SECONDS)
            if response.ok:
                return
            said = f"HTTP {response.status_code}"
        except Exception as error:  # noqa: BLE001 - of whatever kind; its text may have the URL
            said = type(error).__name__
        logger.warning("CloudFormation could not be told: %s", said)
    raise ServiceUnavailableError("CloudFormation could not be told what the check has found.")
