"""One schema of what is remembered: the codec, the lake's rows and the columns of the batch are made of it."""

from __future__ import annotations

from typing import Any

import polars as pl
from standing.engine.codec import pack, pack_checkpoint, unpack, unpack_checkpoint
from standing.engine.state import Checkpoint, LevelState, Memory, State
from standing.lake.rows import MEMORY, frame, memory_row
from standing.rescoring.memories import memories_of
from standing.rescoring.memory import frame_of, schema

from tests.make.frames import memory_of
from tests.make.support import real_ruleset

WHOLE = Memory(
    levels={"tier": LevelState("gold", 20_000, 20_030), "churn": LevelState("low", 19_990)},
    due={"call": 19_900},
    shown={"tier": LevelState("silver", 20_001)},
    held_back={"call": {"consent": 19_950, "contact-cap": 19_960}},
    contacts={"email": (19_980, 19_990), "phone": (19_970,)},
)
OPENED = Memory(levels={"tier": LevelState("gold", 20_000)})
STATE = State("c-1", 7, 20_005, "f", (), OPENED, WHOLE)
PACKED = (
    "02929c81a47469657292a4676f6c64cd4e208080808082a5636875726e92a36c6f77cd4e16a47469657293a4676f6c64cd4e"
    "20cd4e3e81a463616c6ccd4dbc81a47469657292a673696c766572cd4e2181a463616c6c82a7636f6e73656e74cd4deeab63"
    "6f6e746163742d636170cd4df882a5656d61696c92cd4e0ccd4e16a570686f6e6591cd4e0282a5636875726ec0a474696572"
    "c081a463616c6cc090"
)
CHECKPOINT = (
    "02929582a5636875726e92a36c6f77cd4e16a47469657293a4676f6c64cd4e20cd4e3e81a463616c6ccd4dbc81a474696572"
    "92a673696c766572cd4e2181a463616c6c82a7636f6e73656e74cd4deeab636f6e746163742d636170cd4df882a5656d6169"
    "6c92cd4e0ccd4e16a570686f6e6591cd4e0290"
)
ROW = {
    "levels": [
        {"rating": "tier", "level": "gold", "since": 20_000, "grace_until": 20_030},
        {"rating": "churn", "level": "low", "since": 19_990, "grace_until": None},
    ],
    "shown": [{"rating": "tier", "level": "silver", "since": 20_001, "grace_until": None}],
    "due": [{"care": "call", "day": 19_900}],
    "held_back": [
        {"care": "call", "gate": "consent", "day": 19_950},
        {"care": "call", "gate": "contact-cap", "day": 19_960},
    ],
    "contacts": [
        {"channel": "email", "day": 19_980},
        {"channel": "email", "day": 19_990},
        {"channel": "phone", "day": 19_970},
    ],
}
CELLS: dict[str, Any] = {
    "contacts/email": [19_980, 19_990],
    "contacts/phone": [19_970],
    "due/call": 19_900,
    "held/call/consent": 19_950,
    "held/call/contact-cap": 19_960,
    "levels/churn/level": "low",
    "levels/churn/since": 19_990,
    "levels/tier/grace": 20_030,
    "levels/tier/level": "gold",
    "levels/tier/since": 20_000,
    "shown/tier/level": "silver",
    "shown/tier/since": 20_001,
}


def test_a_state_and_a_checkpoint_are_packed_as_they_were() -> None:
    assert pack(STATE).hex() == PACKED
    assert unpack(pack(STATE), customer="c-1", version=7, day=20_005, features_hash="f") == STATE
    end = Checkpoint(20_005, "f", (), WHOLE)
    assert pack_checkpoint(end).hex() == CHECKPOINT
    assert unpack_checkpoint(pack_checkpoint(end), day=20_005, features_hash="f") == end


def test_a_memory_is_a_row_of_the_lake_as_it_was() -> None:
    assert memory_row(WHOLE) == ROW
    assert [*memory_row(WHOLE)] == [*ROW]
    assert str(MEMORY) == (
        "Struct({'levels': List(Struct({'rating': String, 'level': String, 'since': Int32, 'grace_until': Int32})),"
        " 'shown': List(Struct({'rating': String, 'level': String, 'since': Int32, 'grace_until': Int32})),"
        " 'due': List(Struct({'care': String, 'day': Int32})),"
        " 'held_back': List(Struct({'care': String, 'gate': String, 'day': Int32})),"
        " 'contacts': List(Struct({'channel': String, 'day': Int32}))})"
    )


def test_a_memory_is_columns_as_it_was_from_the_table_and_from_the_lake() -> None:
    found = frame_of([("c-1", 20_005, WHOLE)], {})
    assert found.columns == ["customer", "day", *CELLS]
    assert found.drop("customer", "day").row(0, named=True) == CELLS
    texts = [name for name, kind in found.schema.items() if kind == pl.String]
    assert texts == ["customer", "levels/churn/level", "levels/tier/level", "shown/tier/level"]
    row = {"customer": "c-1", "version": 7, "day": 20_005, "opened": memory_row(OPENED), "closed": ROW}
    stored = frame("states", [row])
    assert memories_of(stored, {}).equals(found)
    assert memories_of(stored, {}, "opened").columns[2:] == ["levels/tier/level", "levels/tier/since"]
    assert memory_of(found.row(0, named=True)) == WHOLE


def test_the_columns_of_a_ruleset_stand_in_the_order_that_is_stored() -> None:
    names = [*schema(real_ruleset())]
    parts = ("level", "since", "grace")
    assert names[:6] == [f"{kept}/lifecycle/{part}" for kept in ("levels", "shown") for part in parts]
    firsts = [name.split("/")[0] for name in names]
    assert sorted({*firsts}, key=firsts.index) == ["levels", "shown", "due", "held", "contacts"]
    held = [name for name in names if name.startswith("held/")]
    assert held[:2] == [f"held/{held[0].split('/')[1]}/{gate}" for gate in ("consent", "contact-cap")]
