"""The report's tables: care, data quality, reconciliation, customers after a month's end, drift, and the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from standing.present.document import (
    BREAK,
    Block,
    Column,
    Item,
    Items,
    Paragraph,
    Said,
    Section,
    Span,
    Table,
    with_code,
)
from standing.present.report.attention import DRIFTED
from standing.present.report.derived import UNIT, drifts, silent_days
from standing.present.report.groups import MovedGroup, move_of, moved, named, spans_named, step_of
from standing.present.report.spelling import month as month_said
from standing.present.report.spelling import value
from standing.present.report.words import phrase, titled
from standing.report.model import Counts, Oddity, Report, Used
from standing.rules.ruleset import Rating, Ruleset
from standing.values.catalogue import Language
from standing.values.days import day_date

OUTCOMES = ("sent", "missed", "held/consent", "held/contact-cap", "held/never-together", "held/holdout")
ANSWERS = ("accepted", "done", "declined", "failed", "expired")
TIMES = ("0", "1", "2", "3+")
DAYS = 7
SHIFTED = 1_000  # PSI, in ten-thousandths: from here on, a drift needs watching
MOST = 12  # rows of a list that grows with the data
PRICES = {
    "gb_seconds": Decimal("0.0000166667"),
    "write_units": Decimal("0.000000625"),
    "read_units": Decimal("0.000000125"),
}


def _section(name: str, language: Language, *blocks: Block) -> Section:
    return Section(phrase(name, language), blocks)


def _how(name: str, language: Language, **parts: object) -> Paragraph:
    return Paragraph(phrase(name, language, **parts), "soft")


def _table(heads: Sequence[str], rows: Iterable[Sequence[Said]]) -> tuple[Table, ...]:
    """A table, if it has rows. A head that begins with # is that of a column of numbers."""
    columns = tuple(Column(head.removeprefix("#"), is_number=head.startswith("#")) for head in heads)
    told = tuple(map(tuple, rows))
    return (Table(columns, told),) if told else ()


def cost(report: Report) -> str:
    """The cost of the buckets in USD, at the list prices of docs/cost.md."""
    used = report.used or Used()
    return f"{sum(Decimal(str(getattr(used, name))) * price for name, price in PRICES.items()):.4f}"


def moved_today(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Section]:
    """The moves of the day: from which level to which, some customers, and the command that lists all."""
    day = report.day
    if report.groups is None:
        return
    found = moved(report.groups)
    how = _how("moved_how" if found else "nobody_moved", language, day=day)
    heads = [phrase(name, language) for name in ("rating", "from_to")] + [f"#{phrase('customers', language)}"]
    heads += [phrase(name, language) for name in ("who", "all_of_them")]
    rows = [_moved_row(one, ruleset, day, language) for one in found]
    yield _section("moved_today", language, how, *_table(heads, rows))


def moves_in_brief(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Section]:
    """The moves as a list, each with the command that lists all customers, for media without room for a table."""
    items = []
    for one in moved(report.groups or {}):
        names = named(one.first, one.customers, language)
        said = f"{move_of(one, ruleset, language)}  {one.customers:,}  {names}"
        items.append(Item((said, BREAK, Span(one.command(report.day), "soft"))))
    if items:
        yield _section("moved_today", language, Items(tuple(items)))


def _moved_row(one: MovedGroup, ruleset: Ruleset, day: str, language: Language) -> list[Said]:
    rating = ruleset.ratings.get(one.rating)
    title = titled(rating.title, language) if rating else one.rating
    move, who = Span(step_of(one, ruleset, language), "whole"), spans_named(one.first, one.customers, language)
    return [title, move, f"{one.customers:,}", who, Span(one.command(day), "code")]


def care(report: Report, ruleset: Ruleset, language: Language) -> Section:
    """The care of the day and of 30 days: how often it fell due, and how it ended."""
    day, month = (report.figures.care.get(span, {}) for span in ("1d", "30d"))
    columns = [one for one in (*OUTCOMES, *ANSWERS) if any(counts.get(one) for counts in month.values())]
    if not columns:
        return _section("care", language, _how("no_care", language, day=report.day))
    names = [*(name for name in ruleset.care if name in month), *sorted(month.keys() - ruleset.care.keys())]
    rows = [
        [
            _care_title(ruleset, name, language),
            *(_pair(day.get(name, {}), month[name], one, language) for one in columns),
        ]
        for name in names
    ]
    heads = [phrase("care_rule", language), *(f"#{_care_word(one, language)}" for one in columns)]
    return _section("care", language, _how("care_how", language), *_table(heads, rows))


