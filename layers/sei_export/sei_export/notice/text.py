"""One text, in the forms in which a topic's subscribers want it."""

from dataclasses import dataclass

from sei_export.jsontypes import JsonObject
from sei_export.notice.plain import MOST_TEXT_BYTES, cut, lines, plain

_MOST_CHARACTERS = {"Message": 2500, "Remedy": 1000}
_MOST_OF_OTHERS = 200
_MOST_OF_COMMANDS = 3000
_WIDTH = 10
"""Of the labels' column."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told.

    Attributes:
        kind: For filters of subscriptions: `failed`, `incomplete`, `ended`, `warned`, `recovered`,
            `overdue`, `atRisk`.
        dedupe_id: Equal for whatever tells the same.
        subject: What failed and where, ASCII, below 100 characters.
        headline: A sentence.
        facts: What is to be known, each with its label; empty ones are left out.
        ways: Links and commands, each with its label.
    """

    kind: str
    dedupe_id: str
    subject: str
    headline: str
    facts: tuple[tuple[str, str | None], ...]
    ways: tuple[tuple[str, str], ...]

    def mail(self) -> str:
        """The text by itself: lines of ASCII, 8 KiB at most."""
        facts = [f"{label + ':':{_WIDTH}}{value}" for label, value in self._facts()]
        ways = [(f"{label}:", f"  {way}") for label, way in self._ways()]
        while True:
            text = lines([self._headline()], facts, *ways)
            if len(text) <= MOST_TEXT_BYTES or not ways:
                return text
            ways.pop()

    def chat(self) -> JsonObject:
        """The form that AWS's service for chats shows.

        https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
        """
        facts = "\n".join(f"*{label}:* {value}" for label, value in self._facts())
        return {
            "version": "1.0",
            "source": "custom",
            "id": self.dedupe_id,
            "content": {
                "textType": "client-markdown",
                "title": self.subject,
                "description": f"{self._headline()}\n{facts}",
                "nextSteps": [f"{label}: `{way}`" for label, way in self._ways()],
                "keywords": [self.kind],
            },
        }

    def _facts(self) -> list[tuple[str, str]]:
        return [
            (label, cut(plain(value), _MOST_CHARACTERS.get(label, _MOST_OF_OTHERS)))
            for label, value in self.facts
            if value
        ]

    def _headline(self) -> str:
        return cut(plain(self.headline), _MOST_OF_OTHERS)

    def _ways(self) -> list[tuple[str, str]]:
        # A command that is cut would be another one.
        return [
            (label, way)
            for label, way in self.ways
            if len(way) <= _MOST_OF_COMMANDS and way.isascii() and way.isprintable()
        ]
