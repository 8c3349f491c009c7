"""`standing scores`: a model from an event file, shown, and the events that are due; mistakes are answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from standing.cli.app import app
from standing.values.days import day_date
from typer.testing import CliRunner, Result

from tests.make import cdnow


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["scores", *map(str, words)])


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sold") / "purchases.jsonl"
    rows = cdnow.purchases().filter(cdnow.purchases()["customer"] < "00400").iter_rows()
    file.write_text("\n".join(_line(number, *row) for number, row in enumerate(rows)))
    return file


def _line(number: int, customer: str, day: int, cents: int) -> str:
    detail = {"id": f"p{number}", "customer": customer, "time": f"{day_date(day)}T12:00:00-05:00"}
    detail |= {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "USD"}
    return json.dumps({"source": "cdnow", "detail-type": "purchase.v1", "detail": detail})


def test_a_model_is_learnt_shown_and_said_once(sold: Path, tmp_path: Path) -> None:
    model, said = tmp_path / "model.json", tmp_path / "said.jsonl"
    fitted = run("fit", sold, "--as-of", "1997-09-30", "--out", model)
    assert fitted.exit_code == 0, fitted.output
    assert "399 /" in fitted.output
    assert "评分模型" in run("show", model, "--lang", "zh").output
    assert json.loads(run("show", model, "--json").output)["horizon"] == 90
    first = run("due", model, sold, "--as-of", "1997-09-30").output
    assert len(first.splitlines()) == 4 * 399
    said.write_text(sold.read_text() + "\n" + first)
    assert run("due", model, said, "--as-of", "1997-09-30").output == ""
    later = [
        json.loads(line)["detail"] for line in run("due", model, said, "--as-of", "1998-03-31").output.splitlines()
    ]
    assert {one["name"] for one in later} >= {"churn"}
    assert {one["time"][:10] for one in later} == {"1998-03-31"}


@pytest.mark.parametrize(
    ("line", "as_of", "said"),
    [
        ("", "yesterday", "a date such as 2026-03-01"),
        ("", "1996-01-01", "0 customers bought on a second day"),
        ("\nnonsense", "1997-09-30", "is not JSON"),
        (
            '\n{"source": "s", "detail-type": "purchase.v1", "detail": {"id": "1"}}',
            "1997-09-30",
            "is not a purchase.v1",
        ),
    ],
)
def test_what_gives_no_model_is_answered(sold: Path, tmp_path: Path, line: str, as_of: str, said: str) -> None:
    file, model = tmp_path / "file.jsonl", tmp_path / "model.json"
    file.write_text(sold.read_text() + line)
    answer = run("fit", file, "--as-of", as_of, "--out", model)
    assert said in f"{answer.output} {answer.exception}".replace("\n", " ")
    assert answer.exit_code == 1
    assert not model.exists()
