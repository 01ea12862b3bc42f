"""What the rules decide on a date: target weights for their books, and states that they get back on the next one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskkit._core.array_types import Array, Bools
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import array_summary
from riskkit.engine.book_view import BookView, MarketView, ViewedBatch
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.path_states import PathStates
from riskkit.engine.trigger_check import refuse_wrong_trigger
from riskkit.rules import View

__all__ = ["Decisions"]


class Decisions:
    """The decisions of all rules about the paths of a batch.

    A rule without a trigger decides about all paths at once. One with a trigger decides about the paths that fire.
    """

    def __init__(self, setup: RunSetup, paths: int) -> None:
        self.setup = setup
        self.states: list[Any] = [None] * len(setup.books)
        self.path_states = [None if trigger is None else PathStates(paths) for trigger in setup.triggers]

    def targets(self, batch: ViewedBatch, due: tuple[int, ...]) -> list[tuple[int, Array]]:
        """Books whose rules want to trade, among those that are due, and their target weights (holding, path).

        All rules see the books as they are now.
        """
        market = MarketView(batch)
        views: list[View] = []
        found = [(book, self._target(BookView(market, book), views)) for book in due]
        for view in views:
            view.close()
        return [(book, target) for book, target in found if target is not None]

    def _target(self, book_view: BookView, views: list[View]) -> Array | None:
        """Target weights of one book (holding, path), or None where nobody trades."""
        book, path_states = book_view.book, self.path_states[book_view.book]
        if path_states is None:
            target, self.states[book] = self._decision(book_view, views, None, self.states[book])
            return target
        fired = book_view.batch.fired(book)
        target, groups = None, []
        for paths, state in path_states.groups(fired):
            group_target, after = self._decision(book_view, views, paths, state)
            try:
                path_states.store(paths, after)
            except InvalidInput as error:
                raise InvalidInput(f"{self._name(book)}: {error}, {_date(book_view)}") from None
            if group_target is not None:
                target = book_view.weights.copy() if target is None else target
                target[:, paths] = group_target
            groups.append((paths, after))
        if self.setup.check_triggers:
            self._check_trigger(book_view, views, fired, target, groups)
        return target

    def _check_trigger(
        self,
        book_view: BookView,
        views: list[View],
        fired: Bools,
        target: Array | None,
        groups: list[tuple[NDArray[np.intp], Any]],
    ) -> None:
        """Let a rule with a trigger decide about all paths too, and refuse it if that makes a difference."""
        book, weights = book_view.book, book_view.weights
        before = self.states[book]
        whole, self.states[book] = self._decision(book_view, views, None, before)
        refuse_wrong_trigger(
            f"{self._name(book)}, {_date(book_view)}",
            book_view.batch.paths,
            weights,
            fired,
            np.asarray(((book_view.units > 0.0) & (book_view.price > 0.0)).any(axis=0)),
            (weights if target is None else target, groups),
            (weights if whole is None else whole, before, self.states[book]),
        )

    def _decision(
        self, book_view: BookView, views: list[View], paths: NDArray[np.intp] | None, state: Any
    ) -> tuple[Array | None, Any]:
        """What a rule answers about some paths, or about all: checked target weights (holding, path), and a state."""
        book, view = book_view.book, book_view.view(views, paths)
        try:
            answer = self.setup.books[book].decide(view, state)
        except Exception as error:
            error.add_note(f"while {self._name(book)} decided {_date(book_view)}")
            raise
        if not isinstance(answer, tuple) or len(answer) != 2:
            received = type(answer).__name__
            raise InvalidInput(
                f"{self._name(book)}: decide must return (target, state), got {received} {_date(book_view)}"
            )
        target: Any = answer[0]
        if target is None:
            return None, answer[1]
        shape = (self.setup.rows.size, book_view.batch.paths.size if paths is None else paths.size)
        if not isinstance(target, np.ndarray) or target.shape != shape or target.dtype.kind not in "fiu":
            required, received = f"an array of numbers of shape (asset, path) = {shape}", array_summary(target)
            raise InvalidInput(f"{self._name(book)}: target must be {required}, got {received} {_date(book_view)}")
        weights: Array = np.ascontiguousarray(target, dtype=np.float64)
        return weights, answer[1]

    def _name(self, book: int) -> str:
        return f"rule {self.setup.books[book].name!r}"


def _date(book_view: BookView) -> str:
    step = book_view.batch.step
    return f"at step {step} ({book_view.setup.calendar.time(step):.4g} years)"
