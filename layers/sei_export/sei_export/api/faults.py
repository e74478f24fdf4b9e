"""What the HTTP libraries raise, under the names that the state machine knows.

requests lets some of urllib3's errors pass as they are, and both let some of Python's own: so
whatever is sent or read is guarded against all of them.
"""

from http.client import HTTPException
from http.client import InvalidURL as InvalidTarget

import requests
from requests.exceptions import (
    InvalidHeader,
    InvalidJSONError,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    UnrewindableBodyError,
)
from urllib3.exceptions import HTTPError, LocationValueError
from urllib3.exceptions import ProtocolError as BrokenHttpError

from sei_export.errors import ProtocolError, SeiExportError, ServiceUnavailableError

ASK_HARNESS = "Start a new execution later; check the Harness status page."

FAULTS = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
"""Whatever may be raised while a request is sent or an answer is read: network, TLS, HTTP, and
URLs, headers or chunks with values that nobody expects."""

_UNSENDABLE = (
    *(InvalidURL, InvalidSchema, MissingSchema, InvalidHeader, InvalidJSONError),
    *(UnrewindableBodyError, LocationValueError, InvalidTarget, UnicodeError),
)
_PASSING = (requests.RequestException, HTTPError, HTTPException, OSError)


def failure_of(fault: Exception, name: str, verb: str = "failed") -> SeiExportError:
    """Name a fault for the state machine.

    Args:
        fault: One of `FAULTS`.
        name: The call's name, for the message.
        verb: What the call did, if it may do better at the next try.

    Returns:
        ServiceUnavailableError for what may be over at the next try, ProtocolError for what will
        be the same then.
    """
    # Messages of these libraries carry whole URLs, signatures included: only classes are told.
    if isinstance(fault, _UNSENDABLE):
        return ProtocolError(f"{name} cannot be sent: {reason_of(fault)}.")
    if isinstance(fault, _PASSING):
        return ServiceUnavailableError(f"{name} {verb}: {reason_of(fault)}.", remedy=ASK_HARNESS)
    return ProtocolError(f"{name} has an answer that cannot be read: {reason_of(fault)}.")


def reason_of(fault: Exception) -> str:
    """Tell a fault by its class and the innermost cause's: refused from reset from timed out."""
    cause: BaseException = fault
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    return " / ".join(dict.fromkeys((_name_of(fault), _name_of(cause))))


def _name_of(fault: BaseException) -> str:
    # The state machine has an error of that name, which means something else.
    return "broken HTTP" if isinstance(fault, BrokenHttpError) else type(fault).__name__
