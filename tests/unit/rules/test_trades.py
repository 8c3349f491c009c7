"""The programmes of other trades and the default one: every command works on each, and each decides its own events."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from standing.cli.app import app
from standing.engine.fold import DayResult
from standing.engine.state import LevelState
from standing.events import MODELS
from standing.events.intake import Event, read_event, take_in
from standing.events.models import SCORED
from standing.impact.population import write
from standing.lake.records import rows_of
from standing.rescoring.features import features_on
from standing.rules.author.build import build_ruleset, built_rules
from standing.rules.author.compiler import compile_rules
from standing.rules.author.files import Kind, rule_files
from standing.rules.author.schemas import schema_of
from standing.rules.conditions import Fact
from standing.rules.features import Measure
from standing.rules.prove.check import check
from standing.rules.ruleset import Ruleset
from standing.rules.scenarios.check import ScenarioResults, check_scenarios
from standing.rules.scenarios.recorder import record
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_date
from typer.testing import CliRunner

from tests.make.frames import population_of
from tests.make.strategies import Customer
from tests.make.support import ROOT, sender

END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


class Trade(NamedTuple):
    """A programme: its folder, its page of rules, and a small edit (file, before, after) with the rating it moves."""

    folder: str
    page: str
    edit: tuple[str, str, str]
    rating: str


TRADES = {
    "default": Trade(
        "rules", "docs/rules.md", ("ratings/tier.yaml", "spend_365d >= 800.00", "spend_365d >= 40.00"), "tier"
    ),
    "bank": Trade(
        "docs/examples/bank",
        "docs/examples/bank/rules.md",
        ("ratings/value.yaml", "assets >= 500000.00", "assets >= 450000.00"),
        "value",
    ),
    "insurer": Trade(
        "docs/examples/insurer",
        "docs/examples/insurer/rules.md",
        ("ratings/value.yaml", "premiums_365d >= 600.00", "premiums_365d >= 60.00"),
        "value",
    ),
    "shop": Trade(
        "docs/examples/shop",
        "docs/examples/shop/rules.md",
        ("ratings/tier.yaml", "spend_365d >= 30000", "spend_365d >= 3000"),
        "tier",
    ),
}
FILES = [
    pytest.param(kind, path, id=f"{name}-{path.stem}")
    for name, trade in TRADES.items()
    for kind, path in rule_files(ROOT / trade.folder)
]
of_each_trade = pytest.mark.parametrize("name", TRADES)


def folder(name: str) -> Path:
    return ROOT / TRADES[name].folder


@cache
def rules_of(name: str) -> Ruleset:
    return compile_rules(folder(name))


@cache
def stories(name: str) -> ScenarioResults:
    return check_scenarios(folder(name))


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["rules", *arguments])
    return done.exit_code, done.stdout


# Every command -----------------------------------------------------------------------------------------------------


@of_each_trade
def test_it_is_built(tmp_path: Path, name: str) -> None:
    built = build_ruleset(folder(name), tmp_path)
    timeline = built_rules(tmp_path)
    assert timeline is not None
    assert timeline.latest == built == rules_of(name)


@of_each_trade
def test_nothing_is_left_to_mend_or_to_answer(name: str) -> None:
    report = check(folder(name))
    assert (report.problems, report.faults, report.questions) == ((), [], [])
    assert run("check", "--rules", str(folder(name)))[0] == 0


@of_each_trade
def test_every_story_is_as_expected_and_every_comparison_is_true_and_false_in_some(name: str) -> None:
    checked = stories(name)
    assert checked.failed == []
    for whole in (True, False):
        both, all_of_them = checked.counted(whole=whole)
        assert both == all_of_them > 0
    assert run("test", "--rules", str(folder(name)), "--json")[0] == 0


@pytest.mark.parametrize(
    "name", [name for name in TRADES if name != "default"]
)  # tests/unit/rules/test_thresholds.py has it
def test_some_story_notices_each_threshold_that_is_moved_by_a_step(name: str) -> None:
    moved = check_scenarios(folder(name), thresholds=True).moved
    assert moved
    assert [(one.file, one.text, one.to) for one in moved if not one.noticed] == []


@of_each_trade
def test_it_stands_in_its_canonical_form(name: str) -> None:
    assert run("fmt", "--check", "--rules", str(folder(name))) == (0, "")


@of_each_trade
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_shown_in_both_languages(name: str, language: str) -> None:
    code, said = run("show", "--markdown", "--rules", str(folder(name)), "--lang", language)
    assert code == 0
    for rating in rules_of(name).ratings.values():
        assert rating.title.model_dump()[language] in said


@of_each_trade
def test_its_page_is_current(name: str) -> None:
    page = (ROOT / TRADES[name].page).read_text(encoding="utf-8")
    assert page == run("show", "--markdown", "--rules", str(folder(name)))[1]


@pytest.mark.parametrize(("kind", "path"), FILES)
def test_every_file_fits_the_schema_that_its_first_line_names(kind: Kind, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    assert (path.parent / named[1]).resolve() == ROOT / "docs" / "schemas" / "rules" / kind.schema
    as_an_editor_reads = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))  # dates are texts
    jsonschema.Draft202012Validator(schema_of(kind)).validate(as_an_editor_reads)


@of_each_trade
def test_a_small_edit_moves_some_of_a_made_population(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The customers are those of the stories, each as its story ends; the rules before are the last commit's."""
    edited = _committed(tmp_path / "clone", name)
    file, old, new = TRADES[name].edit
    text = (edited / file).read_text(encoding="utf-8")
    assert old in text
    (edited / file).write_text(text.replace(old, new), encoding="utf-8")
    write(_population(name), tmp_path / "customers.parquet")
    monkeypatch.chdir(tmp_path / "clone")
    asked = ("impact", "--rules", str(edited), "--base", "HEAD", "--population", str(tmp_path / "customers.parquet"))
    assert "**No customer comes to another level.**" not in run(*asked)[1]
    found = json.loads(run(*asked, "--json")[1])
    assert found["customers"] == len(stories(name).played)
    assert {move["rating"] for move in found["moves"]} >= {TRADES[name].rating}
    assert found["would_lose_a_level"] == 0


