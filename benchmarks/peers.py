"""The peers: zen-engine in each of its forms, and bare durable-rules, on the same rules and facts.

Each peer gets the facts in its best form. Neither that conversion nor reading its answer is timed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import durable_rules_engine as engine
import orjson
import zen
from standing.rules.timeline import Timeline

from benchmarks.core_calls import Facts, alternatives

type Evaluate = Callable[[Any], Any]
type Hits = Callable[[Any], frozenset[str]]
type Line = tuple[str, str, Any]
type Alternatives = Sequence[tuple[str, Sequence[Line]]]
type Part = dict[str, Any]

VERBS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
KEY = "rules"


@dataclass(frozen=True)
class Peer:
    """A peer: `evaluate` is timed, `facts` makes its input, and `hits` reads the rules that hold from its answer."""

    facts: Callable[[Facts], Any]
    evaluate: Evaluate
    hits: Hits = frozenset

    def match(self, facts: Facts) -> frozenset[str]:
        """The names of the rules that hold."""
        return self.hits(self.evaluate(self.facts(facts)))


# durable-rules ----------------------------------------------------------------------------------------------------


def bare_durable(rules: Timeline) -> Peer:
    """The C extension in the simplest working loop: assert, take the matches one by one, retract."""
    owners = [name for name, _ in alternatives(rules)]
    definition = {f"r{number}": _bare_rule(lines) for number, (_, lines) in enumerate(alternatives(rules))}
    handle = engine.create_ruleset("bare", json.dumps(definition))

    def evaluate(facts: dict[str, Any]) -> list[str]:
        message = orjson.dumps(facts).decode()
        code, state = engine.assert_fact(handle, message)
        hits: list[str] = []
        if code == 0:
            _, matched = engine.start_action_for_state(handle, state)
            while matched:
                hits += [owners[int(name[1:])] for name in orjson.loads(matched)]
                matched = engine.complete_and_start_action(handle, state)
        engine.retract_fact(handle, message)
        return hits

    return Peer(lambda facts: {**_flat(facts), "sid": "0", "id": "0"}, evaluate)


def _bare_rule(lines: Sequence[Line]) -> Part:
    parts = [{_name(fact): value} if op == "==" else {VERBS[op]: {_name(fact): value}} for fact, op, value in lines]
    return {"all": [{"m": {"$and": parts} if len(parts) > 1 else parts[0]}]}


# zen-engine -------------------------------------------------------------------------------------------------------


def zen_decisions(rules: Timeline) -> dict[str, Peer]:
    """Every form of a zen decision, each called in both ways.

    `created`: `create_decision` once, then `evaluate` on the decision. `loaded`: the engine's static loader, then
    `evaluate` by key. `loaded` is much faster: in 2.1.3 `ZenDecision.evaluate` starts two threads each time.
    """
    lines = alternatives(rules)
    forms = {
        "table": (_table(lines), _rows_hit),
        "table_of_columns": (_table_of_columns(lines), _rows_hit),
        "expressions": (_expressions(lines), _keys_hit([name for name, _ in lines])),
        "switch": (_switch(lines), _keys_hit([name for name, _ in lines])),
    }
    return {
        f"{form}_{way}": Peer(_flat, hold(graph), _of_result(hits))
        for form, (graph, hits) in forms.items()
        for way, hold in (("loaded", _loaded), ("created", _created))
    }


def zen_expression(rules: Timeline) -> Peer:
    """Zen's fastest evaluation, which is not a decision: one compiled expression that lists which lines hold."""
    lines = alternatives(rules)
    compiled = zen.compile_expression("[" + ", ".join(f"({_text(branch)})" for _, branch in lines) + "]")
    names = [name for name, _ in lines]

    def hits(answer: list[bool]) -> frozenset[str]:
        return frozenset(name for name, holds in zip(names, answer, strict=True) if holds)

    return Peer(_flat, compiled.evaluate, hits)


def _of_result(hits: Hits) -> Hits:
    return lambda answer: hits(answer["result"])


def _loaded(graph: Part) -> Evaluate:
    loader: Any = {"type": "static", "content": {KEY: graph}}
    evaluate = zen.ZenEngine({"loader": loader}).evaluate
    return lambda facts: evaluate(KEY, facts)


