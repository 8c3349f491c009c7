"""Summary of a night: each bucket's report is stored as a part; the summary adds them and names all errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

import orjson

from standing.aws.contention import Attempts
from standing.aws.lake_bucket import ABSENT, ASIDE, Lake, StoredObject
from standing.lake.buckets import Buckets, buckets_of
from standing.lake.layout import INCOMING, number_in, partition
from standing.lake.runs import unfinished
from standing.nightly.metrics.samples import merge_samples
from standing.nightly.metrics.samples import without_customer as groups_without
from standing.nightly.metrics.sums import add_all
from standing.nightly.planned import plan_of
from standing.report.model import (
    COUNTS,
    BucketReport,
    Oddity,
    Report,
    ScoreModel,
    Seconds,
    UnfinishedRun,
    Used,
    bucket_json,
    counts_of,
    faults_json,
    report_json,
)
from standing.report.upgrade import read_bucket, read_faults, read_model, read_report
from standing.values.faults import Fault

DONE = ("moved", "commits", "decisions", "conflicts")  # by one run or by another; what else is counted, both find
TRIES = 10  # of a report that another run of the same night writes at the same time
NAMED = 100
PASSED_ON = 50  # objects named from one step of the night to the next, whose input is limited to 256 KB
LONGEST = 400  # characters of an object's error
REPORT = re.compile(r"^nights/(\d{4}-\d{2}-\d{2})\.json$")


def keep_part(lake: Lake, report: BucketReport) -> None:
    """Keep the report of one bucket's night: from then on the bucket is done for that day.

    If another run of the same night did the bucket, too, the two reports are merged. Raises TooContended.
    """
    Attempts(TRIES).run(partial(_merge_part, lake, part_key(report.day, report.bucket), report))


def _merge_part(lake: Lake, key: str, report: BucketReport) -> None:
    stored = lake.get(key)
    whole = report if stored is ABSENT else merge_runs(read_bucket(stored.body), report)
    lake.replace(key, bucket_json(whole), stored.etag)


def merge_runs(first: BucketReport, second: BucketReport) -> BucketReport:
    """A bucket's report of two runs of one night: each wrote what the other did not, and both found the same."""
    mine, yours = counts_of(first), counts_of(second)
    counts: dict[str, Any] = {
        name: mine[name] + yours[name] if name in DONE else max(mine[name], yours[name]) for name in COUNTS
    }
    return replace(
        second,
        **counts,
        different=_both(first.different, second.different),
        incomplete=_both(first.incomplete, second.incomplete),
        moved_now=merge_samples([first.moved_now, second.moved_now]),
        wrong=first.wrong | second.wrong,
        odd=first.odd | second.odd,
        started=min(first.started, second.started),
        ended=max(first.ended, second.ended),
        seconds=first.seconds + second.seconds,
        used=_used([first, second]),
    )


def with_work_of(report: BucketReport, other: BucketReport) -> BucketReport:
    """A bucket's report, and what was done in a run that left no report of its own, since its bucket was split."""
    done: dict[str, Any] = {name: counts_of(report)[name] + counts_of(other)[name] for name in DONE}
    return replace(
        report,
        **done,
        moved_now=merge_samples([report.moved_now, other.moved_now]),
        started=min(report.started, other.started),
        seconds=report.seconds + other.seconds,
        used=_used([report, other]),
    )


def _both[T](first: list[T], second: list[T]) -> list[T]:
    return first + [item for item in second if item not in first]


def keep_failure(lake: Lake, day: str, number: int, why: Fault) -> None:
    """Keep why a bucket failed; it is told of unless the bucket is done later."""
    lake.put(f"nights/failed/{day}/{partition(number)}.json", faults_json({partition(number): why}))


def part_key(day: str, number: int) -> str:
    """The key of a bucket's report."""
    return f"nights/{day}/{partition(number)}.json"


def parts(lake: Lake, day: str) -> dict[int, str]:
    """The keys of a day's bucket reports, by bucket."""
    return {number_in(key): key for key in lake.keys(f"nights/{day}/")}


def findings_passed_on(wrong: Mapping[str, Fault]) -> dict[str, dict[str, Any]]:
    """What is wrong with some objects, as far as the next step can be told: the first, and how many more."""
    some = {key: why.shortened(LONGEST) for key, why in list(wrong.items())[:PASSED_ON]}
    more = len(wrong) - len(some)
    findings = some | ({ASIDE: Fault("more-set-aside", {"count": more})} if more else {})
    return {key: asdict(why) for key, why in findings.items()}


@dataclass(frozen=True)
class NightSteps:
    """What the steps of a night before its sum came to: its day and buckets, what was set aside, and the model."""

    day: str
    known: Sequence[int]
    wrong: Mapping[str, Fault] = field(default_factory=dict)
    model: ScoreModel = field(default_factory=ScoreModel)


def steps_of(lake: Lake, output: Mapping[str, Any]) -> NightSteps:
    """The same of what the state machine hands on: `planned`, `wrong` and `model`, each by the step of that name."""
    planned = plan_of(lake, output["planned"])
    return NightSteps(planned.day, planned.known, read_faults(output["wrong"]), read_model(output["model"]))


def summarise(lake: Lake, steps: NightSteps) -> Report:
    """The report of a night; a bucket that is known and left no report has failed."""
    day = steps.day
    keys, dealt_out = parts(lake, day), buckets_of(lake)
    failed = sorted(number for number in steps.known if not is_done(number, keys.keys(), dealt_out))
    counted = (number for number in sorted(keys) if not _is_below(number, keys.keys()))
    stored = lake.get_all(keys[number] for number in counted)
    report = add_reports(day, [read_bucket(one.body) for _, one in stored], failed)
    wrong = report.wrong | _causes(lake, day, failed) | {**steps.wrong}
    backfills = [UnfinishedRun(one.run, one.state, one.began) for one in unfinished(lake, day)]
    return replace(report, wrong=wrong, model=steps.model, backfills=backfills)


