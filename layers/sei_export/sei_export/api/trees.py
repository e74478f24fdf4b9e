"""The SEI API's calls for org trees: the list of them, and the teams of one."""

import itertools

from sei_export.api.answers import (
    ListedTree,
    check_tree_id,
    read_list,
    read_listed_tree,
    read_object,
)
from sei_export.api.client import SeiClient
from sei_export.api.treeforms import read_tree
from sei_export.errors import InvalidRequestError
from sei_export.input.problems import Problems
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree

TREES_IN_PAGE = 50
"""As in the API's own example; a page with fewer is the last one."""

_PATH = "v2/org-trees"


def list_trees(client: SeiClient) -> tuple[ListedTree, ...]:
    """Ask for all org trees that the key may see.

    Raises:
        ProtocolError: The answer is not a list in any of the forms that are known.
        SeiExportError: As the client raises.
    """
    found: dict[str, ListedTree] = {}
    for page in itertools.count():
        query = {"pageIndex": str(page), "pageSize": str(TREES_IN_PAGE)}
        answer, text = client.get(_PATH, query, "The list of org trees")
        listed = [read_listed_tree(item) for item in read_list(answer, text, "org tree")]
        fresh = {tree.id: tree for tree in listed if tree.id not in found}
        found |= fresh
        # A page without anything new: the API takes no page numbers.
        if len(listed) < TREES_IN_PAGE or not fresh:
            break
    return tuple(found.values())


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
    return read_tree(_object_or_list(answer, text), tree.name.strip())


def find_tree(client: SeiClient, name: str, path: str = "scope.orgTreeName") -> OrgTree:
    """Ask for the org tree of a name.

    Args:
        client: Of the tree's organization and project.
        name: The tree's.
        path: Of the field that names it, for the message.

    Raises:
        InvalidRequestError: There is no such tree, or more than one.
        ProtocolError: An answer is not what the API documents.
        SeiExportError: As the client raises.
    """
    listed = list_trees(client)
    found = [tree for tree in listed if tree.name.strip() == name]
    if len(found) == 1:
        return ask_tree(client, found[0])
    problems = Problems()
    if not listed:
        problems.refused(path, name, "the project has no org tree that this key may see")
    elif not found:
        problems.not_one_of(path, name, [tree.name for tree in listed])
    else:
        ids = ", ".join(tree.id for tree in found)
        problems.refused(path, name, f"{len(found)} org trees have this name ({ids}): rename one")
    raise InvalidRequestError(problems.found)


def _object_or_list(answer: JsonValue, text: str) -> JsonValue:
    return answer if isinstance(answer, list) else read_object(answer, text, "teams")
