"""The care of one day for many customers: `engine/care.py` as expressions. A due action counts for later rules."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from standing.rescoring.memory import GATES, channels
from standing.rules.ruleset import Cap, Care, Ruleset
from standing.values.days import Day


def care_of_day(frame: pl.LazyFrame, ruleset: Ruleset, day: Day) -> pl.LazyFrame:
    """Decide every care rule whose conditions hold (`care/NAME`), by priority, then name.

    `fell-due/NAME` marks customers for whom it fell due, `refrained/NAME/GATE` those held back for a new reason.
    """
    all_channels = channels(frame)
    frame = frame.with_columns(one for name in ruleset.care for one in _still_held(name))
    for care in ruleset.care_in_order:
        frame = frame.with_columns(_gates(ruleset, care, all_channels, day)).with_columns(_taken(care))
        frame = frame.with_columns(_noted(ruleset, care, all_channels, day))
    return frame


def _still_held(name: str) -> Iterator[pl.Expr]:
    """The gates of held-back rules stay in the memory as long as the rules' conditions hold."""
    for gate in GATES:
        column = f"held/{name}/{gate}"
        yield pl.when(pl.col(f"care/{name}")).then(pl.col(column)).alias(column)


def _gates(ruleset: Ruleset, care: Care, all_channels: list[str], day: Day) -> Iterator[pl.Expr]:
    due = pl.col(f"due/{care.name}")
    is_free = due.is_null() | (day - due >= care.repeat_after)
    yield (pl.col(f"care/{care.name}") & is_free).alias(".wanted")
    yield lacks_consent(care).alias(".no-consent")
    yield _is_capped(ruleset, care, all_channels, day).alias(".capped")


def _taken(care: Care) -> Iterator[pl.Expr]:
    wanted, no_consent, capped = pl.col(".wanted"), pl.col(".no-consent"), pl.col(".capped")
    yield (wanted & ~no_consent & ~capped).alias(f"fell-due/{care.name}")
    for gate, closed in (("consent", no_consent), ("contact-cap", ~no_consent & capped)):
        is_new = pl.col(f"held/{care.name}/{gate}").is_null()
        yield (wanted & closed & is_new).alias(f"refrained/{care.name}/{gate}")


def _noted(ruleset: Ruleset, care: Care, all_channels: list[str], day: Day) -> Iterator[pl.Expr]:
    """The effects of a rule on the rules after it and on the next day."""
    today, fell_due = pl.lit(day, dtype=pl.Int32), pl.col(f"fell-due/{care.name}")
    yield pl.when(fell_due).then(today).otherwise(pl.col(f"due/{care.name}")).alias(f"due/{care.name}")
    for gate in GATES:
        name = f"held/{care.name}/{gate}"
        yield pl.when(pl.col(f"refrained/{care.name}/{gate}")).then(today).otherwise(pl.col(name)).alias(name)
    if care.do.channel and ruleset.longest_cap:
        for channel in all_channels:
            yield _contacts(ruleset, channel, day, made=channel == care.do.channel, when=fell_due)


def _contacts(ruleset: Ruleset, channel: str, day: Day, *, made: bool, when: pl.Expr) -> pl.Expr:
    """The contacts that still count towards a cap, with the new one."""
    column = pl.col(f"contacts/{channel}")
    known = column.fill_null([])
    recent = known.list.eval(pl.element().filter(day - pl.element() < ruleset.longest_cap))
    added = pl.concat_list(recent, pl.lit(day, dtype=pl.Int32)) if made else recent
    return pl.when(when).then(added).otherwise(column).alias(f"contacts/{channel}")


def lacks_consent(care: Care) -> pl.Expr:
    """Whether a rule's channel may not be used for a customer."""
    if care.do.channel is None or care.do.consent == "not-needed":
        return pl.lit(value=False)
    return pl.col(f"consent/{care.do.channel}").ne_missing("true")


def _is_capped(ruleset: Ruleset, care: Care, all_channels: list[str], day: Day) -> pl.Expr:
    channel = care.do.channel if care.do.contact_cap == "applies" else None
    caps = [cap for cap in ruleset.programme.caps if channel and cap.channel in {None, channel}]
    return pl.any_horizontal(_reached(cap, all_channels, day) for cap in caps) if caps else pl.lit(value=False)


def _reached(cap: Cap, all_channels: list[str], day: Day) -> pl.Expr:
    counted = [cap.channel] if cap.channel else all_channels
    each = [_since(channel, day - cap.within) for channel in counted]
    return pl.sum_horizontal(each) >= cap.at_most


def _since(channel: str, day: Day) -> pl.Expr:
    """The number of contacts after a day."""
    contacts = pl.col(f"contacts/{channel}").fill_null([])
    return contacts.list.eval(pl.element().filter(pl.element() > day)).list.len().cast(pl.Int64)
