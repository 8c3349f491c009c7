"""What needs attention in a report, as lines of text: customers first, the run last. Every fault has a line."""

from __future__ import annotations

from collections.abc import Iterator

from standing.present.report.derived import drifts, silent_days
from standing.present.report.groups import BETWEEN, expired, named
from standing.present.report.spelling import month
from standing.present.report.words import phrase
from standing.report.model import Report
from standing.values.catalogue import Language
from standing.values.messages import in_a_row

DRIFTED = 2_500  # PSI, in ten-thousandths
REJECTED = 0.05  # of a source's events of a day
ENOUGH = 200  # customers; with fewer, a drift is chance
SHOWN = 8


def attention(report: Report, language: Language) -> list[str]:
    """The lines. Empty if all is well."""
    parts = (_customers, _backfills, _sources, _drift, _run)
    return [line for part in parts for line in part(report, language)]


def _customers(report: Report, language: Language) -> Iterator[str]:
    """Lines about customers, which come before those about the run."""
    yield from _unanswered(report, language)
    if count := report.differences:
        ids = list(dict.fromkeys(one.customer for one in report.different))
        yield phrase("differ", language, count=count, names=named(ids, len(ids), language))
    if count := report.incomplete_customers:
        yield phrase("incomplete", language, count=count, names=named(report.incomplete, count, language))
    if report.busy:
        yield phrase("busy", language, count=report.busy)


def _unanswered(report: Report, language: Language) -> Iterator[str]:
    care, day = expired(report.groups or {}), report.day
    if care.by_rule:
        count = sum(care.by_rule.values())
        rules = BETWEEN[language].join(f"{name} {many:,}" for name, many in care.by_rule.items())
        ids = named(care.first, count, language)
        yield phrase("unanswered", language, day=day, count=count, rules=rules, names=ids, command=care.command(day))


def _run(report: Report, language: Language) -> Iterator[str]:
    if failed := report.failed_buckets:
        shown = in_a_row(f"{number:03d}" for number in failed[:SHOWN]).in_language(language)
        names = shown + (" …" if len(failed) > SHOWN else "")
        buckets = report.buckets + len(failed)
        yield phrase("failed", language, count=len(failed), buckets=buckets, names=names, day=report.day)
    if report.wrong:
        yield phrase("wrong", language, count=len(report.wrong))


def _backfills(report: Report, language: Language) -> Iterator[str]:
    """Interrupted backfills: in the report of each night, until somebody resumes or retracts them."""
    for one in report.backfills:
        yield phrase(f"backfill_{one.state}", language, run=one.run, day=one.began[:10])


def _sources(report: Report, language: Language) -> Iterator[str]:
    quality = report.figures.quality
    silent = silent_days(quality, report.day)
    for source in dict.fromkeys(source for source, _ in silent):
        days = in_a_row(day for who, day in silent if who == source)
        yield phrase("silent", language, source=source, days=days)
    for source, arrived in sorted(quality.items()):
        counts = arrived.get(report.day, {})
        sent, rejected = sum(counts.get(one, 0) for one in ("events", "rejected")), counts.get("rejected", 0)
        if rejected and rejected >= REJECTED * sent:
            yield phrase("many_rejected", language, source=source, day=report.day, share=f"{rejected / sent:.0%}")


def _drift(report: Report, language: Language) -> Iterator[str]:
    found = drifts(report.figures.drift) if report.customers >= ENOUGH else []
    latest = max((one.month for one in found), default="")
    far = [one for one in found if one.psi >= DRIFTED and one.month == latest]
    for one in far[:SHOWN]:
        yield phrase("drifted", language, what=one.name, month=month(latest, language), psi=f"{one.psi / 10_000:.2f}")
    if len(far) > SHOWN:
        yield phrase("drifted_more", language, count=len(far) - SHOWN)
