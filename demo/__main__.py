"""The demo: `make demo`. Sends real purchases through the deployed template on the local AWS, and shows the results."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from standing.aws.logging import silence_libraries
from standing.aws.queues import peek
from standing.aws.stack import Target
from standing.backfill.run import fill_back
from standing.customers.card import card, card_document
from standing.local.aws import LocalAws
from standing.local.connection import local_folder, use_local_aws
from standing.local.project import programme_folder
from standing.nightly.execution import close
from standing.nightly.words import why_ended
from standing.operations.audit import Audit, audit
from standing.operations.listener import await_published, listen
from standing.operations.sender import SendResult, send
from standing.operations.usage import Usage, usage
from standing.present.document import Column, Document, Paragraph, Section, Table, pairs
from standing.present.progress import progress_bar
from standing.present.renderers.terminal import print_document
from standing.present.report.page import page, report_document
from standing.present.terminal import PlainConsole, Text, working
from standing.release.release import release_programme
from standing.report.model import Report
from standing.rules.author.compiler import compile_rules
from standing.rules.author.problems import RulesError
from standing.rules.ruleset import Ruleset
from standing.rules.timeline import Timeline
from standing.values.counted import counted
from standing.values.days import Day, day_date, day_of, end_of_day
from standing.values.errors import UserError

from demo.ahead import today_closed
from demo.data import SYNTHETIC, best_households, write_demo
from demo.story import follow_complaint

MOST_CHANGES = 14
LIVE_DAYS = 14  # the last days are sent live; all before is backfilled
out = PlainConsole()


@dataclass(frozen=True)
class DemoCounts:
    """The counts of the demo: the audit of the event files, and the outcomes on the bus.

    `meant`: the deliveries that are wrong on purpose and must be rejected.
    """

    audit: Audit
    outcomes: list[dict[str, Any]]
    sent: SendResult
    usage: Usage
    ear: str
    meant: int

    @property
    def by_type(self) -> Counter[str]:
        """The number of outcomes by detail type. Each id counts once."""
        return Counter(outcome["detail-type"] for outcome in self.outcomes)


def demo(households: Annotated[int, typer.Option(min=1, help="How many households to sample.")] = 250) -> None:
    """Start the local AWS, deploy, fill back, send the last weeks live, close the day, and show the result."""
    root = programme_folder()
    rules = Timeline.of(compile_rules(root / "rules"))
    _start()
    target, now = Target(), datetime.now(UTC)
    history, live = (root / ".standing" / "demo" / f"{name}.jsonl" for name in ("history", "live"))
    today = day_of(now, rules.latest.programme.time_zone)
    meant = _write_events(history, live, households, rules, now)
    _fill_back(target, rules, history, today - LIVE_DAYS)
    happened = _send(target, live, meant)
    customer = follow_complaint(target, happened.ear, live.parent, now, today, out) or _best(history)
    night = _nights(target, rules, live.with_name("report.html"))
    print_document(_figures(happened, _care(target, rules.latest)), out)
    print_document(card_document(card(target, rules, customer, last=5), "en"), out)
    out.print(
        f"Go on: standing --local explain {customer} · standing --local report · standing --local audit "
        f"{live.relative_to(root)} · make down"
    )
    _last_line(happened, night)
    wrong = happened.audit.lost or happened.audit.dead_letters or happened.sent.unsendable or night.failed_buckets
    if wrong or happened.audit.rejected != happened.meant:
        sys.exit(1)


def _write_events(history: Path, live: Path, households: int, rules: Timeline, now: datetime) -> int:
    """Write both files. Returns the number of live deliveries that are wrong on purpose."""
    zone_name = rules.latest.programme.time_zone
    first = day_of(now, zone_name) - LIVE_DAYS
    meant = write_demo(history, live, households, zone_name, now, end_of_day(first - 1, zone_name))
    _introduce(history, "to be filled back", "some twice, some out of order")
    wrong = counted(meant, "is wrong on purpose, and has", "are wrong on purpose, and have")
    _introduce(live, "of the last weeks, to be sent live", f"{wrong} to be rejected")
    return meant


def _best(history: Path) -> str:
    (customer,) = best_households([json.loads(line) for line in history.read_text().splitlines()], 1)
    return customer


def _fill_back(target: Target, rules: Timeline, history: Path, first: Day) -> None:
    with progress_bar(out) as progress:
        bar = progress.add_task("", total=None)

        def seen(what: str, done: int, of: int | None) -> None:
            progress.update(bar, description=what, completed=done, total=of)

        filled_back = fill_back(target, rules, programme_folder(), [history], seen, until=str(day_date(first - 1)))
    _done(
        f"{counted(filled_back['events'], 'event')} of {counted(filled_back['customers'], 'customer')} filled back in "
        f"{filled_back['seconds']:.0f} s: states, checkpoints and records in the table, everything in the lake; "
        "nothing announced"
    )


def _nights(target: Target, rules: Timeline, path: Path) -> Report:
    """Close the last finished day, and then today, which has most of the events. Writes and returns today's report."""
    with _buckets() as seen:
        ended = close(target, None, lambda look: seen(look.done, look.of))
    if not ended.output:
        raise UserError("the night did not end: {cause}", cause=why_ended(ended.status, ended.cause) or ended.status)
    _done(f"{ended.output['day']} is closed for {counted(ended.output['customers'], 'customer')}, by the state machine")
    with _buckets() as seen:
        report = today_closed(target, rules, seen)
    path.write_text(page(report, rules.latest, "en"), encoding="utf-8")
    _done(f"{report.day} is closed, too, as its night will do at 04:30: what was sent came today")
    print_document(report_document(report, rules.latest, "en", is_brief=True), out)
    _done(f"the report as a page: {path.relative_to(programme_folder())}")
    return report


