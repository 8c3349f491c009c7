"""The traps of durable-rules that apply to us, each walked round by the one module that knows it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import durable_rules_engine as engine
import pytest
from standing.engine.backends import durable, plain
from standing.rules.conditions import Condition, Fact

from tests.make.strategies import every, line, none_of, some

FOUR = {f"over-{value}": line("a", ">", value) for value in (1, 2, 3, 4)}


def _agreed(rules: dict[str, Condition], facts: Mapping[str, Fact]) -> frozenset[str]:
    """What the engine says, where plain Python says the same."""
    found = durable.DurableBackend(rules).match(facts)
    assert found == plain.PlainBackend(rules).match(facts)
    return found


def test_a_missing_property_is_not_unequal_to_anything() -> None:
    rules: dict[str, Condition] = {"other": line("a", "!=", 5), "not-equal": none_of(line("a", "==", 5))}
    assert _agreed(rules, {}) == {"not-equal"}
    assert _agreed(rules, {"a": 4}) == {"other", "not-equal"}
    assert _agreed(rules, {"a": 5}) == set()


def test_a_rule_that_matches_by_several_branches_is_named_once() -> None:
    rules: dict[str, Condition] = {
        "many": some(*(line("a", ">", value) for value in range(10))),
        "one": line("a", "==", 20),
    }
    reader = durable.DurableBackend(rules)
    assert reader.match({"a": 20}) == {"many", "one"}
    assert reader.match({"a": 3}) == {"many"}
    assert reader.match({"a": 0}) == set()


@pytest.mark.parametrize("branches", [1, 59, 60, 61, 64, 65, 120, 121, 400])
def test_any_number_of_matching_branches_fits(branches: int) -> None:
    rules: dict[str, Condition] = {f"rule-{number}": line("a", ">", number) for number in range(branches)}
    reader = durable.DurableBackend(rules)
    assert len([shard.definition for shard in reader.shards]) == -(-branches // 60)
    assert reader.match({"a": 1_000}) == set(rules)
    assert reader.match({"a": 0}) == set()
    assert reader.match({"a": branches - 1}) == set(rules) - {f"rule-{branches - 1}"}


def test_one_rule_may_need_several_engines() -> None:
    wide = {"wide": some(*(line("a", "==", number) for number in range(150)))}
    reader = durable.DurableBackend(wide)
    assert [reader.match({"a": number}) for number in (0, 60, 149, 150)] == [{"wide"}, {"wide"}, {"wide"}, set()]


@pytest.mark.parametrize("count", [256, 300, 512])
def test_hundreds_of_rules_may_ask_the_same(count: int) -> None:
    rules: dict[str, Condition] = {f"rule-{number}": line("a", ">=", 3) for number in range(count)}
    assert _agreed(rules, {"a": 3}) == set(rules)
    assert _agreed(rules, {"a": 2}) == set()


def test_hundreds_of_rules_may_ask_for_equality_with_different_values() -> None:
    rules: dict[str, Condition] = {f"rule-{number}": line("a", "==", number) for number in range(512)}
    assert _agreed(rules, {"a": 511}) == {"rule-511"}


def test_rules_about_nothing_but_unknown_facts_come_to_an_end() -> None:
    rules: dict[str, Condition] = {
        "unknown": line("a", "unknown"),
        "none-known": every(line("a", "unknown"), line("b", "unknown")),
        "none-of": none_of(line("a", ">", 1), line("b", ">", 1)),
        "some-known": none_of(every(line("a", "unknown"), line("b", "unknown"))),
    }
    assert _agreed(rules, {}) == {"unknown", "none-known", "none-of"}
    assert _agreed(rules, {"a": 1}) == {"none-of", "some-known"}
    assert _agreed(rules, {"b": 2}) == {"unknown", "some-known"}


def test_more_facts_than_one_message_can_hold_are_asked_in_shards() -> None:
    rules: dict[str, Condition] = {f"r{number}": line(f"fact-{number}", ">", 0) for number in range(300)}
    assert len(durable.DurableBackend(rules).shards) == 5
    wide: dict[str, Condition] = {
        f"all-{part}": every(*(line(f"fact-{number}", ">", 0) for number in range(part, part + 100)))
        for part in (0, 100)
    }
    alike: dict[str, Condition] = {  # 150 facts together, of which each rule asks for 100
        f"from-{first}": every(*(line(f"fact-{number}", ">", 0) for number in range(first, first + 100)))
        for first in (0, 50)
    }
    assert len(durable.DurableBackend(alike).shards) == 2
    facts = {f"fact-{number}": 1 for number in range(150)}
    assert _agreed(rules | wide, facts) == {*(f"r{number}" for number in range(150)), "all-0"}


def test_every_branch_begins_with_the_sentinel_that_keeps_the_engines_own_messages_out() -> None:
    rules: dict[str, Condition] = {"none-of": none_of(line("a", ">", 1)), "unknown": line("b", "unknown"), **FOUR}
    (shard,) = durable.DurableBackend(rules).shards
    definition = shard.definition
    branches = [json.loads(definition)[name]["all"][0]["m"]["$and"] for name in json.loads(definition)]
    assert len(branches) == 7
    assert all(branch[0] == {"k": 1} and len(branch) > 1 for branch in branches)


def test_a_reader_without_rules_matches_nothing() -> None:
    assert _agreed({}, {"a": 1}) == set()


def test_thousands_of_different_customers_fit_into_one_process() -> None:
    rules: dict[str, Condition] = {
        f"rule-{number}": every(line("a", ">=", number), none_of(line("b", ">", 2_000 - number)))
        for number in range(0, 2_500, 100)
    }
    fast, oracle = durable.DurableBackend(rules), plain.PlainBackend(rules)
    for customer in range(2_500):
        facts = {"a": customer, "b": customer // 2} if customer % 7 else {"a": customer}
        assert fast.match(facts) == oracle.match(facts)


def test_one_match_leaves_nothing_behind_for_the_next() -> None:
    reader = durable.DurableBackend(FOUR | {"unknown": line("b", "unknown")})
    assert reader.match({"a": 9, "b": 1}) == set(FOUR)
    assert reader.match({}) == {"unknown"}
    assert reader.match({"a": 2, "b": 1}) == {"over-1"}
    assert reader.match({"a": 9, "b": 1}) == set(FOUR)


def test_readers_do_not_see_each_others_rules() -> None:
    first, second = (
        durable.DurableBackend({"low": line("a", "<", 5)}),
        durable.DurableBackend({"high": line("a", ">=", 5)}),
    )
    assert [first.match({"a": 1}), second.match({"a": 1})] == [{"low"}, set()]
    assert [first.match({"a": 9}), second.match({"a": 9})] == [set(), {"high"}]


@pytest.mark.parametrize("name", ["k", "id", "sid", "$s", "$and", "m", "tier.was", "近一年净消费", "a b", ""])
def test_a_fact_may_have_a_name_that_means_something_to_the_engine(name: str) -> None:
    rules: dict[str, Condition] = {"rule": line(name, "==", 7), "unknown": line(name, "unknown")}
    assert _agreed(rules, {name: 7}) == {"rule"}
    assert _agreed(rules, {name: 8}) == set()
    assert _agreed(rules, {}) == {"unknown"}


def test_names_whose_hashes_collide_are_told_apart() -> None:
    one, other = "costarring", "liquid"
    assert _fnv_1a(one) == _fnv_1a(other)
    rules: dict[str, Condition] = {"one": line(one, "==", 1), "other": line(other, "==", 1)}
    assert _agreed(rules, {one: 1, other: 2}) == {"one"}
    assert _agreed(rules, {one: 2, other: 1}) == {"other"}
    assert _agreed(rules, {one: 1}) == {"one"}


def test_texts_whose_hashes_collide_are_told_apart() -> None:
    one, other = "costarring", "liquid"
    rules: dict[str, Condition] = {"one": line("segment", "==", one), "other": line("segment", "==", other)}
    assert _agreed(rules, {"segment": one}) == {"one"}
    assert _agreed(rules, {"segment": other}) == {"other"}
    assert _agreed(rules, {"segment": "neither"}) == set()


@pytest.mark.parametrize("text", ["1", "1.0", "true", "null", '"', "\\", "a.b", "学生", "😀", " a", "a" * 64])
def test_a_text_is_equal_to_itself_alone(text: str) -> None:
    rules: dict[str, Condition] = {"same": line("segment", "==", text), "not": line("segment", "!=", text)}
    assert _agreed(rules, {"segment": text}) == {"same"}
    assert _agreed(rules, {"segment": text + "x"}) == {"not"}
    assert _agreed(rules, {}) == set()


def _fnv_1a(text: str) -> int:
    hashed = 2_166_136_261
    for byte in text.encode():
        hashed = (hashed ^ byte) * 16_777_619 % 2**32
    return hashed


def test_rule_names_may_have_any_signs() -> None:
    rules: dict[str, Condition] = {
        name: line("a", "==", 1) for name in ("tier/qualify/gold", "$all", 'r"0', "等级", "r1")
    }
    assert _agreed(rules, {"a": 1}) == set(rules)


def test_as_many_facts_as_the_engine_takes() -> None:
    rules: dict[str, Condition] = {f"rule-{number}": line(f"fact-{number}", ">=", 1) for number in range(250)}
    facts = {f"fact-{number}": number % 3 for number in range(250)}
    assert len(_agreed(rules, facts)) == 166


def test_no_thread_is_started() -> None:
    before = threading.active_count()
    durable.DurableBackend(FOUR).match({"a": 3})
    assert threading.active_count() == before


def test_eight_threads_that_match_at_once_get_right_answers() -> None:
    rules: dict[str, Condition] = {
        f"rule-{number}": some(line("a", "==", number), every(line("b", ">", number), line("c", "unknown")))
        for number in range(40)
    }
    reader, oracle, together = durable.DurableBackend(rules), plain.PlainBackend(rules), threading.Barrier(8)

    def mistakes(thread: int) -> int:
        together.wait()
        customers = [{"a": (thread + number) % 41, "b": number % 45 - thread} for number in range(500)]
        return sum(reader.match(facts) != oracle.match(facts) for facts in customers)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(mistakes, range(8))) == [0] * 8


# When the engine fails -----------------------------------------------------------------------------------------------


def _once(monkeypatch: pytest.MonkeyPatch, name: str, misbehave: Any) -> None:
    """Let one function of the engine misbehave at its next call, and work from then on."""
    real = getattr(engine, name)

    def patched(*args: Any) -> Any:
        monkeypatch.setattr(engine, name, real)
        return misbehave(real, *args)

    monkeypatch.setattr(engine, name, patched)


def _raise(*_: Any) -> Any:
    raise RuntimeError("out of memory")


def _raise_after(real: Any, *args: Any) -> Any:
    real(*args)
    raise RuntimeError("out of memory")


def _code_5(*_: Any) -> Any:
    return 5, None


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The engines that were deleted so far."""
    handles: list[Any] = []
    real = engine.delete_ruleset

    def delete(handle: Any) -> Any:
        handles.append(handle)
        return real(handle)

    monkeypatch.setattr(engine, "delete_ruleset", delete)
    return handles


