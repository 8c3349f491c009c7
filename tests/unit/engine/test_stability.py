"""docs/stability.md, row by row: what stands on the page is what happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from ruamel.yaml import YAML
from standing.engine.measures import aggregate
from standing.engine.measures import empty as no_buckets
from standing.engine.ratings import is_review, next_level_state, next_review, would_become
from standing.engine.state import LevelState, Memory
from standing.rules.author.sources import StabilitySource
from standing.rules.frozen import Title
from standing.rules.ruleset import Rating, Stability, Stratum
from standing.rules.timeline import Timeline
from standing.values.days import Day, day_in, day_number

from tests.make import strategies as made
from tests.make.strategies import every, line
from tests.make.support import ROOT

LEVELS = ("bronze", "silver", "gold", "platinum")
PAGE = (ROOT / "docs" / "stability.md").read_text()
type Row = dict[str, str]


def sections() -> Iterator[tuple[str, str]]:
    """Each stability block of the page with the text that follows it."""
    parts = re.split(r"```yaml\n(stability: .*?)\n(?:.*\n)*?```\n", PAGE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def rows(text: str, first_column: str) -> Iterator[Row]:
    """The rows of the first table whose first column has this name."""
    lines = text[text.index(f"| {first_column} |") :].splitlines()
    names = cells(lines[0])
    for row in lines[2:]:
        if not row.startswith("|"):
            return
        yield dict(zip(names, cells(row), strict=True))


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split("|")]


def stability(text: str) -> Stability:
    written: Any = YAML(typ="safe").load(text)["stability"]
    return Stability(**StabilitySource(**written).model_dump())


def rating(block: Stability) -> Rating:
    never = every(line("nothing", ">", 0))
    return Rating(
        name="tier",
        title=Title(en="Tier", zh="等级"),
        levels=LEVELS,
        qualify=dict.fromkeys(LEVELS[1:], never),
        stability=block,
    )


def days(row: Row, block: Stability) -> list[Day]:
    """Review days, other days, or both, as the row says."""
    if block.review == "daily":
        return [day_number(date(2026, 5, 13))]
    review, other = day_number(date(2026, 4, 1)), day_number(date(2026, 5, 13))
    return {"review": [review], "other": [other], "any": [review, other]}[row["day"]]


TRANSITIONS = [(block, row) for block, text in sections() if "| level |" in text for row in rows(text, "level")]


def test_the_page_has_its_tables() -> None:
    assert len(TRANSITIONS) >= 39


@pytest.mark.parametrize(("block", "row"), TRANSITIONS, ids=[" ".join(row.values()) for _, row in TRANSITIONS])
def test_a_row_of_the_table(block: str, row: Row) -> None:
    settings = stability(block)
    for day in days(row, settings):
        grace = None if row["grace left"] == "–" else day + int(row["grace left"])
        before = None if row["level"] == "none" else LevelState(row["level"], day - int(row["held for"]), grace)
        hits = set() if row["holds today"] == "nothing" else {"tier/" + row["holds today"].replace(" ", "/")}
        after = next_level_state(rating(settings), before, hits, day)
        level, _, left = row["then"].partition(", grace ")
        assert (after.level, after.grace_until) == (level, day + int(left) if left else None)
        kept = before is not None and before.level == level
        assert after.since == (before.since if before and kept else day)


def test_a_year_of_one_customer() -> None:
    story = PAGE[PAGE.index("## A year of one customer") :]
    block, _ = next(sections())
    tier = made.rating(
        "tier",
        ["bronze", "silver", "gold"],
        {"silver": every(line("spend", ">=", 10_000)), "gold": every(line("spend", ">=", 20_000))},
        {"silver": every(line("spend", ">=", 8_000)), "gold": every(line("spend", ">=", 15_000))},
    ).model_copy(update={"stability": stability(block)})
    ruleset = made.ruleset([made.feature("spend", "sum", made.NET, over=90)], Stratum(ratings=(tier,)))
    events = [made.purchase(day_in(row["day"]), row["amount"], row["day"]) for row in rows(story, "day")]
    buckets = aggregate(no_buckets(ruleset), events, ruleset)
    told = story[story.index("| day | tier |") :]
    rules, first, last = Timeline.of(ruleset), events[0].day, day_in("2026-12-31")
    year = made.every_day(rules, lambda _: buckets, Memory(), first, last, busy={first})
    lived = {day.day: day.closed.levels["tier"] for day in year}
    for row in rows(told, "day"):
        held = lived[day_in(row["day"])]
        grace = None if row["grace until"] == "–" else day_in(row["grace until"])
        assert (row["day"], held.level, held.grace_until) == (row["day"], row["tier"], grace)


@pytest.mark.parametrize(
    ("review", "day", "following"),
    [
        ("daily", "2026-02-28", "2026-03-01"),
        ("monthly", "2026-01-01", "2026-02-01"),
        ("monthly", "2026-12-31", "2027-01-01"),
        ("quarterly", "2026-01-01", "2026-04-01"),
        ("quarterly", "2026-11-30", "2027-01-01"),
        ("yearly", "2026-01-01", "2027-01-01"),
    ],
)
def test_the_next_review(review: Any, day: str, following: str) -> None:
    assert next_review(review, day_in(day)) == day_in(following)
    assert is_review(review, day_in(following))


def test_what_a_level_would_become() -> None:
    tier = rating(Stability(review="monthly", grace=30, fall="one-level"))
    assert would_become(tier, LevelState("gold", 0), {"tier/qualify/platinum"}) == "platinum"
    assert would_become(tier, LevelState("gold", 0), {"tier/retain/gold"}) == "gold"
    assert would_become(tier, LevelState("gold", 0), set()) == "silver"
    assert would_become(tier, LevelState("bronze", 0), set()) == "bronze"


def test_without_an_order_the_first_match_counts() -> None:
    never = every(line("nothing", ">", 0))
    stage = Rating(
        name="stage",
        title=Title(en="Stage", zh="阶段"),
        ordered=False,
        levels=("new", "active", "lost"),
        qualify={"new": never, "active": never},
    )
    assert next_level_state(stage, None, {"stage/qualify/active", "stage/qualify/new"}, 5) == LevelState("new", 5)
    assert next_level_state(stage, LevelState("new", 5), {"stage/qualify/active"}, 9) == LevelState("active", 9)
    assert next_level_state(stage, LevelState("active", 9), {"stage/qualify/active"}, 12) == LevelState("active", 9)
    assert next_level_state(stage, LevelState("active", 9), set(), 30) == LevelState("lost", 30)
