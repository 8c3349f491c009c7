"""The texts of a report. Names in braces are filled in."""

from __future__ import annotations

from typing import Any

from standing.values.catalogue import Language
from standing.values.messages import Messages

WORDS = Messages(
    "report",
    {
        "title": "The night of {day}",
        "headline": "{customers:customer|customers}, each rescored to the end of {day} · rules {rules}",
        "left_out": "Without {count:customer|customers} whose data in the lake is incomplete.",
        # What needs attention
        "attention": "What needs attention",
        "all_well": "Nothing. Every bucket is done, and the lake agrees with every state.",
        "failed": (
            "{count} of {buckets:bucket|buckets} failed: {names}. Mend the cause, then "
            "`standing night --day {day}`: it does these alone."
        ),
        "wrong": "Damaged or faulty files and buckets: {count}. They are named below, with the way out.",
        "unanswered": (
            "Care actions that ended unanswered on {day}: {count} ({rules}), of {names}; `{command}` lists them."
        ),
        "differ": (
            "Features that differ between states and lake: {count}, of {names}. "
            "`standing rebuild` folds a customer anew."
        ),
        "incomplete": (
            "Customers whose data in the lake is incomplete: {count}: {names}. "
            "`standing lake gaps --refill` brings it back."
        ),
        "busy": "Customers who kept changing, and are left to the next night: {count}.",
        "backfill_begun": (
            "The backfill {run} began on {day} and did not end: its command again goes on where it"
            " was, `standing backfill --retract {run}` takes it back."
        ),
        "backfill_retracting": (
            "The backfill {run} of {day} is taken back half-way: `standing backfill --retract {run}` goes on."
        ),
        "silent": "{source} sent nothing on {days}, though it sends on most days.",
        "many_rejected": "{share} of what {source} sent on {day} was rejected: `standing rejected list` says why.",
        "drifted": (
            "{what} drifted since the end of {month}: PSI {psi}. From 0.25 on "
            "customers are others than the rules were made for."
        ),
        "drifted_more": "{count} more drifted as far: see Drift.",
        # Sections
        "levels": "Customers by level",
        "levels_how": "How many customers each level has at the end of the day.",
        "levels_who": "Who has a level: `{command}` lists them.",
        "trend": "Levels, night by night",
        "trend_how": (
            "The nights from {first} to {last}: each line from its least to its "
            "most, with the first and the last number."
        ),
        "moved_today": "Who moved",
        "moved_how": "Announced changes of levels that took effect on {day}, with the first customers by id.",
        "nobody_moved": "No announced level changed with effect on {day}.",
        "from_to": "From → to",
        "rating": "Rating",
        "who": "Who",
        "all_of_them": "All of them",
        "migration": "Migration",
        "migration_how": (
            "Who stood where at the end of {month}, and where they stand now. A row is a level then, a column a "
            "level now; blue is up (for levels without an order, any move), red is down."
        ),
        "then": "End of {month}",
        "now": "Now",
        "newcomers": "{count:customer is|customers are} new since then.",
        "no_month": "There is no end of a month to compare with yet: from the first night of next month on there is.",
        "rfm": "RFM: recency, frequency, value",
        "rfm_how": (
            "Rows: how lately customers bought (5 most lately). Columns: how often and for how much (5 most). In"
            " a cell: customers, and below what they spent in a year, in {currency}."
        ),
        "no_scores": (
            "No scores yet: a model needs customers who came back. The night learns one as soon as there are enough."
        ),
        "r_axis": "Recency",
        "fm_axis": "Frequency and value",
        "segments": "Customers by segment",
        "churn": "Chance of having left",
        "churn_how": "How many customers the model gives which chance of having left for good.",
        "learnt": "Learnt from the purchases up to {day} (model {hash}).",
        "care": "Care",
        "care_how": (
            "What fell due on the day (and in the 30 days up to it): sent, held back and why, "
            "missed because it was known too late, and how it was answered."
        ),
        "no_care": "No care action was decided in the 30 days up to {day}; what came after is in the next report.",
        "care_rule": "Care rule",
        "sent": "Sent",
        "missed": "Missed",
        "held/consent": "No consent",
        "held/contact-cap": "Contact cap",
        "held/never-together": "Contradicts another",
        "held/holdout": "Control group",
        "accepted": "Accepted",
        "done": "Done",
        "declined": "Declined",
        "failed_care": "Failed",
        "expired": "Not done in time",
        "a_day_a_month": "{day} ({month})",
        "quality": "Data quality",
        "quality_how": (
            "By source and day of arrival, the last 7 days: events, and of them late, repeated and rejected."
        ),
        "no_quality": "No events arrived in the 30 days up to {day}; what came after is in the next report.",
        "source": "Source",
        "day": "Day",
        "events": "Events",
        "late": "Late",
        "duplicates": "Repeated",
        "rejected": "Rejected",
        "refunds_how": (
            "A refund takes its amount off the day of the purchase that it names; without a known one, off its own day."
        ),
        "refunds_refunds": "Refunds in 30 days",
        "refunds_unnamed": "without a purchase",
        "refunds_unknown": "of an unknown purchase",
        "odd_customer": "customer {who}",
        "odd_source": "source {who}",
        "odd_in": " (bucket {bucket})",
        "odd_in_more": " (bucket {bucket}, and the like in {others:other|others})",
        "odd": "Odd, but worked with",
        "nothing": "nothing",
        "reconciliation": "Reconciliation",
        "reconciled": (
            "{count:customer|customers} changed since the night before; the features were worked out from the lake "
            "again, and compared with the states to the last digit: {differences:difference|differences}."
        ),
        "reconciled_and_proved": (
            "{count:customer|customers} changed since the night before; the features were worked out from the lake "
            "again, and compared with the states to the last digit. This night also counted everything again: all "
            "versions of {proved:customer|customers}, and their totals: {differences:difference|differences} in all."
        ),
        "customer": "Customer",
        "feature": "Feature",
        "in_state": "In the state",
        "in_lake": "From the lake",
        "ratings": "How the ratings did",
        "ratings_how": (
            "What customers of each level did in the 90 days after the end of {month}. A "
            "rating that is of use tells its levels apart here."
        ),
        "no_after": "There is no end of a month that lies 90 days back yet.",
        "level": "Level",
        "customers": "Customers",
        "buyers": "Bought again",
        "spend_each": "Spend a customer",
        "complaints_100": "Complaints a hundred",
        "changes": "How often announced levels changed in a year",
        "changes_how": "A level that changes often is one that nobody can rely on.",
        "times": "{times} times",
        "drift": "Drift",
        "drift_how": (
            "Population stability index since the end of {month}: below 0.1 nothing to speak of, from 0.25 on a change."
        ),
        "psi": "PSI",
        "steady": "steady",
        "some_shift": "watch",
        "large_shift": "changed",
        "run": "The run",
        "run_how": (
            "{buckets:bucket|buckets} from {started} to {ended} UTC; the slowest took {slowest} s, all of them {all} s."
        ),
        "used": (
            "Used: {gb_seconds} GB-seconds of Lambda, {write_units} write units and "
            "{read_units} read units of DynamoDB; about {usd} USD."
        ),
        "moved": "{count:customer|customers} moved by the night",
        "decisions": "{count:decision|decisions}",
        "asked": "{count:care action|care actions} sent",
        "agree": "lake and states agree",
        "disagree": "{count:difference|differences} between lake and states",
        "cost": "about {usd} USD",
        "file": "File",
        "what": "What is wrong",
        "way_out": (
            "Damaged objects lie under `aside/` for 30 days. If a bucket's own file is damaged, restore the "
            "version before it, or delete it and run `standing lake gaps --refill`."
        ),
        "report_is": "The report as a page: `standing report --out report.html`",
    },
)


phrase = WORDS.say


def titled(title: Any, language: Language) -> str:  # noqa: ANN401 -- a title of the rules
    """A title of the rules."""
    return str(title.in_language(language))
