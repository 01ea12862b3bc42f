"""What the rules decide on a date: target weights for their books, and states that they get back on the next one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from riskkit._core.array_types import Array, Ints
from riskkit._core.errors import InvalidInput
from riskkit._core.validation import array_summary
from riskkit.engine.book_view import BookView, MarketView, ViewedBatch
from riskkit.engine.inputs.run_setup import RunSetup
from riskkit.engine.path_states import PathStates
from riskkit.engine.trigger_check import refuse_wrong_trigger
from riskkit.rules import View

__all__ = ["Decisions", "Order"]


class Order(NamedTuple):
    """What a rule wants on a date.

    Attributes
    ----------
    book : int
    paths : ndarray of int64 or None
        The paths that it decided about, as places in the batch; None: all.
    target : ndarray
        Target weights on these paths (holding, path).
    """

    book: int
    paths: Ints | None
    target: Array


class Decisions:
    """The decisions of all rules about the paths of a batch.

    A rule without a trigger decides about all paths at once. One with a trigger decides about the paths that fire.
    """

    def __init__(self, setup: RunSetup, paths: int) -> None:
        self.setup = setup
        self.states: list[Any] = [None] * len(setup.books)
        self.path_states = [None if trigger is None else PathStates(paths) for trigger in setup.triggers]

    def orders(self, batch: ViewedBatch, due: tuple[int, ...]) -> list[Order]:
        """The orders of the rules that are due; all of them see the books as they are now."""
        market = MarketView(batch)
        views: list[View] = []
        found = [order for book in due for order in self._orders(market, book, views)]
        for view in views:
            view.close()
        return found

    def _orders(self, market: MarketView, book: int, views: list[View]) -> list[Order]:
        """The orders for one book: one for all paths, or one for each group of paths that fire."""
        path_states = self.path_states[book]
        if path_states is None:
            target, self.states[book] = self._decision(market.book(book), views, self.states[book])
            return [] if target is None else [Order(book, None, target)]
        groups: list[tuple[Ints, Array | None, Any]] = []
        for paths, state in path_states.groups(market.batch.fired(book)):
            selected = market if paths.size == market.count else market.of_paths(paths)
            target, after = self._decision(selected.book(book), views, state)
            try:
                path_states.store(paths, after)
            except InvalidInput as error:
                raise InvalidInput(f"{self._name(book)}: {error}, {_date(market.book(book))}") from None
            groups.append((paths, target, after))
        if self.setup.check_triggers:
            self._check_trigger(market.book(book), views, groups)
        return [
            Order(book, None if paths.size == market.count else paths, target)
            for paths, target, _ in groups
            if target is not None
        ]

    def _check_trigger(
        self, book_view: BookView, views: list[View], groups: list[tuple[Ints, Array | None, Any]]
    ) -> None:
        """Let a rule with a trigger decide about all paths too, and refuse it if that makes a difference."""
        book, weights = book_view.book, book_view.weights
        before = self.states[book]
        whole, self.states[book] = self._decision(book_view, views, before)
        refuse_wrong_trigger(
            f"{self._name(book)}, {_date(book_view)}",
            book_view.batch.paths,
            weights,
            np.asarray(((book_view.units > 0.0) & (book_view.price > 0.0)).any(axis=0)),
            groups,
            (weights if whole is None else whole, before, self.states[book]),
        )

    def _decision(self, book_view: BookView, views: list[View], state: Any) -> tuple[Array | None, Any]:
        """What a rule answers about the paths of a view: checked target weights (holding, path), and a state."""
        book = book_view.book
        try:
            answer = self.setup.books[book].decide(book_view.view(views), state)
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
        shape = (self.setup.rows.size, book_view.market.count)
        if not isinstance(target, np.ndarray) or target.shape != shape or target.dtype.kind not in "fiu":
            required, received = f"an array of numbers of shape (asset, path) = {shape}", array_summary(target)
            raise InvalidInput(f"{self._name(book)}: target must be {required}, got {received} {_date(book_view)}")
        # A read-only array is copied, because Numba compiles anew for one.
        weights = np.require(target, np.float64, ["C_CONTIGUOUS", "WRITEABLE"])
        return weights, answer[1]

    def _name(self, book: int) -> str:
        return f"rule {self.setup.books[book].name!r}"


def _date(book_view: BookView) -> str:
    step = book_view.batch.step
    return f"at step {step} ({book_view.setup.calendar.time(step):.4g} years)"
