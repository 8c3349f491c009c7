"""Forgetting a customer: wherever it is named at once, and in the lake at its next compaction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson

from standing.aws.lake_bucket import Lake
from standing.aws.stack import Target
from standing.aws.table import Customers
from standing.backfill.work_folders import forget_in_work, is_in_work
from standing.customers.export import export, rows_in
from standing.lake.buckets import buckets_of
from standing.lake.layout import bits_of, bucket_of, retracted_prefix
from standing.lake.tombstones import write_tombstone
from standing.nightly.summary import (
    bucket_without_customer,
    days_reported,
    keep_report,
    page_key,
    parts,
    report_key,
    without_customer,
)
from standing.present.report.page import page
from standing.release.shadow import shadow_of
from standing.release.store import rules_of
from standing.report.model import bucket_json
from standing.report.upgrade import read_bucket, read_report
from standing.rules.ruleset import Ruleset
from standing.values.catalogue import LANGUAGES
from standing.values.errors import UserError


class Forgotten(NamedTuple):
    """Where a customer was: rows deleted by stack, and how many reports of nights and backfills named it."""

    rows: dict[str, int]
    reports: int
    backfills: int


def rows_known(target: Target, root: Path, customer: str) -> tuple[int, int]:
    """How many rows there are of a customer, in the table and in the lake.

    Raises UserError where there is nothing, in the working folders below `root` neither.
    """
    there = rows_in(export(target.customers, target.lake, customer))
    if not any(there) and not is_in_work(root, customer):
        raise UserError("nothing is stored about `{customer}`: there is nothing to forget", customer=customer)
    return there


def forget_everywhere(target: Target, root: Path, customer: str) -> Forgotten:
    """Forget a customer in the stack, in the shadow beside it, and wherever else it is named. Can be repeated."""
    shadow = shadow_of(target)
    places = [target, shadow] if shadow.status() else [target]
    rows = {place.stack: forget(place.customers, target.lake, customer) for place in places}
    reports = forget_in_reports(target.lake, rules_of(target).latest, customer)
    return Forgotten(rows, reports, forget_in_backfills(target.lake, customer) + forget_in_work(root, customer))


def forget(customers: Customers, lake: Lake, customer: str) -> int:
    """Delete a customer's rows, write a tombstone to the lake, and refuse their events from now on.

    Returns the number of rows deleted. Can be repeated after an interruption.
    """
    write_tombstone(lake, customers.salt, customer)
    return customers.forget(customer)


def forget_in_reports(lake: Lake, ruleset: Ruleset, customer: str) -> int:
    """Delete a customer from the reports and pages of nights that name them. Returns the number of nights.

    Can be repeated after an interruption.
    """
    return sum(_forget_in_report(lake, ruleset, day, customer) for day in days_reported(lake))


def forget_in_backfills(lake: Lake, customer: str) -> int:
    """Delete a customer from the marks of retracted backfills. Returns how many of them named the customer."""
    keys = [key for number in buckets_of(lake).holding(customer) for key in lake.keys(retracted_prefix(number))]
    return sum(_forget_in_mark(lake, key, customer) for key in keys)


def _forget_in_mark(lake: Lake, key: str, customer: str) -> bool:
    mark = orjson.loads(lake.get(key).body)
    others = [conflict for conflict in mark["conflicts"] if conflict["customer"] != customer]
    if named := len(others) < len(mark["conflicts"]):
        lake.put(key, orjson.dumps(mark | {"conflicts": others}))
    return named


def _forget_in_report(lake: Lake, ruleset: Ruleset, day: str, customer: str) -> bool:
    """Whether a night named the customer. The report comes last: by it the night is found again."""
    own = [key for number, key in parts(lake, day).items() if bucket_of(customer, bits_of(number)) == number]
    in_parts = sum(_forget_in_part(lake, key, customer) for key in own)
    report = _without(lake, report_key(day), read_report, without_customer, customer)
    if report:
        for language in LANGUAGES:
            lake.put(page_key(day, language), page(report, ruleset, language).encode())
        keep_report(lake, report)
    return in_parts > 0 or report is not None


def _forget_in_part(lake: Lake, key: str, customer: str) -> bool:
    part = _without(lake, key, read_bucket, bucket_without_customer, customer)
    if part:
        lake.put(key, bucket_json(part))
    return part is not None


def _without[T](
    lake: Lake, key: str, read: Callable[[bytes], T], without: Callable[[T, str], T], customer: str
) -> T | None:
    """A report without the customer; none where it does not name them, or is none."""
    try:
        found = read(lake.get(key).body)
    except ValueError:
        return None
    mended = without(found, customer)
    return None if mended == found else mended