def _committed(clone: Path, name: str) -> Path:
    """A clone that holds the rules of one trade, where they lie in this one."""
    rules = clone / TRADES[name].folder
    shutil.copytree(folder(name), rules)
    (clone / "rules").mkdir(exist_ok=True)
    (clone / "rules" / "programme.yaml").touch()
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.invalid", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "rules")):
        subprocess.run(["git", *command], cwd=clone, check=True)
    return rules


def _population(name: str) -> Any:
    rules = rules_of(name)
    rows = [_row(rules, one.scenario.name, one.lived[-1]) for one in stories(name).played]
    return population_of(rules, max(one.lived[-1].day for one in stories(name).played), rows)


def _row(rules: Ruleset, who: str, end: DayResult) -> tuple[str, dict[str, Fact], dict[str, LevelState]]:
    known = {fact: value for fact, value in end.facts.items() if fact in rules.by_name}
    return who, known, end.closed.all_shown()


# Its own events ----------------------------------------------------------------------------------------------------


def _envelope(rules: Ruleset, event: Event, customer: str) -> dict[str, Any]:
    """An event as its producer sends it, through JSON."""
    detail = {**event.detail.stored(), "customer": customer}
    kind = event.detail.detail_type
    sent = {"source": sender(kind, rules.programme.producers), "detail-type": kind, "detail": detail}
    envelope: dict[str, Any] = orjson.loads(orjson.dumps(sent))
    return envelope


@of_each_trade
def test_the_events_of_its_stories_are_taken_in_and_decided_as_the_stories_say(name: str) -> None:
    """Through intake, decide and the packed state, one event a commit; a story itself is one fold."""
    rules = rules_of(name)
    for one in stories(name).played:
        customer = Customer(Timeline.of(rules))
        for event in one.scenario.events:
            customer.deliver(take_in(_envelope(rules, event, "c-1"), rules, END_OF_TIME))
        last = next(lived for lived in reversed(one.lived) if lived.day <= customer.standing.day)
        assert customer.standing.closed.all_shown() == last.closed.all_shown(), one.scenario.name
        assert customer.standing.closed.due == last.closed.due, one.scenario.name


@of_each_trade
def test_the_events_of_a_story_are_decided_alike_in_any_order(name: str) -> None:
    chance = random.Random(7)
    rules = Timeline.of(rules_of(name))
    short = sorted(stories(name).played, key=lambda one: len(one.scenario.events))[:8]
    for one in short:
        sent = [_envelope(rules.latest, event, "c-1") for event in one.scenario.events]
        events = [take_in(envelope, rules.latest, END_OF_TIME) for envelope in sent]
        shuffled = chance.sample(events, len(events))
        assert _delivered(rules, shuffled) == _delivered(rules, events), one.scenario.name


def _delivered(rules: Timeline, events: Sequence[Event]) -> tuple[Any, ...]:
    customer = Customer(rules)
    for event in events:
        customer.deliver(event)
    return customer.standing.day, customer.standing.closed, customer.standing.buckets


FIRST = 20_454  # 2026-01-01
AMOUNTS = ("0", "40", "900", "5000", "60000", "7000000")