@pytest.mark.parametrize("warm", [True, False])
def test_another_code_is_an_error_and_the_next_match_is_right(
    monkeypatch: pytest.MonkeyPatch, given_up: list[Any], warm: bool
) -> None:
    reader = durable.DurableBackend(FOUR)
    assert not warm or reader.match({"a": 9}) == set(FOUR)
    _once(monkeypatch, "assert_fact", _code_5)
    with pytest.raises(RuntimeError, match="durable-rules answered 5"):
        reader.match({"a": 3})
    assert len(given_up) == 1
    assert [reader.match({"a": value}) for value in (0, 3, 9)] == [set(), {"over-1", "over-2"}, set(FOUR)]
    assert len(given_up) == 1


@pytest.mark.parametrize("misbehave", [_raise, _raise_after])
@pytest.mark.parametrize(
    "name", ["assert_fact", "start_action_for_state", "complete_and_start_action", "retract_fact", "create_ruleset"]
)
def test_an_engine_that_fails_half_way_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch, name: str, misbehave: Any
) -> None:
    rules: dict[str, Condition] = {**FOUR, **{f"rule-{number}": line("b", ">", number) for number in range(100)}}
    reader, oracle = durable.DurableBackend(rules), plain.PlainBackend(rules)
    _once(monkeypatch, name, misbehave)
    with pytest.raises(RuntimeError, match="out of memory"):
        reader.match({"a": 9, "b": 9})
    for facts in ({"a": 2, "b": 90}, {"a": 9}, {}, {"b": 200}):
        assert reader.match(facts) == oracle.match(facts)


def test_an_error_in_one_thread_does_not_disturb_another(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = durable.DurableBackend(FOUR)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(reader.match, {"a": 9}).result() == set(FOUR)
        _once(monkeypatch, "assert_fact", _code_5)
        with pytest.raises(RuntimeError):
            reader.match({"a": 9})
        assert other.submit(reader.match, {"a": 3}).result() == {"over-1", "over-2"}
    assert reader.match({"a": 9}) == set(FOUR)
