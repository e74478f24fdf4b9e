"""URLs that a hostile or odd API may give, made of parts."""

import ipaddress
import random
import re
from urllib.parse import unquote, urlsplit

SIGNATURE = "s3cr3t-signature"
_MOST_DECODINGS = 10
BASES = (
    "https://app.harness.example/prod1/sei/api/",
    "https://app.harness.example:8443/api",
    "https://App.Harness.Example/api",
    "https://app.harness.example",
    "https://10.1.2.3/sei/api",
    "http://127.0.0.1:8000/sei/api",
    "http://[::1]:8000/api",
)

SCHEMES = (
    "https",
    "http",
    "HTTPS",
    "hTTp",
    "ftp",
    "file",
    "javascript",
    "data",
    "https+unix",
    "ws",
)
USERS = ("", "user@", f"user:{SIGNATURE}@", "{host}@", "{host}:443@", "a%40b@", "{host}\\@", "@")
HOSTS = (
    *("{host}", "{host}.", "{host}:", "{HOST}", "x.{host}", "{host}.evil.example", "evil.example"),
    *("{host}%2eevil.example", "{host}\\.evil.example", "{host}%00.evil.example", "{host}\t"),
    *("localhost", "localhost.", "LOCALHOST", "private.example", "metadata.example"),
    *(
        "mixed.example",
        "nat64.example",
        "six.example",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
    ),
    *("0177.0.0.1", "0", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("192.88.99.1", "8.8.8.8", "8.8.8.8.", "134744072", "[::1]", "[::]", "[::ffff:127.0.0.1]"),
    *("[::ffff:10.0.0.1]", "[::ffff:8.8.8.8]", "[::127.0.0.1]", "[64:ff9b::a00:1]"),
    *("[64:ff9b::808:808]", "[64:ff9b:1::a00:1]", "[2002:a00:1::]", "[2001:0:a00:1::]"),
    *("[2001:10::1]", "[2001:db8::1]", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]"),
    *("[ff02::1]", "[2606:4700::1111]", "[2606:4700::5efe:a00:1]", "[2606:4700::200:5efe:a00:1]"),
    *("[::ffff:0:a00:1]", "[::1", "::1", "[v1.x]", "[127.0.0.1]", "b\u00fccher.example"),
    *("\uff41pp.harness.example", "app\u3002harness.example", "xn--bcher-kva.example"),
    *("app.harness.ex\u0430mple", "\u2488\u2488.example", "a..example", ".example", "", "-"),
    *("a" * 64 + ".example", "a b.example", "a\0b.example", "a\r\nb.example", "\U0001f600.example"),
)
PORTS = ("", ":443", ":80", ":8000", ":8443", ":", ":0", ":65536", ":-1", ":0443", ":x", ":\u0664")
PATHS = (
    *("{prefix}/v2/file", "/v2/file", "{prefix}", "{prefix}/", "", "/", "{prefix}x/file"),
    *("{PREFIX}/file", "{prefix}//file", "/{prefix}/file", "{prefix}/../file", "{prefix}/./file"),
    *("{prefix}/%2e%2e/file", "{prefix}/.%2E/file", "{prefix}/%252e%252e/file"),
    *("{prefix}/..%2ffile", "{prefix}/..%5cfile", "{prefix}/..\\file", "{prefix}/..;x=1/file"),
    *("{prefix}/.\t./file", "{prefix}/..%00/file", "{prefix}/%25252e%25252e/x", "{prefix}\\v2\\x"),
    *("{prefix}%2fv2%2ffile", "{prefix}/file%0d%0aX: y", "{prefix}/f\u00efle", "{prefix}/a b"),
    *(
        "{prefix}/\uff0e\uff0e/file",
        "{prefix}/%ff%fe",
        "{prefix}/..",
        "{prefix}/...",
        "/..{prefix}/x",
    ),
    *(
        "{prefix}/%zz",
        "{prefix}/x/../../../file",
        "{prefix}/%c0%ae%c0%ae/file",
        "{prefix}/ ../file",
    ),
)
QUERIES = (
    "",
    f"?X-Amz-Signature={SIGNATURE}",
    "?",
    "?/../x",
    f"?a={{KEY}}&s={SIGNATURE}",
    "#top",
    "?a#b",
)
WITHOUT_HOST = (
    *("{path}", "//{host}{path}", "///{host}{path}", "////{host}{path}", "\\\\{host}{path}"),
    *("/\\{host}{path}", "https:{path}", "https:/{host}{path}", "https:///{host}{path}", ".{path}"),
    *("http:{path}", "v2/file", "./v2/file", "../v2/file", "..", ".", "?x=1", "#x", " {path}", ""),
    *(
        "//evil.example{path}",
        "//evil.example\\@{host}{path}",
        "//127.0.0.1{path}",
        "\t//evil.example",
    ),
    *("https://", "https:", "://{host}{path}", ":{path}", "%2f%2fevil.example{path}", "\0{path}"),
)


def links(seed: str, mixed: int) -> list[str]:
    """Each part in turn with all others plain, and so many of parts by chance, in another order.

    `{scheme}`, `{host}`, `{prefix}` and `{KEY}` are to be filled in.

    Args:
        seed: Another order and other chances for each.
        mixed: How many are of parts by chance.
    """
    usual = ("{scheme}", "", "{host}", "", "{prefix}/v2/file", QUERIES[1])
    parts = (SCHEMES, USERS, HOSTS, PORTS, PATHS, QUERIES)
    found = [
        _joined(*usual[:at], choice, *usual[at + 1 :])
        for at, choices in enumerate(parts)
        for choice in choices
    ]
    found += [
        form.replace("{path}", path)
        for form in WITHOUT_HOST
        for path in ("{prefix}/v2/file", "/v2/file", "{prefix}/../x")
    ]
    chance = random.Random(seed)  # noqa: S311 - the same links each time
    found += [_joined(*map(chance.choice, parts)) for _ in range(mixed)]
    # A sample takes the same places of each list.
    return chance.sample(found, len(found))


def _joined(*parts: str) -> str:
    scheme, user, host, port, path, query = parts
    return f"{scheme}://{user}{host}{port}{path}{query}"


def filled(link: str, base: str, key: str) -> str:
    """A link for a base URL."""
    parts = urlsplit(base)
    prefix, netloc = parts.path.rstrip("/"), parts.netloc.lower()
    known = {"{host}": netloc, "{HOST}": netloc.upper(), "{prefix}": prefix, "{KEY}": key}
    known |= {"{PREFIX}": prefix.upper(), "{scheme}": parts.scheme}
    for name, value in known.items():
        link = link.replace(name, value)
    return link


_SPECIAL = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("::/8", "100::/64", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2001:db8::/32"),
        *("2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
]
"""IANA's registries of special-purpose addresses, and what leads to IPv4 by translation."""


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's."""
    return address == "::1" or address.removeprefix("::ffff:").startswith("127.")


def is_public(address: str) -> bool:
    """Whether an address is everybody's, and leads to nobody else's."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if found.packed[8:12] in {b"\0\0\x5e\xfe", b"\x02\0\x5e\xfe"}:
            # ISATAP: the last four bytes are an IPv4 address.
            return False
    return not any(found in net for net in _SPECIAL if net.version == found.version)


def is_below(target: str, prefix: str) -> bool:
    """Whether a request's target is below a prefix, however often a server decodes it."""
    path = re.split(r"[?#]", target)[0]
    for _ in range(_MOST_DECODINGS):
        plain = re.sub(r"[\s\0]+", "", path.replace("\\", "/"))
        walked: list[str] = []
        for segment in plain.split("/"):
            name = segment.partition(";")[0]
            if name == "..":
                del walked[-1:]
            elif name != ".":
                walked.append(segment)
        if not "/".join(walked).startswith(f"{prefix}/"):
            return False
        path = unquote(path, errors="surrogateescape")
    return True


def decoded(path: str) -> str:
    """A path as a server reads it that decodes as often as it can."""
    for _ in range(_MOST_DECODINGS):
        path = unquote(path, errors="surrogateescape")
    return path
