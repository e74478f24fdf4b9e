"""The API's base URL, and the links in its answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from sei_export.api.urls import (
    BaseUrl,
    is_loopback,
    with_parameters,
    without_query,
    written,
)
from sei_export.errors import ConfigurationError, ProtocolError

PROD1 = BaseUrl.parse("https://app.harness.io/prod1/sei/api/")
PRODUCTIVITY = "v2/insights/productivity/exports"
LONGEST = "a." * 125 + "com"
"""A host of 253 characters."""
DOWNLOAD = f"https://app.harness.io/prod1/sei/api/{PRODUCTIVITY}/exp_1/download"


@pytest.mark.parametrize(
    ("given_url", "joined"),
    [
        pytest.param(
            "https://app.harness.io/prod1/sei/api/",
            "https://app.harness.io/prod1/sei/api/v2/x",
            id="Prod 1",
        ),
        pytest.param(
            "https://app.harness.io/gratis/sei/api/",
            "https://app.harness.io/gratis/sei/api/v2/x",
            id="Prod 2",
        ),
        pytest.param(
            "https://accounts.eu.harness.io/sei/api/",
            "https://accounts.eu.harness.io/sei/api/v2/x",
            id="EU",
        ),
        pytest.param(
            "https://app.harness.io/prod1/sei/api",
            "https://app.harness.io/prod1/sei/api/v2/x",
            id="no trailing slash",
        ),
        pytest.param(
            "https://app.harness.io/prod1/sei/api//",
            "https://app.harness.io/prod1/sei/api/v2/x",
            id="two trailing slashes",
        ),
        pytest.param("https://sei.example", "https://sei.example/v2/x", id="no prefix"),
        pytest.param("https://sei.example:8443/a/", "https://sei.example:8443/a/v2/x", id="port"),
        pytest.param(
            "\n HTTPS://sei.example/a/ \n ", "https://sei.example/a/v2/x", id="space and case"
        ),
        pytest.param("http://127.0.0.1:8080/a/", "http://127.0.0.1:8080/a/v2/x", id="loopback"),
        pytest.param("http://localhost:8080", "http://localhost:8080/v2/x", id="localhost"),
        pytest.param("http://[::1]:8080/a", "http://[::1]:8080/a/v2/x", id="IPv6 loopback"),
    ],
)
@pytest.mark.parametrize("path", ["v2/x", "/v2/x"])
def test_a_path_is_appended_to_the_prefix(given_url: str, joined: str, path: str) -> None:
    assert BaseUrl.parse(given_url).join(path) == joined


@pytest.mark.parametrize(
    ("given_url", "reason"),
    [
        pytest.param("http://app.harness.io/sei/api/", "loopback address only", id="no TLS"),
        pytest.param("http://10.0.0.1/", "loopback address only", id="private address, no TLS"),
        pytest.param(
            "http://127.0.0.1.evil.example/", "loopback address only", id="loopback as a label"
        ),
        pytest.param(
            "http://localhost.evil.example/", "loopback address only", id="localhost as a label"
        ),
        pytest.param("ftp://app.harness.io/", "neither https nor http", id="another scheme"),
        pytest.param("app.harness.io/sei/api", "neither https nor http", id="no scheme"),
        pytest.param("//app.harness.io/sei/api", "neither https nor http", id="empty scheme"),
        pytest.param("", "neither https nor http", id="empty"),
        pytest.param("https:///sei/api/", "it has no host", id="no host"),
        pytest.param("https://me:s3cret@app.harness.io/", "credentials", id="credentials"),
        pytest.param("https://@app.harness.io/", "credentials", id="empty credentials"),
        pytest.param("https://app.harness.io/?account=1", "a query", id="query"),
        pytest.param("https://app.harness.io/#top", "a fragment", id="fragment"),
        pytest.param("https://app.harness.io:99999/", "[Pp]ort", id="port too large"),
        pytest.param("https://app.harness.io:api/", "host and port", id="port not a number"),
        pytest.param("https://[::1/", "IPv6", id="open bracket"),
        pytest.param(r"https://evil.example\@app.harness.io/", "host and port", id="backslash"),
        pytest.param("https://a..b.com/sei/api/", "empty part", id="empty label"),
        pytest.param(f"https://{'a' * 64}.com/", "too long", id="long label"),
        pytest.param(f"https://{'a.' * 126}com/", "too long", id="long host"),
        pytest.param("https://app.harness.io/x/../sei/api/", "dot segments", id="dot segments"),
        pytest.param("https://app.harness.io/x/%2e%2E/api/", "dot segments", id="encoded dots"),
    ],
)
def test_any_other_base_url_is_refused_with_the_reason(given_url: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason) as caught:
        BaseUrl.parse(given_url)
    assert caught.value.message.startswith("The parameter HarnessBaseUrl is ")
    assert "https://app.harness.io/prod1/sei/api/" in caught.value.remedy


@pytest.mark.parametrize(
    "given_url",
    ["https://me:s3cret@app.harness.io/", "https://s3cret@app.harness.io/?a=b", "x://a:s3cret@b"],
)
def test_credentials_in_a_refused_base_url_are_not_repeated(given_url: str) -> None:
    with pytest.raises(ConfigurationError, match="The parameter HarnessBaseUrl is ") as caught:
        BaseUrl.parse(given_url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "link",
    [
        pytest.param(f"/{PRODUCTIVITY}/exp_1/download", id="root-relative"),
        pytest.param(f"{PRODUCTIVITY}/exp_1/download", id="relative"),
        pytest.param(f"/prod1/sei/api/{PRODUCTIVITY}/exp_1/download", id="prefixed already"),
        pytest.param(DOWNLOAD, id="absolute"),
        pytest.param(
            f"//app.harness.io/prod1/sei/api/{PRODUCTIVITY}/exp_1/download", id="no scheme"
        ),
        pytest.param(f"  /{PRODUCTIVITY}/exp_1/download\n", id="white space"),
    ],
)
@pytest.mark.parametrize("base", ["https://app.harness.io/prod1/sei/api", f"{PROD1.text}/"])
def test_every_form_of_a_link_leads_to_the_same_place(base: str, link: str) -> None:
    assert BaseUrl.parse(base).resolve(link) == DOWNLOAD


@pytest.mark.parametrize(
    ("link", "url"),
    [
        pytest.param(
            "https://bucket.s3.amazonaws.com/f.csv?X-Amz-Signature=a%2Fb",
            "https://bucket.s3.amazonaws.com/f.csv?X-Amz-Signature=a%2Fb",
            id="elsewhere, with its query untouched",
        ),
        pytest.param("//cdn.example/f.csv", "https://cdn.example/f.csv", id="protocol-relative"),
        pytest.param("https://cdn.example./f", "https://cdn.example./f", id="a dot at the end"),
        pytest.param(f"https://{'a' * 63}.c/f", f"https://{'a' * 63}.c/f", id="longest label"),
        pytest.param(f"https://{LONGEST}/f", f"https://{LONGEST}/f", id="longest host"),
        pytest.param("/v2/f?a=1", "https://app.harness.io/prod1/sei/api/v2/f?a=1", id="query"),
        pytest.param(
            "/prod1/sei/apiary/f",
            "https://app.harness.io/prod1/sei/api/prod1/sei/apiary/f",
            id="the prefix as part of a longer name",
        ),
        pytest.param(
            r"/\evil.example/f",
            "https://app.harness.io/prod1/sei/api/%5Cevil.example/f",
            id="backslash",
        ),
        pytest.param(
            "///evil.example/f",
            "https://app.harness.io/prod1/sei/api/evil.example/f",
            id="three slashes",
        ),
    ],
)
def test_a_link_resolves_to(link: str, url: str) -> None:
    assert PROD1.resolve(link) == url


def test_a_base_url_without_prefix_takes_root_relative_links() -> None:
    assert BaseUrl.parse("http://127.0.0.1:8080").resolve("/v2/f") == "http://127.0.0.1:8080/v2/f"


def test_a_protocol_relative_link_has_the_scheme_of_the_base_url() -> None:
    assert BaseUrl.parse("http://localhost:80/a").resolve("//localhost/f") == "http://localhost/f"


WALKS = [
    "/../../../admin",
    "/prod1/sei/api/../../../admin",
    "/prod1/sei/api/v2/./f",
    "/v2/..",
    "/v2/%2e%2e/%2E%2E/%2e%2e/%2e./admin",
    "/v2/%252e%252e/admin",
    "/v2/%25252e%25252e/admin",
    f"/v2/%{'25' * 9}2e./admin",
    "/v2/..%2f..%2fadmin",
    "/v2/..%5c..%5Cadmin",
    "/v2/..\\..\\admin",
    "/v2/..;/admin",
    "/v2/%2e%2e%3Bx=y/admin",
    "/v2/.%09./../admin",
    "/v2/\t../admin",
]
"""Paths that a server may walk up."""


@pytest.mark.parametrize("path", WALKS)
def test_the_key_may_not_go_where_a_server_may_walk_up(path: str) -> None:
    assert not PROD1.owns(f"https://app.harness.io/prod1/sei/api{path}")


@pytest.mark.parametrize(
    "path",
    ["/v2/a..b", "/v2/...", "/v2/.well-known", "/v2/f.", "/v2/a;v=../f", "/v2/100%", "/v2/f?a=../"],
)
def test_dots_that_are_no_segment_walk_nowhere(path: str) -> None:
    assert PROD1.owns(f"https://app.harness.io/prod1/sei/api{path}")


def test_a_link_elsewhere_may_have_any_path() -> None:
    link = "https://bucket.s3.amazonaws.com/a/../b/%2e%2e/c"
    assert PROD1.resolve(link) == link


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("https://h/f%2fa%7E?a=%2F+b~", "https://h/f%2fa%7E?a=%2F+b~", id="encoded"),
        pytest.param("https://h/bücher ü", "https://h/b%C3%BCcher%20%C3%BC", id="not ASCII"),
        pytest.param('https://h/"<>^`{|}\\', "https://h/%22%3C%3E%5E%60%7B%7C%7D%5C", id="signs"),
        pytest.param("https://h/a\tb\nc\0d", "https://h/a%09b%0Ac%00d", id="control characters"),
        pytest.param("https://h/\ud800", "https://h/%ED%A0%80", id="half a character"),
    ],
)
def test_only_what_no_url_may_have_is_encoded(url: str, sent: str) -> None:
    assert written(url) == sent
    assert written(sent) == sent


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("https://h/f", "https://h/f?org=a+b&project=%C3%BC", id="none"),
        pytest.param("https://h/f?", "https://h/f?org=a+b&project=%C3%BC", id="empty"),
        pytest.param("https://h/f?x=%2f", "https://h/f?x=%2f&org=a+b&project=%C3%BC", id="another"),
        pytest.param("https://h/f?org=&x", "https://h/f?org=&x&project=%C3%BC", id="one of them"),
        pytest.param("https://h/f?project=1&org=2", "https://h/f?project=1&org=2", id="both"),
        pytest.param("https://h/f#x?y", "https://h/f?org=a+b&project=%C3%BC", id="fragment"),
    ],
)
def test_parameters_are_added_and_the_rest_stays_as_it_is(url: str, sent: str) -> None:
    assert with_parameters(url, {"org": "a b", "project": "ü"}) == sent


def test_a_base_url_that_is_not_ascii_owns_what_is_below_it() -> None:
    base = BaseUrl.parse("https://sei.example/bücher/api")
    assert base.join("v2/f") == "https://sei.example/b%C3%BCcher/api/v2/f"
    assert base.owns(base.join("v2/f"))


@pytest.mark.parametrize(
    "link",
    [
        pytest.param("", id="empty"),
        pytest.param("   ", id="blank"),
        pytest.param("?a=1", id="only a query"),
        pytest.param("ftp://app.harness.io/f", id="another scheme"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("javascript:alert(1)", id="script"),
        pytest.param("https:///f", id="no host"),
        pytest.param("https://[::1/f", id="open bracket"),
        pytest.param("https://h:99999/f", id="port too large"),
        pytest.param(r"https://evil.example\@app.harness.io/f", id="backslash"),
        pytest.param("https://user@app.harness.io/f", id="credentials"),
        pytest.param("https://a..b.com/x", id="empty label"),
        pytest.param(f"https://{'a' * 64}.com/x", id="long label"),
        pytest.param(f"https://{LONGEST}a/x", id="long host"),
        pytest.param("https://a.com../x", id="two dots at the end"),
        pytest.param("https://a\ud800.com/x", id="half a character"),
        *(pytest.param(path, id=f"root-relative {path}") for path in WALKS),
        *(pytest.param(path.lstrip("/"), id=f"relative {path}") for path in WALKS),
        *(pytest.param(f"https://app.harness.io{path}", id=f"absolute {path}") for path in WALKS),
        *(pytest.param(f"//app.harness.io{path}", id=f"no scheme {path}") for path in WALKS),
    ],
)
def test_an_unusable_link_is_refused(link: str) -> None:
    with pytest.raises(ProtocolError, match="The API's download link"):
        PROD1.resolve(link)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://app.harness.io/prod1/sei/api/v2", id="the base URL's own spelling"),
        pytest.param("https://app.harness.io:443/prod1/sei/api/v2", id="default port written out"),
        pytest.param("https://app.harness.io:/prod1/sei/api/v2", id="empty port"),
        pytest.param("HTTPS://APP.Harness.IO/prod1/sei/api/v2", id="case of scheme and host"),
    ],
)
def test_the_key_may_go_below_the_base_url(url: str) -> None:
    assert PROD1.owns(url)


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("http://app.harness.io", id="no TLS"),
        pytest.param("http://app.harness.io:443", id="no TLS on the same port"),
        pytest.param("https://app.harness.io:8443", id="another port"),
        pytest.param("https://app.harness.io:0", id="port 0"),
        pytest.param("https://app.harness.io@evil.example", id="host as a user name"),
        pytest.param("https://app.harness.io:443@evil.example", id="host as credentials"),
        pytest.param("https://user@app.harness.io", id="user name, which replaces the key"),
        pytest.param(r"https://evil.example\@app.harness.io", id="backslash before the host"),
        pytest.param(r"https://app.harness.io\@evil.example", id="backslash after the host"),
        pytest.param("https://evil.example#@app.harness.io", id="host in the fragment"),
        pytest.param("https://evil.example?@app.harness.io", id="host in the query"),
        pytest.param("https://app.harness.io.evil.example", id="host as a prefix"),
        pytest.param("https://evil-app.harness.io", id="host as a suffix"),
        pytest.param("https://app.harness.io.", id="trailing dot"),
        pytest.param("https://harness.io", id="parent domain"),
        pytest.param("https://аpp.harness.io", id="look-alike letter"),  # noqa: RUF001 - the test's point
        pytest.param("https://app。harness.io", id="look-alike dot"),
        pytest.param("https://app.harness.io%2eevil.example", id="percent-encoded"),
        pytest.param("//app.harness.io", id="no scheme"),
        pytest.param("ftp://app.harness.io", id="another scheme"),
        pytest.param("mailto:app.harness.io", id="no host"),
        pytest.param("https://[::1", id="open bracket"),
        pytest.param("https://app.harness.io:99999", id="port too large"),
        pytest.param("", id="nothing"),
    ],
)
def test_the_key_may_go_to_no_other_scheme_host_or_port(origin: str) -> None:
    assert not PROD1.owns(f"{origin}/prod1/sei/api/v2")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="none"),
        pytest.param("/storage/f.csv?signature=abc", id="another"),
        pytest.param("/prod1/sei/apiary", id="one that begins like it"),
        pytest.param("/PROD1/sei/api/v2", id="in another case"),
    ],
)
def test_the_key_may_go_to_no_path_outside_the_prefix(path: str) -> None:
    assert not PROD1.owns(f"https://app.harness.io{path}")


def test_without_a_prefix_every_path_is_the_apis() -> None:
    assert BaseUrl.parse("http://127.0.0.1:8080").owns("http://127.0.0.1:8080/v2/f")


def test_a_base_url_with_a_default_port_owns_urls_without_one() -> None:
    assert BaseUrl.parse("https://sei.example:443/a").owns("https://sei.example/a/b")
    assert BaseUrl.parse("http://localhost:80/a").owns("http://localhost/a/b")


def test_two_ports_of_one_loopback_address_are_two_places() -> None:
    assert not BaseUrl.parse("http://127.0.0.1:8080").owns("http://127.0.0.1:8081/x")


AUTHORITY = st.lists(
    st.sampled_from(
        [*"@\\/:?#.[]%\t ", "app.harness.io", "evil.example", "443", "user", "。", "//", "%40"]
    ),
    min_size=1,
    max_size=7,
).map("".join)


@given(AUTHORITY)
def test_a_url_that_is_owned_is_read_the_same_by_what_connects(authority: str) -> None:
    url = f"https://{authority}/prod1/sei/api/x"
    if PROD1.owns(url):
        parsed = parse_url(url)
        assert (parsed.auth, parsed.host, parsed.port or 443) == (None, "app.harness.io", 443)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.255.255.254", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "10.0.0.1", "169.254.169.254", "app.harness.io", "::"],  # noqa: S104 - no socket is bound
)
def test_no_other_host_is_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("given_url", "loopback"),
    [
        pytest.param("https://app.harness.io/", False, id="the API"),
        pytest.param("http://127.0.0.1:8080/", True, id="a simulator"),
        pytest.param("https://localhost:8080/", True, id="a simulator with TLS"),
    ],
)
def test_a_base_url_tells_whether_it_is_a_simulator(given_url: str, *, loopback: bool) -> None:
    assert BaseUrl.parse(given_url).is_loopback is loopback


def test_in_messages_a_url_has_no_query_and_no_credentials() -> None:
    url = "https://me:pw@bucket.s3.amazonaws.com/f.csv?X-Amz-Signature=abc#x"
    assert without_query(url) == "https://bucket.s3.amazonaws.com/f.csv"
