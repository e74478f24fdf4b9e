"""One item of a batch: one export, and its form in the bucket and in the state machine."""

import hashlib
from dataclasses import dataclass, replace

from sei_export import keys
from sei_export.errors import InvalidRequestError
from sei_export.input.payload import BY_HAND, count_field, optional_text, text_field
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import TreeName
from sei_export.request.export_request import ExportRequest
from sei_export.request.parsing import NOT_OVER_FIELD, read_canonical

FIRST_ROUND = 1

_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Item:
    """One export of a batch.

    Attributes:
        id: Equal for requests that ask for the same.
        name: Of the export's execution.
        request: What the execution asks for.
        entry: The index in the plan's exports of the one that asks for it, for messages.
        tree: The org tree; None where the entry names none.
        team_name: The team's name, where the tree tells it.
        tries: How many executions it has had, the one to come included.
        replaces: The id of the item that was too large and is exported in parts.
        not_before: When it is worth another try, ISO 8601; None for at once.
        listed: Whether it belongs into the plan's list: not if an entry before has its rows.
    """

    id: str
    name: str
    request: ExportRequest
    entry: int
    tree: str | None
    team_name: str | None
    tries: int = 1
    replaces: str | None = None
    not_before: str | None = None
    listed: bool = True

    @classmethod
    def of(
        cls, request: ExportRequest, entry: int, tree: str | None, team_name: str | None, run: str
    ) -> "Item":
        """Make the item of a request, for the first round.

        Args:
            request: What it asks for.
            entry: The plan's entry that asks for it.
            tree: The org tree; None where the entry names none.
            team_name: The team's name, where the tree tells it.
            run: The batch's name.
        """
        item_id = request.fingerprint[:_ID_DIGITS]
        name = _execution_name(run, FIRST_ROUND, item_id)
        return cls(item_id, name, request, entry, tree, team_name)

    @property
    def team(self) -> str | None:
        """The team's id, or a legacy report's collection; None for the whole tree."""
        return self.request.team

    @property
    def key(self) -> str:
        """The key that its CSV will have."""
        return keys.request_key(self.request)

    @property
    def tree_name(self) -> TreeName | None:
        """The org tree; None where the entry names none."""
        if self.tree is None:
            return None
        return TreeName(self.request.org, self.request.project, self.tree)

    def of_tree(self, other: "Item") -> "Item":
        """The item as one of another's tree, which asks for the same and knows where it is."""
        listed = self.listed and other.listed
        return replace(self, tree=other.tree, team_name=other.team_name, listed=listed)

    def in_round(self, run: str, number: int) -> "Item":
        """The item as another round runs it, in an execution of its own."""
        return replace(self, name=_execution_name(run, number, self.id))

    def retried(self, run: str, number: int, not_before: str | None = None) -> "Item":
        """Make the item of the same export once more, for the round of this number."""
        again = self.in_round(run, number)
        return replace(again, tries=self.tries + 1, not_before=not_before)

    def to_json(self) -> JsonObject:
        """Write the form in the bucket and in the state machine."""
        return {
            "id": self.id,
            "name": self.name,
            "input": _input(self.request),
            "entry": self.entry,
            "tree": self.tree,
            "team": self.team,
            "teamName": self.team_name,
            "key": self.key,
            "tries": self.tries,
            "replaces": self.replaces,
            "notBefore": self.not_before,
            "listed": self.listed,
            # For the pace, which the state machine keeps.
            "legacy": self.request.report.is_legacy,
        }

    @classmethod
    def from_json(cls, given: JsonValue) -> "Item":
        """Read it back.

        Raises:
            InvalidRequestError: It is not such a form, as when a function is invoked by hand; or
                this version's table of reports does not allow its request.
        """
        if not isinstance(given, dict):
            raise InvalidRequestError(["item is not an object."], remedy=BY_HAND)
        asked = given.get("input")
        if not isinstance(asked, dict):
            raise InvalidRequestError(["input is not an object."], remedy=BY_HAND)
        return cls(
            id=text_field(given, "id"),
            name=text_field(given, "name"),
            request=_stored_request(asked),
            entry=count_field(given, "entry"),
            tree=optional_text(given, "tree"),
            team_name=optional_text(given, "teamName"),
            tries=count_field(given, "tries"),
            replaces=optional_text(given, "replaces"),
            not_before=optional_text(given, "notBefore"),
            # What was planned before there was one has none.
            listed=given.get("listed") is not False,
        )


def _input(request: ExportRequest) -> JsonObject:
    """The execution's, but for what its batch adds."""
    asked = request.canonical()
    return asked | {NOT_OVER_FIELD: True} if request.is_not_over else asked


def _stored_request(asked: JsonObject) -> ExportRequest:
    try:
        return read_canonical(asked)
    except InvalidRequestError as error:
        # The table may have been narrowed by an update while the batch was running.
        raise InvalidRequestError(
            [f"input: {problem}" for problem in error.problems],
            remedy="Start the batch again with a plan that this version of the stack allows: what "
            f"has landed is found unchanged. {BY_HAND}",
        ) from None


def _execution_name(run: str, number: int, item_id: str) -> str:
    """The same for the same item of the same round, so that it starts once."""
    return f"{hashlib.sha256(run.encode()).hexdigest()[:8]}-r{number}-{item_id}"
