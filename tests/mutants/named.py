"""Faults by hand: those that no test once noticed, and such as no rule makes."""

from dataclasses import dataclass

from tests.mutants import definitions
from tests.mutants.mutant import Mutant, edited

TEMPLATE_TESTS = (
    (
        *("tests/template/test_storage.py", "tests/template/test_roles.py"),
        *("tests/template/test_running.py", "tests/template/test_memory_setting.py"),
    ),
    # Not what starts other programs.
    (
        *("tests/template/test_template.py", "tests/statemachine/test_definition.py"),
        *("-k", "not finds_nothing and not validator"),
    ),
)
MACHINE_TESTS = definitions.TESTS


@dataclass(frozen=True, slots=True)
class Edit:
    """A passage of a file that becomes another.

    Attributes:
        name: Says what is wrong.
        block: Where it is, as `mutant.edited` takes it.
        old: The passage.
        new: What replaces it.
    """

    name: str
    block: tuple[str, ...]
    old: str
    new: str = ""

    def mutant(self, file: str, tests: tuple[tuple[str, ...], ...]) -> Mutant:
        """The fault, and the tests that have to catch it."""
        content = edited(file, self.block, self.old, self.new)
        return Mutant(f"{file}: {self.name}", file, content, tests)


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

_KMS_OF_LOOK = """              - !If
                - UseKmsKey
                - Effect: Allow
                  Action: kms:Decrypt
                  Resource: !Ref KmsKeyArn
                - !Ref AWS::NoValue
"""
_NONCURRENT_DAYS = "            NoncurrentVersionExpiration: {NoncurrentDays: %s}\n"
_RETENTION = _NONCURRENT_DAYS % "!Ref ExportRetentionDays"


def _rule(name: str) -> tuple[str, ...]:
    return "  ExportBucket:", f"- Id: {name}"


def _disabled(name: str) -> Edit:
    return Edit(f"the rule {name} is off", _rule(name), "Status: Enabled", "Status: Disabled")


def _at(name: str, of: str, old: str, new: str = "") -> Edit:
    """An edit of a resource."""
    return Edit(of, (f"\n  {name}:".strip("\n"),), old, new)


