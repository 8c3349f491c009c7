"""What a night came to: each bucket's report is kept as a part; summing up adds them, and names everything wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson

from standing.aws.lake_bucket import ABSENT, Lake, StoredObject
from standing.aws.rules_bucket import PreconditionFailed
from standing.lake.layout import INCOMING, number_in, partition
from standing.lake.runs import unfinished
from standing.nightly.metrics.samples import merge_samples
from standing.nightly.metrics.samples import without_customer as groups_without
from standing.nightly.metrics.sums import add_all

COUNTS = (
    *("customers", "stirred", "moved", "gone", "busy", "commits", "decisions", "conflicts"),
    *("reconciled", "differences", "scores", "incomplete_customers"),
)
DONE = ("moved", "commits", "decisions", "conflicts")  # by one run or by another; what else is counted, both find
NAMES = ("different", "incomplete")
GROUPS = ("groups", "moved_now")  # by the lake, which both find, and by what a run decides itself
USED = ("gb_seconds", "write_units", "read_units")
NAMED = 100
PASSED_ON = 50  # objects that are named from one step of the night to the next, which takes 256 KB
LONGEST = 400  # characters of what is wrong with one of them
REPORT = re.compile(r"^nights/(\d{4}-\d{2}-\d{2})\.json$")

type Report = dict[str, Any]


def keep_part(lake: Lake, report: Report) -> None:
    """Keep the report of one bucket's night: from then on the bucket is done for that day.

    Where another run of the same night did the bucket too, what both did is told together.
    """
    key = part_key(report["day"], report["bucket"])
    while True:
        stored = lake.get(key)
        whole = report if stored is ABSENT else merge_runs(orjson.loads(stored.body), report)
        with suppress(PreconditionFailed):  # the other was faster: its report is there now
            return lake.replace(key, orjson.dumps(whole), stored.etag)


def merge_runs(one: Report, other: Report) -> Report:
    """A bucket's report of two runs of one night: each wrote what the other did not, and both found the same."""
    found = {name: max(one.get(name, 0), other.get(name, 0)) for name in COUNTS}
    done = {name: one.get(name, 0) + other.get(name, 0) for name in DONE}
    named = {name: one[name] + [item for item in other[name] if item not in one[name]] for name in NAMES}
    wrong = {name: one.get(name, {}) | other.get(name, {}) for name in ("wrong", "odd")}
    named["moved_now"] = merge_samples(run.get("moved_now", {}) for run in (one, other))
    return other | found | done | named | wrong | _run([one, other]) | {"seconds": one["seconds"] + other["seconds"]}


def keep_failure(lake: Lake, day: str, number: int, why: str) -> None:
    """Keep why a bucket failed; it is told of unless the bucket is done later."""
    lake.put(f"nights/failed/{day}/{partition(number)}.json", orjson.dumps({f"bucket {number:03d}": why}))


def part_key(day: str, number: int) -> str:
    """The key of a bucket's report."""
    return f"nights/{day}/{partition(number)}.json"


def parts(lake: Lake, day: str) -> dict[int, str]:
    """The keys of the reports that there are of a day, by bucket."""
    return {number_in(key): key for key in lake.keys(f"nights/{day}/")}


