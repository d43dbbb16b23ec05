"""How small an effect a design would find."""

import numpy as np


def detectable(threshold: float, error: float, freedom: float, above: bool = True, power: float = 0.8) -> float:
    """Smallest true effect whose 95% interval lies wholly beyond a threshold with a probability.

        effect = threshold + c error,  P(T > t) = power,  T noncentral Student's with c,  t its central 97.5% quantile

    A statement on the design: with the errors as measured, not with the effect as measured.

    Args:
        threshold: what the effect is held against.
        error: standard error of the effect.
        freedom: degrees of freedom of that error.
        above: whether the interval must lie above the threshold, else below.
        power: the probability.

    References:
        Hoenig & Heisey (2001), on why power at the measured effect says nothing.
    """
    from scipy.optimize import brentq
    from scipy.stats import nct, norm, t as student

    # beyond so many degrees of freedom the noncentral law is a normal one, and SciPy's loses digits
    if freedom > 1000:
        distance = norm.ppf(0.975) + norm.ppf(power)
    else:
        limit = student.ppf(0.975, freedom)
        distance = brentq(lambda c: nct.sf(limit, freedom, c) - power, 0, 4 * limit)
    return float(threshold + np.where(above, 1, -1) * distance * error)