_BUCKET = "  ExportBucket:"
_SCHEDULE = ("  BatchStateMachine:", "        Schedule:")
TEMPLATE = (
    Edit(
        "a download has 5 minutes", ("  DownloadExportFunction:",), "Timeout: 900", "Timeout: 300"
    ),
    Edit("a report has 5 minutes", ("  FetchReportFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a plan has 5 minutes", ("  PlanBatchFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a close has 5 minutes", ("  CloseBatchFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a creation has a minute", ("  CreateExportFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit("a poll has a minute", ("  CheckExportFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit("a page has a minute", ("  ListExportsFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit("a call of AWS takes half a minute", ("Globals:",), 'SECONDS: "15"', 'SECONDS: "30"'),
    Edit(
        "a call of AWS takes four minutes while a file moves",
        ("  DownloadExportFunction:",),
        'SECONDS: "75"',
        'SECONDS: "240"',
    ),
    Edit(
        "old versions of what is staged are kept",
        _rule("staged-downloads"),
        _NONCURRENT_DAYS % 1,
    ),
    Edit("old versions of files are kept", _rule("retention-of-files"), _RETENTION),
    Edit("old versions of manifests are kept", _rule("retention-of-manifests"), _RETENTION),
    Edit("old versions of runs are kept", _rule("retention-of-runs"), _NONCURRENT_DAYS % 30),
    *(
        _disabled(name)
        for name in (
            *("abort-incomplete-uploads", "retention-of-files", "retention-of-manifests"),
            *("retention-of-runs", "staged-downloads", "markers-of-deleted-files"),
        )
    ),
    Edit(
        "what is staged is gone before a download ends",
        _rule("staged-downloads"),
        "Prefix: staging/",
        "Prefix: exports/",
    ),
    Edit("marks expire", _rule("retention-of-manifests"), "Prefix: manifests/", "Prefix: landed/"),
    Edit(
        "a run is gone before its batch", _rule("retention-of-runs"), "InDays: 400", "InDays: 100"
    ),
    *(
        Edit(
            f"the log of {name} has the data",
            (f"  {name}StateMachine:",),
            "IncludeExecutionData: false",
            "IncludeExecutionData: true",
        )
        for name in ("Export", "Batch", "Harvest")
    ),
    *(
        Edit(f"{name} has no log", (f"  {name}StateMachine:",), "Level: ALL", "Level: OFF")
        for name in ("Export", "Batch", "Harvest")
    ),
    *(
        Edit(
            f"the log of {name} is kept for ever",
            (f"  {name}LogGroup:",),
            "      RetentionInDays: !Ref LogRetentionDays\n",
        )
        for name in ("ExportStateMachine", "BatchStateMachine", "HarvestStateMachine", "CloseBatch")
    ),
    Edit(
        "Batch writes into the log of Export",
        ("  BatchStateMachine:",),
        "BatchStateMachineLogGroup",
        "ExportStateMachineLogGroup",
    ),
    Edit("Batch is not traced", ("  BatchStateMachine:",), "Enabled: true", "Enabled: false"),
    Edit("functions are not traced", ("Globals:",), "Tracing: Active", "Tracing: PassThrough"),
    Edit("look decrypts nothing", ("- &look",), _KMS_OF_LOOK),
    Edit("the key is not decrypted", ("- &read-api-key",), _KMS_OF_LOOK),
    Edit(
        "a key of any service is decrypted",
        ("- &read-api-key",),
        "                      kms:ViaService: !Sub secretsmanager.${AWS::Region}.amazonaws.com\n",
    ),
    Edit(
        "any secret is decrypted",
        ("- &read-api-key",),
        "                      kms:EncryptionContext:SecretARN: !Ref ApiKeySecretArn\n",
    ),
    Edit("nothing lands encrypted", ("- &land",), "kms:GenerateDataKey, ", ""),
    Edit("what has landed is not marked", ("- &land",), "/landed/*", "/runs/*"),
    Edit("an upload is not given up", ("- &land",), ", s3:AbortMultipartUpload", ""),
    *(
        Edit(
            f"a staged download may not {action}",
            ("- PolicyName: stage",),
            f"                  - s3:{action}\n",
        )
        for action in ("PutObject", "DeleteObject", "ListMultipartUploadParts")
    ),
    Edit("a plan may not see cuts", ("- PolicyName: plan",), "/cuts/*", "/landed/*"),
    Edit("a plan may write anything", ("- PolicyName: plan",), "/runs/*", "/*"),
    Edit(
        "an outcome may not be read",
        ("- PolicyName: record",),
        "[s3:PutObject, s3:GetObject]",
        "s3:PutObject",
    ),
    Edit("a batch may not remember cuts", ("- PolicyName: close",), "/cuts/*", "/runs/*"),
    Edit(
        "an item may be read by nobody",
        ("  BatchStateMachineRole:",),
        "- s3:GetObject\n",
        "- s3:GetObjectTagging\n",
    ),
    Edit(
        "any account's machines may take the roles",
        ("&states-may-assume",),
        "            Condition:\n"
        "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    ),
    Edit(
        "any account's schedules may take the role",
        ("  ScheduleRole:",),
        "            Condition:\n"
        "              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}\n",
    ),
    Edit(
        "an event may go to any bus", ("- &announce",), "event-bus/${EventBusName}", "event-bus/*"
    ),
    Edit("a schedule that runs always", _SCHEDULE, "State: !Ref ScheduleState", "State: ENABLED"),
    Edit(
        "a schedule of ours",
        _SCHEDULE,
        "ScheduleExpression: !Ref ScheduleExpression",
        "ScheduleExpression: rate(1 day)",
    ),
    Edit("a start that fails is lost", _SCHEDULE, "Attempts: 10", "Attempts: 0"),
    Edit("a start that fails is old at once", _SCHEDULE, "Seconds: 3600", "Seconds: 60"),
    Edit(
        "a schedule that begins at some time",
        _SCHEDULE,
        '{Mode: "OFF"}',
        "{Mode: FLEXIBLE, MaximumWindowInMinutes: 60}",
    ),
    Edit(
        "what could not be started is lost",
        _SCHEDULE,
        "            DeadLetterConfig: {Arn: !GetAtt DeadLetterQueue.Arn}\n",
    ),
    Edit(
        "what could not be started is soon lost",
        ("  DeadLetterQueue:",),
        "1209600",
        "3600",
    ),
    Edit("letters are not encrypted", ("  DeadLetterQueue:",), "true", "false"),
    Edit("letters go anywhere", ("  ScheduleRole:",), "!GetAtt DeadLetterQueue.Arn", '"*"'),
    *(
        Edit(f"{field} is off", (_BUCKET,), f"{field}: true", f"{field}: false")
        for field in (
            *("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"),
            "EventBridgeEnabled",
        )
    ),
    Edit("files have owners", (_BUCKET,), "BucketOwnerEnforced", "ObjectWriter"),
    Edit("there is one version", (_BUCKET,), "{Status: Enabled}", "{Status: Suspended}"),
    Edit("files go with the stack", (_BUCKET,), "DeletionPolicy: Retain", "DeletionPolicy: Delete"),
    Edit(
        "files go with a bucket that is replaced",
        (_BUCKET,),
        "UpdateReplacePolicy: Retain",
        "UpdateReplacePolicy: Delete",
    ),
    Edit(
        "the key is not used",
        (_BUCKET,),
        "[UseKmsKey, aws:kms, AES256]",
        "[UseKmsKey, AES256, AES256]",
    ),
    Edit(
        "each object asks for a key",
        (_BUCKET,),
        "[UseKmsKey, true, false]",
        "[UseKmsKey, false, false]",
    ),
    Edit(
        "the bucket takes plain HTTP",
        ("  ExportBucketPolicy:",),
        'aws:SecureTransport: "false"',
        'aws:SecureTransport: "true"',
    ),
    Edit(
        "objects go by plain HTTP",
        ("  ExportBucketPolicy:",),
        '[!GetAtt ExportBucket.Arn, !Sub "${ExportBucket.Arn}/*"]',
        "[!GetAtt ExportBucket.Arn]",
    ),
    Edit(
        "only reading needs TLS", ("  ExportBucketPolicy:",), "Action: s3:*", "Action: s3:GetObject"
    ),
    Edit(
        "the secret has another key",
        ("  ApiKeySecret:",),
        "      KmsKeyId: !If [UseKmsKey, !Ref KmsKeyArn, !Ref AWS::NoValue]\n",
    ),
    Edit(
        "the machine polls with the creation",
        ("  ExportStateMachine:", "DefinitionSubstitutions:"),
        "CheckExportFunctionArn: !GetAtt CheckExportFunction.Arn",
        "CheckExportFunctionArn: !GetAtt CreateExportFunction.Arn",
    ),
    Edit(
        "a batch runs batches",
        ("  BatchStateMachine:", "DefinitionSubstitutions:"),
        "ExportStateMachineArn: !Ref ExportStateMachine",
        "ExportStateMachineArn: !Ref HarvestStateMachine",
    ),
    Edit(
        "a harvest waits for no execution",
        ("  ListExportsFunction:",),
        "!Ref ExportTimeoutMinutes",
        "1",
    ),
    Edit(
        "what has no end lands",
        ("  DownloadExportFunction:",),
        "!Ref AllowUnverifiableBody",
        '"true"',
    ),
    Edit(
        "a CSV may be of any size", ("  FetchReportFunction:",), "!Ref MaxCsvGigabytes", '"10000"'
    ),
    Edit(
        "a download has little memory",
        ("  DownloadExportFunction:",),
        "MemorySize: 768",
        "MemorySize: 256",
    ),
    Edit("logs tell everything", ("Globals:",), "LOG_LEVEL: INFO", "LOG_LEVEL: DEBUG"),
    Edit(
        "a wait may be longer than the machine",
        ("  ExportTimeoutMinutes:\n",),
        "MaxValue: 1440",
        "MaxValue: 14400",
    ),
    Edit(
        "an output names another",
        ("Outputs:", "  HarvestStateMachineArn:"),
        "!Ref HarvestStateMachine",
        "!Ref BatchStateMachine",
    ),
    Edit("the API is asked in the clear", ("  HarnessBaseUrl:",), "^(https://", "^(https?://"),
)


def mutants() -> list[Mutant]:
    """All of them.

    Raises:
        EditError: One does not apply any more.
    """
    return [
        edit.mutant(file, tests)
        for file, edits, tests in (
            ("statemachine/export.asl.json", EXPORT, MACHINE_TESTS),
            ("statemachine/harvest.asl.json", HARVEST, MACHINE_TESTS),
            ("statemachine/batch.asl.json", BATCH, MACHINE_TESTS),
            ("template.yaml", TEMPLATE, TEMPLATE_TESTS),
        )
        for edit in edits
    ]
