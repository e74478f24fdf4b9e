"""Warnings of a batch that begins with what is remembered."""

from sei_export import keys
from sei_export.batch import cautions
from sei_export.batch.cautions import of_cuts, shown
from sei_export.batch.cuts import Cut
from tests.fakes.batch_items import cut, expansion
from tests.fakes.known_cuts import ago, known
from tests.fakes.samples import least, parsed
from tests.fakes.schemas import published

CUT_KEY = keys.cut_key(parsed(least("productivity")))
WHY = "ExportTimedOutError: Not ready."


def test_a_team_that_is_split_from_the_start_is_told_since_when_why_and_what_undoes_it() -> None:
    cuts = Cut({"1": ago(3, WHY), "2": ago(1, WHY)})
    opened = expansion(cut(), too_large=["1", "2"]).opened
    tree, team = of_cuts(opened, {CUT_KEY: cuts})
    assert (tree.code, team.code) == ("cutRemembered", "cutRemembered")
    assert tree.message == (
        "Org tree Engineering is exported as the teams inside it for productivity, and has been "
        "since 2026-03-12: the last try of the whole, on 2026-03-12, ended with "
        "ExportTimedOutError: Not ready. The whole is tried again from 2026-04-09 on, or now, with "
        '{"forgetCuts": true} in the plan.'
    )
    assert team.message.startswith("Team Platform (2) is exported as the teams inside it for ")


def test_given_many_windows_then_a_team_is_told_once() -> None:
    opened = expansion(
        *(cut(dateRange={"start": f"2024-0{it}-01", "end": f"2024-0{it}-20"}) for it in (1, 2)),
        too_large=["1"],
    ).opened
    assert len(opened) == 2
    assert len(of_cuts(opened, {CUT_KEY: known(t1=3)})) == 1


def test_ten_names_are_shown() -> None:
    assert shown("abc") == "a, b, c"
    assert shown(map(str, range(11))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more"


def test_the_codes_are_those_of_the_manifests_schema() -> None:
    codes = {it for name, it in vars(cautions).items() if name.isupper() and isinstance(it, str)}
    warning = published("BatchManifest")["properties"]["warnings"]["items"]["properties"]
    assert codes == {*warning["code"]["examples"]}
