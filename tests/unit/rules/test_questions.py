"""A question is read as a condition of rules is: the same lines, the same words for what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standing.rules.author.compiler import Compiler, _care, _features, _programme, _ratings, compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.author.questions import known_of, question
from standing.rules.conditions import Comparison, Condition, Group

from tests.make.support import ROOT, real_ruleset

RULESET = real_ruleset()
FOLDERS = [ROOT / "rules", *sorted(path.parent for path in (ROOT / "docs" / "examples").glob("*/features.yaml"))]
LINES = {
    "tier >= gold": Comparison(fact="tier", op=">=", value=2, text="tier >= gold"),
    "lifecycle in [slipping, dormant]": Comparison(
        fact="lifecycle", op="in", value=(5, 6), text="lifecycle in [slipping, dormant]"
    ),
    "spend_365d < 100.50": Comparison(fact="spend_365d", op="<", value=10_050, text="spend_365d < 100.50"),
    "satisfaction_180d is unknown": Comparison(
        fact="satisfaction_180d", op="unknown", text="satisfaction_180d is unknown"
    ),
}
TIER, STAGE, SPEND, UNKNOWN = LINES.values()


def group(kind: str, *of: Condition) -> Group:
    return Group.model_validate({"group": kind, "of": of})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_question_may_speak_of_what_rules_may(folder: Path) -> None:
    compiler = Compiler()
    programme, _ = _programme(compiler, folder)
    _features(compiler, folder, programme)
    _ratings(compiler, folder)
    assert programme is not None
    _care(compiler, folder, programme)
    assert known_of(compile_rules(folder)) == compiler.known


def test_and_binds_closer_than_or_and_brackets_closer_still() -> None:
    one, two, three, four = LINES
    assert question(one, RULESET) == group("all", TIER)
    assert question(f"{one} and {two}", RULESET) == group("all", TIER, STAGE)
    assert question(f"{one} or {two} AND {three}", RULESET) == group("any", TIER, group("all", STAGE, SPEND))
    assert question(f"({one} or {two})and({three})", RULESET) == group("all", group("any", TIER, STAGE), SPEND)
    assert question(f"not {one} and not ({two} or {four})", RULESET) == group(
        "all", group("none", TIER), group("none", group("any", STAGE, UNKNOWN))
    )


def test_a_block_is_read_as_in_a_rule_file() -> None:
    one, two, three, _ = LINES
    expected = group("any", TIER, group("none", STAGE, SPEND))
    assert question(f"any:\n  - {one}\n  - none:\n    - {two}\n    - {three}\n", RULESET) == expected
    assert question('{any: ["tier >= gold", "spend_365d < 100.50"]}', RULESET) == group("any", TIER, SPEND)


def test_words_that_join_lines_may_stand_in_texts() -> None:
    bank = compile_rules(ROOT / "docs" / "examples" / "bank")
    asked = question('legal_form == "this and that (or not)" and legal_form in [a and b, c]', bank)
    assert isinstance(asked, Group)
    found = [one.value for one in asked.of if isinstance(one, Comparison)]
    assert found == ["this and that (or not)", ("a and b", "c")]


@given(
    st.recursive(st.sampled_from(list(LINES)), lambda of: st.tuples(st.sampled_from(["all", "any", "none"]), of, of))
)
def test_however_it_is_nested_it_means_the_same(tree: object) -> None:
    found = question(_text(tree), RULESET)
    alone = isinstance(tree, str)
    assert _flat(found) == _flat(group("all", _condition(tree)) if alone else _condition(tree))


def _text(tree: Any) -> str:
    if isinstance(tree, str):
        return tree
    kind, one, other = tree
    joint = " and " if kind == "all" else " or "
    joined = f"({_text(one)}){joint}({_text(other)})"
    return f"not ({joined})" if kind == "none" else joined


def _condition(tree: Any) -> Condition:
    if isinstance(tree, str):
        return LINES[tree]
    kind, one, other = tree
    both = _condition(one), _condition(other)
    return group("none", group("any", *both)) if kind == "none" else group(kind, *both)


def _flat(tree: Condition) -> object:
    """A tree without its texts."""
    return tree.model_dump(exclude={"text"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "tier >= golden",
            "condition:1: `tier >= golden`: `golden` is not one of its levels: bronze, silver, gold, plat",
        ),
        (
            "spend_356d > 3",
            "condition:1: `spend_356d > 3`: `spend_356d` is not a feature or rating; did you mean `spend_365",
        ),
        ("tier = gold", "condition:1: `tier = gold`: `=` is not an operator: write `==`"),
        ("lifecycle > new", "condition:1: `lifecycle > new`: `>` needs an order"),
        ("tier >= gold and", "condition:1: the end stands where a condition such as `orders_90d >= 3` was expected"),
        ("tier >= gold and or tier == silver", "condition:1: `or` stands where a condition"),
        ("(tier >= gold", "condition:1: a bracket `(` is not closed"),
        ("tier >= gold)", "condition:1: `)` stands where `and`, `or` or the end was expected"),
        ("", "condition:1: the end stands where"),
        ("(" * 30 + "tier == gold", "condition:1: is nested too deep"),
        ("not " * 30 + "tier == gold", "condition:1: is nested too deep"),
        ("any:\n- tier == gold\n- tier == golf", "condition:3: `tier == golf`: `golf` is not one"),
        ("{any: x}", "condition:1: `x`: `any` should be a list"),
        ("all:\n\t- x", "condition:2:1: has a tab"),
        ("x" * 1_000_001, "condition:1: is over 1,000,000 characters"),
    ],
)
def test_what_is_wrong_is_told_as_of_rules(text: str, said: str) -> None:
    with pytest.raises(RulesError) as error:
        question(text, RULESET)
    assert str(error.value).startswith(said)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(RulesError) as error:
        question("tier >= golden and (spend_356d > 3 or orders_90d >= x)", RULESET)
    assert len(error.value.problems) == 3
