"""Names that users of other libraries guess: each is answered with a name that exists, and is listed on the site."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import re
from functools import reduce
from pathlib import Path

import pytest

import riskkit as rk
from riskkit._core.guessed_names import ATTRIBUTES, KEYWORDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coming_from.md"
OWNERS = {"riskkit": rk, "riskkit.measures": rk.measures} | {
    name: getattr(rk, name) for name in ("Market", "Portfolio", "Concentration", "Comparison")
}
GUESSES = [(owner, guess, right) for owner, names in ATTRIBUTES.items() for guess, right in names.items()]


def exists(name: str) -> bool:
    """Whether a name of riskkit or an attribute of one of its classes exists; a field may have no default."""
    first, *inner, last = name.split(".")
    owner = reduce(getattr, inner, rk if first == "rk" else getattr(rk, first))
    return hasattr(owner, last) or last in {field.name for field in dataclasses.fields(owner)}


@pytest.mark.parametrize(("owner", "guess", "right"), GUESSES)
def test_a_guess_is_no_name_and_its_answer_is_one(owner: str, guess: str, right: str):
    with pytest.raises(AttributeError) as error:
        getattr(OWNERS[owner], guess)
    assert f"has no attribute {guess!r}; riskkit calls it {right}" in str(error.value)
    assert exists(right)


def test_the_page_lists_every_guess():
    [table] = re.findall(r"^\| guess \| here \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE.read_text(encoding="utf-8"), re.M)
    listed = re.findall(r"^\| `(\S+)` \| `(\S+)` \|$", table, re.M)
    names = {"riskkit": "rk", "riskkit.measures": "rk.measures"}
    attributes = [(f"{names.get(owner, owner)}.{guess}", right) for owner, guess, right in GUESSES]
    assert listed == attributes + [(f"{guess}=", f"{right}=") for guess, right in KEYWORDS.items()]


def test_instances_answer_too():
    portfolio = rk.Portfolio([rk.Holding("A", 1), rk.Holding("B", 1)])
    with pytest.raises(
        AttributeError, match=r"object has no attribute 'weights_'; riskkit calls it Portfolio\.weights$"
    ):
        _ = portfolio.weights_
    with pytest.raises(AttributeError, match=r"riskkit calls it Concentration\.herfindahl$"):
        _ = rk.concentration(portfolio).hhi


def test_other_names_have_pythons_own_error():
    portfolio = rk.Portfolio([rk.Holding("A", 1)])
    for owner, sentence in [
        (portfolio, "'Portfolio' object has no attribute 'nonsense'"),
        (rk.Portfolio, "type object 'Portfolio' has no attribute 'nonsense'"),
        (rk, "module 'riskkit' has no attribute 'nonsense'"),
        (rk.measures, "module 'riskkit.measures' has no attribute 'nonsense'"),
    ]:
        with pytest.raises(AttributeError, match=f"^{sentence}$"):
            _ = owner.nonsense
    assert not {"from_prices", "weights_"} & {*dir(rk.Market), *dir(portfolio)}
    assert copy.deepcopy(portfolio) == pickle.loads(pickle.dumps(portfolio)) == portfolio


@pytest.mark.parametrize(("guess", "right"), KEYWORDS.items())
def test_a_guessed_keyword_is_answered_where_the_right_one_is_taken(guess: str, right: str):
    functions = [each for each in (rk.compare, rk.sample) if right in inspect.signature(each).parameters]
    assert functions
    for function in functions:
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{guess}'; riskkit calls it '{right}'$"):
            function(None, **{guess: 1})


def test_a_keyword_without_an_answer_has_pythons_own_error():
    """`compare` has no `years`: they are in the scenario."""
    for name in ("nonsense", "horizon"):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'$"):
            rk.compare(None, **{name: 1})
