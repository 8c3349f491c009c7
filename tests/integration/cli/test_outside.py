"""What came from outside never steers the terminal: planted in every field that can carry it, through every command."""

from __future__ import annotations

import json
import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.backfill import view
from standing.cli import app
from standing.cli import backfill as backfill_commands
from standing.cli import night as night_commands
from standing.engine.decide import decide
from standing.engine.state import LevelState
from standing.impact.population import write
from standing.nightly.execution import Night
from standing.nightly.summary import keep_report
from standing.present.renderers.terminal import plain_text
from standing.release.comparison import Move, RulesSide, compare
from standing.release.comparison_view import comparison_document
from standing.report.model import Oddity
from standing.rules.author.compiler import compile_rules
from standing.rules.timeline import Timeline
from standing.values.catalogue import Language
from standing.values.faults import Fault
from standing.values.messages import message
from standing.values.visible import on_one_line
from typer import Exit
from typer.testing import CliRunner

from tests.make import reports
from tests.make.frames import population_of
from tests.make.support import NOW, ROOT, envelope, purchase, taken

HOSTILE = "[/b][red]\x1b[2J\x9b1mgo\u202ene\u200b:bomb:\r[link=http://x]y[/link]"
SHOWN = on_one_line(HOSTILE)
MARKED = "[/b]:bomb:[red]"  # what the door lets through
LANGUAGES: list[Language] = ["en", "zh"]
STORY = """\
- scenario: hostile
  title: {{en: "{title}", zh: "{title}"}}
  story:
    - on: 2026-01-05
      purchase: {{amount: 1.00}}
      expect: {{tier: gold}}
"""

type Run = Callable[..., str]


def hidden(text: str) -> list[str]:
    return [hex(ord(char)) for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char != "\n"]


def bare(text: str) -> str:
    """A text without what a narrow terminal makes of it: the ends of its lines, and the space and frames at them."""
    return "".join(text.replace("│", "").split())


