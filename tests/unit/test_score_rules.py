"""Scores in rules: what a model said, dated; and scores that the rules themselves add up."""

from __future__ import annotations

from pathlib import Path

import pytest
from standing.core.conditions import Fact
from standing.core.features import facts
from standing.core.intake import Event
from standing.core.measures import empty, gather
from standing.core.ruleset import Ruleset
from standing.core.timeline import Timeline
from standing.rulebook.compiling import compile_rules
from standing.rulebook.problems import RulesError
from standing.rulebook.scenarios.playing import play
from standing.rulebook.scenarios.reading import parse_scenarios

from tests.unit.programmes import score
from tests.unit.strategies import purchase

PROGRAMME = "title: {en: A shop, zh: 商店}\ncurrency: USD\ntime_zone: UTC\n"
CHURN = "latest: score.value; where: {name: churn}"
RISK = """\
rating: risk
title: {en: Risk, zh: 风险}
levels: [low, high]
stability: {review: daily, fall: to-kept}
qualify:
  high:
    all:
      - churn >= 0.7
"""


def written(folder: Path, features: dict[str, str], risk: str = RISK) -> Path:
    (folder / "ratings").mkdir(parents=True)
    (folder / "programme.yaml").write_text(PROGRAMME)
    named = {"churn": CHURN} | features
    title = "title: {en: A feature, zh: 特征}"
    entries = [f"{name}:\n  {title}\n  " + "\n  ".join(said.split("; ")) for name, said in named.items()]
    (folder / "features.yaml").write_text("\n".join(entries) + "\n")
    (folder / "ratings" / "risk.yaml").write_text(risk)
    return folder


def known(rules: Ruleset, events: list[Event], day: int) -> dict[str, Fact]:
    return facts(rules, gather(empty(rules), events, rules), day)


def problems(folder: Path, features: dict[str, str]) -> list[str]:
    with pytest.raises(RulesError) as raised:
        compile_rules(written(folder, features))
    return [str(problem) for problem in raised.value.problems]


def test_the_latest_score_of_a_name_is_a_feature_from_its_day_on(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"band": "latest: score.band; where: {name: churn}"}))
    said = [score(20, "churn", 2_000, "a"), score(30, "churn", 7_300, "b"), score(31, "worth", 99, "c")]
    assert "churn" not in known(rules, said, 19)
    assert known(rules, said, 29) == {"churn": 2_000, "band": "low"}
    assert known(rules, said, 40) == {"churn": 7_300, "band": "plus"}


@pytest.mark.parametrize("kind", ["latest", "min", "max", "mean"])
def test_a_feature_says_of_which_score_it_is(tmp_path: Path, kind: str) -> None:
    (said,) = problems(tmp_path, {"any": f"{kind}: score.value"})
    assert "of which score? Name it, such as `where: {name: churn}`" in said


def test_scores_are_not_added_up(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, {"all": "sum: score.value; where: {name: churn}"})
    assert "score has none for it" in said


def test_a_score_begins_no_membership(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {"year": "count: purchase; over: membership-year"}))
    assert not any("score" in one.of and "purchase" in one.of for one in rules.measures)
    events = [score(10, "churn", 2_000), purchase(100), purchase(400)]
    assert known(rules, events, 405)["year"] == 2


def test_a_story_tells_of_a_score(tmp_path: Path) -> None:
    rules = compile_rules(written(tmp_path, {}))
    story = """\
scenario: at-risk
story:
  - {on: 2026-03-01, purchase: {amount: 10.00}, expect: {risk: low}}
  - {on: 2026-04-01, score: {name: churn, value: 7300, band: high}, expect: {risk: high, features: {churn: 0.73}}}
"""
    (scenario,) = parse_scenarios(story, "rules/scenarios/one.yaml", rules)
    assert not play(scenario, Timeline.of(rules)).misses
