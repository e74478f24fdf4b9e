"""CloseBatch: another round, or the manifest that proves what is complete and what is missing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sei_export import dates, keys
from sei_export.batch.cuts import Cut
from sei_export.batch.items import Item, children
from sei_export.batch.ledger import NEVER_STARTED, Entry, Fate, Ledger, balance
from sei_export.batch.outcomes import RESULT_FIELDS, Failure, Outcome
from sei_export.bucket.documents import Documents
from sei_export.errors import InvalidRequestError
from sei_export.jsontypes import JsonObject, JsonValue
from sei_export.orgtree import OrgTree, TreeKey
from sei_export.steps.plan_batch import CONTINUE

COMPLETE, PARTIAL, FAILED = "COMPLETE", "PARTIAL", "FAILED"

_SHOWN_FAILURES = 3
_NUMBERS = ("rows", "sizeBytes", "csvBytes")


def close_batch(
    run: str,
    number: int,
    execution_arn: str,
    documents: Documents,
    now: Callable[[], datetime],
    map_failure: JsonValue = None,
) -> JsonObject:
    """Close a round.

    Args:
        run: The batch.
        number: The round, counted from 1.
        execution_arn: The batch's execution.
        documents: The bucket's JSON documents.
        now: The clock.
        map_failure: Step Functions' Error and Cause, if the map itself failed.

    Returns:
        `status` CONTINUE with `run`, `round` and `itemsKey` of the next round; or COMPLETE, PARTIAL
        or FAILED with `name`, `totals`, `manifestKey` and, unless complete, `failure`.

    Raises:
        InvalidRequestError: There is no such run, as when the function is invoked by hand.
        StorageError, ServiceUnavailableError: S3 refuses.
    """
    plan = documents.read_json(keys.plan_key(run)).content
    rounds = [_items(documents, run, each) for each in range(1, number + 1)]
    if not plan or not rounds or not all(rounds):
        raise InvalidRequestError([f"run {run!r} has no round {number} in the bucket."])
    trees = _trees(plan)

    def parts(item: Item) -> Iterable[Item]:
        tree = trees.get(item.tree_key) if item.tree_key else None
        return children(item, tree, run, number + 1) if tree else ()

    outcomes = [
        _outcomes(documents, run, each, items) for each, items in enumerate(rounds, start=1)
    ]
    ledger = balance(rounds, outcomes, parts, run, _why_unknown(map_failure))
    if ledger.following:
        items_key = keys.round_key(run, number + 1)
        documents.write_list(items_key, [item.to_json() for item in ledger.following])
        return {"status": CONTINUE, "run": run, "round": number + 1, "itemsKey": items_key}
    used = _remember(plan, ledger, trees, documents)
    manifest = _manifest(plan, ledger, used, now())
    manifest |= {"run": run, "rounds": number, "executionArn": execution_arn}
    # Last: whoever finds it knows that nothing more will happen.
    manifest_key = keys.batch_manifest_key(run)
    documents.write_json(manifest_key, manifest)
    closed: JsonObject = {
        "run": run,
        "round": number,
        "bucket": documents.bucket,
        "manifestKey": manifest_key,
        **{name: manifest[name] for name in ("status", "name", "totals")},
    }
    return closed if manifest["status"] == COMPLETE else closed | {"failure": _failure(manifest)}


def _items(documents: Documents, run: str, number: int) -> list[Item]:
    return [Item.from_json(each) for each in documents.read_list(keys.round_key(run, number))]


def _outcomes(
    documents: Documents, run: str, number: int, items: Iterable[Item]
) -> dict[str, Outcome]:
    names = {item.id: keys.outcome_key(run, number, item.id) for item in items}
    found = documents.read_many(names.values())
    outcomes = ((item, Outcome.from_json(found[key])) for item, key in names.items())
    return {item: outcome for item, outcome in outcomes if outcome}


def _trees(plan: JsonObject) -> dict[TreeKey, OrgTree]:
    listed = plan.get("trees")
    return {
        (str(each["org"]), str(each["project"]), tree.name): tree
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
        for tree in (OrgTree.from_json(each["tree"]),)
    }


def _remember(
    plan: JsonObject, ledger: Ledger, trees: Mapping[TreeKey, OrgTree], documents: Documents
) -> JsonObject:
    """Write down which teams are too large, for the next batch; returns the splits by cut."""
    known = plan.get("cuts")
    opened = {(each["cut"], each["teamId"]) for each in _objects(plan, "opened")}
    used: JsonObject = {}
    of_cut: defaultdict[str | None, list[Entry]] = defaultdict(list)
    for entry in ledger.entries.values():
        of_cut[_cut_key(entry.item)].append(entry)
    for key, content in (known if isinstance(known, dict) else {}).items():
        before = Cut.from_json(content if isinstance(content, dict) else {})
        entries = of_cut[key]
        split = {_team(it.item, trees) for it in entries if it.fate is Fate.SPLIT}
        whole = {_team(it.item, trees) for it in entries if it.fate is Fate.LANDED}
        worked = {
            _team(it.item, trees)
            for it in entries
            if it.fate is Fate.SPLIT and _landed(it, ledger.entries)
        }
        met = {str(team) for cut, team in opened if cut == key}
        after = before.after(split, whole, worked, met)
        if after != before:
            documents.write_json(key, after.to_json())
        teams: list[JsonValue] = [
            *sorted(split | {str(team) for cut, team in opened if cut == key})
        ]
        if teams:
            used[key] = teams
    return used


def _cut_key(item: Item) -> str | None:
    return keys.cut_key(item.request(), item.tree) if item.tree else None


def _team(item: Item, trees: Mapping[TreeKey, OrgTree]) -> str:
    """The team of an item; of a whole tree, its root."""
    key = item.tree_key
    return item.team or (trees[key].root.id if key and key in trees else "")


def _landed(entry: Entry, entries: Mapping[str, Entry]) -> bool:
    """Whether anything that came in an item's place has landed."""
    if entry.fate is Fate.SPLIT:
        return any(_landed(entries[part], entries) for part in entry.replaced_by)
    return entry.fate is Fate.LANDED


