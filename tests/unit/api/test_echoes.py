"""An API that repeats the key, in any writing and anywhere: no message, value or line has it."""

import base64
import html
import json
import logging
import urllib.parse
from collections.abc import Callable

import pytest

from sei_export.api.calls import HttpClient
from sei_export.api.client import SeiClient
from sei_export.api.urls import BaseUrl
from sei_export.errors import SeiExportError
from sei_export.export import ExportHandle
from sei_export.request.reports import PRODUCTIVITY, SPRINT
from tests.fakes.loopback import Answer, Loopback, Received, reply
from tests.fakes.messages import told
from tests.fakes.samples import request, request_of
from tests.fakes.timing import FakeClock, FakeKey

EXPORT = ExportHandle("exp_1", PRODUCTIVITY, "acme", "metrics")
KEYS = {
    "plain": "pat.22.24a20e.0123456789abcdef",
    "slashes": "AKIA/bPxRfiCYEXAMPLEKEY/K7MDENG",
    "base64": "c2VpLWV4cG9ydGVyLWtleS0wMTIz==",
}

type Step = Callable[[SeiClient], object]
type Wrap = Callable[[str], bytes]


def _json(text: str) -> bytes:
    return json.dumps({"message": f"Invalid token: {text}"}).encode()


def _page(text: str) -> bytes:
    return _json(text).replace(b"/", b"\\/").replace(b"=", b"\\u003d")


def _escaped(text: str) -> bytes:
    letters = "".join(f"\\u{ord(letter):04x}" for letter in text)
    return f'{{"error": "bad {letters}"}}'.encode()


ECHOES: dict[str, Wrap] = {
    "text": lambda text: f"unauthorized {text}".encode(),
    "text over two lines": lambda text: f"unauthorized {text[:20]}\n  {text[20:]}".encode(),
    "JSON": _json,
    "JSON for pages": _page,
    "JSON, all escaped": _escaped,
    "JSON in JSON": lambda text: json.dumps({"error": _page(text).decode()}).encode(),
    "JSON in UTF-16": lambda text: _json(text).decode().encode("utf-16"),
    "a list": lambda text: json.dumps([text]).encode(),
    "a field's name": lambda text: json.dumps({text: 1}).encode(),
    "percent": lambda text: _json(urllib.parse.quote(text, safe="")),
    "percent twice": lambda text: _json(urllib.parse.quote(urllib.parse.quote(text, safe=""))),
    "page": lambda text: f"<p>{html.escape(text).replace('/', '&#x2F;')}</p>".encode(),
    "Base64": lambda text: _json(base64.b64encode(text.encode()).decode()),
    "hexadecimal": lambda text: _json(text.encode().hex()),
    "an id": lambda text: json.dumps({"exportId": f"{text}/.."}).encode(),
    "a status": lambda text: json.dumps({"exportId": "exp_1", "status": text}).encode(),
    "a reason": lambda text: json.dumps(
        {"exportId": "exp_1", "status": "failed", "error": {"message": text}}
    ).encode(),
    "entries": lambda text: json.dumps({"exports": [{"exportId": text, "status": text}]}).encode(),
    "behind 63 KiB of blanks": lambda text: b" " * (64 * 1024 - 30) + text.encode(),
    "at the end of what is shown": lambda text: b"x" * 285 + b" " + text.encode(),
}


def _download(client: SeiClient) -> object:
    with client.download(EXPORT, None) as response:
        return response.status_code


def _fetch(client: SeiClient) -> object:
    with client.fetch(request_of("team-report")) as response:
        return response.status_code


STEPS: tuple[Step, ...] = (
    lambda client: client.create(request()),
    lambda client: client.state(EXPORT),
    lambda client: client.list(SPRINT, {}),
    lambda client: client.get("v2/org-trees", {}, "The list of org trees"),
    _download,
    _fetch,
)
STATUSES = (200, 400, 403, 410)


def _readings(text: str) -> list[str]:
    """A text as readers of it may decode it."""
    plain = "".join(text.split()).replace("\\/", "/").replace("\\u003d", "=")
    unquoted = urllib.parse.unquote(urllib.parse.unquote(plain))
    return [text, plain, unquoted, html.unescape(plain), plain.replace("\\", "")]


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("wrap", ECHOES.values(), ids=ECHOES)
def test_given_an_api_that_repeats_the_key_when_called_then_it_stays_secret(
    wrap: Wrap, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sei_export")
    seen: list[str] = []
    now: list[int] = []

    def answer(received: Received) -> Answer:
        return reply(now[-1], wrap(str(received.authorization)))

    with Loopback(answer) as server:
        base = BaseUrl.parse(f"{server.origin}/api/")
        for status in STATUSES:
            now.append(status)
            for step in STEPS:
                http = HttpClient(base, FakeKey([key]), FakeClock().deadline(100))
                try:
                    seen.append(repr(step(SeiClient(http, base, "acme", "metrics"))))
                except SeiExportError as error:
                    seen.append(told(error))
    seen += [record.getMessage() for record in caplog.records]
    for text in _readings("\n".join(seen)):
        assert key not in text
        assert key[:-2] not in text
        assert key[2:] not in text
        assert key.encode().hex() not in text
        assert base64.b64encode(f"ApiKey {key}".encode()).decode()[12:-6] not in text


def test_given_a_rotated_key_when_both_are_repeated_then_both_stay_secret() -> None:
    old, new = "pat.old.0123456789", "pat.new.0123456789"

    def answer(received: Received) -> Answer:
        if received.authorization == f"ApiKey {old}":
            return reply(403)
        return reply(400, {"message": f"{new} replaces {old}"})

    with Loopback(answer) as server:
        base = BaseUrl.parse(f"{server.origin}/api/")
        http = HttpClient(base, FakeKey([old, new]), FakeClock().deadline(100))
        client = SeiClient(http, base, "acme", "metrics")
        # Handed on before the key is known, as the step does that lands a legacy report.
        mask = client.mask
        with pytest.raises(SeiExportError, match=r"\*\*\* replaces \*\*\*"):
            client.create(request())
    assert mask.hide(f"a {old}, b {new}") == "a ***, b ***"
    assert mask.forms == (old.encode(), new.encode())


@pytest.mark.parametrize("lead", ["/api/{}", "/api/x?key={}", "http://{}.example/", "x://{}/"])
def test_given_the_key_in_a_redirect_when_it_fails_then_no_message_has_it(
    lead: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = KEYS["plain"]
    caplog.set_level(logging.DEBUG, "sei_export")

    def answer(received: Received) -> Answer:
        if received.path == "/api/file":
            return reply(302, headers={"Location": lead.format(key)})
        return reply(503)

    with Loopback(answer) as server:
        base = BaseUrl.parse(f"{server.origin}/api/")
        http = HttpClient(base, FakeKey([key]), FakeClock().deadline(100))
        with (
            pytest.raises(SeiExportError) as caught,
            http.stream(f"{server.origin}/api/file", {}, {}),
        ):
            pass
    assert key not in told(caught.value, caplog)
