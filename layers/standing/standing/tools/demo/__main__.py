"""The demo: `make demo`. Real purchases through the deployed template on the local AWS, and what came of them."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from standing.core.days import Day, day_date, day_of, end_of_day
from standing.core.ruleset import Rating, Ruleset
from standing.core.state import Memory
from standing.core.timeline import Timeline
from standing.core.view import view
from standing.report.page import page
from standing.rulebook.compiling import compile_rules
from standing.rulebook.problems import RulesError
from standing.tools.backfill.commands import filled
from standing.tools.customers.showing import card, print_card
from standing.tools.demo.data import SYNTHETIC, best_households, write_demo
from standing.tools.demo.story import follow_complaint
from standing.tools.events.auditing import Audit, audit, peek
from standing.tools.events.listening import await_published, listen
from standing.tools.events.sending import Sent, progress_bar, send
from standing.tools.events.usage import Usage, usage
from standing.tools.live.releasing import release_clone
from standing.tools.local.aws import LocalAws
from standing.tools.night.commands import closed
from standing.tools.night.reporting import kept_report, print_report
from standing.tools.printing import Plain, Text, working
from standing.tools.project import UserError, project_root
from standing.tools.target import Target, local_folder, use_local_aws

MOST_CHANGES = 14
LIVE_DAYS = 14  # what happened since is sent live; what was before is filled back
out = Plain()


@dataclass(frozen=True)
class Happened:
    """What the demo counted: the audit from outside, and the outcomes heard on the bus."""

    audit: Audit
    outcomes: list[dict[str, Any]]
    sent: Sent
    usage: Usage
    ear: str

    @property
    def by_type(self) -> Counter[str]:
        """Outcomes by detail type, each stable id once."""
        return Counter(outcome["detail-type"] for outcome in self.outcomes)


def demo(households: Annotated[int, typer.Option(min=1, help="How many households to sample.")] = 2469) -> None:
    """Start the local AWS, deploy, fill back, send the last weeks live, close the day, and show what came of it."""
    root = project_root()
    rules = Timeline.of(compile_rules(root / "rules"))
    _start(root)
    target, now = Target(), datetime.now(UTC)
    history, live = (root / ".standing" / "demo" / f"{name}.jsonl" for name in ("history", "live"))
    first = _write_events(history, live, households, rules, now)
    _fill_back(target, rules, history, first)
    happened = _send(target, live)
    customer = follow_complaint(target, happened.ear, live.parent, now, out) or _best(history)
    night = _night(target, rules, live.with_name("report.html"))
    _tables(target, rules, happened, now)
    out.print(_care(target, rules.latest))
    print_card(card(target, rules, customer, last=5), "en", out)
    out.print(
        f"Go on: standing --local explain {customer} · standing --local report · standing --local audit "
        f"{live.relative_to(root)} · make down"
    )
    _last_line(happened, night)
    if happened.audit.lost or happened.audit.dead_letters or happened.sent.unsendable or night["failed_buckets"]:
        sys.exit(1)


def _write_events(history: Path, live: Path, households: int, rules: Timeline, now: datetime) -> Day:
    """Write both files; the first day that is sent live."""
    zone_name = rules.latest.programme.time_zone
    first = day_of(now, zone_name) - LIVE_DAYS
    write_demo(history, live, households, zone_name, now, end_of_day(first - 1, zone_name))
    _introduce(history, "to be filled back")
    _introduce(live, "of the last weeks, to be sent live")
    return first


def _best(history: Path) -> str:
    (customer,) = best_households([json.loads(line) for line in history.read_text().splitlines()], 1)
    return customer


def _fill_back(target: Target, rules: Timeline, history: Path, first: Day) -> None:
    filled_back = filled(target, rules, [history], until=str(day_date(first - 1)))
    _done(
        f"{filled_back['events']:,} events of {filled_back['customers']:,} customers filled back in "
        f"{filled_back['seconds']:.0f} s: states, checkpoints and records in the table, everything in the lake; "
        "nothing announced"
    )


def _night(target: Target, rules: Timeline, path: Path) -> dict[str, Any]:
    """Close the last day that is over; the report, also written as a page."""
    ended = closed(target)
    if not ended.output:
        raise UserError(f"the night did not end: {ended.cause}")
    report = kept_report(target.lake, ended.output["day"])
    path.write_text(page(report, rules.latest, "en"), encoding="utf-8")
    print_report(report, rules.latest, "en", out)
    _done(f"the day is closed; the report as a page: {path.relative_to(project_root())}")
    return report


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(demo)


def _start(root: Path) -> None:
    aws = LocalAws(root, local_folder())
    with working(out, "starting the local AWS") as tell:
        aws.start()
        use_local_aws()
        release_clone(tell)
    _done("local AWS started, template.yaml deployed unchanged, IAM enforced")


def _done(what: str) -> None:
    out.print(Text.assemble(("✓", "green"), f" {what}"))


def _introduce(path: Path, what: str) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    made = sum(line["source"] == SYNTHETIC for line in lines)
    _done(
        f"{len(lines):,} deliveries {what}: {len(lines) - made:,} baskets and redeemed coupons "
        f"of real households (dates shifted by whole days), {made:,} synthetic refunds, feedback and bad events; "
        "some twice, some out of order"
    )


def _send(target: Target, path: Path) -> Happened:
    ear = listen(target)
    with progress_bar(out) as progress:
        sent = send(target, path, progress, wait=True)
    await_published(target)
    outcomes = {(outcome := json.loads(body))["detail"]["id"]: outcome for body in peek(target, ear)}
    return Happened(audit(target, path), list(outcomes.values()), sent, usage(target), ear)


def _tables(target: Target, rules: Timeline, happened: Happened, now: datetime) -> None:
    seen = _customers(target, rules, now)
    for name in ("tier", "lifecycle", "churn-risk"):
        out.print(_counted(f"Customers by {name.replace('-', ' ')}", _levels(seen, rules.latest.ratings[name])))
    out.print(_counted("Rating changes announced", _changes(happened)))
    per_event = max(1, happened.audit.applied)
    figures = {
        "events a second, from bus to table": f"{happened.audit.sent / happened.sent.seconds:,.0f}",
        "DynamoDB write units an applied event (commits)": f"{happened.usage.write_units / per_event:.2f}",
        "DynamoDB read units an applied event": f"{happened.usage.read_units / per_event:.2f}",
    }
    out.print(_counted("On this machine", figures))


def _customers(target: Target, rules: Timeline, now: datetime) -> list[Memory]:
    """What is remembered of each customer today."""
    today = day_of(now, rules.latest.programme.time_zone)
    return [view(state, rules, today).memory for state in target.customers.states()]


def _levels(customers: list[Memory], rating: Rating) -> dict[str, str]:
    counts = Counter(memory.all_shown()[rating.name].level for memory in customers)
    return {
        rating.title_of(level).en: f"{counts[level]:,}"
        for level in (reversed(rating.levels) if rating.ordered else rating.levels)
    }


def _changes(happened: Happened) -> dict[str, str]:
    details = (outcome["detail"] for outcome in happened.outcomes if outcome["detail-type"] == "rating.changed.v1")
    counts = Counter(f"{detail['rating']}: {detail['from'] or 'new'} → {detail['to']}" for detail in details)
    shown = {change: f"{count:,}" for change, count in counts.most_common(MOST_CHANGES)}
    others = counts.total() - sum(count for _, count in counts.most_common(MOST_CHANGES))
    return shown | ({"others": f"{others:,}"} if others else {})


def _care(target: Target, ruleset: Ruleset) -> Table:
    """What became of each care rule's actions, as the table's ledger says."""
    counts = Counter((row["care"], row.get("gate") or row["status"]) for row in target.customers.care())
    columns = ("requested", "held-out", "missed", "consent", "contact-cap", "expired", "done")
    heads = ("asked", "held out", "missed", "no consent", "capped", "expired", "done")
    table = Table(title="Care actions", title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    for name in ruleset.care:
        table.add_row(name, *(f"{counts[name, column]:,}" for column in columns))
    table.caption = "missed: known too late to make sense"
    return table


def _counted(title: str, rows: dict[str, str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None, pad_edge=False)
    table.add_column(min_width=56)
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _last_line(happened: Happened, night: dict[str, Any]) -> None:
    counted, types = happened.audit, happened.by_type
    out.print(
        f"demo: {counted.sent} sent, {counted.applied} applied, {counted.duplicates} duplicates ignored, "
        f"{counted.rejected} rejected, {counted.lost + counted.dead_letters} lost; "
        f"{types['rating.changed.v1']} rating changes, {types['care.requested.v1']} care actions; "
        f"night of {night['day']}: {night['customers']} customers, {night['moved']} moved, "
        f"{night['differences']} differences",
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    try:
        app()
    except (UserError, RulesError, BotoCoreError, ClientError) as error:
        out.print(str(error), style="red")
        sys.exit(1)
