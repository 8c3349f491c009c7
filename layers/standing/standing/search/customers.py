"""Customers who meet a condition: as of the last night, of the night nearest to a day, or live, as of now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import polars as pl

from standing.aws.table import stored_history
from standing.engine.backends.plain import compiled
from standing.engine.start import features_changed
from standing.engine.state import State
from standing.engine.view import facts_today
from standing.rules.conditions import Fact
from standing.rules.ruleset import Ruleset
from standing.search.display import readable
from standing.search.listing import SearchResult
from standing.search.nights import NoNight, last_night, night_of
from standing.search.request import Request, Sources, damage_as_user_error
from standing.search.standings import NotKept, QueryResult, find, ordered, schema_of
from standing.search.words import said
from standing.values.days import Day, day_date, day_number
from standing.values.errors import UserError
from standing.values.messages import in_a_row, message

MOST_DAYS = 12  # to name in a message


def customers(places: Sources, request: Request) -> SearchResult:
    """List customers who meet a condition: as of the last night, of the night nearest to a day, or live, as of now."""
    day, result, ruleset = list_found(places, request)
    rows = result.rows.select("customer", *(readable(ruleset, name) for name in result.rows.columns[1:]))
    name = "found_live" if places.live else "found"
    head = said(name, places.language, total=f"{result.total:,}", day=day_date(day))
    about = {"day": str(day_date(day)), "live": places.live, "rules": ruleset.version}
    return SearchResult(rows, result.total, about, head, tuple(_notes(places, result, day, request.as_of)))


def _notes(places: Sources, result: QueryResult, day: Day, as_of: date | None) -> Iterator[str]:
    if as_of and as_of != day_date(day):
        yield said("nearest", places.language, asked=as_of, day=day_date(day))
    for other, many in sorted(result.days.items()):
        if other != day:
            yield said("older", places.language, customers=f"{many:,}", day=day_date(other))
    for fact, files in result.lacking.items():
        yield said("lacking", places.language, fact=fact, files=files)


def list_found(places: Sources, request: Request) -> tuple[Day, QueryResult, Ruleset]:
    """Find customers: the day of the result, the result, and the rules of that day."""
    return (_live if places.live else _kept)(places, request)


def _kept(places: Sources, request: Request) -> tuple[Day, QueryResult, Ruleset]:
    as_of = request.as_of
    try:
        night = last_night(places.lake) if as_of is None else night_of(places.lake, day_number(as_of))
    except NoNight as error:
        raise _no_night(error.days, as_of) from None
    ruleset = places.rules.on(night.day)
    try:
        with damage_as_user_error(message("the next night, or `standing night`, computes it again")):
            result = find(places.lake, night.keys, ruleset, request.read(ruleset))
    except NotKept as error:
        raise _not_kept(error) from None
    return max(result.days, default=night.day), result, ruleset


def _live(places: Sources, request: Request) -> tuple[Day, QueryResult, Ruleset]:
    """Search the table, with the clock moved to now."""
    if request.as_of is not None:
        raise UserError("`--live` is as of now: leave out `--as-of`, or `--live`")
    ruleset = places.rules.on(places.today)
    wanted = request.read(ruleset)
    met = compiled(wanted.condition) if wanted.condition else lambda _: True
    rows = []
    for state in places.customers.states():
        facts = _facts(places, state)
        if met(facts):
            rows.append((state.customer, *(facts.get(name) for name in wanted.shown)))
    everybody = pl.DataFrame(rows, schema=schema_of(ruleset, wanted.shown), orient="row")
    return places.today, QueryResult(ordered(everybody, wanted), len(rows), {}, {}), ruleset


def _facts(places: Sources, state: State) -> Mapping[str, Fact]:
    needed = features_changed(state, places.rules, places.today)
    events = stored_history(places.customers.history(state.customer)).events if needed else ()
    return facts_today(state, places.rules, places.today, events)


def _no_night(days: Iterable[Day], as_of: date | None) -> UserError:
    named = [str(day_date(day)) for day in [*days][-MOST_DAYS:]]
    if not named:
        return UserError(
            "no night has stored a standing yet: `standing night` closes the last finished day; "
            "`--live` reads the table"
        )
    return UserError(
        "no standing is stored near {as_of}: there are standings of {days}", as_of=as_of, days=in_a_row(named)
    )


def _not_kept(error: NotKept) -> UserError:
    names, known = in_a_row(f"`{name}`" for name in error.facts), in_a_row(error.known)
    return UserError(
        "{names} is not stored by nights: there are {known}; `--live` computes it from the table",
        names=names,
        known=known,
    )