def findings_passed_on(wrong: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with some objects, as far as the next step can be told: the first, and how many more."""
    some = {key: why[:LONGEST] for key, why in list(wrong.items())[:PASSED_ON]}
    more = len(wrong) - len(some)
    return some | ({f"{more:,} more objects": "set aside as well, under `aside/`"} if more else {})


def summarise(lake: Lake, planned: Mapping[str, Any]) -> Report:
    """The report of a night that was planned; a bucket that is known and left no report has failed."""
    day = planned["day"]
    keys = parts(lake, day)
    failed = sorted(set(planned["known"]) - keys.keys())
    report = add_reports(day, _read(lake, [keys[number] for number in sorted(keys)]), failed)
    causes = [key for key in lake.keys(f"nights/failed/{day}/") if number_in(key) in failed]
    for cause in _read(lake, causes):
        report["wrong"] |= cause
    report["wrong"] |= planned.get("wrong", {})
    return report | {"model": planned.get("model", {}), "backfills": unfinished(lake, day)}


def conclude(
    lake: Lake, planned: Mapping[str, Any], complete: Callable[[Report], Report], show: Callable[[Report], None]
) -> Report:
    """The report of a night, completed, shown and kept; anew where another run of the night kept its own meanwhile.

    What an earlier run set aside of what came in stays named: no later one can find it again.
    """
    while True:
        before = lake.get(report_key(planned["day"]))
        report = complete(summarise(lake, planned))
        report["wrong"] |= _set_aside_before(before)
        show(report)
        with suppress(PreconditionFailed):
            lake.replace(report_key(planned["day"]), _text(report), before.etag)
            return report


def _set_aside_before(before: StoredObject) -> dict[str, str]:
    wrong = orjson.loads(before.body)["wrong"] if before.body else {}
    return {key: why for key, why in wrong.items() if key.startswith(f"{INCOMING}/")}


def _read(lake: Lake, keys: Iterable[str]) -> list[Report]:
    return [orjson.loads(stored.body) for _, stored in lake.get_all(keys)]


def add_reports(day: str, buckets: Iterable[Report], failed: Iterable[int] = ()) -> Report:
    """One report of many: counts, failed buckets, differences and damaged files, each list of bounded length."""
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    different: list[Report] = []
    incomplete: list[str] = []
    wrong: dict[str, str] = {}
    odd: dict[str, list[str]] = {}
    buckets = list(buckets)
    for one in buckets:
        counts.update({name: one.get(name, 0) for name in COUNTS})  # one of before has not all
        different += one["different"]
        incomplete += one["incomplete"]
        wrong |= one["wrong"]
        for name, what in one.get("odd", {}).items():
            odd.setdefault(name, []).append(f"{what} (bucket {one['bucket']:03d}")
    return {
        "day": day,
        **counts,
        "buckets": len(buckets),
        "failed_buckets": sorted(failed),
        "different": different[:NAMED],
        "incomplete": incomplete[:NAMED],
        "wrong": wrong,
        "odd": {name: _of_many(found) for name, found in list(odd.items())[:NAMED]},
        "figures": add_all(one.get("figures", {}) for one in buckets),
        "groups": merge_samples(one.get(name, {}) for one in buckets for name in GROUPS),
        **_run(buckets),
    }


def _of_many(found: list[str]) -> str:
    """What is odd in the first of some buckets, and in how many more."""
    others = f", and the like in {len(found) - 1:,} others" if len(found) > 1 else ""
    return f"{found[0]}{others})"


def _run(buckets: Sequence[Report]) -> Report:
    """When the buckets were worked on, and what they used."""
    if not buckets:
        return {}
    seconds = [one["seconds"] for one in buckets]
    return {
        "rules": buckets[-1]["rules"],
        "started": min(one["started"] for one in buckets),
        "ended": max(one["ended"] for one in buckets),
        "seconds": {"slowest_bucket": max(seconds), "all_buckets": round(sum(seconds), 3)},
        "used": {name: round(sum(one["used"][name] for one in buckets), 3) for name in USED},
    }


def report_key(day: str) -> str:
    """The key of a night's report."""
    return f"nights/{day}.json"


def page_key(day: str, language: str) -> str:
    """The key of a night's report as a page."""
    return f"nights/{day}.{language}.html"


def days_reported(lake: Lake) -> list[str]:
    """The days of which there is a report, rising."""
    return sorted(match[1] for key in lake.keys("nights/") if (match := REPORT.match(key)))


def without_customer(report: Report, customer: str) -> Report:
    """A report, of a bucket or of all, that does not name a customer. What it counts stays."""
    odd = report.get("odd", {})
    return report | {
        "different": [one for one in report["different"] if one["customer"] != customer],
        "incomplete": [name for name in report["incomplete"] if name != customer],
        "odd": {name: what for name, what in odd.items() if name != f"customer {customer}"},
        **{name: groups_without(report[name], customer) for name in GROUPS if name in report},
    }


def keep_report(lake: Lake, report: Report) -> str:
    """Keep a night's report; its key."""
    key = report_key(report["day"])
    lake.put(key, _text(report))
    return key


def _text(report: Report) -> bytes:
    return orjson.dumps(report, option=orjson.OPT_INDENT_2)
