"""Faults by hand: those that no test once noticed, and such as no rule makes."""

from tests.mutants import definitions, in_aws, in_machines, in_running, in_storage
from tests.mutants.mutant import Mutant

TEMPLATE_TESTS = (
    (
        *("tests/template/test_storage.py", "tests/template/test_roles.py"),
        *("tests/template/test_running.py", "tests/template/test_memory_setting.py"),
        "tests/template/test_check.py",
    ),
    # Not what starts other programs.
    (
        *("tests/template/test_template.py", "tests/statemachine/test_definition.py"),
        *("-k", "not finds_nothing and not validator"),
    ),
)
MACHINE_TESTS = definitions.TESTS


def mutants() -> list[Mutant]:
    """All of them.

    Raises:
        EditError: One does not apply any more.
    """
    return [
        edit.mutant(file, tests)
        for file, edits, tests in (
            ("statemachine/export.asl.json", in_machines.EXPORT, MACHINE_TESTS),
            ("statemachine/harvest.asl.json", in_machines.HARVEST, MACHINE_TESTS),
            ("statemachine/batch.asl.json", in_machines.BATCH, MACHINE_TESTS),
            ("template.yaml", (*in_storage.FAULTS, *in_running.FAULTS), TEMPLATE_TESTS),
            *(
                ("template.yaml", edits, ((f"tests/template/{judge}",),))
                for judge, edits in in_aws.FAULTS.items()
            ),
        )
        for edit in edits
    ]
