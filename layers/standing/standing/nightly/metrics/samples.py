"""Sums groups of customers, and removes a customer from them. Does not know their meaning, or polars."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from standing.report.model import Group, Groups

FIRST = 10  # ids of a group that are named
NOBODY = Group(0, [])


def merge_samples(many: Iterable[Groups]) -> Groups:
    """The sum of many: of the ids the first."""
    merged: Groups = {}
    for groups in many:
        for key, group in groups.items():
            merged[key] = _sum(merged.get(key, NOBODY), group)
    return merged


def _sum(group: Group, other: Group) -> Group:
    return Group(group.customers + other.customers, sorted({*group.first, *other.first})[:FIRST])


def without_customer(named: Groups, customer: str) -> Groups:
    """Groups that do not name a customer. What they count stays."""
    return {key: replace(one, first=[who for who in one.first if who != customer]) for key, one in named.items()}