@st.composite
def histories(draw: st.DrawFn, rules: Ruleset) -> list[dict[str, Any]]:
    """Envelopes that the features of a programme look at, whatever they are."""
    looked_at = [one for one in rules.measures.values() if one.of != ("override",) and "care" not in one.of]
    days = draw(st.lists(st.integers(FIRST, FIRST + 400), min_size=1, max_size=8))
    return [_made(draw, rules, draw(st.sampled_from(looked_at)), day, number) for number, day in enumerate(days)]


def _made(draw: st.DrawFn, rules: Ruleset, measure: Measure, day: Day, number: int) -> dict[str, Any]:
    family = draw(st.sampled_from(measure.of))
    fields: dict[str, Any] = {"id": f"{family}-{number}", "customer": "c-1", "time": f"{day_date(day)}T12:00:00+00:00"}
    fields |= dict(_kind(draw, rules, family)) | measure.where | dict(_value(draw, family, measure.value))
    if fields.get("kind") in SCORED:
        fields = {"score": 3, "scale": [1, 5]} | fields
    if {"amount", "amounts"} & fields.keys():
        fields["currency"] = rules.programme.currency
    return {"source": "made", "detail-type": f"{family}.v1", "detail": fields}


def _kind(draw: st.DrawFn, rules: Ruleset, family: str) -> Iterator[tuple[str, Any]]:
    if family == "activity":
        yield "kind", draw(st.sampled_from(rules.programme.activities))
    if family == "engagement":
        yield "kind", draw(st.sampled_from(["view", "basket", "checkout", "search"]))
    if family == "feedback":
        yield "kind", "complaint"
    if family in {"purchase", "refund"}:
        yield "amount", draw(st.sampled_from(AMOUNTS))


def _value(draw: st.DrawFn, family: str, path: str) -> Iterator[tuple[str, Any]]:
    """The value that is looked at, of a kind that its field takes."""
    name, _, entry = path.partition(".")
    if path == "score":
        yield from (("kind", "review"), ("score", draw(st.integers(1, 5))), ("scale", [1, 5]))
    elif name in {"amount", "net_amount"}:
        yield "amount", draw(st.sampled_from(AMOUNTS))
    elif entry:
        choices: dict[str, list[Any]] = {
            "amounts": [*AMOUNTS],
            "consent": [True, False],
            "segments": ["business", True],
        }
        yield name, {entry: draw(st.sampled_from(choices.get(name, ["2026-09-01", "2027-02-28"])))}
    elif path == "birthday":
        yield path, "02-29"
    elif path == "risk_appetite":
        yield path, draw(st.sampled_from(["averse", "balanced", "growth"]))
    elif name in MODELS[f"{family}.v1"].model_fields and name != "kind":
        yield name, draw(st.sampled_from(["one", "other"]))


@of_each_trade
def test_made_events_of_a_trade_go_from_intake_to_a_decision_in_any_order(name: str) -> None:
    rules = rules_of(name)

    @settings(max_examples=40)
    @given(histories(rules), st.randoms(use_true_random=False))
    def run_them(sent: list[dict[str, Any]], chance: random.Random) -> None:
        events = [read_event(orjson.loads(orjson.dumps(one)), rules, END_OF_TIME) for one in sent]
        in_order = sorted(events, key=lambda event: event.day)
        shuffled = chance.sample(events, len(events))
        assert _delivered(Timeline.of(rules), shuffled) == _delivered(Timeline.of(rules), in_order)

    run_them()


@of_each_trade
def test_a_recorded_customer_of_a_trade_is_a_story_that_passes(tmp_path: Path, name: str) -> None:
    """Without what is personal it may end otherwise, but it reads, and it is as it says."""
    rules = rules_of(name)
    copied = tmp_path / "rules"
    shutil.copytree(folder(name), copied)
    shutil.rmtree(copied / "scenarios")
    (copied / "scenarios").mkdir()
    for number, one in enumerate(stories(name).played):
        recorded = record(one.scenario.events, rules, one.lived[-1].day)
        assert recorded is not None
        assert "amounts" not in recorded.text
        (copied / "scenarios" / f"recorded-{number}.yaml").write_text(recorded.text, encoding="utf-8")
    assert check_scenarios(copied).failed == []


# Two paths ---------------------------------------------------------------------------------------------------------


@of_each_trade
def test_features_over_the_lake_are_those_of_the_stories(name: str) -> None:
    """In polars, on the day on which a story ends, against the story's own fold."""
    rules = rules_of(name)
    for one in stories(name).played:
        day = one.lived[-1].day
        lake = rows_of(one.scenario.events, rules.programme.minor_digits).lazy()
        (row,) = features_on(rules, lake, day).collect().rows(named=True)
        known = {fact: row[fact] for fact in rules.by_name if row[fact] is not None}
        assert known == {fact: one.lived[-1].facts[fact] for fact in rules.by_name if fact in one.lived[-1].facts}
