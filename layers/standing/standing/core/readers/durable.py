"""The durable-rules reader: the event path's matcher, on the library's C extension alone.

It is used as a stateless matcher of one fact. Each trap it walks round is named where it is walked round; the
library's Host, with its timer threads and swallowed exceptions, is not used.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from itertools import batched
from typing import Any

import durable_rules_engine as engine
import orjson

from standing.core.conditions import Atom, Branch, Condition, branches

type Facts = Mapping[str, int]

SHARD = 60  # 65 matching branches give error 303, 256 on one property crash the process
MATCHED, NOTHING_MATCHED = 0, 1
SAME = {"sid": "0", "id": "0"}  # one session and one message id: more than 1,024 sessions is a MemoryError
SENTINEL = {"k": 1}  # first in every branch: it keeps out the engine's own state message
VERBS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}


class Reader:
    """Says which of some named conditions a set of facts satisfies. An unknown fact is absent from `facts`.

    Each thread builds its own engine, because threads that share one get wrong answers.
    """

    def __init__(self, rules: Mapping[str, Condition]) -> None:
        alternatives = [(name, branch) for name, tree in rules.items() for branch in branches(tree)]
        self.owners = [name for name, _ in alternatives]
        atoms = [atom for _, branch in alternatives for atom in branch]
        known = dict.fromkeys(atom.fact for atom in atoms if atom.op != "unknown")
        doubted = dict.fromkeys(atom.fact for atom in atoms if atom.op == "unknown")
        # Short names of our own: the engine hashes names to 32 bits, and reads a dot as nesting.
        self.known = {fact: f"f{number}" for number, fact in enumerate(known)}
        self.doubted = {fact: f"u{number}" for number, fact in enumerate(doubted)}
        self.definitions = [self._definition(shard) for shard in batched(enumerate(alternatives), SHARD)]
        self._local = threading.local()

    def match(self, facts: Facts) -> frozenset[str]:
        """The names of the rules that hold."""
        message = self._message(facts)
        return frozenset(
            self.owners[hit] for shard in range(len(self.definitions)) for hit in self._hits(shard, message)
        )

    def _definition(self, shard: tuple[tuple[int, tuple[str, Branch]], ...]) -> str:
        rules = {f"r{number}": self._rule(branch) for number, (_, branch) in shard}
        return orjson.dumps(rules).decode()

    def _rule(self, branch: Branch) -> dict[str, Any]:
        return {"all": [{"m": {"$and": [SENTINEL, *map(self._comparison, branch)]}}]}

    def _comparison(self, atom: Atom) -> dict[str, Any]:
        if atom.op == "unknown":
            return {self.doubted[atom.fact]: atom.value}
        equation = {self.known[atom.fact]: atom.value}
        return equation if atom.op == "==" else {VERBS[atom.op]: equation}

    def _message(self, facts: Facts) -> str:
        fields: dict[str, Any] = SENTINEL | SAME
        fields |= {short: facts[fact] for fact, short in self.known.items() if fact in facts}
        # Being unknown is a fact of its own, because the engine's "not exists" also matches its own messages.
        fields |= {short: int(fact not in facts) for fact, short in self.doubted.items()}
        return orjson.dumps(fields).decode()

    def _hits(self, shard: int, message: str) -> Iterator[int]:
        handle = self._handle(shard)
        try:
            code, state = engine.assert_fact(handle, message)
            if code == MATCHED:
                yield from _drain(handle, state)
            elif code != NOTHING_MATCHED:
                raise RuntimeError(f"durable-rules answered {code}")
            engine.retract_fact(handle, message)
        except BaseException:  # whatever it was, the engine may hold half a match: build it anew
            self._handles().pop(shard, None)
            engine.delete_ruleset(handle)
            raise

    def _handles(self) -> dict[int, Any]:
        if not hasattr(self._local, "handles"):
            self._local.handles = {}
        handles: dict[int, Any] = self._local.handles
        return handles

    def _handle(self, shard: int) -> Any:  # noqa: ANN401 -- an opaque handle of the C extension
        handles = self._handles()
        if shard not in handles:
            handles[shard] = engine.create_ruleset(f"rules{shard}", self.definitions[shard])
        return handles[shard]


def _drain(handle: Any, state: Any) -> Iterator[int]:  # noqa: ANN401 -- opaque handles of the C extension
    _, matched = engine.start_action_for_state(handle, state)
    while matched:
        yield from (int(name[1:]) for name in orjson.loads(matched))
        matched = engine.complete_and_start_action(handle, state)