def _care_word(name: str, language: Language) -> str:
    return phrase("failed_care" if name == "failed" else name, language)


def _care_title(ruleset: Ruleset, name: str, language: Language) -> str:
    return titled(ruleset.care[name].title, language) if name in ruleset.care else name


def _pair(day: Counts, month: Counts, name: str, language: Language) -> str:
    both = month.get(name, 0)
    return phrase("a_day_a_month", language, day=f"{day.get(name, 0):,}", month=f"{both:,}") if both else ""


def quality(report: Report, _ruleset: Ruleset, language: Language) -> Section:
    """The events of the last days by source, with those that are late, duplicate and rejected."""
    found = report.figures.quality
    end = date.fromisoformat(report.day)
    days = [str(end - timedelta(days=back)) for back in range(DAYS)]
    silent = set(silent_days(found, report.day))
    rows: list[list[Said]] = [
        [source, Span(day, "whole"), *_arrivals(found[source].get(day, {}), (source, day) in silent, language)]
        for source in sorted(found)
        for day in days
        if any(found[source].get(day, {}).values()) or (source, day) in silent
    ]
    odd = *_refunds(report, language), *_odd(report, language)
    how = _how("quality_how" if rows else "no_quality", language, day=report.day)
    names = ("events", "late", "duplicates", "rejected")
    heads = [phrase("source", language), phrase("day", language), *(f"#{phrase(name, language)}" for name in names)]
    return _section("quality", language, how, *_table(heads, rows), *odd)


def _refunds(report: Report, language: Language) -> Iterator[Block]:
    """By source, the refunds whose purchase is unknown."""
    names = ("refunds", "unnamed", "unknown")
    found = report.figures.refunds
    vague = [source for source in sorted(found) if found[source]["unnamed"] or found[source]["unknown"]]
    rows = [[source, *(f"{found[source][name]:,}" for name in names)] for source in vague]
    heads = [phrase("source", language), *(f"#{phrase(f'refunds_{name}', language)}" for name in names)]
    if rows:
        yield _how("refunds_how", language)
        yield from _table(heads, rows)


def _odd(report: Report, language: Language) -> tuple[Table, ...]:
    """The anomalies of the records, by name."""
    rows = [_oddity(what, language) for _, what in sorted(report.odd.items())]
    return _table([phrase("odd", language), ""], rows[:MOST])


def _oddity(one: Oddity, language: Language) -> tuple[str, str]:
    """An anomaly: the customers or the source, and what is odd."""
    who = phrase("odd_customer" if one.source is None else "odd_source", language, who=one.customer or one.source)
    what = one.what.in_language(language)
    if one.bucket is None:
        return who, what
    where = phrase("odd_in_more" if one.others else "odd_in", language, bucket=f"{one.bucket:03d}", others=one.others)
    return who, f"{what}{where}"


def _arrivals(counts: Counts, silent: bool, language: Language) -> Iterator[Said]:
    if silent:
        yield Span(phrase("nothing", language), "fall")
    else:
        yield f"{counts.get('events', 0):,}"
    yield from (f"{counts[name]:,}" if counts.get(name) else "" for name in ("late", "duplicates", "rejected"))


def reconciled(report: Report, language: Language) -> Paragraph:
    """How many customers were compared with the lake."""
    name = "reconciled_and_proved" if report.proved else "reconciled"
    return _how(name, language, count=report.reconciled, differences=report.differences, proved=report.proved)


def reconciliation(report: Report, _ruleset: Ruleset, language: Language) -> Section:
    """How many customers were compared with the lake, and the listed differences."""
    heads = [phrase(name, language) for name in ("customer", "day", "feature", "in_state", "in_lake")]
    rows: list[list[Said]] = [
        [
            *(one.customer, Span(str(day_date(one.day)), "whole")),
            *(value(found) for found in (one.feature, one.state, one.lake)),
        ]
        for one in report.different[:MOST]
    ]
    return _section("reconciliation", language, reconciled(report, language), *_table(heads, rows))


