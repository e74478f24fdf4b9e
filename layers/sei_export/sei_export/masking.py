"""Hides a secret wherever a text or a body is quoted: in messages, logs and events."""

import json
from urllib.parse import quote

SHOWN = "***"


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
        """Replace the secret by three stars, in all its forms."""
        for form in self._forms:
            text = text.replace(form, SHOWN)
        return text
