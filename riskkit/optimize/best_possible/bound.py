"""The result of `upper_bound`: the certainty equivalent that no plan of a class exceeds, and a rule's gap to it."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit._core.format import value_with_error

__all__ = ["Bound"]


@dataclass(frozen=True)
class Bound:
    """An upper bound of the certainty equivalent of all plans of a class, and how far a rule is from it.

    Attributes
    ----------
    value, standard_error : float
        The bound, in multiples of the start wealth, and the standard error of its estimate.
    gap : float
        1 - (certainty equivalent of the rule) / bound, a fraction, >= 0 but for errors.
    low, high : float
        95 % interval of the gap, from both errors; `low` is at least 0.
    rule, rule_value, rule_standard_error : str, float, float
        The rule, its certainty equivalent in the class, where losses refund their tax at once, and its standard error.
    plans : str
        The class in words, to stand after "plans that".
    risk_aversion : float
        Relative risk aversion of the certainty equivalent.
    inner, paths, seed, fit_seed : int
        Inner draws a date, paths, their seed, and that of the fit.
    """

    value: float
    standard_error: float
    gap: float
    low: float
    high: float
    rule: str
    rule_value: float
    rule_standard_error: float
    plans: str
    risk_aversion: float
    inner: int
    paths: int
    seed: int
    fit_seed: int

    @property
    def sentence(self) -> str:
        """What is proven, and how far the rule may be from the best."""
        return (
            f"Among plans that {self.plans}, no plan, however clever, has a certainty equivalent above "
            f"{value_with_error(self.value, self.standard_error)} times the start wealth (risk aversion "
            f"{self.risk_aversion:g}); {self.rule!r} has "
            f"{value_with_error(self.rule_value, self.rule_standard_error)}, so no plan is better by more than "
            f"{100.0 * (self.value / self.rule_value - 1.0):.2f} %. The gap is "
            f"{100.0 * self.gap:.2f} % of the bound, with a 95 % interval from {100.0 * self.low:.2f} to "
            f"{100.0 * self.high:.2f} %."
        )

    def __str__(self) -> str:
        return self.sentence
