"""Architecture: floors import downwards only, heavy packages on use, names and files within bounds."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

import riskkit as rk

HERE = Path(rk.__file__).resolve().parent

#: Each floor imports only from itself and from those above it in this list. A floor is a room: a folder at the top, or
#: a module.
HOUSE = [
    "_version",
    "_core",
    "_random",
    "measures",
    "portfolio",
    "market",
    "rules",
    "instruments",
    "frictions",
    "evidence",
    "read",
    "toml",
    "scenario",
    "engine",
    "comparison",
    "analysis",
    "optimize",
    "report",
    "cli",
    "__main__",
]
FLOORS = {name: level for level, name in enumerate(HOUSE)}

#: The calls forward, on use: `Comparison.report`, `Comparison.figure`, `Comparison.gap` and `Plan.figure` hand
#: themselves to what knows results and plans. They are left out of the circles.
FORWARD = {
    ("comparison._comparison", "report.html.page"),
    ("comparison._comparison", "optimize.best_possible._gap"),
    ("comparison._comparison", "report.figures._by_name"),
    ("optimize.sale_plans.sale_plan", "report.figures._sale_plan"),
    ("optimize.best_possible._gap", "report.figures._gap_bars"),
}

#: What imports from further down, on use, and is in no circle: `Portfolio.from_frame` hands its class to a reader, and
#: `evidence.check` a scenario to the analysis that simulates it.
OUT_OF_ORDER = {
    ("portfolio._portfolio", "read.holding_frame"),
    ("evidence._scenario_check", "analysis._evidence_check"),
    ("evidence._scenario_check", "scenario._scenario"),
}

#: `read` knows what it makes, portfolios and markets, and what these stand on.
READ_MAY_USE = {"_core", "portfolio", "market"}

#: Imported on use, never at a module's top.
HEAVY = {
    "cloudpickle", "cvxpy", "dask", "defusedxml", "distributed", "jinja2", "joblib", "llvmlite", "matplotlib", "numba",
    "openpyxl", "pyarrow", "pydantic", "pydantic_core", "ray", "scipy", "skfolio", "tomli_w", "tqdm",
}  # fmt: skip

#: Modules that are themselves imported on use, because they are compiled.
COMPILED = (
    "engine.", "_random.compiling", "_random.draws", "_random.threefry", "_random.vectors",
    "optimize.best_possible.inner_problem", "optimize.best_possible.nested_means",
    "optimize.best_possible.function_values", "optimize.best_possible.growth_moments",
    "optimize.best_possible.lattice_draws", "optimize.best_possible.limit_gradient",
)  # fmt: skip
UNCOMPILED = {
    "engine.execution.container_limits",
    "engine.outcomes",
    "engine.execution.out_of_core",
    "engine.statistic",
}

MOST_LINES = 400


def module_name(file: Path) -> str:
    """Dotted name below riskkit; of a package's front page, the package's."""
    parts = file.relative_to(HERE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def as_imported(text: str) -> ast.Module:
    """A module without what it does as a command, by ``python -m``: a command stands above the house."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))]
    return tree


FILES = sorted(HERE.rglob("*.py"))
MODULES = {module_name(file): as_imported(file.read_text(encoding="utf-8")) for file in FILES}


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Full name of every module that is imported anywhere below a node, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            yield node.module or "", node.lineno
            if node.module == "riskkit":
                for alias in node.names:
                    yield f"riskkit.{alias.name}", node.lineno


