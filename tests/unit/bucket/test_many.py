"""Questions about many keys: each asked once, a few at a time."""

import threading

import pytest

from sei_export.bucket.many import CONNECTIONS, ask_each


def test_answers_stand_in_the_order_of_the_keys() -> None:
    keys = [f"outcomes/{number}" for number in range(3 * CONNECTIONS)]
    answers = ask_each(str.upper, iter(keys))
    assert [*answers.items()] == [(key, key.upper()) for key in keys]


def test_a_key_that_is_given_twice_is_asked_about_once() -> None:
    asked: list[str] = []
    ask_each(asked.append, ["a", "b", "a"])
    assert sorted(asked) == ["a", "b"]


def test_no_keys_have_no_answers() -> None:
    assert ask_each(str.upper, []) == {}


def test_as_many_are_asked_at_a_time_as_there_are_connections_and_no_more() -> None:
    # None is answered before as many have been asked as may be.
    together = threading.Barrier(CONNECTIONS)
    lock = threading.Lock()
    now: list[int] = [0]
    most: list[int] = [0]

    def ask(key: str) -> str:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(30)
        with lock:
            now[0] -= 1
        return key

    keys = [str(number) for number in range(3 * CONNECTIONS)]
    assert [*ask_each(ask, keys)] == keys
    assert most == [CONNECTIONS]


def test_an_answer_that_fails_leaves_none_of_the_others() -> None:
    failure = ZeroDivisionError("5")

    def ask(key: str) -> str:
        if key == "5":
            raise failure
        return key

    with pytest.raises(ZeroDivisionError) as caught:
        ask_each(ask, [str(number) for number in range(9)])
    assert caught.value is failure
