"""The check of parameters: asked whenever what decides changes, and never in anybody's way."""

import json
from collections.abc import Iterator, Mapping

from local.gates.template import Tree, load_template
from sei_export.clock import Clock
from sei_export.settings import batch_defaults
from sei_export.steps.check_parameters import check_parameters
from tests.template.template import of_type, resource, resources

TEMPLATE = load_template()
CHECK = resources(TEMPLATE)["CheckParameters"]
ABOUT_THE_CALL = {"ServiceToken", "ServiceTimeout"}
SETTINGS: Tree = {
    name: value for name, value in CHECK["Properties"].items() if name not in ABOUT_THE_CALL
}


class Noted(Mapping[str, str]):
    """Settings that note which of them are read."""

    def __init__(self) -> None:
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return "1"

    def __iter__(self) -> Iterator[str]:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def test_its_properties_are_the_settings_by_which_batches_and_requests_are_read() -> None:
    noted = Noted()
    batch_defaults(noted)
    # The two are there for the room that they take.
    assert set(SETTINGS) == noted.read | {"HARNESS_BASE_URL", "API_KEY_SECRET_ARN"}


def test_its_properties_have_the_values_that_the_functions_have() -> None:
    functions = of_type(TEMPLATE, "AWS::Serverless::Function")
    for name in ("PlanBatchFunction", "CreateExportFunction"):
        variables = functions[name]["Environment"]["Variables"]
        both = set(variables) & set(SETTINGS)
        assert len(both) >= 5
        assert {each: variables[each] for each in both} == {each: SETTINGS[each] for each in both}
    shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    own = functions["PlanBatchFunction"]["Environment"]["Variables"]
    assert set(SETTINGS) <= set(shared | own)


def test_no_deletion_and_no_rollback_waits_for_it() -> None:
    # RetainExceptOnCreate sends a Delete when a create is rolled back.
    assert (CHECK["DeletionPolicy"], CHECK["UpdateReplacePolicy"]) == ("Retain", "Retain")
    function = resource(TEMPLATE, "CheckParametersFunction")
    assert function["Timeout"] < CHECK["Properties"]["ServiceTimeout"] <= 120
    # A name of its own would make a change of it another function, to which no resource moves.
    assert CHECK["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["CheckParametersFunction", "Arn"]}
    assert "FunctionName" not in function


def test_the_function_has_no_settings_of_its_own() -> None:
    variables = resource(TEMPLATE, "CheckParametersFunction")["Environment"]["Variables"]
    assert set(variables) == {"POWERTOOLS_SERVICE_NAME"}


def test_it_comes_before_the_bucket_and_so_before_whatever_a_refusal_would_leave() -> None:
    assert resources(TEMPLATE)["ExportBucket"]["DependsOn"] == "CheckParameters"
    needed = json.dumps([resource(TEMPLATE, f"CheckParameters{it}") for it in ("Function", "Role")])
    assert "ExportBucket" not in needed
    kept = {name for name, it in resources(TEMPLATE).items() if it.get("DeletionPolicy")}
    assert kept == {"CheckParameters", "ExportBucket"}


def _deploys(_: str) -> bool:
    return False


def test_the_templates_own_defaults_are_taken() -> None:
    given = {"HarnessProjectIdentifier": "demo", "OrgTreeName": "Engineering"}
    values = {
        name: str(TEMPLATE["Parameters"][ref].get("Default", given.get(ref)))
        for name, value in SETTINGS.items()
        # Without an existing secret, nothing is said of one.
        for ref in ([] if "Fn::If" in value else value.values())
    }
    event: Tree = {"RequestType": "Create", "ResourceProperties": values}
    assert check_parameters(event, batch_defaults, _deploys, Clock())["Status"] == "SUCCESS"
    event["ResourceProperties"]["ORG_TREE_NAME"] = "a\tb"
    assert check_parameters(event, batch_defaults, _deploys, Clock())["Status"] == "FAILED"
