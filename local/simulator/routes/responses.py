"""What the API's document says about refusals."""

from typing import Any

from local.simulator.errors import ErrorBody, OtherErrorBody

type Responses = dict[int | str, dict[str, Any]]

_BODY = ErrorBody | OtherErrorBody


def _refusal(description: str) -> dict[str, Any]:
    return {"model": _BODY, "description": description}


ERRORS: Responses = {
    400: _refusal("A parameter or the body is wrong"),
    401: _refusal("The key is missing or wrong"),
    403: _refusal("The key may not do this"),
    429: _refusal("Too many requests; when to come back is not told"),
}
NOT_FOUND: Responses = {404: _refusal("No such thing")}
CONFLICT: Responses = {409: _refusal("Not now, or not any more")}
CSV: Responses = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The CSV"},
}
