"""Which key a call carries, and whether it may."""

import secrets
from typing import Literal

from fastapi import Request

from local.simulator.errors import ApiError
from local.simulator.world.settings import FORBIDDEN_KEY

type KeyHeader = Literal["authorization", "SEI_API_KEY", "x-api-key"]

_CREDENTIALS = frozenset({"authorization", "x-api-key", "sei_api_key", "sei-api-key"})


def check_key(request: Request, header: KeyHeader, known: str) -> str:
    """Return the key of a V2 call.

    Args:
        request: the call.
        header: the one header that may carry the key.
        known: the key that is accepted.

    Raises:
        ApiError: 401 if the key is missing, wrong or elsewhere, 403 if it may not export.
    """
    if header != "authorization" and "authorization" in request.headers:
        raise ApiError(401, f"The key belongs into the header {header}, not into authorization")
    return _checked(_key(request, header), header, known)


def check_legacy_keys(request: Request, known: str) -> dict[KeyHeader, str]:
    """Return the key in each of the headers that a legacy call may carry it in.

    Raises:
        ApiError: 401 if there is none or a wrong one, 403 if one may not export.
    """
    headers: tuple[KeyHeader, ...] = ("x-api-key", "authorization")
    sent = [header for header in headers if header in request.headers]
    if not sent:
        raise ApiError(401, "Authentication required: x-api-key: <key>")
    return {header: _checked(_key(request, header), header, known) for header in sent}


def refuse_credentials(request: Request) -> None:
    """Raise ApiError 400 if the call of a signed link carries a key."""
    # The storage behind a real signed link also refuses a request with two kinds of credentials.
    if sent := sorted(_CREDENTIALS & set(request.headers)):
        raise ApiError(400, f"A signed link takes no credentials: {', '.join(sent)}")


def _key(request: Request, header: KeyHeader) -> str:
    value = request.headers.get(header, "").strip()
    if header != "authorization":
        return value
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "apikey" else ""


def _checked(key: str, header: KeyHeader, known: str) -> str:
    if not key:
        scheme = "ApiKey " if header == "authorization" else ""
        raise ApiError(401, f"Authentication required: {header}: {scheme}<key>")
    if key == FORBIDDEN_KEY:
        raise ApiError(403, "This API key may not export")
    if not secrets.compare_digest(key.encode(), known.encode()):
        raise ApiError(401, "Invalid API key")
    return key
