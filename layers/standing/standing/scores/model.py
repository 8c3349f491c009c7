"""Models are data: what was learnt, as canonical JSON under its hash. Numbers are decimal strings, or whole.

Who scores reads this, and needs nothing of what fitted it.
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

DIGITS = 9  # significant ones that are published: the fit settles that many


def _positive(text: str) -> str:
    if not Decimal(text) > 0:
        raise ValueError("a number above 0")
    return text


Number = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?$"), AfterValidator(_positive)]
Limit = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
NotNegative = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]


class Part(BaseModel):
    """A part of a model: it never changes once fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Purchases(Part):
    """BG/NBD's parameters, in days, and the customers that they were learnt from."""

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
    """Gamma-Gamma's parameters, in minor units of the currency, and the customers that they were learnt from."""

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
    """Of RFM, the worst value that has the scores 2, 3, 4 and 5; null where none of the customers had it.

    `days_since_last` in days, `frequency` in days with purchases, `monetary_value` in minor units.
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
    """All that scores depend on.

    `as_of`: the last day that it was learnt from. `spend`: whether refunds are taken off what was bought, where it was
    learnt and where it scores. `horizon`: for how many days purchases are expected; `months`: over
    how many months of 30 days the lifetime value is summed, at a `discount` a month. `bands`: of each score.
    `quintiles`: where the scores of RFM begin.
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
        """What tells it from every other model: 12 hexadecimal digits."""
        return digest(self.model_dump(mode="json"))[:12]


def decimal(value: float) -> str:
    """A number as it is published, with as many digits as the fit settles."""
    return f"{value:.{DIGITS}g}" if 1e-4 <= abs(value) < 1e9 else f"{Decimal(f'{value:.{DIGITS - 1}e}'):E}"


def text(model: Model) -> str:
    """A model as the JSON that is kept, its hash beside it."""
    content: dict[str, Any] = {"hash": model.hash, **model.model_dump(mode="json")}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(path: Path) -> Model:
    """A model that was kept in a file. Raises ValueError where it is none, or was changed by hand."""
    try:
        return parsed(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} {error}" if isinstance(error, ValueError) else str(error)) from None


def parsed(kept: bytes) -> Model:
    """A model that was kept. Raises ValueError where it is none, or was changed by hand."""
    try:
        content = json.loads(kept)
        said = content.pop("hash")
        model = Model.model_validate(content)
    except (ValueError, KeyError, AttributeError, ValidationError) as error:
        raise ValueError(f"is not a model of scores: {error}") from None
    if said != model.hash:
        raise ValueError(f"was changed by hand: its content has the hash {model.hash}, and it says {said}")
    return model
