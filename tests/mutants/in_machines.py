"""Faults in the definitions that no rule makes, or that no test once noticed."""

from tests.mutants.edit import Edit

_DEDUPE = "{% $hash('ExportFailed|' & $states.context.Execution.Id, 'SHA-256') %}"
_BATCH_DEDUPE = "{% $hash('BatchCompleted|' & $states.context.Execution.Id, 'SHA-256') %}"

EXPORT = (
    Edit(
        "an export that is not known yet is not asked for again",
        ('"CheckExport": {', '"Retry": ['),
        '["ExportNotFoundError"],\n          "IntervalSeconds": 5,\n          "BackoffRate": 2,\n'
        '          "MaxAttempts": 3',
        '["ExportNotFoundError"],\n          "IntervalSeconds": 5,\n          "BackoffRate": 2,\n'
        '          "MaxAttempts": 0',
    ),
    Edit(
        "a creation that timed out is not tried again",
        ('"CreateExport": {', '"Retry": ['),
        '"Sandbox.Timedout", ',
    ),
    Edit("a download has 72 s", ('"IsExportReady": {',), "+ 72000000", "+ 72000"),
    Edit("all failures are one", ('"PublishFailure": {',), _DEDUPE, "0" * 64),
    Edit(
        "all failures in brief are one", ('"PublishFailureWithoutRequest": {',), _DEDUPE, "0" * 64
    ),
    Edit(
        "the failure in brief is another one",
        ('"PublishFailureWithoutRequest": {',),
        "'ExportFailed|'",
        "'ExportFailed||'",
    ),
    Edit(
        "a failure goes to no bus of ours", ('"PublishFailure": {',), "${EventBusName}", "default"
    ),
    Edit(
        "the request stays out of the event",
        ('"PublishFailure": {',),
        "$bytes <= 100000 ? $it : null",
        "null",
    ),
    Edit(
        "an export is created with another clock",
        ('"CreateExport": {',),
        "{% $states.context.Execution.StartTime %}",
        "{% $now() %}",
    ),
    Edit(
        "the deadline begins with the creation",
        ('"BeginExport": {',),
        "$toMillis($states.context.Execution.StartTime)",
        "($millis() + 1)",
    ),
)
HARVEST = (
    Edit(
        "a list that timed out is not asked for again",
        ('"ListExports": {', '"Retry": ['),
        '"Sandbox.Timedout", ',
    ),
    Edit(
        "what cannot be landed for want of an id is not counted",
        ('"ListExports": {',),
        "$failed + $states.result.Payload.unusable",
        "$failed",
    ),
    Edit("all failures are one", ('"PublishFailure": {',), _DEDUPE, "0" * 64),
    Edit(
        "the failures of a harvest's exports are one",
        ('"PublishExportFailure": {',),
        " & '|' & $states.input.export.exportId",
    ),
    Edit(
        "an export that cannot land is not counted when its event is refused",
        ('"PublishExportFailure": {', '"Catch": ['),
        '"ErrorEquals": ["States.ALL"],\n                "Output": {\n'
        '                  "landed": 0,\n                  "failed": 1',
        '"ErrorEquals": ["States.ALL"],\n                "Output": {\n'
        '                  "landed": 0,\n                  "failed": 0',
    ),
)
BATCH = (
    Edit(
        "a throttled start is not tried again",
        ('"RunExport": {', '"Retry": ['),
        ', "StepFunctions.ThrottlingException"',
    ),
    Edit(
        "what the bus refused is not said",
        ('"PublishBatchInBrief": {', '"Catch": ['),
        '"ErrorEquals": ["States.ALL"],\n          "Assign": {\n            "failure": "{% $failure'
        ".error != null ? $failure : { 'error': 'ServiceUnavailableError'",
        '"ErrorEquals": ["States.ALL"],\n          "Assign": {\n            "failure": "{% $failure'
        ".error != null ? $failure : { 'error': 'ProtocolError'",
    ),
    Edit(
        "a failure is replaced by that of its event",
        ('"PublishBatchInBrief": {', '"Catch": ['),
        '"ErrorEquals": ["States.ALL"],\n          "Assign": {\n            "failure": "{% $failure'
        ".error != null ?",
        '"ErrorEquals": ["States.ALL"],\n          "Assign": {\n            "failure": "{% $failure'
        ".error = null ?",
    ),
    Edit(
        "how the map failed is not handed on",
        ('"CloseBatch": {', '"Payload": {'),
        "{% $exists($states.input.mapFailure) ? $states.input.mapFailure : null %}",
        "{% null %}",
    ),
    Edit(
        "a map that failed is not closed",
        ('"RunExports": {',),
        """        {
          "ErrorEquals": ["States.ALL"],
          "Output": {
            "run": "{% $states.input.run %}",
            "round": "{% $states.input.round %}",
            "mapFailure": "{% $states.errorOutput %}"
          },
          "Next": "CloseBatch"
        }
""",
        """        {
          "ErrorEquals": ["States.TaskFailed"],
          "Next": "CloseBatch"
        }
""",
    ),
    Edit("all batches are one", ('"PublishBatchCompleted": {',), _BATCH_DEDUPE, "0" * 64),
    Edit("all batches in brief are one", ('"PublishBatchInBrief": {',), _BATCH_DEDUPE, "0" * 64),
    Edit(
        "the children share one execution",
        ('"RunExport": {',),
        '"{% $states.input.item.name %}"',
        '"{% $states.input.run %}"',
    ),
    Edit(
        "the child of an item that failed succeeds",
        ('"HasItemLanded": {',),
        '"Default": "ItemFailed"',
        '"Default": "ItemLanded"',
    ),
    Edit(
        "a child ends as it ran, whatever is written down",
        ('"RecordOutcome": {',),
        "$type($states.result.Payload.landed) = 'object'",
        "$exists($states.input.result)",
    ),
    Edit(
        "an outcome has the whole request",
        ('"RunExport": {',),
        "['request', 'columns']",
        "['columns']",
    ),
    Edit(
        "all batches of a day are one run",
        ('"BeginBatch": {',),
        "StartTime, 0, 19",
        "StartTime, 0, 10",
    ),
    Edit(
        "two names of executions make one run",
        ('"BeginBatch": {',),
        " & '.' & $substring($hash($name, 'SHA-256'), 0, 16)",
    ),
)
