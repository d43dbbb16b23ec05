"""Refusals of numbers outside a parameter's range."""

import math


def check_positive(call: str, **values: float) -> None:
    """Raises ValueError for a value that is not a finite number above 0."""
    for name, value in values.items():
        if not _is_number(value) or not 0 < value < math.inf:
            raise ValueError(f"{call}({name}={value!r}): {name} is a finite number above 0; give for example {name}=1.")


def check_not_negative(call: str, upper: float = math.inf, limit: bool = False, **values: float) -> None:
    """Raises ValueError for a value outside [0, `upper`]; infinity passes only where `limit` says so."""
    for name, value in values.items():
        fits = _is_number(value) and 0 <= value <= upper and (limit or value < math.inf)
        if not fits:
            span = "a number of 0 or more" if upper == math.inf else f"a number from 0 to {upper:g}"
            neutral = "math.inf" if limit else "0"
            raise ValueError(
                f"{call}({name}={value!r}): {name} is {span}; {name}={neutral} leaves it out of the model."
            )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
