"""riskkit: risk of portfolios that ride on one person.

Correlated-shock simulations, drawdown statistics and comparisons of rebalancing rules, with error bars. The stub
``__init__.pyi`` lists the public names. They load on first use to keep ``import riskkit`` fast.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

from riskkit._version import __version__ as __version__


def _places() -> dict[str, tuple[str, str]]:
    """Public name → (module, name in that module)."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: (node.module or "", alias.name) for node in imports for alias in node.names}


_PLACES = _places()
__all__ = sorted(name for name in _PLACES if not name.startswith("_"))


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        from riskkit._core.guessed_names import attribute_error

        raise attribute_error("riskkit", name, "module 'riskkit'")
    module, original = _PLACES[name]
    package = import_module(module)
    # Namespaces such as riskkit.read are modules, loaded on first access.
    value = vars(package).get(original) or import_module(f"{module}.{original}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
