"""The buckets of a lake: how many there are is said by the lake itself, and who is in which by a hash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from standing.aws.lake_bucket import BITS
from standing.lake.buckets import BUCKETS, Buckets, buckets_of
from standing.lake.layout import number_in, numbers_of, partition

from tests.make.lakes import MemoryLake


def test_a_lake_without_data_gets_as_many_buckets_as_the_stack_says_and_keeps_them() -> None:
    lake, of_other_bits = MemoryLake(2), MemoryLake(7)
    assert buckets_of(lake).all() == [4, 5, 6, 7]
    of_other_bits.objects.update(lake.objects)
    assert buckets_of(of_other_bits).bits == 2
    assert lake.keys("") == [BUCKETS]
    assert 0 < BITS < 8


@given(st.text(min_size=1), st.integers(0, 16))
def test_everybody_is_in_one_of_the_buckets(customer: str, bits: int) -> None:
    buckets = Buckets(bits)
    assert buckets.of(customer) in numbers_of(bits)
    assert number_in(f"records/{partition(buckets.of(customer))}/month=2026-01/records.parquet") == buckets.of(customer)


@given(customer=st.text(min_size=1), bits=st.integers(0, 12), more=st.integers(1, 4), done=st.booleans())
def test_a_bucket_that_is_split_hands_its_customers_to_those_below_it(
    customer: str, bits: int, more: int, *, done: bool
) -> None:
    whole = Buckets(bits).of(customer)
    half = Buckets(bits, bits + more, frozenset([whole] if done else ()))
    assert half.of(customer) in half.below(whole)
    assert half.of(customer) == (Buckets(bits + more).of(customer) if done else whole)
    assert len(half.all()) == 2**bits + (2**more - 1) * done
    assert len(set(half.all())) == len(half.all())