@contextmanager
def _buckets() -> Iterator[Callable[[int, int], None]]:
    with progress_bar(out) as progress:
        bar = progress.add_task("buckets rescored", total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of or None)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(demo)


def _start() -> None:
    aws = LocalAws(local_folder())
    with working(out, "starting the local AWS") as tell:
        aws.start()
        use_local_aws()
        release_programme(lambda said: tell(str(said)))
    _done("local AWS started, template.yaml deployed unchanged, IAM enforced")


def _done(what: str) -> None:
    out.print(Text.assemble(("✓", "green"), f" {what}"))


def _introduce(path: Path, what: str, besides: str) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    made = sum(line["source"] == SYNTHETIC for line in lines)
    _done(
        f"{counted(len(lines), 'delivery', 'deliveries')} {what}: {len(lines) - made:,} baskets and redeemed coupons "
        f"of real households (dates shifted by whole days), {made:,} synthetic refunds, feedback and profiles; "
        f"{besides}"
    )


def _send(target: Target, path: Path, meant: int) -> DemoCounts:
    ear = listen(target)
    with progress_bar(out) as progress:
        sent = send(target, path, progress, wait=True)
    await_published(target)
    outcomes = {(outcome := json.loads(body))["detail"]["id"]: outcome for body in peek(target, ear)}
    return DemoCounts(audit(target, path), list(outcomes.values()), sent, usage(target), ear, meant)


def _figures(happened: DemoCounts, care: Section) -> Document:
    """What was announced and asked for, and how fast."""
    per_event = max(1, happened.audit.applied)
    figures = {
        "events a second, from bus to table": f"{happened.audit.sent / happened.sent.seconds:,.0f}",
        "DynamoDB write units an applied event (commits)": f"{happened.usage.write_units / per_event:.2f}",
        "DynamoDB read units an applied event": f"{happened.usage.read_units / per_event:.2f}",
    }
    changes = _counted("Rating changes announced", _changes(happened))
    return Document("en", (changes, _counted("On this machine", figures), care))


def _changes(happened: DemoCounts) -> dict[str, str]:
    details = (outcome["detail"] for outcome in happened.outcomes if outcome["detail-type"] == "rating.changed.v1")
    counts = Counter(f"{detail['rating']}: {detail['from'] or 'new'} → {detail['to']}" for detail in details)
    shown = {change: f"{count:,}" for change, count in counts.most_common(MOST_CHANGES)}
    others = counts.total() - sum(count for _, count in counts.most_common(MOST_CHANGES))
    return shown | ({"others": f"{others:,}"} if others else {})


def _care(target: Target, ruleset: Ruleset) -> Section:
    """The status of each care rule's actions, from the ledger in the table."""
    counts = Counter((row["care"], row.get("gate") or row["status"]) for row in target.customers.care())
    columns = ("requested", "held-out", "missed", "consent", "contact-cap", "expired", "done")
    heads = ("asked", "held out", "missed", "no consent", "capped", "expired", "done")
    rows = ((name, *(f"{counts[name, column]:,}" for column in columns)) for name in ruleset.care)
    table = Table((Column("rule", is_whole=True), *(Column(head, is_number=True) for head in heads)), tuple(rows))
    return Section("Care actions", (table, Paragraph("missed: known too late to make sense", "soft")))


def _counted(title: str, rows: dict[str, str]) -> Section:
    return Section(title, (pairs(rows.items(), are_numbers=True),))


def _meant(happened: DemoCounts) -> str:
    if happened.audit.rejected == happened.meant:
        return "all of them wrong on purpose"
    return f"{counted(happened.meant, 'is', 'are')} wrong on purpose: look at the others"


def _last_line(happened: DemoCounts, night: Report) -> None:
    audited, types = happened.audit, happened.by_type
    out.print(
        f"demo: {audited.sent} sent, {audited.applied} applied, {audited.too_late} too late, "
        f"{counted(audited.duplicates, 'duplicate')} ignored, "
        f"{audited.rejected} rejected ({_meant(happened)}), {audited.lost + audited.dead_letters} lost; "
        f"{counted(types['rating.changed.v1'], 'rating change')}, "
        f"{counted(types['care.requested.v1'], 'care action')}; "
        f"night of {night.day}: {counted(night.customers, 'customer')}, {night.moved} moved, "
        f"{counted(night.differences, 'difference')}",
        highlight=False,
        soft_wrap=True,
    )


if __name__ == "__main__":
    silence_libraries()
    try:
        app()
    except (UserError, RulesError, BotoCoreError, ClientError) as error:
        out.print(str(error), style="red")
        sys.exit(1)
