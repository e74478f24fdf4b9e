"""Hides a secret wherever a text or a body is quoted: in messages, logs and events."""

import json
from urllib.parse import quote

SHOWN = "***"
_LEAST_SHOWN = 3
"""So many characters of a secret's beginning tell nothing: every key begins with some of them."""


class Mask:
    """Hides one secret, in every form in which an answer may repeat it.

    Args:
        secret: The secret; nothing is hidden where it is empty.
    """

    def __init__(self, secret: str = "") -> None:
        forms = (secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), quote(secret, ""))
        # The longest first: a form may be part of another.
        self._forms = sorted({form for form in forms if form}, key=len, reverse=True)

    @property
    def forms(self) -> tuple[bytes, ...]:
        """The secret's forms as bytes, to be looked for in a body."""
        return tuple(form.encode() for form in self._forms)

    def hide(self, text: str) -> str:
        """Replace the secret by three stars, in all its forms, also where a text is cut in it."""
        for form in self._forms:
            text = text.replace(form, SHOWN)
        for form in self._forms:
            for length in range(len(form) - 1, _LEAST_SHOWN, -1):
                if text.endswith(form[:length]):
                    return text[:-length] + SHOWN
        return text
