"""Why a file cannot be read or written: one table, for every part of Standing, in each language."""

from __future__ import annotations

import errno
import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from standing.values.errors import FAILURES, UserError, failure_of

from tests.make.chinese import english_sentences


def raised(do: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- whatever it is
        do()
    return caught.value


FAULTS = {  # each reader's error, and what is said
    "No such file or directory": lambda: open("nowhere/at/all"),  # noqa: SIM115, PTH123
    "Is a directory": lambda: Path("/").read_bytes(),
    "it is not compressed by gzip": lambda: gzip.decompress(b"plain text"),
    "the compressed file is damaged: it ends too early": lambda: gzip.decompress(gzip.compress(b"text")[:9]),
    "the compressed file is damaged": lambda: zlib.decompress(b"plain text"),
    "it is not a workbook: an .xlsx is a ZIP file": lambda: zipfile.ZipFile(Path(__file__)),
    "it is not UTF-8 text: see byte 3": b"ab\xff".decode,
    "it is not JSON: line 2, character 1": lambda: json.loads("{\n"),
}


@pytest.mark.parametrize("expected", FAULTS)
def test_each_fault_has_its_words(expected: str) -> None:
    error = raised(FAULTS[expected])
    assert str(failure_of(error)) == expected
    assert english_sentences(failure_of(error).in_language("zh")) == []


@pytest.mark.parametrize("name", [name for name in FAILURES.texts if name.startswith("E")])
def test_each_error_of_the_system_has_its_words(name: str) -> None:
    number = getattr(errno, name)
    said = failure_of(OSError(number, os.strerror(number), "a.txt"))
    assert str(said) == FAILURES.texts[name]
    assert said.in_language("zh") != str(said)


def test_what_has_no_words_is_quoted_by_its_first_line() -> None:
    said = failure_of(RuntimeError("an odd thing\nin two lines"))
    assert str(said) == "its reader says “an odd thing”"
    assert said.in_language("zh") == "读取程序报告：“an odd thing”"


def test_a_parquet_file_is_known_by_what_polars_says() -> None:
    said = str(failure_of(RuntimeError("parquet: File out of specification")))
    assert said == "it is not a whole Parquet file: its reader says “File out of specification”"


def test_another_error_of_the_system_is_told_by_its_number() -> None:
    said = failure_of(OSError(errno.EOWNERDEAD, "Owner died"))
    assert str(said) == f"the system's error {errno.EOWNERDEAD}"
    assert said.in_language("zh") == f"系统错误 {errno.EOWNERDEAD}"


def test_what_says_itself_is_left_to_say_it() -> None:
    error = UserError("a file")
    assert failure_of(error) is error