def _manifest(plan: JsonObject, ledger: Ledger, used: JsonObject, now: datetime) -> JsonObject:
    entries = list(ledger.entries.values())
    rows_lost: list[JsonValue] = [
        _lost_row(each) for each in _objects(plan, "opened") if each["aggregated"]
    ]
    rows_lost += [
        _lost_row(_line(it))
        for it in entries
        if it.fate is Fate.SPLIT and it.item.request().is_aggregated
    ]
    fates = Counter(it.fate for it in entries)
    landed = [it.outcome.landed for it in entries if it.outcome and it.outcome.landed]
    sums = {name: sum(_count(one.get(name)) for one in landed) for name in _NUMBERS}
    totals: JsonObject = {
        "expected": len(entries) - fates[Fate.SPLIT],
        **{fate.value: fates[fate] for fate in Fate},
        "missingRows": len(rows_lost),
        "changed": sum(1 for one in landed if one.get("changed") is True),
        **sums,
    }
    if fates[Fate.FAILED] + fates[Fate.MISSING] + len(rows_lost) == 0:
        status = COMPLETE
    else:
        status = PARTIAL if landed else FAILED
    return {
        "status": status,
        **{name: plan.get(name) for name in ("name", "startedAt", "scheduledTime", "warnings")},
        "completedAt": dates.format_moment(now),
        "totals": totals,
        "splits": used,
        "missingRows": rows_lost,
        "items": [_line(it) for it in entries],
    }


def _line(entry: Entry) -> JsonObject:
    """One item of the manifest."""
    item, request = entry.item, entry.item.request()
    line: JsonObject = {
        "id": item.id,
        "report": item.input.get("report"),
        "tree": item.tree,
        "team": item.team,
        "teamName": item.team_name,
        "dateRange": {"start": request.start.isoformat(), "end": request.end.isoformat()},
        "key": item.key,
        "outcome": entry.fate.value,
        "tries": item.tries,
        "replaces": item.replaces,
        "replacedBy": [*entry.replaced_by],
        "executionArn": entry.outcome.execution_arn if entry.outcome else None,
    }
    landed = entry.outcome.landed if entry.outcome else None
    line |= {name: None for name in RESULT_FIELDS if name != "key"} | (landed or {})
    return line | (entry.failure.to_json() if entry.failure else {})


def _lost_row(line: JsonObject) -> JsonObject:
    """A team's row that is missing."""
    about = {name: line[name] for name in ("report", "team", "teamName", "dateRange")}
    reason = "It was exported as its child teams; its own row cannot be made of theirs."
    return {**about, "reason": reason}


def _objects(plan: JsonObject, name: str) -> list[JsonObject]:
    listed = plan.get(name)
    return [each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict)]


def _why_unknown(map_failure: JsonValue) -> Failure:
    """Why there are no outcomes: what made the map fail, if that is known."""
    if not isinstance(map_failure, dict):
        return NEVER_STARTED
    failure = Outcome.of({"failure": map_failure}).failure or NEVER_STARTED
    message = f"The map over the items failed with {failure.error}: {failure.message}"
    return replace(failure, error=NEVER_STARTED.error, message=message)


def _failure(manifest: JsonObject) -> JsonObject:
    """What is missing, in short."""
    lines, lost = manifest["items"], manifest["missingRows"]
    bad = [
        line
        for line in (lines if isinstance(lines, list) else ())
        if isinstance(line, dict) and line["outcome"] in {Fate.FAILED, Fate.MISSING}
    ]
    said = [f"{_named(line)}: {line['error']}: {line['message']}" for line in bad]
    remedies = dict.fromkeys(str(line["remedy"]) for line in bad)
    counted = [f"{len(bad)} of the batch's exports are missing."] if bad else []
    if isinstance(lost, list) and lost:
        counted.append(f"{len(lost)} teams, exported as their child teams, lack their own row.")
        remedies["Ask for leaves, or for a shorter range of dates or fewer metrics."] = None
    if len(said) > _SHOWN_FAILURES:
        said[_SHOWN_FAILURES:] = [f"And {len(said) - _SHOWN_FAILURES} more, in the manifest."]
    again = (
        "Then start the batch again with the same input and "
        f'"scheduledTime": "{manifest["scheduledTime"]}": what has landed is found unchanged.'
    )
    return {
        "error": "BatchIncompleteError",
        "message": " ".join([*counted, *said]),
        "remedy": " ".join([*[*remedies][:_SHOWN_FAILURES], again]),
    }


def _named(line: JsonObject) -> str:
    whose = f"tree {line['tree']}"
    if line["team"]:
        whose = f"team {line['team']}" + (f" ({line['teamName']})" if line["teamName"] else "")
    days = line["dateRange"]
    between = f", {days['start']} to {days['end']}" if isinstance(days, dict) else ""
    return f"{line['report']} of {whose}{between}"


def _count(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
