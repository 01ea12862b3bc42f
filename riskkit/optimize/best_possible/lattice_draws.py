"""Draws of a `PeriodLaw` at the points of a lattice, shifted at random and folded, compiled."""

from __future__ import annotations

from riskkit._random.compiling import inlined, phase
from riskkit._random.threefry import log
from riskkit._random.vectors import choose, sqrt

__all__ = ["inverse_normal", "lattice_draws"]

#: Uniforms are retained this far from 0 and 1.
EDGE = 2.0**-54


@inlined
def inverse_normal(p):
    """Return the normal quantile of p in (0, 1), to 1e-15 relative for min(p, 1 - p) > 1.4e-11.

    Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution", *Applied Statistics* 37,
    477-484; beyond that, where no estimate notices it, his second formula is used too.
    """
    q = p - 0.5
    r = 0.180625 - q * q
    a = 2509.0809287301226727 * r + 33430.575583588128105
    a = (((a * r + 67265.770927008700853) * r + 45921.953931549871457) * r + 13731.693765509461125) * r
    a = ((a + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608
    b = 5226.495278852545925 * r + 28729.085735721942674
    b = (((b * r + 39307.89580009271061) * r + 21213.794301586595867) * r + 5394.1960214247511077) * r
    b = ((b + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0
    tail = choose(q < 0.0, p, 1.0 - p)
    s = sqrt(-log(tail)) - 1.6
    c = 7.7454501427834140764e-4 * s + 0.0227238449892691845833
    c = (((c * s + 0.24178072517745061177) * s + 1.27045825245236838258) * s + 3.64784832476320460504) * s
    c = ((c + 5.7694972214606914055) * s + 4.6303378461565452959) * s + 1.42343711074968357734
    d = 1.05075007164441684324e-9 * s + 5.475938084995344946e-4
    d = (((d * s + 0.0151986665636164571966) * s + 0.14810397642748007459) * s + 0.68976733498510000455) * s
    d = ((d + 1.6763848301838038494) * s + 2.05319162663775882187) * s + 1.0
    far = c / d
    far = choose(q < 0.0, -far, far)
    return choose(r >= 0.0, q * a / b, far)


@phase
def lattice_draws(law, shift, lattice, draws):
    """Set draws (dimension, draw): normals, and for each shock a uniform before the normals of its impacts.

    Parameters
    ----------
    law : PeriodLaw
    shift : ndarray (dimension,)
    lattice : ndarray (dimension, draw)
    """
    next_arrival, shock = law.loading.shape[1], 0
    for row in range(draws.shape[0]):
        start = shift[row]
        uniform = row == next_arrival
        if uniform:
            next_arrival += 1 + law.factors[shock]
            shock += 1
        for draw in range(draws.shape[1]):
            point = start + lattice[row, draw]
            point = choose(point >= 1.0, point - 1.0, point)
            point = 1.0 - abs(2.0 * point - 1.0)
            point = min(max(point, EDGE), 1.0 - 2.0 * EDGE)
            draws[row, draw] = point if uniform else inverse_normal(point)
