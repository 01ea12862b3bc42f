"""Cells of heat maps with their numbers, marks on cells, and the colour scale above them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from riskkit._core.array_types import Array, Bools
from riskkit.report.figures._style import LINE_CHARACTERS, NOTE, ROW_LINE_CHARACTERS, StyledAxes, in_unit

if TYPE_CHECKING:
    from matplotlib.collections import QuadMesh

__all__ = ["CELL_INK", "draw_cells", "draw_colour_scale", "hatch", "mark_cells", "points"]

#: Colour of lines and numbers on cells, whose colours are the same in all themes.
CELL_INK = "#1f2328"


def points(labels: pd.Index[Any]) -> Array:
    """The centres of the cells along an axis."""
    return labels.to_numpy(dtype=np.float64)


def draw_cells(styled: StyledAxes, mesh: pd.DataFrame, texts: pd.DataFrame | None, **colours: Any) -> QuadMesh:
    """Draw a cell around each point of a table of values, with a text in each.

    Parameters
    ----------
    styled : StyledAxes
    mesh : DataFrame
        Values (row, column); the labels are the centres of the cells. A cell that is NaN is not drawn.
    texts : DataFrame or None
        Text of each cell, in the same shape.
    **colours
        Of `Axes.pcolormesh`: ``cmap``, ``vmin`` and ``vmax``.
    """
    x, y, values = points(mesh.columns), points(mesh.index), mesh.to_numpy(dtype=np.float64)
    drawn = styled.ax.pcolormesh(_edges(x), _edges(y), values, **colours)
    inks = drawn.to_rgba(values)
    for row, column in np.ndindex((0, 0) if texts is None else values.shape):
        assert texts is not None
        styled.ax.text(
            float(x[column]), float(y[row]), str(texts.iat[row, column]), ha="center", va="center", fontsize=NOTE,
            color=CELL_INK if _bright(inks[row, column]) else "#ffffff",
        )  # fmt: skip
    return drawn


def mark_cells(styled: StyledAxes, mesh: pd.DataFrame, marked: Bools) -> None:
    """Hatch cells (row, column)."""
    from matplotlib.patches import Rectangle

    across, up = _edges(points(mesh.columns)), _edges(points(mesh.index))
    for row, column in np.argwhere(marked):
        corner, size = (across[column], up[row]), (np.diff(across)[column], np.diff(up)[row])
        styled.ax.add_patch(Rectangle(corner, *size, facecolor="none", **hatch()))


def hatch() -> dict[str, Any]:
    """Properties of the hatching of a cell."""
    return {"hatch": "///", "edgecolor": (CELL_INK, 0.35), "linewidth": 0.0}


def draw_colour_scale(styled: StyledAxes, drawn: QuadMesh, label: str, unit: str, padding: float) -> None:
    """Draw the colour scale above the cells, with its label."""
    scale = styled.figure.colorbar(drawn, ax=styled.ax, location="top", aspect=40, pad=padding)
    # Beside a list of rows the scale is narrower.
    scale.set_label(textwrap.fill(label, LINE_CHARACTERS if styled.ax.get_ylabel() else ROW_LINE_CHARACTERS))
    scale.ax.xaxis.label.set_parse_math(False)
    scale.ax.tick_params(colors=styled.theme.ink, labelsize=NOTE)
    in_unit(scale.ax.xaxis, unit)


def _bright(colour: Any) -> bool:
    """Whether dark text is more legible than white text on a colour, by its luma (ITU-R BT.601)."""
    red, green, blue, _ = colour
    return bool(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)


def _edges(at: Array) -> Array:
    """Edges of the cells around points."""
    if len(at) == 1:
        return np.array([at[0] - 0.5, at[0] + 0.5])
    middles = 0.5 * (at[1:] + at[:-1])
    return np.concatenate([[2.0 * at[0] - middles[0]], middles, [2.0 * at[-1] - middles[-1]]])