def after(report: Report, ruleset: Ruleset, language: Language) -> Section:
    """By level, what the customers did in the 90 days after a month's end."""
    found = report.figures.after
    if not found:
        return _section("ratings", language, _how("no_after", language))
    month = max(found)
    heads = [phrase("level", language), *(f"#{phrase(name, language)}" for name in ("customers", "buyers"))]
    heads += [
        f"#{phrase('spend_each', language)}, {ruleset.programme.currency}",
        f"#{phrase('complaints_100', language)}",
    ]
    blocks = [
        Section(titled(rating.title, language), _table(heads, _after(rating, found[month][name], ruleset, language)))
        for name, rating in ruleset.ratings.items()
        if name in found[month]
    ]
    return _section("ratings", language, _how("ratings_how", language, month=month_said(month, language)), *blocks)


def _after(rating: Rating, levels: Mapping[str, Counts], ruleset: Ruleset, language: Language) -> list[list[str]]:
    names = rating.levels[::-1] if rating.ordered else rating.levels
    known = (name for name in names if levels.get(name, {}).get("customers"))
    return [_after_row(titled(rating.title_of(name), language), levels[name], ruleset) for name in known]


def _after_row(level: str, counts: Counts, ruleset: Ruleset) -> list[str]:
    customers = counts["customers"]
    spend = Decimal(counts.get("spend", 0)).scaleb(-ruleset.programme.minor_digits) / customers
    complaints = 100 * counts.get("complaints", 0) / customers
    share = counts.get("buyers", 0) / customers
    return [level, f"{customers:,}", f"{share:.1%}", f"{spend:,.2f}", f"{complaints:.1f}"]


def changes(report: Report, ruleset: Ruleset, language: Language) -> Iterator[Section]:
    """How often customers' levels change in a year."""
    found = report.figures.changes
    rows = [
        [titled(rating.title, language), *(_share(found[name], times) for times in TIMES)]
        for name, rating in ruleset.ratings.items()
        if sum(found.get(name, {}).values())
    ]
    if any(times != "0" and count for counts in found.values() for times, count in counts.items()):
        heads = ["", *(f"#{phrase('times', language, times=times)}" for times in TIMES)]
        yield _section("changes", language, _how("changes_how", language), *_table(heads, rows))


def _share(counts: Counts, name: str) -> str:
    return f"{counts.get(name, 0) / sum(counts.values()):.1%}"


def drift(report: Report, _ruleset: Ruleset, language: Language) -> Iterator[Section]:
    """The largest drifts since the last month's end."""
    found = drifts(report.figures.drift)
    if not found:
        return
    month = max(one.month for one in found)
    shown = [one for one in found if one.month == month][:MOST]
    rows = [(one.name, f"{one.psi / UNIT:.3f}", _verdict(one.psi, language)) for one in shown]
    how = _how("drift_how", language, month=month_said(month, language))
    yield _section("drift", language, how, *_table(["", f"#{phrase('psi', language)}", ""], rows))


def _verdict(psi: int, language: Language) -> Said:
    if psi >= DRIFTED:
        return Span(phrase("large_shift", language), "fall")
    return phrase("some_shift" if psi >= SHIFTED else "steady", language)


def run(report: Report, language: Language) -> Section:
    """The run's time and cost, and its faults, each with the way out."""
    content: list[Block] = [Paragraph(one, "soft") for one in _run(report, language)]
    if report.wrong:
        rows = [(Span(key, "code"), why.in_language(language)) for key, why in sorted(report.wrong.items())]
        content += _table([phrase("file", language), phrase("what", language)], rows)
        content.append(Paragraph(with_code(phrase("way_out", language)), "soft"))
    return _section("run", language, *content)


def _run(report: Report, language: Language) -> Iterator[str]:
    if report.started and report.ended and report.seconds:
        moments = {"started": report.started[11:19], "ended": report.ended[11:19]}
        seconds = report.seconds
        times = {"slowest": f"{seconds.slowest_bucket:.1f}", "all": f"{seconds.all_buckets:.1f}"}
        yield phrase("run_how", language, buckets=report.buckets, **moments, **times)
    if report.used:
        amounts = {name: f"{getattr(report.used, name):,.1f}" for name in PRICES}
        yield phrase("used", language, **amounts, usd=cost(report))
