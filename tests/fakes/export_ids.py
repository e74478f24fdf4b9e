"""Ids of exports: opaque ones, and those that could lead out of their place in a path."""

import pytest

OPAQUE = [
    pytest.param("exp_7a8b9c0d", id="as documented"),
    pytest.param("0K9ZQ", id="Base36"),
    pytest.param("A-b_C", id="dash and underscore"),
    pytest.param("-a", id="dash first"),
    pytest.param("exp.1", id="a dot"),
    pytest.param("...", id="three dots"),
    pytest.param("YWJj==", id="Base64"),
    pytest.param("  exp_1 ", id="padded by spaces"),
    pytest.param("a b", id="a space"),
    pytest.param("a?b=c&d", id="a query"),
    pytest.param("a#b", id="a fragment"),
    pytest.param("a%41b", id="a percent sign"),
    pytest.param("100%", id="a percent sign alone"),
    pytest.param("a|b", id="a bar"),
    pytest.param("urn:exp:1;v=2", id="colons and a semicolon"),
    pytest.param("é樹", id="not ASCII"),
    pytest.param("x" * 256, id="the longest"),
    pytest.param("樹" * 256, id="the longest, not ASCII"),
]

LEADING_OUT = [
    pytest.param("", id="empty"),
    pytest.param("   ", id="blank"),
    pytest.param(".", id="a dot alone"),
    pytest.param("..", id="dots"),
    pytest.param(" .. ", id="dots between spaces"),
    pytest.param("..;v=1", id="dots with a parameter"),
    pytest.param(";v=1", id="a parameter alone"),
    pytest.param("%2e%2e", id="encoded dots"),
    pytest.param("%252E%252e", id="dots encoded twice"),
    pytest.param("../../admin", id="a path upwards"),
    pytest.param("a/b", id="a slash"),
    pytest.param("exp_1/download", id="a path downwards"),
    pytest.param("a%2Fb", id="an encoded slash"),
    pytest.param("a\\b", id="a backslash"),
    pytest.param("a\n", id="a line end"),
    pytest.param("a%0d%0ab", id="encoded line ends"),
    pytest.param("a\u2028b", id="a line separator"),
    pytest.param("a\0b", id="a null character"),
    pytest.param("a\ud800b", id="half a pair"),
    pytest.param("x" * 257, id="too long"),
]