def at_the_top(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements that run when the module is imported; what is for type checkers only does not."""
    for node in tree.body:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def import_graph(modules: Mapping[str, ast.AST]) -> dict[str, set[str]]:
    """Module → the modules that it imports anywhere, on use and for type checkers included.

    ``from riskkit.x import y`` is an import of the module y if there is one, else of x. Imports of what is not among
    the modules do not count.
    """
    names = {f"riskkit.{name}".removesuffix("."): name for name in modules}
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for name, tree in modules.items():
        for node in ast.walk(tree):
            found: list[str | None] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                found = [each if each in names else node.module for each in inner]
            graph[name] |= {names[each] for each in found if each in names}
    return graph


def circles(graph: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """Sets of modules each of which imports all others of its set, directly or through others."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph[waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen

    all_reached = {name: reached(name) for name in graph}
    return {
        frozenset(other for other in all_reached[name] if name in all_reached[other])
        for name in graph
        if name in all_reached[name]
    }


def floor_of(name: str) -> str:
    return name.split(".")[0]


INSIDE = sorted(name for name in MODULES if name)


def test_every_module_is_on_a_floor():
    assert {floor_of(name) for name in INSIDE} <= set(FLOORS)
    assert len(INSIDE) > 40


@pytest.mark.parametrize("name", INSIDE)
def test_floors_import_only_from_those_above(name):
    """Imports on use and for type checkers count too."""
    mine = FLOORS[floor_of(name)]
    for imported, line in imports(MODULES[name]):
        if imported == "riskkit" or not imported.startswith("riskkit."):
            continue
        other = floor_of(imported.removeprefix("riskkit."))
        if (name, imported.removeprefix("riskkit.")) in FORWARD | OUT_OF_ORDER:
            continue
        assert other in FLOORS, f"{name}, line {line}: imports {imported}"
        assert FLOORS[other] <= mine, f"{name}, line {line}: {floor_of(name)} is above {other}"


def test_there_is_no_circle_of_imports():
    """Imports on use and for type checkers count too; the calls forward are left out."""
    graph = import_graph(MODULES)
    for module, forward in FORWARD:
        assert forward in graph[module], f"{module} no longer imports {forward}: take it off the list"
        graph[module].discard(forward)
    assert circles(graph) == set()


@pytest.fixture(scope="module")
def graph():
    return import_graph(MODULES)


@pytest.mark.parametrize(("module", "further_down"), sorted(FORWARD | OUT_OF_ORDER))
def test_what_is_listed_as_out_of_order_is_there(graph, module, further_down):
    assert further_down in graph[module]
    assert FLOORS[floor_of(further_down)] > FLOORS[floor_of(module)]


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("from riskkit.b import x", "", []),
        ("from riskkit.b import x", "import riskkit.a", [{"a", "b"}]),
        ("from riskkit.b import x", "def f():\n    from riskkit.a import x", [{"a", "b"}]),
        ("from riskkit.b import x", "if TYPE_CHECKING:\n    from riskkit.a import x", [{"a", "b"}]),
        ("from riskkit import b", "class X:\n    import riskkit.a as other", [{"a", "b"}]),
        ("from riskkit.b import x", "from riskkit.c import x", [{"a", "b", "c"}]),
        ("from riskkit.a import a", "import numpy", [{"a"}]),
        ("from riskkit.b import x", "if __name__ == '__main__':\n    from riskkit.a import x", []),
        ("from riskkit.d import e", "", []),
        ("from riskkit.d import x", "", [{"a", "d"}]),
        ("import riskkit", "", [{"", "a"}]),
    ],
)
def test_circles_by_hand(a, b, found):
    """Beside a and b: c imports a, the package d imports a, its module d.e nothing, and the front page imports a."""
    others = {"": "from riskkit.a import x", "c": "import riskkit.a", "d": "from riskkit.a import x", "d.e": ""}
    modules = {name: as_imported(text) for name, text in {"a": a, "b": b, **others}.items()}
    assert circles(import_graph(modules)) == {frozenset(circle) for circle in found}


