"""The durable-rules backend: the event path's matcher. It uses only the library's C extension.

It is a stateless matcher of one fact. Each workaround for a trap of the library has a comment. The library's Host, with
its timer threads and swallowed exceptions, is not used.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import durable_rules_engine as engine
import orjson

from standing.rules.conditions import Atom, Branch, Condition, Fact, branches

type Facts = Mapping[str, Fact]
type Alternative = tuple[str, Branch]

SHARD = 60  # 65 matching branches give error 303, 256 on one property crash the process
MOST_FACTS = 120  # each may be used twice, as known and unknown; 252 properties of a fact give error 302
MATCHED, NOTHING_MATCHED = 0, 1
SAME = {"sid": "0", "id": "0"}  # one session and one message id: more than 1,024 sessions is a MemoryError
SENTINEL = {"k": 1}  # first in every branch: it excludes the engine's own state message
ANSWER, QUOTE = '{"r', '"'  # how an answer begins, and what ends the rule's name in it
VERBS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


class DurableBackend:
    """Finds the named conditions that a set of facts satisfies. An unknown fact is absent from `facts`.

    Threads take turns, because threads that use an engine at once get wrong answers.
    """

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        self.shards = [
            Shard(part) for part in _shards((name, one) for name, tree in rules.items() for one in branches(tree))
        ]
        self._handles: dict[int, Any] = {}
        self._turn = threading.Lock()

    def match(self, facts: Facts) -> frozenset[str]:
        """The names of the rules that hold."""
        hits: list[str] = []
        with self._turn:
            for number in range(len(self.shards)):
                hits += self._hits(number, facts)
        return frozenset(hits)

    def _hits(self, number: int, facts: Facts) -> list[str]:
        shard, handle = self.shards[number], self._handle(number)
        message = shard.message(facts)
        try:
            code, state = engine.assert_fact(handle, message)
            if code not in {MATCHED, NOTHING_MATCHED}:
                raise RuntimeError(f"durable-rules answered {code}")
            hits = [shard.owners[rule] for rule in _drain(handle, state)] if code == MATCHED else []
            engine.retract_fact(handle, message)
        except BaseException:  # after any error the engine may have half a match: rebuild it
            self._handles.pop(number, None)
            engine.delete_ruleset(handle)
            raise
        return hits

    def _handle(self, number: int) -> Any:  # noqa: ANN401 -- an opaque handle of the C extension
        if number not in self._handles:
            self._handles[number] = engine.create_ruleset(f"rules{number}", self.shards[number].definition)
        return self._handles[number]


class Shard:
    """As many branches as fit into one engine, with short names for the facts they compare.

    Short names are needed because the engine hashes names to 32 bits and reads a dot as nesting.
    """

    def __init__(self, alternatives: list[Alternative]) -> None:
        self.owners = {str(number): name for number, (name, _) in enumerate(alternatives)}
        atoms = [atom for _, branch in alternatives for atom in branch]
        self.known = _short("f", (atom.fact for atom in atoms if atom.op != "unknown"))
        self.doubted = _short("u", (atom.fact for atom in atoms if atom.op == "unknown"))
        rules = {f"r{number}": self._rule(branch) for number, (_, branch) in enumerate(alternatives)}
        self.definition = orjson.dumps(rules).decode()

    def message(self, facts: Facts) -> str:
        """The facts as one message for the engine."""
        fields = {**SENTINEL, **SAME, **{short: facts[fact] for fact, short in self.known.items() if fact in facts}}
        # "Unknown" is a separate fact, because the engine's "not exists" also matches the engine's own messages.
        if self.doubted:
            fields |= {short: int(fact not in facts) for fact, short in self.doubted.items()}
        return orjson.dumps(fields).decode()

    def _rule(self, branch: Branch) -> dict[str, Any]:
        return {"all": [{"m": {"$and": [SENTINEL, *map(self._comparison, branch)]}}]}

    def _comparison(self, atom: Atom) -> dict[str, Any]:
        if atom.op == "unknown":
            return {self.doubted[atom.fact]: atom.value}
        equation = {self.known[atom.fact]: atom.value}
        return equation if atom.op == "==" else {VERBS[atom.op]: equation}


def _shards(alternatives: Iterable[Alternative]) -> Iterator[list[Alternative]]:
    shard: list[Alternative] = []
    asked: set[str] = set()
    for name, branch in alternatives:
        facts = {atom.fact for atom in branch}
        if shard and (len(shard) == SHARD or len(asked | facts) > MOST_FACTS):
            yield shard
            shard, asked = [], set()
        shard.append((name, branch))
        asked |= facts
    if shard:
        yield shard


def _short(letter: str, facts: Iterable[str]) -> dict[str, str]:
    return {fact: f"{letter}{number}" for number, fact in enumerate(dict.fromkeys(facts))}


def _drain(handle: Any, state: Any) -> Iterator[str]:  # noqa: ANN401 -- opaque handles of the C extension
    """The numbers of the rules that match, as text.

    An answer has one rule, with all facts in JSON again: `{"r12":{"m":{…}}}`. Only the name is read, for there are as
    many answers as hits, and they are all alike.
    """
    _, matched = engine.start_action_for_state(handle, state)
    while matched:
        yield matched[len(ANSWER) : matched.index(QUOTE, len(ANSWER))]
        matched = engine.complete_and_start_action(handle, state)
