"""Whose figures and which days a request is about, in few words."""

from sei_export.jsontypes import JsonObject, JsonValue


def days_of(request: JsonValue) -> str:
    """Which days; empty if it does not say."""
    if not isinstance(request, dict):
        return ""
    asked = request.get("dateRange")
    days = asked if isinstance(asked, dict) else {}
    start = days.get("start", request.get("dateStart"))
    end = days.get("end", request.get("dateEnd"))
    if isinstance(start, str) and isinstance(end, str):
        return f"{start} to {end}"
    if isinstance(days.get("period"), str):
        return str(days["period"])
    return f"the last {days['trailingDays']} days" if "trailingDays" in days else ""


def whose(request: JsonValue) -> str:
    """Whose figures; empty if it does not say."""
    return ", ".join(_named(request))


def narrowest(request: JsonValue) -> str:
    """The same in short: the team, or else the tree."""
    return next(reversed(_named(request)), "")


def _named(request: JsonValue) -> list[str]:
    """The tree and the team, as far as it names them."""
    if not isinstance(request, dict):
        return []
    asked = request.get("scope")
    scope: JsonObject = asked if isinstance(asked, dict) else {}
    tree, team = scope.get("orgTreeName"), scope.get("teamId", request.get("collectionId"))
    named = (str(tree) if tree else "", f"team {team}" if team else "")
    return [it for it in named if it]
