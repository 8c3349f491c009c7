"""The lines of a text file in any encoding, compressed or not. Invalid bytes are marked."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from standing.backfill.files.rows import unreadable
from standing.operations.json_lines import opened

BAD = "\udfff"  # marks invalid bytes: no encoding can produce it
ENDS = re.compile("\r\n|\r|\n")
SAMPLE = 1 << 20
GUESSES = ("gb18030", "cp1252")


def _marked(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 -- only reading asks
    return BAD, error.end


codecs.register_error("standing-marked", _marked)


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """Each line with its line end, of any of the three kinds. Raises Unreadable."""
    try:
        with opened(path) as file, TextIOWrapper(file, encoding, "standing-marked", newline="") as text:
            for number, line in enumerate(text):
                yield line if number else line.removeprefix("\ufeff")
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise unreadable(path, error) from None


def count_of_lines(path: Path, encoding: str) -> int:
    """The number of non-blank lines, counted only by line ends. Raises Unreadable."""
    decoder, rest, count = codecs.getincrementaldecoder(encoding)("replace"), "", 0
    try:
        with opened(path) as file:
            while block := file.read(SAMPLE):
                *whole, rest = ENDS.split(rest + decoder.decode(block))
                if whole and not rest and block.endswith(b"\r"):
                    whole, rest = whole[:-1], f"{whole[-1]}\r"  # its line feed may be in the next block
                count += sum(1 for line in whole if line.strip("\ufeff").strip())
            last = ENDS.split(rest + decoder.decode(b"", final=True))
    except (OSError, EOFError, zlib.error, UnicodeError) as error:
        raise unreadable(path, error) from None
    return count + sum(1 for line in last if line.strip("\ufeff").strip())


def likely_encoding(path: Path) -> str | None:
    """The probable encoding of a file that is not UTF-8; None if it is UTF-8, or if no encoding fits."""
    sample = _sample(path)
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or sample[:200].count(0) > 20:
        return "utf-16"
    fits = [name for name in ("utf-8", *GUESSES) if _fits(sample, name)]
    return fits[0] if fits and fits[0] != "utf-8" else None


def _sample(path: Path) -> bytes:
    try:
        with opened(path) as file:
            return file.read(SAMPLE)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from None


def _fits(sample: bytes, encoding: str) -> bool:
    """Whether a sample, which may end within a character, is valid in an encoding."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return True
