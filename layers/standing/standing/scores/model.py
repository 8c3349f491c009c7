"""Models as data: fitted parameters as canonical JSON with a hash. Numbers are decimal strings or integers.

Scoring needs only this, not the code that fitted it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from standing.rules.ruleset import digest
from standing.scores.bands import Bands
from standing.scores.bgnbd import BgNbd
from standing.scores.gammagamma import GammaGamma
from standing.scores.spending import Spend
from standing.values.errors import ReadableError, failure_of
from standing.values.messages import Readable, message

DIGITS = 9  # significant digits that are published: the fit determines that many


def _positive(text: str) -> str:
    if not Decimal(text) > 0:
        raise ValueError("a number above 0")
    return text


Number = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?$"), AfterValidator(_positive)]
Limit = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
NotNegative = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]


class NotAModel(ReadableError, ValueError):  # noqa: N818 -- what the file is
    """A file that holds no model, or one that somebody changed."""


class Part(BaseModel):
    """A part of a model: it never changes once fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Purchases(Part):
    """BG/NBD's parameters, in days, and the number of customers that they were fitted on."""

    r: Number
    alpha: Number
    a: Number
    b: Number
    customers: int
    log_likelihood: str

    @property
    def bgnbd(self) -> BgNbd:
        """As the expressions take them."""
        return BgNbd(*(float(one) for one in (self.r, self.alpha, self.a, self.b)))


class Amounts(Part):
    """Gamma-Gamma's parameters, in minor units of the currency, and the number of customers they were fitted on."""

    p: Number
    q: Number
    v: Number
    customers: int
    log_likelihood: str

    @property
    def gammagamma(self) -> GammaGamma:
        """As the expressions take them."""
        return GammaGamma(*(float(one) for one in (self.p, self.q, self.v)))


class Quintiles(Part):
    """The worst RFM value that has the scores 2, 3, 4 and 5; null if no customer had the score.

    `days_since_last` is in days, `frequency` in days with purchases, `monetary_value` in minor units.
    """

    days_since_last: tuple[Limit | None, ...]
    frequency: tuple[Limit | None, ...]
    monetary_value: tuple[Limit | None, ...]

    @property
    def limits(self) -> dict[str, tuple[float | None, ...]]:
        """As the expressions take them."""
        held = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: tuple(None if one is None else float(one) for one in some) for name, some in held.items()}


class Model(Part):
    """Everything that scores depend on.

    `as_of` is the last day of the data that it was fitted on. `spend` tells whether refunds are subtracted from
    purchases, in fitting and scoring. `horizon` is the number of days for which purchases are predicted; `months` is
    the number of months of 30 days over which the lifetime value is summed, at a `discount` a month. `bands` has the
    bands of each score, `quintiles` the limits of the RFM scores.
    """

    format: Literal["standing-scores.v3"] = "standing-scores.v3"
    as_of: str
    spend: Spend
    currency: str
    minor_digits: Annotated[int, Field(ge=0, le=4)]
    horizon: Annotated[int, Field(ge=1, le=3660)]
    months: Annotated[int, Field(ge=1, le=120)]
    discount: NotNegative
    purchases: Purchases
    amounts: Amounts
    bands: Mapping[str, Bands]
    quintiles: Quintiles

    @property
    def hash(self) -> str:
        """The hash of its content: 12 hexadecimal digits."""
        return digest(self.model_dump(mode="json"))[:12]


def decimal(value: float) -> str:
    """A number as published, with as many digits as the fit determines."""
    return f"{value:.{DIGITS}g}" if 1e-4 <= abs(value) < 1e9 else f"{Decimal(f'{value:.{DIGITS - 1}e}'):E}"


def text(model: Model) -> str:
    """A model as JSON, with its hash."""
    content: dict[str, Any] = {"hash": model.hash, **model.model_dump(mode="json")}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(path: Path) -> Model:
    """Read a model from a file. Raises ValueError if it is not a model, or was changed by hand."""
    try:
        return parsed(path.read_bytes())
    except OSError as error:
        raise NotAModel("{path}: {why}", path=path, why=failure_of(error)) from None
    except NotAModel as error:
        raise NotAModel("{path} {error}", path=path, error=error) from None


def parsed(kept: bytes) -> Model:
    """Parse a stored model. Raises ValueError if it is not a model, or was changed by hand."""
    try:
        content = json.loads(kept)
        said = content.pop("hash")
        model = Model.model_validate(content)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NotAModel("is not a model of scores: {why}", why=_why(error)) from None
    if said != model.hash:
        raise NotAModel(
            message(
                "was changed by hand: its content has the hash {hash}, and it says {said}", hash=model.hash, said=said
            )
        )
    return model


def _why(error: Exception) -> Readable:
    if isinstance(error, ValidationError):
        place = ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])
        return message("`{place}` is missing, unknown or of another kind", place=place)
    return failure_of(error) if isinstance(error, ValueError) else message("it has no hash")
