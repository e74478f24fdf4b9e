"""Reading the template for tests."""

from local.gates.template import Tree


def resources(template: Tree) -> dict[str, Tree]:
    """Its resources by logical id."""
    found: dict[str, Tree] = template["Resources"]
    return found


def resource(template: Tree, name: str) -> Tree:
    """One resource's properties."""
    properties: Tree = resources(template)[name].get("Properties", {})
    return properties


def of_type(template: Tree, kind: str) -> dict[str, Tree]:
    """Properties of all resources of a type, by logical id."""
    return {
        name: resource(template, name)
        for name, item in resources(template).items()
        if item["Type"] == kind
    }