def check(text: str, *shown: str) -> str:
    """Nothing in it hides, and all of this is in it."""
    assert hidden(text) == []
    for one in shown:
        assert bare(one) in bare(text), one
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules of the clone with a title that steers terminals on everything, and a story that fails."""
    place = tmp_path_factory.mktemp("hostile") / "rules"
    shutil.copytree(ROOT / "rules", place)
    title = json.dumps(HOSTILE)
    for path in place.rglob("*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(titled(line, title) for line in lines) + "\n", encoding="utf-8")
    tier = place / "ratings" / "tier.yaml"
    gold = tier.read_text(encoding="utf-8").replace("spend_365d >= 2000.00", "spend_365d >= 1500.00")
    tier.write_text(gold.replace("spend_365d >= 1600.00", "spend_365d >= 1200.00"), encoding="utf-8")
    kind = f"\nkind_of:\n  title: {{en: {title}, zh: {title}}}\n  latest: profile.segments.kind\n"
    with (place / "features.yaml").open("a", encoding="utf-8") as features:
        features.write(kind)
    (place / "scenarios" / "hostile.yaml").write_text(STORY.format(title=title[1:-1]), encoding="utf-8")
    return place


def titled(line: str, title: str) -> str:
    head, found, _ = line.partition("title: {")
    return f"{head}title: {{en: {title}, zh: {title}}}" if found else line


@pytest.fixture
def rules(folder: Path) -> Timeline:
    return Timeline.of(compile_rules(folder))


@pytest.fixture
def run() -> Run:
    """What a command prints, on either stream."""

    def command(*words: object, code: int | None = 0) -> str:
        result = CliRunner().invoke(app.app, [str(word) for word in words])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert code is None or result.exit_code == code, result.output
        return result.output

    return command


def told(*words: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """What `standing` says where something is wrong."""
    monkeypatch.setattr(sys, "argv", ["standing", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code
    captured = capsys.readouterr()
    return captured.out + captured.err


# Queues -------------------------------------------------------------------------------------------------------------


def test_messages_of_the_queues_are_shown_as_they_are(
    target: Target, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = envelope(HOSTILE, {"id": HOSTILE, "customer": HOSTILE}, source=HOSTILE)
    kept = {"message": json.dumps(event), "reason": HOSTILE, "field": HOSTILE, "expected": f"{HOSTILE}\nnone"}
    for name, body in (("RejectedUrl", kept), ("DeadLettersUrl", event)):
        target.sqs.send_message(QueueUrl=target.outputs[name], MessageBody=json.dumps(body))
    for command, columns in (("rejected", 6), ("dead-letters", 3)):
        said = check(run(command, "list"))
        assert "\\x1b" in said.replace("\n", "")
        (one,) = json.loads(check(run(command, "list", "--json")))
        assert list(one.values()).count(HOSTILE) + (one["expected"] == f"{HOSTILE}\nnone") == columns
    monkeypatch.setenv("COLUMNS", "1000")
    assert len(run("rejected", "list").splitlines()) == 4  # the head, a rule, a line a message, and how many there are


def test_lines_of_event_files_are_refused_and_audited_as_they_are(target: Target, run: Run, tmp_path: Path) -> None:
    assert target
    path = tmp_path / "events [" / "b].jsonl"
    path.parent.mkdir()
    lines = [envelope(HOSTILE, {"id": HOSTILE}, source=HOSTILE), {HOSTILE: HOSTILE}, purchase(1, customer=MARKED)]
    path.write_text("\n".join([*map(json.dumps, lines), HOSTILE]))
    assert "[/b].jsonl" in check(run("send", path, "--no-wait", code=1))
    check(run("send", path, "--no-wait", "--json", code=1))
    check(run("audit", path, code=1))
    check(run("audit", path, "--json", code=1))


# Customers ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def stored(target: Target, customers: Customers, rules: Timeline) -> str:
    """A customer with an id, a segment and decisions that would be markup, of which somebody wrote worse since."""
    segments = {"id": "s-1", "customer": MARKED, "time": NOW.isoformat(), "segments": {"kind": MARKED}}
    events = taken(rules.latest, purchase(1, customer=MARKED, amount="2500.00"), envelope("profile.v1", segments))
    customers.commit(None, decide(None, events, rules, NOW), events, rules, NOW)
    for row in [one for one in customers.rows(MARKED) if "detail" in one and not one["sk"]["S"].startswith("EVENT")]:
        detail = orjson.loads(row["detail"]["S"])
        because = [{**one, "line": HOSTILE, "actual": HOSTILE} for one in detail.get("because", [])]
        worse = {"because": because, **{name: HOSTILE for name in ("to", "rules") if name in detail}}
        row["detail"] = {"S": json.dumps(detail | worse)}
        customers.client.put_item(TableName=customers.table, Item=row)
    assert target.customers.decisions(MARKED)[0]["to"] == HOSTILE
    return MARKED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_and_an_explanation_show_what_is_stored(stored: str, run: Run, folder: Path, language: Language) -> None:
    card = check(run("show", stored, "--rules", folder, "--lang", language), MARKED)
    assert bare(card).count(bare(MARKED)) >= 2  # the id and the segment
    assert "\\x1b" in card
    assert "💣" not in card
    explained = check(run("explain", stored, "--rules", folder, "--lang", language), MARKED)
    assert "\\x1b" in explained


def test_machines_get_everything_that_is_stored(stored: str, run: Run, folder: Path) -> None:
    shown = json.loads(check(run("show", stored, "--rules", folder, "--json")))
    assert shown["features"]["kind_of"] == MARKED
    assert HOSTILE in {one.get("to") for one in shown["decisions"]}
    explained = json.loads(check(run("explain", stored, "--rules", folder, "--json")))
    assert explained["ratings"]["tier"]["announced"]["to"] == HOSTILE
    exported = check(run("export", stored))
    assert HOSTILE in json.dumps(json.loads(exported[: exported.rindex("}") + 1]), ensure_ascii=False).replace(
        "\\u001b", "\x1b"
    ).replace("\\r", "\r")
    check(run("scenario", "record", stored, "--rules", folder))


def test_whoever_is_asked_for_is_named_as_they_are(
    target: Target, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target
    for words in (("show",), ("explain",), ("rebuild",), ("scenario", "record")):
        said = told(*words, HOSTILE, "--rules", folder, capsys=capsys, monkeypatch=monkeypatch)
        check(said, SHOWN)
    check(told("forget", HOSTILE, "--yes", capsys=capsys, monkeypatch=monkeypatch), SHOWN)
    check(told(HOSTILE, capsys=capsys, monkeypatch=monkeypatch), "\\x1b[2J")
    check(told("show", "x", f"--{HOSTILE}", capsys=capsys, monkeypatch=monkeypatch), "\\x1b")
    check(told("send", f"/none/{HOSTILE}", capsys=capsys, monkeypatch=monkeypatch), "\\x1b")


# Nights and the lake -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_reports_gaps_and_damage_are_told_as_they_are(
    target: Target, customers: Customers, run: Run, rules: Timeline, folder: Path, language: Language
) -> None:
    found = reports.bad(rules.latest)
    found.figures.quality[HOSTILE] = found.figures.quality.pop("shop")
    faults = {HOSTILE: Fault(HOSTILE, {HOSTILE: HOSTILE}), **{f"{HOSTILE} told": Fault("told", {"text": HOSTILE})}}
    odd = {HOSTILE: Oddity(Fault("told", {"text": HOSTILE}), source=HOSTILE)}
    keep_report(target.lake, replace(found, rules=HOSTILE, wrong=faults, odd=odd))
    asked = ("report", "--rules", folder, "--lang", language)
    said = check(run(*asked))
    assert bare(SHOWN) in bare(said)
    assert json.loads(check(run(*asked, "--json")))["wrong"][HOSTILE] == {"code": HOSTILE, "values": {HOSTILE: HOSTILE}}
    events = taken(rules.latest, purchase(1, customer=MARKED))
    customers.commit(None, decide(None, events, rules, NOW), events, rules, NOW)
    check(run("lake", "gaps", code=1), MARKED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nights_and_backfills_end_with_is_told_as_it_is(
    language: Language, capsys: pytest.CaptureFixture[str]
) -> None:
    night_commands._print(Night("FAILED", {}, HOSTILE), language)
    check(capsys.readouterr().err, SHOWN)
    reason: dict[str, Any] = {
        "rows": 1,
        "field": HOSTILE,
        "expected": HOSTILE,
        "examples": [{"file": HOSTILE, "row": 1}],
    }
    reason["said"] = message("column `{column}`: expected {expected}", column=HOSTILE, expected=HOSTILE).stored()
    done: dict[str, Any] = dict.fromkeys(view.COUNTED, 0)
    done |= {"reasons": [reason], "aside": [HOSTILE], "refused_rows": HOSTILE, "run": HOSTILE}
    with pytest.raises(Exit):
        backfill_commands._tell(done, language, as_json=False)
    check(capsys.readouterr().err, SHOWN)
    assert check(plain_text(view.refused_document(done, language), 1000)).count(SHOWN) == 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_taken_back_and_listed_is_told_as_it_is(language: Language) -> None:
    conflict = {"customer": HOSTILE, "event": HOSTILE, "kind": "refund"}
    run = {"run": "20260301-1200-aaaaaaaa", "began": "2026-03-01T12:00:00+00:00", "files": [HOSTILE], "state": "begun"}
    told: dict[str, Any] = dict.fromkeys(view.RETRACTED, 0) | {"conflicts": [conflict]}
    here = {"folder": HOSTILE, "command": HOSTILE, "run": run["run"], "dealt": True}
    check(plain_text(view.retraction_document(told, language), 1000), SHOWN)
    check(plain_text(view.runs_document([run | {"counts": {}}], [here], language), 1000), SHOWN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shadow_is_compared_as_it_is(customers: Customers, rules: Timeline, language: Language) -> None:
    now = datetime.now(UTC)
    events = taken(rules.latest, purchase(1, customer=MARKED, amount="2500.00"))
    customers.commit(None, decide(None, events, rules, NOW), events, rules, NOW)
    found = compare(RulesSide(rules, customers), RulesSide(rules, customers))
    reason: Any = {"line": HOSTILE, "holds": True, "actual": HOSTILE}
    move = Move([HOSTILE], {HOSTILE: (reason,)})
    found.moves = {("tier", HOSTILE, "gold"): move}
    found.care = {HOSTILE: (Counter({"requested": 1}), Counter())}
    said = plain_text(comparison_document(found, now.day, language), 80)
    assert bare(check(said)).count("\\x1b") >= 5


# Rules ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_titles_of_rules_are_titles(run: Run, folder: Path, language: Language, tmp_path: Path) -> None:
    spent = {"spend_365d": 160_000, "complaints_90d": 0}
    known = population_of(compile_rules(folder), 20_000, [(HOSTILE, spent, {"tier": LevelState("silver", 0)})])
    write(known, tmp_path / "known.parquet")
    page, comment = tmp_path / "page.html", tmp_path / "comment.md"
    of, to = ("--rules", folder, "--lang", language), ("--base", "HEAD", "--population", tmp_path / "known.parquet")
    check(run("rules", "check", *of, code=None))
    check(run("rules", "check", *of, "--json", code=None))
    assert "\\x1b" in check(run("rules", "test", *of, code=1))
    assert HOSTILE in json.loads(check(run("rules", "test", *of, "--json", code=1)))["scenarios"][-1]["title"].values()
    assert "\\x1b" in check(run("rules", "show", *of))
    assert "\\x1b" in check(run("rules", "show", "--markdown", *of))
    run("rules", "show", *of, "--out", tmp_path / "rules.txt")
    assert "\\x1b" in check((tmp_path / "rules.txt").read_text(encoding="utf-8"))
    assert "\\x1b" in check(run("rules", "impact", *of, *to, "--html", page))
    check(run("rules", "impact", *of, *to, "--json"))
    run("rules", "comment", *of, *to, "--out", comment, code=1)
    assert "\\x1b" in check(comment.read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    assert "\\x1b" in check(text[: text.index("<script>")] + text[text.rindex("<script>") :])


def test_files_of_rules_that_are_wrong_are_told_as_they_are(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "rules"
    shutil.copytree(folder, place)
    tier = place / "ratings" / "tier.yaml"
    text = tier.read_text(encoding="utf-8")
    tier.write_text(text.replace("spend_365d >= 800.00", json.dumps(f"{HOSTILE} >= 1")), encoding="utf-8")
    for command in ("build", "check", "fmt", "show", "test"):
        said = told("rules", command, "--rules", place, capsys=capsys, monkeypatch=monkeypatch)
        assert "ratings/tier.yaml:" in check(said), command
