"""What every part of the rules is: a frozen model, and the titles that people read. Knows none of the parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated, Any, Self, cast

from pydantic import BaseModel, ConfigDict, Field

from standing.values.catalogue import Language


class Frozen(BaseModel):
    """A part of the rules: it never changes once compiled."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,), defer_build=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields changed, for which everything is worked out anew."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied

    def derived[T](self, make: Callable[[Self], T]) -> T:
        """What something makes of this part: made once, and kept beside it."""
        try:
            return cast("T", vars(self)["_derived"][make])  # nearly always
        except KeyError:
            cache: dict[Callable[[Self], T], T] = vars(self).setdefault("_derived", {})
            return cache.setdefault(make, make(self))


class Title(Frozen):
    """What people read, in both languages."""

    en: Annotated[str, Field(min_length=1, pattern=r"\S")]
    zh: Annotated[str, Field(min_length=1, pattern=r"\S")]

    def in_language(self, language: Language, /) -> str:
        """The title in a language."""
        return self.zh if language == "zh" else self.en
