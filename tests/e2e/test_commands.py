"""The commands as people type them, against the deployed template."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from standing.aws.stack import Target

from tests.make.support import ROOT

pytestmark = pytest.mark.usefixtures("target")


def standing(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("standing")), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


def said(*arguments: str | Path) -> dict[str, Any]:
    """What a command answers as JSON."""
    done = standing(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def sample(name: str) -> Path:
    return ROOT / "events" / name


def test_send_audit_show() -> None:
    for name in ("purchase.v1.json", "refund.v1.json", "feedback.v1.json", "feedback-survey.v1.json"):
        assert standing("send", sample(name)).returncode == 0
        counted = json.loads(standing("audit", sample(name), "--json").stdout)
        assert (counted["applied"], counted["lost"]) == (1, 0)
    shown = json.loads(standing("show", "c-1001", "--json").stdout)
    assert shown["features"]["spend_365d"] == "100.00"
    assert shown["features"]["satisfaction_180d"] in {"0.7500", None}
    assert shown["ratings"]["tier"]["level"] == "bronze"


def test_show_speaks_both_languages() -> None:
    standing("send", sample("purchase.v1.json"))
    assert "Net spend in the last year" in standing("show", "c-1001").stdout
    assert "近一年净消费" in standing("show", "c-1001", "--lang", "zh").stdout


def test_explain_says_what_would_change_a_level_and_answers_mistakes_in_a_sentence() -> None:
    standing("send", sample("purchase.v1.json"))
    said = json.loads(standing("explain", "c-1001", "--json").stdout)
    assert said["ratings"]["tier"]["changes"][0]["plan"]["wanted"][0]["feature"] == "spend_365d"
    assert "To reach Silver" in standing("explain", "c-1001").stdout
    for arguments in (("c-1001", "--as-of", "2001-01-01"), ("nobody",), ("c-1001", "--known-on", "soon")):
        answer = standing("explain", *arguments)
        assert answer.returncode != 0
        assert answer.stderr
        assert "Traceback" not in answer.stderr


def test_lines_that_cannot_be_sent_are_named_and_the_others_go(tmp_path: Path) -> None:
    good = sample("purchase.v1.json").read_text().strip()
    huge = json.dumps({"source": "s", "detail-type": "purchase.v1", "detail": {"id": "x" * 300_000}})
    ours = good.replace("shop.checkout", "standing")
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([good, huge, "{", '{"source": "s"}', "", ours, good]) + "\n")
    result = standing("send", path, "--json")
    assert result.returncode == 1
    sent = json.loads(result.stdout)
    assert (sent["sent"], [line["line"] for line in sent["refused"]]) == (2, [2, 3, 4, 6])
    assert "256" in sent["refused"][0]["why"]
    assert "Traceback" not in result.stderr


def test_what_was_rejected_is_listed_with_its_reason(tmp_path: Path) -> None:
    bad = json.loads(sample("purchase.v1.json").read_text())
    bad["detail"] |= {"id": "listed-1", "currency": "EUR"}
    (tmp_path / "bad.json").write_text(json.dumps(bad))
    held = standing("send", tmp_path / "bad.json")
    assert (held.returncode, "0 events sent" in held.stdout, "wrong-currency" in held.stderr) == (1, True, True)
    assert standing("send", tmp_path / "bad.json", "--anyway").returncode == 0
    listed = json.loads(standing("rejected", "list", "--json").stdout)
    assert [one["field"] for one in listed if one["event_id"] == "listed-1"] == ["detail.currency"]
    assert "listed-1" in standing("rejected", "list").stdout
    assert json.loads(standing("dead-letters", "list", "--json").stdout) == []
    assert standing("dead-letters", "redrive").stdout.startswith("0 messages")
    assert standing("outbox", "replay", "--since", "2999-01-01").stdout.startswith("0 outcomes")
    assert "the state agreed with its events" in standing("rebuild", "c-1001").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "nobody-at-all"), "no customer `nobody-at-all`"),
        (("rebuild", "nobody-at-all"), "no customer `nobody-at-all`"),
        (("send", "no-such-file.jsonl"), "no-such-file.jsonl: No such file"),
        (("audit", "no-such-file.jsonl"), "no-such-file.jsonl: No such file"),
        (("show", "c-1001", "--stack", "elsewhere"), "no stack `elsewhere`"),
    ],
)
def test_mistakes_are_answered_without_a_traceback(arguments: tuple[str, ...], said: str) -> None:
    result = standing(*arguments)
    assert result.returncode == 1
    assert said in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr


def test_the_archive_holds_what_was_sent(target: Target) -> None:
    archive = target.events.describe_archive(ArchiveName="standing-dev")
    assert archive["RetentionDays"] == 30
    assert archive["EventCount"] > 0


def test_an_edit_is_compared_over_the_customers_of_the_table() -> None:
    standing("send", sample("purchase.v1.json"))
    found = said("rules", "impact", "--base", "HEAD", "--population", "table")
    assert found["customers"] >= 1
    assert found["cost_a_day"]["before"] is not None
