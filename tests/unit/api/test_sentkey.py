"""The key in use: which header carries it, when it is read afresh, and whether the API took it."""

import pytest

from sei_export.api.sentkey import KeyHeader, SentKey
from sei_export.errors import ConfigurationError
from tests.fakes.timing import FakeKey


@pytest.mark.parametrize("name", ["Authorization", "SEI_API_KEY"])
def test_the_parameter_names_one_of_two_headers(name: str) -> None:
    assert KeyHeader.parse(name) is KeyHeader(name)
    assert KeyHeader.parse(name).value == name


@pytest.mark.parametrize("name", ["", "authorization", "x-api-key"])
def test_another_header_is_refused_with_those_that_are_allowed(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        KeyHeader.parse(name)
    assert caught.value.message == (
        f"The parameter ApiKeyHeader is {name!r}: allowed are Authorization, SEI_API_KEY."
    )


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        (KeyHeader.AUTHORIZATION, {"Authorization": "ApiKey a"}),
        (KeyHeader.SEI_API_KEY, {"SEI_API_KEY": "a"}),
    ],
)
def test_a_key_is_sent_in_one_header_and_the_legacy_apis_too(
    header: KeyHeader, sent: dict[str, str]
) -> None:
    key = SentKey(FakeKey(["a"]), header, fresh=False)
    assert key.headers(fresh=False, legacy=False) == sent
    assert key.headers(fresh=False, legacy=True) == sent | {"x-api-key": "a"}


@pytest.mark.parametrize("at_first", [False, True])
def test_a_key_is_read_afresh_where_that_is_asked_for(*, at_first: bool) -> None:
    source = FakeKey()
    key = SentKey(source, KeyHeader.AUTHORIZATION, fresh=at_first)
    fresh_reads: list[int] = []
    for fresh in (False, False, True):
        key.headers(fresh=fresh, legacy=False)
        fresh_reads.append(source.fresh_reads)
    assert fresh_reads == [at_first, at_first, at_first + 1]


def test_a_key_is_known_to_be_good_once_the_api_has_taken_that_very_one() -> None:
    key = SentKey(FakeKey(["pat.first", "pat.later"]), KeyHeader.AUTHORIZATION, fresh=False)
    key.headers(fresh=False, legacy=False)
    good = [key.is_known_good]
    key.note_success()
    good.append(key.is_known_good)
    key.headers(fresh=True, legacy=False)
    good.append(key.is_known_good)
    assert good == [False, True, False]
    assert key.mask.hide("pat.first, pat.later") == "***, ***"
