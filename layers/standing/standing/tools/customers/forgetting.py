"""Forgetting a customer: in the table at once, in the lake at its next compaction, and in a shadow that runs beside."""

from __future__ import annotations

from standing.adapters.lake import Lake
from standing.adapters.table import Customers
from standing.batch.lake.marks import mark


def forget(customers: Customers, lake: Lake, customer: str) -> int:
    """Delete a customer's rows, have the lake forget them, and refuse their events from now on; how many rows.

    It can be repeated where it ended half-way.
    """
    mark(lake, customers.salt, customer)
    return customers.forget(customer)
