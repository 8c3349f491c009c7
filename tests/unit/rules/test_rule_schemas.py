"""The JSON Schemas of rule files: an editor that reads them accepts what we accept, and marks what we refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from standing.cli.app import app
from standing.rules.author.files import KINDS, Kind, rule_files
from standing.rules.author.lines import LINE, LineError, parse_line
from standing.rules.author.reader import parse, validate
from standing.rules.author.schemas import rule_schemas, schema_of
from typer.testing import CliRunner

from tests.make.support import ROOT
from tests.unit.rules.test_rulebook import VOCABULARY

RULES = ROOT / "rules"
FOLDER = ROOT / "docs" / "schemas" / "rules"
KIND = {kind.name: kind for kind in KINDS}
CHECKERS = {kind.name: jsonschema.Draft202012Validator(schema_of(kind)) for kind in KINDS}


def _marked(kind: Kind, text: str) -> list[str]:
    """What an editor would mark in a text."""
    return [
        error.message for error in CHECKERS[kind.name].iter_errors(_in_json(YAML(typ="safe", pure=True).load(text)))
    ]


def _in_json(value: Any) -> Any:
    """As an editor sees YAML, where a date is a text."""
    return json.loads(json.dumps(value, default=str))


def test_the_schemas_are_current_and_valid() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == rule_schemas()
    for text in rule_schemas().values():
        jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_the_command_writes_them(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["rules", "schema", "--out", str(tmp_path / "new")]).exit_code == 0
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == rule_schemas()


@pytest.mark.parametrize(("kind", "path"), list(rule_files(RULES)), ids=lambda value: getattr(value, "name", ""))
def test_every_rule_file_fits_the_schema_that_its_first_line_names(kind: Kind, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    word, named = text.split("\n", 1)[0].split("=", 1)
    assert word == "# yaml-language-server: $schema"
    assert (path.parent / named).resolve() == FOLDER / kind.schema
    assert _marked(kind, text) == []


def test_every_file_under_rules_is_of_a_kind() -> None:
    assert {path for _, path in rule_files(RULES)} == {path for path in RULES.rglob("*") if path.is_file()}


def test_every_word_is_explained() -> None:
    for kind in KINDS:
        schema = schema_of(kind)
        for part in (schema, *schema["$defs"].values()):
            for word, about in part.get("properties", {}).items():
                assert about["description"].endswith("."), (kind.name, word)


# Variants of the rules: what is right stays unmarked, what we refuse by its shape is marked ------------------------

PROGRAMME = "title: {en: Club, zh: 会}\ncurrency: USD\ntime_zone: Asia/Shanghai\n"
FEATURE = "orders:\n  title: {en: Orders, zh: 订单数}\n  "
RATING = "rating: tier\ntitle: {en: Tier, zh: 等级}\nlevels: [low, high]\n"
LEVEL = "qualify: {high: {all: [x > 1]}}\n"
CARE = "- care: call\n  title: {en: Call, zh: 致电}\n  when: {all: [x > 1]}\n"
DO = "  do: {action: call, owner: us, within: 2d}\n"
STORY = "- scenario: one\n  story:\n    - on: 2026-01-05\n      purchase: {amount: 9}\n      expect: {tier: gold}\n"
RIGHT = [
    ("scenario", STORY),
    ("scenario", STORY + STORY.replace("one", "two")),
    ("scenario", "scenario: one\nstory:\n  - on: 2026-01-05\n    care: {care: welcome, status: done}\n    times: 2\n"),
    ("scenario", STORY + "    - after: 0d\n      care: [welcome]\n      held_back: {welcome: consent}\n"),
    ("scenario", STORY + "  never: [welcome, {tier: gold}]\n  title: {en: One, zh: 一}\n"),
    ("programme", PROGRAMME),
    ("programme", PROGRAMME.replace("Club", "2024")),
    ("programme", PROGRAMME + 'quiet_hours: {begin: 21:00, end: "08:00"}\nlateness: 90d\nhistory: 1200d\n'),
    ("programme", PROGRAMME + 'contact_caps: [{at_most: 3, within: 7d}, {at_most: "4", within: 7d, channel: sms}]\n'),
    ("programme", PROGRAMME + "holdout_salt: 7\nchannels: [sms]\nhistory: forever\n"),
    ("programme", PROGRAMME + "producers: {shop.web: [purchase, refund], 7: [care]}\noverrides: {longest: 30d}\n"),
    ("features", FEATURE + "count: purchase"),
    ("features", FEATURE + "sum: purchase.amount\n  over: calendar-year"),
    ("features", FEATURE + "count: feedback\n  where: {topic: 5}\n  over: 90d\n  ending: 30d"),
    ("features", FEATURE + "latest: profile.segments.student"),
    ("features", FEATURE + "days_until: profile.dates.renewal"),
    ("features", FEATURE + "ratio: [a, b]"),
    ("rating", RATING + LEVEL),
    ("rating", RATING + LEVEL + "retain: {high: {any: [x is unknown, {none: ['y in [a, b]']}]}}"),
    (
        "rating",
        RATING + LEVEL + "stability: {rise: review, review: yearly, grace: 0d, fall: to-kept, minimum_stay: 9d}",
    ),
    ("rating", RATING + LEVEL + "ordered: True\nlate_events: {fall: honour}"),
    ("rating", RATING + LEVEL + "ordered: false"),
    ("care", CARE + DO + "  repeat_after: 14d\n  holdout: 2.5%\n"),
    ("care", CARE + DO.replace("2d", "2d, cost: 4.50") + "  repeat_after: 14d\n"),
    ("care", CARE + DO.replace("2d", "2d, cost: '0'") + "  repeat_after: 14d\n"),
    ("care", CARE + DO + "  repeat_after: 14d\n  success: {feature: x, at_least: 1.5, after: 30d}\n"),
    (
        "care",
        CARE + DO + "  repeat_after: 14d\n  success: {feature: x, at_least: '1.5', after: 30d}\n  holdout: 100%\n",
    ),
]
WRONG = [
    ("programme", PROGRAMME.replace("USD", "US dollars")),
    ("programme", PROGRAMME.replace(", zh: 会", "")),
    ("programme", PROGRAMME + "colour: red\n"),
    ("programme", PROGRAMME + "lateness: 90\n"),
    ("programme", PROGRAMME + "lateness: 90 days\n"),
    ("programme", PROGRAMME + "history: never\n"),
    ("programme", PROGRAMME + "channels: [sms, sms]\n"),
    ("programme", PROGRAMME + "channels: sms\n"),
    ("programme", PROGRAMME + "quiet_hours: {begin: 25:00, end: 08:00}\n"),
    ("programme", PROGRAMME + "contact_caps: [{at_most: 0, within: 7d}]\n"),
    ("programme", PROGRAMME + "contact_caps: [{at_most: some, within: 7d}]\n"),
    ("programme", PROGRAMME + "producers: {}\n"),
    ("programme", PROGRAMME + "producers: {shop: []}\n"),
    ("programme", PROGRAMME + "producers: {shop: purchase}\n"),
    ("programme", PROGRAMME + "producers: {shop: [purchases]}\n"),
    ("programme", PROGRAMME + "producers: {shop: [score]}\n"),
    ("programme", PROGRAMME + "producers: {shop: [purchase, purchase]}\n"),
    ("programme", PROGRAMME + "producers: {shop web: [purchase]}\n"),
    ("programme", PROGRAMME + "producers: {standing: [purchase]}\n"),
    ("programme", PROGRAMME + "producers: {scores: [purchase]}\n"),
    ("programme", PROGRAMME + "overrides: {longest: 30}\n"),
    ("programme", PROGRAMME + "overrides: {shortest: 30d}\n"),
    ("programme", "- a\n"),
    ("features", FEATURE),
    ("features", FEATURE + "count: purchases"),
    ("features", FEATURE + "sum: purchase"),
    ("features", FEATURE + "count: purchase\n  sum: purchase.amount"),
    ("features", FEATURE + "count: purchase\n  ending: 90d"),
    ("features", FEATURE + "count: purchase\n  over: 90"),
    ("features", FEATURE + "distinct: care.care\n  over: 90d\n  ending: 9d"),
    ("features", FEATURE + "days_since_last: purchase\n  over: 90d"),
    ("features", FEATURE + "ratio: [a, b]\n  over: 90d"),
    ("features", FEATURE + "ratio: [a, b, c]"),
    ("features", FEATURE.replace("orders", "Orders") + "count: purchase"),
    ("rating", RATING),
    ("rating", RATING.replace("[low, high]", "[low]") + LEVEL),
    ("rating", RATING.replace("[low, high]", "[low, low]") + LEVEL),
    ("rating", RATING + "qualify: {high: [x > 1]}"),
    ("rating", RATING + "qualify: {high: {all: [x > 1], any: [x > 1]}}"),
    ("rating", RATING + "qualify: {high: {all: []}}"),
    ("rating", RATING + "qualify: {high: {all: [more than 3]}}"),
    ("rating", RATING + "qualify: {high: {all: ['x => 3']}}"),
    ("rating", RATING + "qualify: {high: {all: ['x in gold']}}"),
    ("rating", RATING + "qualify: {high: {all: ['x is known']}}"),
    ("rating", RATING + LEVEL + "stability: {rise: soon}"),
    ("rating", RATING + LEVEL + "stability: {grace: 30}"),
    ("rating", RATING + LEVEL + "ordered: maybe"),
    ("rating", RATING + LEVEL + "ordered: false\nstability: {rise: review}"),
    ("care", CARE + "  repeat_after: 14d\n"),
    ("care", CARE + DO),
    ("care", CARE + DO.replace("2d", "2") + "  repeat_after: 14d\n"),
    ("care", CARE + DO.replace("us", "the team") + "  repeat_after: 14d\n"),
    ("care", CARE + DO.replace("2d", "2d, priority: urgent") + "  repeat_after: 14d\n"),
    ("care", CARE + DO + "  repeat_after: 14d\n  holdout: 0.1\n"),
    ("care", CARE + DO + "  repeat_after: 14d\n  holdout: 101%\n"),
    ("care", CARE + DO.replace("2d", "2d, cost: -1") + "  repeat_after: 14d\n"),
    ("care", CARE + DO.replace("2d", "2d, cost: some") + "  repeat_after: 14d\n"),
    ("care", "care: call\n"),
    ("scenario", "- nonsense\n"),
    ("scenario", "[]"),
    ("scenario", STORY.replace("scenario: one", "title: one")),
    ("scenario", STORY.replace("scenario: one", "scenario: One Story")),
    ("scenario", STORY.replace("story:", "storey:")),
    ("scenario", "scenario: one\nstory: []\n"),
    ("scenario", STORY.replace("2026-01-05", "5.1.2026")),
    ("scenario", STORY.replace("on: 2026-01-05", "onn: 2026-01-05")),
    ("scenario", STORY.replace("2026-01-05", "2026-01-05\n      after: 3d")),
    ("scenario", STORY.replace("amount", "amout")),
    ("scenario", STORY.replace("purchase:", "purchases:")),
    ("scenario", STORY.replace("purchase: {amount: 9}", "purchase: 9")),
    ("scenario", STORY.replace("purchase: {amount: 9}", "feedback: {kind: complain}")),
    ("scenario", STORY + "      times: 0\n"),
    ("scenario", STORY + "      no_care: welcome\n"),
    ("scenario", STORY + "      held_back: {welcome: weather}\n"),
    ("scenario", STORY + "  never: win-back\n"),
]


@pytest.mark.parametrize(("kind", "text"), RIGHT)
def test_what_we_accept_an_editor_accepts(kind: str, text: str) -> None:
    validate(parse(text, kind), KIND[kind].shape)
    assert _marked(KIND[kind], text) == []


@pytest.mark.parametrize(("kind", "text"), WRONG)
def test_what_is_broken_is_marked(kind: str, text: str) -> None:
    assert _marked(KIND[kind], text)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_examples_of_a_pattern_fit_it(kind: Kind) -> None:
    for part in schema_of(kind)["$defs"].values():
        for example in part.get("examples", ()):
            jsonschema.validate(example, part)


lines = st.from_regex(
    r"(spend|orders|mood|tier) {0,2}(==|>=|!=|<|>|in|is|was|left|entered) {0,2}"
    r"(\[[-a-z0-9., ]{0,12}\]|[-a-z0-9.]{0,9}|unknown|gold) ?",
    fullmatch=True,
)


@settings(max_examples=300)
@given(lines | st.from_regex(LINE, fullmatch=True))
def test_a_line_that_we_accept_fits_the_pattern(line: str) -> None:
    try:
        parse_line(line, VOCABULARY)
    except LineError:
        return
    condition = CHECKERS["rating"].schema["$defs"]["Condition"]  # type: ignore[index]
    jsonschema.validate(line, condition)
