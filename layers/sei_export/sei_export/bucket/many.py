"""Questions about many keys, asked side by side."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

CONNECTIONS = 10
"""At most, for questions about many keys; the parts of an upload need fewer."""


def ask_each[Answer](ask: Callable[[str], Answer], keys: Iterable[str]) -> dict[str, Answer]:
    """Ask about each key once, a few at a time; the answers stand in the keys' order.

    Raises:
        Whatever `ask` raises for one of them: there is no answer for the others then.
    """
    names = list(dict.fromkeys(keys))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return dict(zip(names, pool.map(ask, names), strict=True))