@pytest.mark.parametrize("name", INSIDE)
def test_the_package_itself_is_imported_from_outside_alone(name):
    """Else a room could reach any other through the front page; `from riskkit import x` is for modules."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            assert "riskkit" not in {alias.name for alias in node.names}, f"{name}, line {node.lineno}: import riskkit"
        elif isinstance(node, ast.ImportFrom) and node.module == "riskkit":
            names = {alias.name for alias in node.names}
            assert names <= set(MODULES), f"{name}, line {node.lineno}: {names - set(MODULES)} from the front page"


def test_read_knows_only_portfolio_and_market():
    for name in INSIDE:
        if floor_of(name) == "read":
            used = {floor_of(m.removeprefix("riskkit.")) for m, _ in imports(MODULES[name]) if m.startswith("riskkit.")}
            assert used <= READ_MAY_USE | {"read"}, name


def test_only_engine_and_what_builds_on_it_know_the_engine():
    """Data on the left, numbers on the right."""
    for name in INSIDE:
        if FLOORS[floor_of(name)] < FLOORS["engine"]:
            assert not any(imported.startswith("riskkit.engine") for imported, _ in imports(MODULES[name])), name


def test_the_market_is_data_and_makes_no_random_number():
    """The engine lays it out, and hands each source of events its stream.

    Neither streams nor compiled code are imported, not even on use or for type checkers.
    """
    for name in INSIDE:
        if floor_of(name) == "market":
            used = {floor_of(m.removeprefix("riskkit.")) for m, _ in imports(MODULES[name]) if m.startswith("riskkit.")}
            assert not used & {"engine", "_random"}, name


@pytest.mark.parametrize("name", INSIDE)
def test_heavy_packages_are_imported_on_use(name):
    allowed = {"numba", "llvmlite"} if name.startswith(COMPILED) else set()
    for statement in at_the_top(MODULES[name]):
        for imported, line in imports(statement):
            assert imported.split(".")[0] not in HEAVY - allowed, f"{name}, line {line}: imports {imported} at its top"


@pytest.mark.parametrize("name", [name for name in INSIDE if not name.startswith(COMPILED)])
def test_compiled_modules_are_imported_on_use(name):
    """What imports numba must not be imported by what is not compiled, or numba would come with it."""
    for statement in at_the_top(MODULES[name]):
        for imported, line in imports(statement):
            inner = imported.removeprefix("riskkit.")
            if inner.startswith(COMPILED) and inner not in UNCOMPILED:
                pytest.fail(f"{name}, line {line}: imports {imported} at its top")


def test_no_module_has_the_name_of_a_public_function():
    """`import riskkit.x` would put the module in the place of the function."""
    homes = [rk, *(import_module(f"riskkit.{name}") for name in INSIDE if "__init__" not in name and is_public(name))]
    public = {name for home in homes for name in home.__all__ if inspect.isroutine(getattr(home, name))}
    assert {"compare", "trace", "sample", "fit", "concentration", "cdar", "baron", "prices"} <= public
    modules = {part for name in INSIDE for part in name.split(".")}
    assert not public & modules


def is_public(name: str) -> bool:
    """Public namespaces: `rk.measures`, `rk.evidence`, `rk.scenarios`, `rk.read`, `rk.optimize` and the figures."""
    return name in {"measures", "evidence", "scenario.scenarios", "read", "optimize", "report.figures"}


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(HERE)) for file in FILES])
def test_no_file_is_long(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{file.name} has {lines} lines"


@pytest.mark.parametrize("name", INSIDE)
def test_every_module_says_its_idea_first_and_names_what_it_offers(name):
    tree = MODULES[name]
    told = ast.get_docstring(tree)
    assert told, f"{name} has no docstring"
    assert told.splitlines()[0].endswith((".", ":")), f"{name}: the first line must be a sentence"
    if len(tree.body) > 1 and name != "__main__":
        for offered in import_module(f"riskkit.{name}").__all__:
            assert hasattr(import_module(f"riskkit.{name}"), offered), f"riskkit.{name}.{offered}"


def test_every_public_name_exists_and_stands_there_once():
    for offered in rk.__all__:
        assert getattr(rk, offered) is not None
    assert len(rk.__all__) == len(set(rk.__all__))


def test_public_names_load_on_first_use_and_unknown_ones_are_refused():
    with pytest.raises(AttributeError, match="module 'riskkit' has no attribute 'Portfolo'"):
        _ = rk.Portfolo
    assert set(rk.__all__) <= set(dir(rk))


# ---------------------------------------------------------------------------------------------------------------------
# What an import costs; each in a fresh interpreter
# ---------------------------------------------------------------------------------------------------------------------


def printed_by(code: str) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def loaded_by(code: str) -> set[str]:
    return set(printed_by(f"{code}\nimport sys\nprint(*sys.modules)").split())


def test_importing_riskkit_is_quick():
    """Under half a second, the best of three on a machine that may be busy."""
    code = "import time; start = time.perf_counter(); import riskkit; print(time.perf_counter() - start)"
    assert min(float(printed_by(code)) for _ in range(3)) < 0.5


def test_importing_riskkit_brings_no_heavy_package():
    assert not loaded_by("import riskkit") & {*HEAVY, "scipy.stats"}


def test_a_scenario_is_built_without_the_engine_and_its_compiler():
    """Everything left of `compare` is plain data."""
    loaded = loaded_by("import riskkit as rk\nscenario = rk.scenarios.baron()\nhash(scenario)\nrepr(scenario)")
    assert not loaded & {"numba", "llvmlite", "cvxpy", "matplotlib", "scipy.stats", "pydantic", "tqdm"}
    assert "riskkit.market" in loaded


#: A comparison by a rule that fails in any process, this one or a worker, which has loaded what a run does not need.
COMPARISON = """
import sys
from dataclasses import replace
import riskkit as rk

LATE = {"matplotlib", "jinja2", "pydantic", "defusedxml", "openpyxl"}

class Watch(rk.Rule):
    def decide(self, view, state):
        loaded = LATE & sys.modules.keys()
        if loaded:
            raise AssertionError(f"a run loaded {loaded}")
        return view.weights.copy(), state

scenario = replace(rk.scenarios.baron(), rules=[rk.Hold(), Watch()], years=1, steps_per_year=12)
result = rk.compare(scenario, paths=256, seed=1, backend=BACKEND, progress=False)
str(result), result.table(), result.differences()
assert not LATE & sys.modules.keys(), LATE & sys.modules.keys()
"""


@pytest.mark.parametrize("backend", ["threads", pytest.param("loky", marks=pytest.mark.slow)])
def test_a_comparison_loads_no_package_of_figures_reports_or_files(backend: str):
    # Compiled here first, where the workers wait for each other: a process of its own would compile it once more.
    rk.compare(replace(rk.scenarios.baron(), years=1, steps_per_year=12), paths=256, seed=1, progress=False)
    printed_by(f"BACKEND = {backend!r}\n{COMPARISON}")
