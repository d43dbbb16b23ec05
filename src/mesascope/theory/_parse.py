"""Costs as text."""

import difflib

from ._costs import AbstractCost, Exponential, FixedPlusLinear, Linear, Power

FORMS: dict[str, type[AbstractCost]] = {
    "linear": Linear,
    "fixed": FixedPlusLinear,
    "power": Power,
    "exponential": Exponential,
}
SETTINGS = {"linear": ("a",), "fixed": ("c", "a"), "power": ("a", "k"), "exponential": ("a", "b")}


def parse_cost(text: str) -> AbstractCost:
    """The cost that a text such as `power:a=0.5,k=2` names.

    Args:
        text: `linear:a=`, `fixed:c=,a=`, `power:a=,k=` or `exponential:a=,b=`, the settings in any order.

    Raises:
        ValueError: an unknown form or setting, one that is missing, given twice, no number or out of range.

    Example:
        >>> parse_cost("linear:a=8")
        Linear(a=8.0)
    """
    form, _, rest = text.strip().partition(":")
    if form not in FORMS:
        raise ValueError(f"cost {text!r}: {form!r} is no form. {_nearest(form, FORMS)}Known: {_known()}.")
    values: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        name, number = _setting(text, form, part)
        if name in values:
            raise ValueError(f"cost {text!r}: {name} is given twice; keep one.")
        values[name] = number
    missing = [name for name in SETTINGS[form] if name not in values]
    if missing:
        raise ValueError(f"cost {text!r}: {', '.join(missing)} is missing; write {_usage(form)}.")
    return FORMS[form](**values)


def _setting(text: str, form: str, part: str) -> tuple[str, float]:
    name, equals, number = (piece.strip() for piece in part.partition("="))
    if name not in SETTINGS[form]:
        raise ValueError(
            f"cost {text!r}: {form} has no setting {name!r}. {_nearest(name, SETTINGS[form])}Write {_usage(form)}."
        )
    try:
        return name, float(number)
    except ValueError:
        raise ValueError(f"cost {text!r}: {name}={number!r} is no number; write for example {name}=2.") from None


def _usage(form: str) -> str:
    return f"{form}:" + ",".join(f"{name}=" for name in SETTINGS[form])


def _known() -> str:
    return ", ".join(_usage(form) for form in FORMS)


def _nearest(name: str, known) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}? " if close else ""
