"""The lower bound holds for any solver output, and an unproven result says so."""

from __future__ import annotations

import pickle

import cvxpy as cp
import numpy as np
import pytest
from plain_programmes import least_cvar, returns_of

from riskkit._core.errors import RiskkitError
from riskkit.optimize import SolverFailed, min_cvar
from riskkit.optimize import _linear_program as programme
from riskkit.optimize._tail_oracles import LossTail
from riskkit.optimize.cutting_plane import algorithm as cutting
from riskkit.optimize.cutting_plane import conic as cones
from riskkit.optimize.cutting_plane import simplex
from riskkit.optimize.cutting_plane.algorithm import minimise
from riskkit.optimize.cutting_plane.bound import lower_bound
from riskkit.optimize.cutting_plane.cuts import Cuts
from riskkit.optimize.cutting_plane.feasible_set import Region


def problem(*limits):
    """A risk, and the long-only mixes of its assets."""
    returns = returns_of(400, 5)
    weights = cp.Variable(5)
    made = {f"limit {place}": [limit(weights)] for place, limit in enumerate(limits)}
    region = Region(weights, np.zeros(5), np.ones(5), [cp.sum(weights) == 1.0], made)
    return returns, LossTail(returns, 0.05), region


@pytest.mark.parametrize("seed", range(20))
def test_any_multipliers_give_a_bound_that_holds(seed):
    """Garbage in place of a solver's multipliers: the bound is loose, never above the least risk."""
    returns, risk, region = problem(lambda w: w[0] <= 0.1, lambda w: w[1] + w[2] >= 0.6)
    least = least_cvar(returns, limits=lambda w: [w >= 0.0, w[0] <= 0.1, w[1] + w[2] >= 0.6])
    generator = np.random.default_rng(seed)
    cuts = Cuts(5)
    for point in generator.dirichlet(np.ones(5), 8):
        value, slope = risk(point)
        cuts.add(slope, value - slope @ point)
    conic = region.conic("CLARABEL")
    of_limits, of_cuts = 0.1 * generator.standard_normal(conic.rows), generator.standard_normal(8)
    of_cuts[0] = 1.0
    bound = lower_bound(region, conic, cuts, np.zeros(conic.columns), of_limits, of_cuts)
    assert -1.0 < bound <= least + 1e-9


def test_multipliers_of_the_wrong_sign_count_nothing():
    """The least x in [0, 1] is 0, by the cut f >= x alone.

    With -1 on the limit x >= -1 the sum would be x + (x + 1), at least 1; with 2 and -1 on the cuts f >= x and f >= -5
    it would be 2 x + 5, at least 5. Both are wrong.
    """
    x = cp.Variable(1)
    region = Region(x, np.zeros(1), np.ones(1), (), {"loose": [x >= -1.0]})
    cuts = Cuts(1)
    cuts.add(np.array([1.0]), 0.0)
    cuts.add(np.array([0.0]), -5.0)
    conic = region.conic("CLARABEL")
    for of_limits, of_cuts in [([-1.0], [1.0, 0.0]), ([0.0], [2.0, -1.0])]:
        assert lower_bound(region, conic, cuts, np.zeros(1), np.array(of_limits), np.array(of_cuts)) == 0.0


@pytest.mark.parametrize("sloppy", [0.3, 0.999, 1.0, 1.001, 3.0])
def test_a_measure_from_a_sloppy_solver_keeps_its_caps(sloppy):
    """A measure above its caps would prove too much."""
    caps = np.random.default_rng(1).exponential(size=50)
    caps *= 4.0 / caps.sum()
    exact = np.zeros(50)
    exact[:10] = caps[:10]
    measure = programme._measure(exact * sloppy / exact.sum(), caps)
    assert measure.sum() == pytest.approx(1.0, rel=1e-12)
    assert (measure >= 0.0).all()
    assert (measure <= caps * (1.0 + 1e-12)).all()


def test_no_multiplier_proves_nothing():
    _, risk, region = problem()
    cuts = Cuts(5)
    cuts.add(risk(np.full(5, 0.2))[1], 0.0)
    conic = region.conic("CLARABEL")
    assert lower_bound(region, conic, cuts, np.zeros(5), np.zeros(conic.rows), np.zeros(1)) == -np.inf


