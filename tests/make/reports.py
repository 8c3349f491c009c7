"""Reports of synthetic nights: an ordinary one, a bad one, and the first one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from standing.report.model import Difference, Figures, Group, Groups, Levels, Report, ScoreModel, Seconds, Used
from standing.rules.ruleset import Ruleset
from standing.values.faults import Fault
from standing.values.segments import SEGMENTS

DAY = date(2026, 11, 25)


def first(day: date = DAY) -> Report:
    """The report of a first night, in which most figures are unknown."""
    return Report(str(day), customers=0)


def ordinary(ruleset: Ruleset) -> Report:
    """An ordinary night of 2,469 customers."""
    figures = _figures(ruleset, Random(7))
    return Report(
        str(DAY),
        customers=2469,
        stirred=131,
        moved=118,
        commits=118,
        decisions=164,
        conflicts=3,
        reconciled=1205,
        buckets=256,
        figures=figures,
        groups=_groups(),
        rules="9a46fe51ecb4",
        started="2026-11-26T09:30:04+00:00",
        ended="2026-11-26T09:31:17+00:00",
        seconds=Seconds(slowest_bucket=3.4, all_buckets=322.6),
        used=Used(gb_seconds=947.7, write_units=1180.0, read_units=236.0),
        model=ScoreModel("5ac1dbb41e04f0", "2026-11-02"),
        trend=_nights(figures.levels, Random(11)),
    )


def bad(ruleset: Ruleset) -> Report:
    """A night with many faults."""
    report = ordinary(ruleset)
    groups = _groups() | {
        "moved/lifecycle/loyal/slipping": Group(1, ["<i>hh-9</i>"]),
        "expired/win-back": Group(1, ["c-3"]),
        "expired/service-recovery": Group(11, [f"c-{number}" for number in range(10, 20)]),
    }
    quality = report.figures.quality
    del quality["shop"][str(DAY - timedelta(days=1))]
    quality["shop"][str(DAY)]["rejected"] = 400
    report.figures.drift["2026-10"]["ratings"]["tier"] = {"platinum": 900, "bronze": 100}
    different = [
        Difference("<b>c-1</b>", 20_000, "spend_365d", "12300", "12400"),
        Difference("c-2", 20_000, "orders_90d", "3", None),
    ]
    wrong = {
        "bucket=017": Fault("not-whole", {"error": "ComputeError"}).at("records/…"),
        "incoming/<x>.parquet": Fault("column-missing", {"column": "<y>"}).handled("set-aside", aside="aside/<x>"),
    }
    return replace(
        report,
        buckets=254,
        failed_buckets=[17, 201],
        differences=2,
        different=different,
        busy=1,
        incomplete=["c-9"],
        incomplete_customers=31,
        wrong=wrong,
        groups=groups,
    )


def _groups() -> Groups:
    return {
        "moved/tier/gold/silver": Group(12, [f"hh-{number}" for number in range(1000, 1010)]),
        "moved/tier/silver/gold": Group(2, ["hh-1142", "hh-7"]),
        "moved/lifecycle/loyal/slipping": Group(1, ["hh-9"]),
    }


def _nights(levels: Levels, chance: Random) -> dict[str, Levels]:
    """The levels of thirty nights, one of them missing; those of the last night are `levels`."""
    days = [DAY - timedelta(days=back) for back in range(29, 0, -1) if back != 12]
    near = {
        str(day): {
            name: {level: max(0, count + chance.randint(-9, 9)) for level, count in some.items()}
            for name, some in levels.items()
        }
        for day in days
    }
    return near | {str(DAY): levels}


def _figures(ruleset: Ruleset, chance: Random) -> Figures:
    levels = {name: _shares(rating.levels, 2469, chance) for name, rating in ruleset.ratings.items()}
    then = {name: _shares(rating.levels, 2400, chance) for name, rating in ruleset.ratings.items()}
    month = {"ratings": {"tier": dict(levels["tier"])}, "features": {"orders_90d": {"0": 300, "2^1": 900, "2^2": 1200}}}
    return Figures(
        levels=levels,
        moves={"2026-10": {name: _moves(rating.levels, chance) for name, rating in ruleset.ratings.items()}},
        changes={name: {"0": 1800, "1": 500, "2": 120, "3+": 49} for name in levels},
        after={"2026-07": {name: _after(counts) for name, counts in then.items()}},
        drift={
            "now": month,
            "2026-10": {
                "ratings": {"tier": dict(levels["tier"])},
                "features": {"orders_90d": {"0": 400, "2^1": 900, "2^2": 1100}},
            },
        },
        rfm={
            r: {fm: {"customers": chance.randint(5, 220), "spend": 90_000 * int(fm) * int(r)} for fm in "12345"}
            for r in "12345"
        },
        segments={code: chance.randint(20, 400) for code in SEGMENTS.texts},
        churn={str(tenth): 900 // (tenth + 1) for tenth in range(10)},
        care={
            "1d": {"upper-tier-complaint": {"sent": 3, "held/holdout": 1}, "win-back": {"sent": 12, "missed": 1}},
            "30d": {
                "upper-tier-complaint": {"sent": 41, "held/holdout": 5, "done": 30, "expired": 4},
                "win-back": {"sent": 310, "missed": 9, "held/consent": 55, "held/contact-cap": 21, "declined": 17},
            },
        },
        quality={
            "shop": {str(DAY - timedelta(days=n)): _arrived(chance) for n in range(30)},
            "synthetic": {str(DAY - timedelta(days=n)): {"events": 9} for n in range(0, 30, 9)},
        },
        refunds={
            "shop": {"refunds": 412, "unnamed": 17, "unknown": 3},
            "synthetic": {"refunds": 40, "unnamed": 0, "unknown": 0},
        },
    )


def _arrived(chance: Random) -> dict[str, int]:
    return {"events": chance.randint(300, 600), "late": chance.randint(0, 9), "duplicates": 12, "rejected": 1}


def _shares(levels: tuple[str, ...], customers: int, chance: Random) -> dict[str, int]:
    parts = [chance.randint(1, 9) for _ in levels]
    counts = [customers * part // sum(parts) for part in parts]
    counts[0] += customers - sum(counts)
    return dict(zip(levels, counts, strict=True))


def _moves(levels: tuple[str, ...], chance: Random) -> dict[str, dict[str, int]]:
    stays = {was: {was: chance.randint(200, 700)} for was in levels}
    for was, now in itertools.pairwise(levels):
        stays[was][now] = chance.randint(5, 90)
        stays[now][was] = chance.randint(1, 30)
    return stays | {"": {levels[0]: 41}}


def _after(counts: dict[str, int]) -> dict[str, dict[str, int]]:
    return {
        level: {"customers": many, "buyers": many * (n + 2) // 9, "orders": 3 * many, "complaints": many // 40}
        | {"spend": many * 9_100 * (n + 1)}
        for n, (level, many) in enumerate(counts.items())
    }
