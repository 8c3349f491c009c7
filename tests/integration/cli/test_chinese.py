"""What commands answer in Chinese holds no English sentence, whatever is wrong with what they were given."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.cli import app
from standing.cli.help import TYPER
from standing.engine.decide import decide
from standing.rules.timeline import Timeline
from typer import rich_utils

from tests.make.chinese import english_sentences
from tests.make.support import NOW, ROOT, envelope, purchase, taken

BY_HAND = {
    **{"id": "o-1", "customer": "c-1", "rating": "tier", "level": "gold", "expires": f"{NOW:%Y-%m-%d}"},
    **{"author": "staff-1", "reason": "好意"},
}
FILES = {  # what stands in a file that is not what it should be
    "words.jsonl": b"nonsense\n",
    "events.jsonl": json.dumps(envelope("purchase.v1", {"id": "1"})).encode() + b'\n{"a": 1, "a": 2}\n[1]\n',
    "good.jsonl": json.dumps(purchase(1)).encode(),
    "unpacked.jsonl.gz": b"plain text",
    "rows.csv": b"a;b\n1;2\n",
    "latin.csv": "id,näme\n1,ä\n".encode("latin-1"),
    "rows.parquet": b"PAR1 and no more",
    "rows.xlsx": b"no ZIP file",
    "model.json": b'{"hash": "1"}',
    "broken.yaml": b"source: [\n",
    "unknown.yaml": b"sauce: shop\n",
    "half.yaml": b"source: shop\nevents: {}\n",
    "pattern.yaml": b"source: shop\nevent: purchase.v1\ncustomer: a\nskip: {column: a, matches: '('}\n",
}
OF_FILES = """
send words.jsonl
send events.jsonl
send nowhere.jsonl
send folder
send unpacked.jsonl.gz
audit words.jsonl
audit nowhere.jsonl
scores fit words.jsonl --as-of 2026-01-01 --out m
scores fit events.jsonl --as-of 2026-01-01 --out m
scores fit good.jsonl --as-of 2026-01-01 --out m
scores fit good.jsonl --as-of yesterday --out m
scores fit folder --as-of 2026-01-01 --out m
scores show model.json
scores show rows.csv
scores show folder
scores show nowhere.json
backfill nowhere.jsonl --check
backfill words.jsonl --check
backfill rows.csv --check
backfill rows.csv --check --mapping broken.yaml
backfill rows.csv --check --mapping unknown.yaml
backfill rows.csv --check --mapping half.yaml
backfill rows.csv --check --mapping pattern.yaml
backfill rows.csv --check --mapping folder
backfill rows.csv --check --mapping nowhere.yaml
backfill rows.parquet --propose
backfill rows.xlsx --propose
backfill latin.csv --propose
backfill folder --check
backfill folder --propose
backfill rows.csv --until someday
backfill rows.csv --stop-at much
rules impact --base nowhere
rules impact --population rows.parquet
rules impact --population folder
rules comment --out nowhere/page.md --population rows.csv
rules show --out folder
rules check --rules nowhere
rules check --rules rows.csv
init folder --trade shop
init rows.csv --trade shop
local status
"""
OF_A_STACK = """
show nobody
show c-1
explain nobody
explain c-1
explain c-1 --as-of 2026-02-01
explain c-1 --known-on 2020-01-01
export nobody
export c-1 --out folder
rebuild nobody
rebuild c-1
scenario record nobody
scenario record c-1
list 'tier is'
list 'teir is gold'
list 'tier is golden'
list tier
list --live --columns tier
list 'tier is gold' --live
list --live --sort nothing
list --live --columns nothing
list --live --moved nothing
list --live --moved 'gold → silver'
list --live --csv nowhere/list.csv
list care
list care --status open
trend tier
trend nothing
report
report --day 2026-01-01
rejected list
rejected drop nothing
rejected drop --reason nothing
rejected export folder
dead-letters list
dead-letters drop nothing
lake gaps
lake compact
outbox replay --since 2026-01-01
backfill --list
backfill --retract nothing
"""
OF_RULES = {  # what is wrong in a folder of rules
    "yaml": ("programme.yaml", b"currency: [EUR\n"),
    "word": ("programme.yaml", b"currency: EUR\ntime_zone: UTC\nnothing: 1\n"),
    "bytes": ("programme.yaml", b"\xff\xfe\x00"),
    "feature": ("features.yaml", b"x:\n  title: {en: x, zh: x}\n  count: purchases\n"),
    "rating": ("ratings/tier.yaml", b"tier:\n  levels: [a, b]\n  qualify: {b: spend >= 1}\n"),
    "story": ("scenarios/odd.yaml", b"- scenario: odd\n  story:\n    - on: 2026\n      purchse: {}\n"),
}

type Say = Callable[[str], str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wrong files, in a programme of its own."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def stored(target: Target, customers: Customers, rules: Timeline) -> None:
    """A customer in the table of a stack."""
    assert target
    by_hand = envelope("override.v1", BY_HAND | {"time": NOW.isoformat()})
    events = taken(rules.latest, purchase(1, amount="900.00"), by_hand)
    customers.commit(None, decide(None, events, rules, NOW), events, rules, NOW)


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """What a command answers in Chinese, on both streams; the line of its usage is no sentence."""
    for name in ("highlighter", *TYPER.texts):  # which a command puts into another language
        monkeypatch.setattr(rich_utils, name, getattr(rich_utils, name))
    monkeypatch.setenv("COLUMNS", "300")

    def said(words: str) -> str:
        monkeypatch.setenv("STANDING_LANG", "zh")
        monkeypatch.setattr(sys, "argv", ["standing", *shlex.split(words)])
        with pytest.raises(SystemExit):
            app.main()
        return "".join(capsys.readouterr())

    return said


@pytest.mark.parametrize("words", OF_FILES.strip().splitlines())
def test_a_wrong_file_is_told_in_chinese(words: str, say: Say) -> None:
    assert english_sentences(say(words)) == []


@pytest.mark.parametrize("words", OF_A_STACK.strip().splitlines())
def test_what_a_stack_has_is_told_in_chinese(words: str, say: Say) -> None:
    assert english_sentences(say(words)) == []


@pytest.mark.parametrize("wrong", OF_RULES)
def test_wrong_rules_are_told_in_chinese(wrong: str, say: Say, folder: Path) -> None:
    place, content = OF_RULES[wrong]
    (folder / "rules" / place).write_bytes(content)
    for command in ("check", "test"):
        answer = say(f"rules {command}")
        assert place in answer or (command == "check" and wrong == "story")  # which is none of its business
        assert english_sentences(answer) == []
