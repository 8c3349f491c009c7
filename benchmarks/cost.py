"""docs/cost.md: the cost of a million events, from the measured figures and the page's prices.

People write the prices and assumptions on the page; `make bench` writes the table of costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

PRICE = re.compile(r"^\| `([a-z0-9-]+)` \|.*\| ([0-9.]+) \|$", re.MULTILINE)
BEGIN, END = "<!-- computed -->\n", "<!-- end -->"
MILLION, GIGA = 1e6, 1e9
KINDS = 3  # of objects in the lake: records, decisions, states
ROW_OVERHEAD = 100  # bytes that DynamoDB adds to each item it stores

type Measured = Mapping[str, float]
type Line = tuple[str, float, str]


def filled(page: str, measured: Measured) -> str:
    """The page with the table of costs filled in, from these figures and the page's prices."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n".join([*_table(page, measured), END + rest.partition(END)[2]])


def prices(page: str) -> dict[str, float]:
    """The page's prices and assumptions by name."""
    return {name: float(value) for name, value in PRICE.findall(page)}


def lines(measured: Measured, rates: Measured) -> list[Line]:
    """The use of an event: the part, the quantity, and the name of the price (for a million, or for a GB)."""
    per_call = measured["local.events_per_call"]
    publish_calls, outcomes = measured["local.publish_calls_per_event"], measured["local.outcomes_per_event"]
    return [
        ("DynamoDB: write units, in transactions", measured["decision.write_units_per_event"], "write-units"),
        ("DynamoDB: read units", measured["decision.read_units_per_event"], "read-units"),
        ("DynamoDB: stream reads by a function", publish_calls, "stream-reads"),
        ("EventBridge: events put by upstream systems", 1, "bus-events"),
        ("EventBridge: outcomes put by us", outcomes, "bus-events"),
        ("SQS: requests (in, and received and deleted by tens)", 1 + 2 / min(10, per_call), "queue-requests"),
        ("Lambda: calls", 1 / per_call + publish_calls, "calls"),
        ("Lambda: GB-seconds", _gigabyte_seconds(measured, rates), "gb-seconds"),
        ("S3: objects that the archive puts into the lake", KINDS / rates["archived-together"], "puts"),
        ("S3: the same, read by compaction", KINDS / rates["archived-together"], "gets"),
        ("CloudWatch: GB of logs", measured["local.log_bytes_per_event"] / GIGA, "log-gb"),
        ("EventBridge: GB into the archive", _message_bytes(measured, rates) / GIGA, "archive-gb"),
    ]


def monthly(measured: Measured, rates: Measured) -> list[Line]:
    """The storage of an event while it is kept: the part, GB, and the name of the price of a GB and month."""
    kinds = ("decision", "care", "checkpoint")
    rows = {"event": 1.0} | {kind: measured.get(f"{kind}.rows_per_event", 0.0) for kind in kinds}
    stored = sum(count * (measured.get(f"{kind}.median_bytes", 0.0) + ROW_OVERHEAD) for kind, count in rows.items())
    return [
        ("DynamoDB: GB stored", stored / GIGA, "stored-gb"),
        ("DynamoDB: GB of continuous backup", stored / GIGA, "backup-gb"),
        ("EventBridge: GB in the archive (30 days only)", _message_bytes(measured, rates) / GIGA, "archived-gb"),
    ]


def _gigabyte_seconds(measured: Measured, rates: Measured) -> float:
    """Ingest: computing, on the share of a core that the memory buys, and waiting for the table. Publish: its calls."""
    own = measured["decision.us"] / MILLION / rates["core-share"]
    table = (rates["read-ms"] + rates["transaction-ms"]) / 1000
    publish = measured["local.publish_calls_per_event"] * rates["publish-ms"] / 1000
    return rates["memory-gb"] * (own + table + publish)


def _message_bytes(measured: Measured, rates: Measured) -> float:
    return measured["local.event_bytes"] + rates["envelope-bytes"]


def _table(page: str, measured: Measured) -> Iterator[str]:
    rates = prices(page)
    yield "| part | an event | USD a million, or a GB | USD for a million events |"
    yield "| --- | ---: | ---: | ---: |"
    yield from _rows(lines(measured, rates), rates, "Total, once")
    yield from _rows(monthly(measured, rates), rates, "Total, each month that they are kept")


def _rows(parts: list[Line], rates: Measured, total: str) -> Iterator[str]:
    costs = [round(used * rates[price] * MILLION / _unit(price), 3) for _, used, price in parts]
    for (part, used, price), cost in zip(parts, costs, strict=True):
        yield f"| {part} | {used:.3g} | {rates[price]:g} | {cost:.3f} |"
    yield f"| **{total}** | | | **{sum(costs):.2f}** |"


def _unit(price: str) -> float:
    return 1 if price.endswith("-gb") else MILLION
