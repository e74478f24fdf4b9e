"""The questions that only read: org trees, teams, lists, refusals."""

from http import HTTPStatus

from local.live.asking import Asker, EnoughError, Heard
from local.live.findings import Findings
from local.live.shapes import kind, names, shape
from sei_export.api import trees
from sei_export.api.answers import ListedTree, read_listed_tree
from sei_export.api.lists import ListAnswer, read_list
from sei_export.api.reasons import stated_error
from sei_export.errors import ProtocolError, SeiExportError
from sei_export.jsontypes import JsonValue
from sei_export.orgtree import OrgTree
from sei_export.request.reports import PRODUCTIVITY

_LISTS = ("exports", "content", "items", "data")
_TREES = "v2/org-trees"
_NO_ID = "exp_00000000"
_NO_TREE = "999999999999"
_LIMIT = "100"
_BEYOND = "101"
_KEY_HEADERS = ("Authorization", "SEI_API_KEY", "x-api-key")


def seen(findings: Findings, call: str, heard: Heard) -> Heard:
    """Note what an answer looks like, and hand it on."""
    known = findings.known
    findings.look(call, heard.status, shape(heard.json, known), names(heard.json))
    if not heard.is_success:
        stated = [
            name
            for name, value in heard.fields.items()
            if name in known and stated_error({name: value})
        ]
        findings.answer("error-field", stated[0] if stated else "none")
    return heard


def ask_trees(asker: Asker, findings: Findings) -> ListedTree:
    """Ask for the org trees; the first one that can be used.

    Raises:
        EnoughError: There is none, or as `Asker.ask`.
    """
    query = {"pageIndex": "0", "pageSize": "50"}
    heard = seen(findings, f"GET /{_TREES}", asker.ask("GET", _TREES, query))
    found = _read(heard, "org tree")
    findings.answer("trees-list", _place(heard.json))
    entries = found.entries if found else ()
    ids = {kind(entry.get("id")) for entry in entries if isinstance(entry, dict)}
    findings.answer("trees-id", *sorted(ids))
    usable = [tree for tree in map(read_listed_tree, entries) if isinstance(tree, ListedTree)]
    if not usable:
        raise EnoughError("The API lists no org tree that can be used: nothing more can be asked.")
    return usable[0]


def ask_teams(asker: Asker, findings: Findings, tree: ListedTree) -> OrgTree | None:
    """Ask for the teams of a tree; None if the product cannot read them."""
    path = f"{_TREES}/{tree.id}/teams"
    heard = asker.ask("GET", path, {"there_is_no_cache": "true"})
    seen(findings, f"GET /{_TREES}/{{id}}/teams", heard)
    try:
        read = trees.ask_tree(asker.client(), tree)
    except SeiExportError:
        findings.answer("teams-form", "neither")
        return None
    findings.answer("teams-form", "flat" if read.is_flat else "nested")
    first = heard.json[0] if isinstance(heard.json, list) and heard.json else heard.json
    findings.answer("teams-id", kind(first.get("refId")) if isinstance(first, dict) else "none")
    return read


def ask_lists(asker: Asker, findings: Findings) -> None:
    """Ask for lists of exports: their form, and what becomes of limit, order and unknown words."""
    path = PRODUCTIVITY.path

    def listed(**query: str) -> Heard:
        heard = asker.ask("GET", path, {"limit": _LIMIT, "page": "0", **query})
        return seen(findings, f"GET /{path}", heard)

    ascending = listed(sortBy="createdAt", sortOrder="asc")
    descending = listed(sortBy="createdAt", sortOrder="desc")
    findings.answer("list-form", _place(ascending.json))
    findings.answer("list-order", _order(_times(ascending), _times(descending)))
    findings.answer("list-limit", _limit(len(_times(ascending)), listed(limit="1")))
    beyond = listed(limit=_BEYOND)
    findings.answer("list-beyond", "taken" if beyond.is_success else str(beyond.status))
    unknown = listed(seiExportUnknown="1")
    findings.answer("list-unknown", "ignored" if unknown.is_success else str(unknown.status))


def ask_refusals(asker: Asker, findings: Findings) -> None:
    """Ask for what is not there, with the key elsewhere, and without `v2`."""
    path = f"{PRODUCTIVITY.path}/{_NO_ID}"
    export = seen(findings, "GET /…/exports/{exportId}", asker.ask("GET", path))
    findings.answer("no-export", str(export.status))
    path = f"{_TREES}/{_NO_TREE}/teams"
    tree = seen(findings, f"GET /{_TREES}/{{id}}/teams", asker.ask("GET", path))
    findings.answer("no-tree", str(tree.status))
    for header in _KEY_HEADERS:
        value = f"ApiKey {asker.key}" if header == "Authorization" else asker.key
        heard = asker.ask_with({header: value}, "GET", _TREES)
        seen(findings, f"GET /{_TREES} with {header}", heard)
        if heard.is_success:
            findings.answer("key-header", header)
    plain = asker.ask("GET", _TREES.removeprefix("v2/"))
    seen(findings, "GET /org-trees", plain)
    findings.answer("without-v2", "taken" if plain.is_success else str(plain.status))


def _read(heard: Heard, what: str) -> ListAnswer | None:
    if heard.status != HTTPStatus.OK:
        return None
    try:
        return read_list(heard.json, "", what)
    except ProtocolError:
        return None


def _place(answer: JsonValue) -> str:
    """Where an answer has its list."""
    if isinstance(answer, list):
        return "array"
    outer = answer if isinstance(answer, dict) else {}
    for name in _LISTS:
        if isinstance(outer.get(name), list):
            return name
        if isinstance(inner := outer.get(name), dict) and _place(inner) != "elsewhere":
            return "one level down"
    return "elsewhere"


def _times(heard: Heard) -> list[str]:
    found = _read(heard, "export")
    entries = found.entries if found else ()
    return [str(entry.get("createdAt")) for entry in entries if isinstance(entry, dict)]


def _order(ascending: list[str], descending: list[str]) -> str:
    if len(set(ascending)) <= 1 and len(set(descending)) <= 1:
        return "not to be seen"
    kept = ascending == sorted(ascending) and descending == sorted(descending, reverse=True)
    return "kept" if kept else "ignored"


def _limit(there_are: int, one: Heard) -> str:
    if there_are <= 1:
        return "not to be seen"
    return "kept" if len(_times(one)) == 1 else "ignored"
