"""Faults in the template: functions, machines, logs, and when what runs."""

from tests.mutants.edit import Edit

_SCHEDULE = ("  BatchStateMachine:", "        Schedule:")

FAULTS = (
    Edit(
        "a download has 5 minutes", ("  DownloadExportFunction:",), "Timeout: 900", "Timeout: 300"
    ),
    Edit("a report has 5 minutes", ("  FetchReportFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a plan has 5 minutes", ("  PlanBatchFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a close has 5 minutes", ("  CloseBatchFunction:",), "Timeout: 900", "Timeout: 300"),
    Edit("a creation has a minute", ("  CreateExportFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit("a poll has a minute", ("  CheckExportFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit("a page has a minute", ("  ListExportsFunction:",), "Timeout: 90", "Timeout: 60"),
    Edit(
        "a deletion waits for the check of parameters",
        ("  CheckParameters:",),
        "DeletionPolicy: Retain",
        "DeletionPolicy: RetainExceptOnCreate",
    ),
    Edit(
        "a check that never answers holds a deployment up",
        ("  CheckParameters:",),
        "      ServiceTimeout: 120\n",
    ),
    Edit(
        "another plan is deployed unchecked",
        ("  CheckParameters:",),
        "      BATCH_PLAN: !Ref BatchPlan\n",
    ),
    Edit(
        "what is refused leaves a bucket", ("  ExportBucket:",), "    DependsOn: CheckParameters\n"
    ),
    Edit("a call of AWS takes half a minute", ("Globals:",), 'SECONDS: "15"', 'SECONDS: "30"'),
    Edit(
        "a call of AWS takes four minutes while a file moves",
        ("  DownloadExportFunction:",),
        'SECONDS: "75"',
        'SECONDS: "240"',
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
