"""What needs attention in a report, as lines for people, the worst first. Every kind of trouble leads to a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from standing.report.derived import drifts, silent_days
from standing.report.spelling import month
from standing.report.words import Language, said

DRIFTED = 2_500  # of PSI, in ten-thousandths
REJECTED = 0.05  # of what a source sent on a day
ENOUGH = 200  # customers, below which a drift is chance
SHOWN = 8

type Report = Mapping[str, Any]


def attention(report: Report, language: Language) -> list[str]:
    """The lines; none where all is well."""
    return [
        *_run(report, language),
        *_backfills(report, language),
        *_sources(report, language),
        *_drift(report, language),
    ]


def _run(report: Report, language: Language) -> Iterator[str]:
    if failed := report["failed_buckets"]:
        names = ", ".join(f"{number:03d}" for number in failed[:SHOWN]) + (" …" if len(failed) > SHOWN else "")
        buckets = report["buckets"] + len(failed)
        yield said("failed", language, count=len(failed), buckets=buckets, names=names, day=report["day"])
    if report["differences"]:
        yield said("differ", language, count=report["differences"])
    if report["incomplete"]:
        yield said("incomplete", language, count=len(report["incomplete"]))
    if report["wrong"]:
        yield said("wrong", language, count=len(report["wrong"]))
    if report["busy"]:
        yield said("busy", language, count=report["busy"])


def _backfills(report: Report, language: Language) -> Iterator[str]:
    """Backfills that ended half-way: each night, until somebody resumes them or takes them back."""
    for run in report.get("backfills", []):
        yield said(f"backfill_{run['state']}", language, run=run["run"], day=run["began"][:10])


def _sources(report: Report, language: Language) -> Iterator[str]:
    quality = report.get("figures", {}).get("quality", {})
    silent = silent_days(quality, report["day"])
    for source in dict.fromkeys(source for source, _ in silent):
        days = ", ".join(day for who, day in silent if who == source)
        yield said("silent", language, source=source, days=days)
    for source, days in sorted(quality.items()):
        counts = days.get(report["day"], {})
        sent, rejected = sum(counts.get(one, 0) for one in ("events", "rejected")), counts.get("rejected", 0)
        if rejected and rejected >= REJECTED * sent:
            yield said("many_rejected", language, source=source, day=report["day"], share=f"{rejected / sent:.0%}")


def _drift(report: Report, language: Language) -> Iterator[str]:
    found = drifts(report.get("figures", {})) if report["customers"] >= ENOUGH else []
    latest = max((one.month for one in found), default="")
    far = [one for one in found if one.psi >= DRIFTED and one.month == latest]
    for one in far[:SHOWN]:
        yield said("drifted", language, what=one.name, month=month(latest, language), psi=f"{one.psi / 10_000:.2f}")
    if len(far) > SHOWN:
        yield said("drifted_more", language, count=len(far) - SHOWN)
