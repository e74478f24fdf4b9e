"""The SEI API's calls for org trees: the list of them, and the teams of one."""

import logging
from dataclasses import dataclass

from sei_export.api.answers import (
    ListedTree,
    OddTree,
    check_tree_id,
    read_listed_tree,
    read_object,
)
from sei_export.api.client import SeiClient
from sei_export.api.lists import NO_TOTALS, ListAnswer, Totals, is_list, read_list
from sei_export.api.treeforms import read_tree
from sei_export.errors import InvalidRequestError, ProtocolError, ServiceUnavailableError
from sei_export.input.names import alike, apart
from sei_export.input.problems import Problems, plain
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree

logger = logging.getLogger(__name__)

TREES_IN_PAGE = 50
"""As in the API's own example; the API may give fewer."""

_LOOK_SECONDS = 4.0
"""Of a look that nothing depends on."""

_TRIAL_SECONDS = 15.0
"""Of a call whose answer can wait until tomorrow."""

_LOOK_LEAVES_SECONDS = 30.0
"""For what comes after it."""

MOST_PAGES = 1000
"""A list that still has something new then has no end."""

_PATH = "v2/org-trees"


@dataclass(frozen=True, slots=True)
class TreeList:
    """The org trees that the key may see.

    Attributes:
        trees: Those that can be asked for, each once.
        odd: Entries that cannot be used.
        missing: How many more the API says that there are.
    """

    trees: tuple[ListedTree, ...]
    odd: tuple[OddTree, ...] = ()
    missing: int = 0


def list_trees(client: SeiClient) -> TreeList:
    """Ask for all org trees that the key may see.

    The list ends with a page that has nothing new: an empty one, or the same again.

    Raises:
        ProtocolError: The answer is not a list in any of the forms that are known.
        SeiExportError: As the client raises.
    """
    found: dict[str, ListedTree] = {}
    odd: dict[str, OddTree] = {}
    promised, pages = NO_TOTALS, 0
    for page in range(MOST_PAGES):
        if client.deadline.left() <= 0:
            raise ServiceUnavailableError(
                f"The list of org trees did not end in the function's time: {page} pages came.",
                remedy="Start a new execution later; check the Harness status page.",
            )
        listed = _page(client, page)
        promised = promised.otherwise(listed.totals)
        before = len(found) + len(odd)
        for item in listed.entries:
            entry = read_listed_tree(item)
            if isinstance(entry, ListedTree):
                found.setdefault(entry.id, entry)
            else:
                odd.setdefault(_named(item), entry)
        count = len(found) + len(odd)
        if count == before:
            break
        pages += 1
        # A first page's total may be the page's own.
        if page > 0 and listed.totals.entries == count:
            break
    for each in odd.values():
        logger.warning("%s", each.error.message)
    missing = promised.missing(len(found) + len(odd), pages)
    return TreeList(tuple(found.values()), tuple(odd.values()), missing)


def first_names(client: SeiClient) -> list[str]:
    """Ask for the names on the list's first page, for what is only good to know.

    Raises:
        ServiceUnavailableError: There is hardly time for anything else.
        SeiExportError: As the client raises, after a few seconds at most.
    """
    if client.deadline.left() < _LOOK_LEAVES_SECONDS:
        raise ServiceUnavailableError("There was no time left to ask for the org trees.")
    entries = map(read_listed_tree, _page(client.within(_LOOK_SECONDS), 0).entries)
    return [entry.name for entry in entries if entry.name]


def try_key(client: SeiClient) -> None:
    """Make one small call, in which the API takes the key or refuses it.

    Raises:
        ConfigurationError: There is no key to be sent.
        AuthenticationError: The API refuses it.
        SeiExportError: As the client raises, after a few seconds at most.
    """
    query = {"pageIndex": "0", "pageSize": "1"}
    client.within(_TRIAL_SECONDS).get(_PATH, query, "The call that tries the key")


def ask_tree(client: SeiClient, tree: ListedTree) -> OrgTree:
    """Ask for the teams of an org tree.

    Raises:
        ProtocolError: The answer is none of the forms that are known, or no success.
        SeiExportError: As the client raises.
    """
    path = f"{_PATH}/{check_tree_id(tree.id)}/teams"
    # The API's one parameter in snake case: a tree may have changed a minute ago.
    query = {"there_is_no_cache": "true"}
    answer, text = client.get(path, query, f"The call for the teams of org tree {tree.id}")
    teams, totals = _teams(answer, text)
    return read_tree(teams, tree.name.strip(), totals)


def find_tree(client: SeiClient, name: str, path: str = "scope.orgTreeName") -> OrgTree:
    """Ask for the org tree of a name, which the tree then has in the API's own spelling.

    Args:
        client: Of the tree's organization and project.
        name: The tree's, or one that looks like it.
        path: Of the field that names it, for the message.

    Raises:
        InvalidRequestError: There is no such tree, or more than one.
        ProtocolError: An answer is not what the API documents, which this tree needs.
        SeiExportError: As the client raises.
    """
    listed = list_trees(client)
    found = alike(name, listed.trees, lambda tree: tree.name)
    odd = alike(name, [tree for tree in listed.odd if tree.name], lambda tree: tree.name)
    if len(found) == 1 and not odd:
        return ask_tree(client, found[0])
    if len(odd) == 1 and not found:
        raise odd[0].error
    problems = Problems()
    if found or odd:
        named = [*found, *(("no usable id", tree.name) for tree in odd)]
        problems.refused(
            path, name, f"{len(named)} org trees have this name ({apart(named)}): rename one"
        )
        raise InvalidRequestError(problems.found)
    raise _not_there(listed, name, path)


def _page(client: SeiClient, page: int) -> ListAnswer:
    query = {"pageIndex": str(page), "pageSize": str(TREES_IN_PAGE)}
    answer, text = client.get(_PATH, query, "The list of org trees")
    return read_list(answer, text, "org tree")


def _not_there(listed: TreeList, name: str, path: str) -> InvalidRequestError | ProtocolError:
    if listed.missing:
        return ProtocolError(
            f"The API's list of org trees promises {listed.missing} more than it has, and has "
            f"none that is called {plain(name)}."
        )
    problems = Problems()
    if listed.trees:
        problems.none_of_these(path, name, [(tree.id, tree.name) for tree in listed.trees])
    elif not listed.odd:
        problems.refused(path, name, "the project has no org tree that this key may see")
    else:
        problems.refused(path, name, "the API gives no org tree that can be used")
    if listed.odd:
        problems.add(
            f"{path} may be an entry that cannot be used ({len(listed.odd)} in all): "
            f"{listed.odd[0].error.message}"
        )
    return InvalidRequestError(problems.found)


def _teams(answer: JsonValue, text: str) -> tuple[JsonValue, Totals]:
    """The root, or the list of teams: bare, in an object, or one level down."""
    if isinstance(answer, dict) and not _is_team(answer):
        if is_list(answer):
            listed = read_list(answer, text, "team")
            return [*listed.entries], listed.totals
        for inner in answer.values():
            if isinstance(inner, dict) and _is_team(inner):
                return inner, NO_TOTALS
    return (answer if isinstance(answer, list) else read_object(answer, text, "teams")), NO_TOTALS


def _is_team(given: dict[str, JsonValue]) -> bool:
    return given.get("refId") is not None or given.get("children") is not None


def _named(item: JsonValue) -> str:
    """What an odd entry is told apart by: its other fields may change from call to call."""
    return repr((item.get("id"), item.get("name")) if isinstance(item, dict) else item)
