"""What breaks a connection: HTTP libraries raise many things, and one is made of all of them."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

import requests
import urllib3

from sei_export import errors
from sei_export.download.source import Response, Source
from sei_export.errors import SeiExportError

_SILENCES = (TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout)


class BrokenError(Exception):
    """A connection ended before the body did.

    Args:
        reason: Why, in words or by the name of what was raised.
        silent: Whether it ended because nothing came for too long.
        unopened: Whether there was no answer yet.
    """

    def __init__(self, reason: str, *, silent: bool = False, unopened: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.silent = silent
        self.unopened = unopened


@contextmanager
def breaking(*, unopened: bool = False) -> Iterator[None]:
    """Raise as a break whatever a library raises within the block, except what has a name already.

    Any class of error: some come from a header or a chunk's size, as ValueError and the like.

    Raises:
        BrokenError: The connection is of no more use.
        SeiExportError: As the block raises.
    """
    try:
        yield
    except SeiExportError:
        raise
    except Exception as error:  # noqa: BLE001 - any of a library's, as said
        # The chain is cut: a library's messages carry whole URLs, signatures included.
        raise BrokenError(
            _reason(error), silent=isinstance(error, _SILENCES), unopened=unopened
        ) from None


@contextmanager
def opened(source: Source, headers: Mapping[str, str]) -> Iterator[Response]:
    """Open a body; that its connection cannot be closed well does not matter any more.

    Args:
        source: Where it comes from.
        headers: More request headers.

    Raises:
        BrokenError: It cannot be opened.
        SeiExportError: As `source.open` raises.
    """
    stack = ExitStack()
    with breaking(unopened=True):
        response = stack.enter_context(source.open(headers))
    try:
        yield response
    finally:
        with suppress(Exception):
            stack.close()


def _reason(error: BaseException) -> str:
    """Name the innermost cause, which tells a reset from an early end."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    name = type(error).__name__
    # A library's own `ProtocolError` is not the one that the state machine knows.
    return "not as HTTP wants it" if hasattr(errors, name) else name