def is_done(number: int, done: Set[int], dealt_out: Buckets) -> bool:
    """Whether a bucket left its report: itself, or those that it was split into, or the one that it was split from."""
    below = dealt_out.leaves(number)
    return number in done or _is_below(number, done) or (bool(below) and done >= {*below})


def _is_below(number: int, numbers: Set[int]) -> bool:
    """Whether one of some buckets was split into a bucket and others."""
    return any(number >> more in numbers for more in range(1, number.bit_length()))


def _causes(lake: Lake, day: str, failed: Sequence[int]) -> dict[str, Fault]:
    """Why buckets failed, or some that they were split into, as far as it was kept."""
    kept = {key: number_in(key) for key in lake.keys(f"nights/failed/{day}/")}
    keys = [key for key, number in kept.items() if number in failed or _is_below(number, set(failed))]
    failures = [read_faults(orjson.loads(stored.body)) for _, stored in lake.get_all(keys)]
    return {name: why for one in failures for name, why in one.items()}


def conclude(
    lake: Lake, steps: NightSteps, complete: Callable[[Report], Report], show: Callable[[Report], None]
) -> Report:
    """Summarise a night, complete the report, show it and store it; again if another run stored its own meanwhile.

    Objects that an earlier run quarantined stay in the report, because no later run can find them. Raises TooContended.
    """
    return Attempts(TRIES).run(partial(_conclude_once, lake, steps, complete, show))


def _conclude_once(
    lake: Lake, steps: NightSteps, complete: Callable[[Report], Report], show: Callable[[Report], None]
) -> Report:
    before = lake.get(report_key(steps.day))
    completed = complete(summarise(lake, steps))
    report = replace(completed, wrong=completed.wrong | _set_aside_before(before))
    show(report)
    lake.replace(report_key(steps.day), report_json(report), before.etag)
    return report


def _set_aside_before(before: StoredObject) -> dict[str, Fault]:
    wrong = read_report(before.body).wrong if before.body else {}
    return {key: why for key, why in wrong.items() if key.startswith(f"{INCOMING}/")}


def add_reports(day: str, buckets: Sequence[BucketReport], failed: Iterable[int] = ()) -> Report:
    """One report of many: counts, failed buckets, differences and damaged files, each list of bounded length."""
    every = [counts_of(one) for one in buckets]
    counts: dict[str, Any] = {name: sum(one[name] for one in every) for name in COUNTS}
    report = Report(
        day,
        **counts,
        buckets=len(buckets),
        failed_buckets=sorted(failed),
        different=list(chain.from_iterable(one.different for one in buckets))[:NAMED],
        incomplete=list(chain.from_iterable(one.incomplete for one in buckets))[:NAMED],
        wrong={key: why for one in buckets for key, why in one.wrong.items()},
        odd=_odd(buckets),
        figures=add_all(one.figures for one in buckets),
        groups=merge_samples(some for one in buckets for some in (one.groups, one.moved_now)),
    )
    return _with_run(report, buckets) if buckets else report


def _odd(buckets: Iterable[BucketReport]) -> dict[str, Oddity]:
    """What is odd in the first bucket that has it, and in how many more."""
    odd: dict[str, Oddity] = {}
    for report in buckets:
        for name, what in report.odd.items():
            there = odd.get(name)
            others = 0 if there is None or there.others is None else there.others + 1
            odd[name] = replace(there or what, bucket=there.bucket if there else report.bucket, others=others)
    return dict(list(odd.items())[:NAMED])


def _with_run(report: Report, buckets: Sequence[BucketReport]) -> Report:
    """With when the buckets were worked on, and what they used."""
    seconds = [one.seconds for one in buckets]
    return replace(
        report,
        rules=buckets[-1].rules,
        started=min(one.started for one in buckets),
        ended=max(one.ended for one in buckets),
        seconds=Seconds(max(seconds), round(sum(seconds), 3)),
        used=_used(buckets),
    )


def _used(buckets: Sequence[BucketReport]) -> Used:
    names = ("gb_seconds", "write_units", "read_units")
    return Used(*(round(sum(getattr(one.used, name) for one in buckets), 3) for name in names))


def report_key(day: str) -> str:
    """The key of a night's report."""
    return f"nights/{day}.json"


def page_key(day: str, language: str) -> str:
    """The key of a night's report as a page."""
    return f"nights/{day}.{language}.html"


def days_reported(lake: Lake) -> list[str]:
    """The days with a report, in ascending order."""
    return sorted(match[1] for key in lake.keys("nights/") if (match := REPORT.match(key)))


def without_customer(report: Report, customer: str) -> Report:
    """A night's report that does not name a customer. What it counts stays."""
    groups = None if report.groups is None else groups_without(report.groups, customer)
    return replace(report, **_names_without(report, customer), groups=groups)


def bucket_without_customer(part: BucketReport, customer: str) -> BucketReport:
    """The same of a bucket's."""
    groups, moved = (groups_without(some, customer) for some in (part.groups, part.moved_now))
    return replace(part, **_names_without(part, customer), groups=groups, moved_now=moved)


def _names_without(report: Report | BucketReport, customer: str) -> dict[str, Any]:
    return {
        "different": [one for one in report.different if one.customer != customer],
        "incomplete": [name for name in report.incomplete if name != customer],
        "odd": {name: what for name, what in report.odd.items() if what.customer != customer},
    }


def keep_report(lake: Lake, report: Report) -> str:
    """Keep a night's report; its key."""
    key = report_key(report.day)
    lake.put(key, report_json(report))
    return key