def _created(graph: Part) -> Evaluate:
    return zen.ZenEngine().create_decision(json.dumps(graph)).evaluate


def _table(lines: Alternatives) -> Part:
    """A decision table with one column of whole conditions."""
    rows = [
        {"_id": f"r{number}", "i": _text(branch), "o": json.dumps(name)} for number, (name, branch) in _count(lines)
    ]
    return _graph(_table_node([{"id": "i", "name": "when", "field": ""}], rows))


def _table_of_columns(lines: Alternatives) -> Part:
    """A decision table with a column for each fact. Two lines on one fact share a cell."""
    facts = list(dict.fromkeys(_name(fact) for _, branch in lines for fact, _, _ in branch))
    columns = [{"id": f"i-{fact}", "name": fact, "field": fact} for fact in facts]
    rows = [
        {"_id": f"r{number}", **{f"i-{fact}": _cell(branch, fact) for fact in facts}, "o": json.dumps(name)}
        for number, (name, branch) in _count(lines)
    ]
    return _graph(_table_node(columns, rows))


def _cell(branch: Sequence[Line], fact: str) -> str:
    return " and ".join(f"{op} {json.dumps(value)}" for name, op, value in branch if _name(name) == fact)


def _table_node(inputs: list[Part], rows: list[Part]) -> Part:
    outputs = [{"id": "o", "name": "rule", "field": "rule"}]
    content = {"hitPolicy": "collect", "inputs": inputs, "outputs": outputs, "rules": rows}
    return _node("decisionTableNode", content)


def _expressions(lines: Alternatives) -> Part:
    return _graph(_node("expressionNode", {"expressions": _keyed((f"r{n}", _text(b)) for n, (_, b) in _count(lines))}))


def _switch(lines: Alternatives) -> Part:
    """A collecting switch, with a leaf for each statement."""
    names = [f"r{number}" for number, _ in _count(lines)]
    statements = [{"id": f"r{number}", "condition": _text(branch)} for number, (_, branch) in _count(lines)]
    node = _node("switchNode", {"hitPolicy": "collect", "statements": statements})
    leaves = [_node("expressionNode", {"expressions": _keyed([(name, "true")])}, f"leaf-{name}") for name in names]
    graph = _graph(node)
    graph["nodes"] += leaves
    graph["edges"] = [_edge("in", "mid")]
    graph["edges"] += [_edge("mid", f"leaf-{name}") | {"sourceHandle": name} for name in names]
    graph["edges"] += [_edge(f"leaf-{name}", "out") for name in names]
    return graph


def _graph(middle: Part) -> Part:
    ends = [_node("inputNode", {}, "in"), middle, _node("outputNode", {}, "out")]
    return {"nodes": ends, "edges": [_edge("in", "mid"), _edge("mid", "out")]}


def _node(kind: str, content: Part, name: str = "mid") -> Part:
    return {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}, "content": content}


def _edge(source: str, target: str) -> Part:
    return {"id": f"{source}-{target}", "type": "edge", "sourceId": source, "targetId": target}


def _keyed(expressions: Any) -> list[Part]:  # noqa: ANN401 -- pairs of a key and its expression
    return [{"id": key, "key": key, "value": value} for key, value in expressions]


def _rows_hit(result: list[dict[str, str]]) -> frozenset[str]:
    return frozenset(row["rule"] for row in result)


def _keys_hit(names: list[str]) -> Hits:
    return lambda result: frozenset(names[int(key[1:])] for key, holds in result.items() if holds)


def _text(branch: Sequence[Line]) -> str:
    return " and ".join(f"{_name(fact)} {op} {json.dumps(value)}" for fact, op, value in branch)


def _count(lines: Alternatives) -> Iterator[tuple[int, tuple[str, Sequence[Line]]]]:
    return iter(enumerate(lines))


# Names ------------------------------------------------------------------------------------------------------------


def _flat(facts: Facts) -> dict[str, Any]:
    """The facts under names without dots and dashes, which have a meaning for both peers."""
    return {_name(fact): value for fact, value in facts.items()}


def _name(fact: str) -> str:
    return fact.replace(".", "__").replace("-", "_")