def test_a_search_cut_short_is_reported_and_still_proven(monkeypatch):
    returns = returns_of(2000, 10)
    monkeypatch.setattr(cutting, "MOST", 12)
    found = min_cvar(returns, method="cuts")
    least = least_cvar(returns)
    assert found.iterations == 12
    assert found.status.startswith("not proven optimal: stopped after 12 iterations")
    assert "try fewer assets" in found.status
    assert found.lower_bound <= least <= found.objective
    assert found.gap > 1e-5


def test_a_search_without_progress_ends(monkeypatch):
    returns = returns_of(2000, 10)
    monkeypatch.setattr(cutting, "GAP", -1.0)
    monkeypatch.setattr(cutting, "PATIENCE", 20)
    found = min_cvar(returns, method="cuts")
    assert found.objective == pytest.approx(least_cvar(returns), rel=1e-6)
    assert found.iterations < 500


def failing(status):
    def solve(self, cuts):
        raise SolverFailed(status)

    return solve


def test_where_the_simplex_fails_cones_take_over(monkeypatch):
    returns = returns_of(300, 4)
    monkeypatch.setattr(simplex.Simplex, "solve", failing("HiGHS: out of luck"))
    found = min_cvar(returns, method="cuts")
    assert found.objective == pytest.approx(least_cvar(returns), rel=1e-6)
    assert found.status.startswith("optimal")
    assert "HiGHS: out of luck" in found.status


def test_where_clarabel_fails_scs_takes_over(monkeypatch):
    returns = returns_of(300, 4)
    monkeypatch.setattr(simplex.Simplex, "solve", failing("HiGHS: out of luck"))
    monkeypatch.setitem(cones.CONE_SOLVERS, "CLARABEL", {"max_iter": 1})
    found = min_cvar(returns, method="cuts")
    assert found.objective == pytest.approx(least_cvar(returns), rel=1e-5)
    assert "HiGHS: out of luck, then CLARABEL: MaxIterations" in found.status


def test_where_all_fail_the_error_says_what_was_tried(monkeypatch):
    _, risk, region = problem()
    monkeypatch.setattr(simplex.Simplex, "solve", failing("HiGHS: out of luck"))
    monkeypatch.setitem(cones.CONE_SOLVERS, "CLARABEL", {"max_iter": 1})
    monkeypatch.setitem(cones.CONE_SOLVERS, "SCS", {"max_iters": 1})
    with pytest.raises(SolverFailed, match=r"tried HiGHS: out of luck, then CLARABEL: MaxIterations, then SCS: .*"):
        minimise(risk, region, Cuts(5), np.full(5, 0.2))
    with pytest.raises(RiskkitError, match=r"no solver found a feasible point; tried CLARABEL: .*, then SCS"):
        min_cvar(returns_of(300, 4))


def test_a_failure_on_the_way_leaves_what_is_proven_so_far(monkeypatch):
    returns, risk, region = problem(lambda w: cp.norm(w) <= 0.7)
    whole = cones.Cone.solve
    monkeypatch.setattr(
        cones.Cone, "solve", lambda self, cuts: whole(self, cuts) if len(cuts) < 6 else failing("worn out")(self, cuts)
    )
    found = minimise(risk, region, Cuts(5), np.full(5, 0.2))
    assert found.status.startswith("not proven optimal")
    assert "worn out" in found.status
    assert found.bound <= least_cvar(returns, limits=lambda w: [w >= 0, cp.norm(w) <= 0.7]) + 1e-9


def test_a_small_problem_that_clarabel_cannot_solve_goes_on(monkeypatch):
    """The linear programme is tried with HiGHS next; with "auto", cuts are the last resort."""
    returns = returns_of(100, 3)
    monkeypatch.setattr(programme, "SOLVERS", ("NONE", "HIGHS"))
    assert min_cvar(returns, method="lp").objective == pytest.approx(least_cvar(returns), rel=1e-6)
    monkeypatch.setattr(programme, "SOLVERS", ("NONE",))
    assert min_cvar(returns).objective == pytest.approx(least_cvar(returns), rel=1e-6)
    with pytest.raises(SolverFailed, match=r"tried NONE: .*not installed"):
        min_cvar(returns, method="lp")


def test_answers_are_printable_and_can_be_stored():
    found = min_cvar(returns_of(100, 15))
    text = repr(found)
    assert text.startswith("Allocation\n")
    assert "… and 3 more" in text
    assert "optimal" in text
    assert pickle.loads(pickle.dumps(found)).weights.equals(found.weights)
