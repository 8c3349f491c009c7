"""What a night stores, byte for byte: as it did before its report had a model (`tests/fixtures/nights/`)."""

from __future__ import annotations

from standing.aws.table import Customers
from standing.ingest.batch import Ingest
from standing.lake.compaction import compact_all
from standing.lake.gaps import refill
from standing.nightly.arrivals import with_refused
from standing.nightly.summary import conclude, part_key, report_key
from standing.nightly.trends import with_trend
from standing.nightly.work import BucketWork

from tests.integration.nightly.test_night import LATER, RULES, _dearer
from tests.integration.nightly.test_night_twice import NUMBER, UNTIL
from tests.make.lakes import MemoryLake, last_file, neighbours
from tests.make.nights import begun
from tests.make.support import NOW, ROOT, KeptRejections, complaint, message, purchase
from tests.unit.nightly.test_arrivals import KeptLog

STORED = ROOT / "tests" / "fixtures" / "nights"
WHO = "c-1"
LINE = {"refused": {"shop.checkout": {"duplicates": 2, "rejected": 1}}}


IN_WORDS = b'"why": "1 customer bought on a second day: at least 10 are needed"'
BY_CODE = b""""why": {
      "code": "few-repeaters",
      "values": {
        "customers": 1,
        "fewest": 10
      }
    }"""


def closed(customers: Customers) -> MemoryLake:
    """The lake after a night of a few customers; the lake lacks some data of one."""
    lake, names = MemoryLake(), neighbours(WHO, 3)
    ingest = Ingest(RULES, customers, KeptRejections(), clock=lambda: NOW)
    for number, who in enumerate(names):
        sent = purchase(number, customer=who, amount="2500.00", days_ago=3), complaint(number + 9, customer=who)
        assert not ingest.batch([message(place, one) for place, one in enumerate(sent)]).failed
    refill(lake, customers, RULES, names)
    assert not ingest.batch([message(1, purchase(77, customer=names[0], amount="3.00"))]).failed
    assert not ingest.batch([message(1, purchase(78, customer=names[0], amount="3.00"))]).failed
    refill(lake, customers, RULES, names[:1])
    _, steps = begun(lake, RULES.latest, LATER)
    compact_all(lake, [NUMBER])
    key = last_file(lake, "records", NUMBER)
    lake.put(key, _dearer(lake.get(key).body))
    BucketWork(lake, customers, RULES, clock=lambda: LATER).bucket(NUMBER, UNTIL, 1.0)
    log = KeptLog((NOW.replace(month=4, day=6), LINE))
    conclude(lake, steps, lambda one: with_trend(with_refused(one, lake, log, "UTC"), lake), lambda _: None)
    return lake


def stored(name: str) -> bytes:
    """What was stored then, as by the rules of today, whose version is another."""
    return (STORED / name).read_bytes().replace(b"6d7e718188ec", RULES.latest.version.encode())


def test_the_night_stores_what_it_always_did_to_the_byte(customers: Customers) -> None:
    lake = closed(customers)
    assert lake.get(part_key("2026-04-06", NUMBER)).body == stored("bucket.json")
    before = stored("report.json")
    assert IN_WORDS in before  # what was said in words alone is another today
    assert lake.get(report_key("2026-04-06")).body == before.replace(IN_WORDS, BY_CODE)
