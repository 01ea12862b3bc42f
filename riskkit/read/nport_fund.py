"""The fund behind an N-PORT file: what it holds of each security, what its derivatives stand for, what is doubtful."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from riskkit._core.validation import join_first, name_key, short_repr
from riskkit.read.holding_rows import LeftOut
from riskkit.read.nport_derivatives import Security
from riskkit.read.nport_exposures import Exposure, Terms, exposures
from riskkit.read.nport_lines import Filing, Line
from riskkit.read.nport_securities import FreeNames, SecurityIndex, by_security, named

__all__ = ["Fund"]

_SHARE_ROUNDING = 1e-4  # 0.01 percentage points
_MOST_LISTED = 20
_MOST_NOTES = 3
_KINDS = {"DFE": "currencies", "DIR": "interest rates"}


@dataclass
class Fund:
    """What a filing says, by security.

    Parameters
    ----------
    filing : Filing
        Its lines.
    securities : mapping of str to list of Security
        The lines of each security that is no derivative, and what derivatives refer to, by the name of the holding.
    lines : mapping of str to sequence of Line
        The lines alone.
    values : mapping of str to float
        Net value of each, in US dollars: longs less shorts.
    exposures : sequence of (str or None, Exposure)
        What derivatives stand for, each with the name of the holding; None where it is no security.
    """

    filing: Filing
    securities: dict[str, list[Security]]
    lines: dict[str, Sequence[Line]]
    values: dict[str, float]
    exposures: list[tuple[str | None, Exposure]]
    notional: bool = False

    @classmethod
    def of(cls, filing: Filing) -> Fund:
        """Add the lines of each security up, and find what each derivative refers to."""
        groups = by_security([line for line in filing.lines if not line.is_derivative])
        worth = {id(same): sum(line.value for line in same) for same in groups}
        names = FreeNames()
        held = named([same for same in groups if worth[id(same)] > 0.0], names)
        lines = {**held, **named([same for same in groups if not worth[id(same)] > 0.0], names)}
        fund = cls(
            filing,
            {name: list(same) for name, same in lines.items()},
            lines,
            {name: worth[id(same)] for name, same in lines.items()},
            [],
        )
        index = SecurityIndex(fund.securities)
        terms = Terms.of(
            filing.lines,
            lambda security: fund.spot(index.find(security)),
            lambda security: [name for same in lines.get(index.find(security) or "", ()) for name in same.names],
        )
        for line in filing.lines:
            for exposure in exposures(line, terms) if line.is_derivative else ():
                fund.exposures.append((fund.named(exposure.reference, index, names), exposure))
        return fund

    def named(self, reference: Security | None, index: SecurityIndex, names: FreeNames) -> str | None:
        """The name of the holding that a reference is, a new one if there is none."""
        if reference is None:
            return None
        name = index.find(reference)
        if name is None:
            name = names.take(reference.label)
            self.securities[name] = []
            self.values[name] = 0.0
            index.add(name, [reference])
        self.securities[name].append(reference)
        return name

    def spot(self, name: str | None) -> float | None:
        """The price of a share in US dollars, from the first line that is held in shares."""
        for line in self.lines.get(name or "", ()):
            if line.units in ("NS", "") and line.balance is not None and line.balance > 0.0 < line.value:
                return line.value / line.balance
        return None

    def add_exposures(self) -> None:
        """Add what derivatives stand for to the values; refuse the file where it does not tell one."""
        unknown = [(name, exposure) for name, exposure in self.exposures if name and exposure.value is None]
        if unknown:
            name, exposure = unknown[0]
            rest = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
            raise self.filing.fault(
                f"derivatives='notional' needs what each derivative stands for, and the file does not tell it of "
                f"{short_repr(exposure.line.label, 80)} on {short_repr(name, 80)}: {exposure.note}{rest}; "
                "derivatives='leave out' reads the file without them",
                exposure.line.place,
            )
        for holding, exposure in self.exposures:
            if holding and exposure.value is not None:
                self.values[holding] += exposure.value
        self.notional = True

    def aliases(self, held: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """What else each holding is called, without what several are called; of its issuer only if it is stock."""
        called = {name: self._called(name) for name in held}
        holders = Counter(name_key(name) for name in called)
        for name, texts in called.items():
            holders.update({name_key(text) for text in texts} - {name_key(name)})
        found = {}
        for name, texts in called.items():
            own = {name_key(text): text for text in texts if name_key(text) != name_key(name)}
            found[name] = tuple(text for key, text in own.items() if holders[key] == 1)
        return found

    def _called(self, name: str) -> list[str]:
        texts = []
        for same in self.securities[name]:
            is_stock = not isinstance(same, Line) or same.equity or not same.category
            texts += [same.ticker, same.title, same.issuer if is_stock else "", same.any_cusip, same.isin]
        return [text for text in texts if text]

    def left_out(self, held: Mapping[str, float]) -> Iterator[LeftOut]:
        """The lines that are no part of a holding, and why."""
        for name, lines in self.lines.items():
            if name not in held:
                for line in lines:
                    yield LeftOut(line.place, line.label, line.value, "short or worth nothing, net of longs")
        told: dict[Line, list[str]] = {}
        for holding, exposure in self.exposures:
            if holding is None:
                reason = "refers to no security"
            elif exposure.value is None:
                reason = f"stands for an unknown value of {short_repr(holding, 80)}: {exposure.note}"
            else:
                reason = f"stands for {exposure.value:.12g} of {short_repr(holding, 80)}"
            if holding is None or not self.notional:
                told.setdefault(exposure.line, []).append(reason)
        for line, reasons in told.items():
            yield LeftOut(line.place, line.label, line.value, f"derivative: {', '.join(reasons)}")

    def doubts(self, held: Mapping[str, float], owed: float) -> Iterator[str]:
        """Sentences that tell what was left out, what was assumed and what does not add up."""
        net = self.filing.net_assets
        if self.exposures:
            yield from self._of_derivatives()
        exposed = {name for name, _ in self.exposures} if self.notional else set()
        left_out = {
            name: value / net for name, value in self.values.items() if value <= 0.0 and name in {*self.lines, *exposed}
        }
        if left_out:
            yield (
                "lines that are short or worth nothing, net of longs of the same security, are left out (share of net "
                f"assets): {_listed(left_out.items())}; together {sum(left_out.values()):.2%}"
            )
        yield from self._of_the_loan(owed, -sum(left_out.values()))
        off = [
            (line.label, line.reported / net - line.percent / 100.0)
            for line in self.filing.lines
            if line.percent is not None
        ]
        wrong = [(label, share) for label, share in off if abs(share) > _SHARE_ROUNDING]
        if wrong:
            yield f"valUSD / netAssets is not pctVal (difference): {_listed(wrong)}"

    def _of_derivatives(self) -> Iterator[str]:
        """What derivatives stand for where they are left out; what was assumed of them where they are not."""
        net = self.filing.net_assets
        known: dict[str, float] = {}
        notes: dict[str, dict[str, None]] = {}
        unknown: dict[str, dict[str, None]] = {}
        for name, exposure in self.exposures:
            if name is not None and exposure.value is None:
                unknown.setdefault(name, {})[exposure.note] = None
            elif name is not None and exposure.value is not None:
                known[name] = known.get(name, 0.0) + exposure.value / net
                if exposure.note:
                    notes.setdefault(name, {})[exposure.note] = None
        kinds = Counter(_KINDS.get(e.line.category, "other things") for name, e in self.exposures if name is None)
        others = ", ".join(f"{count} on {kind}" for kind, count in kinds.items())
        if self.notional:
            if notes:
                assumed = [(name, known[name]) for name in notes]
                yield f"derivatives are taken at their notional (share of net assets): {_listed(assumed, notes)}"
            if others:
                yield f"derivatives that refer to no security are left out: {others}"
            return
        told = []
        if known:
            told.append(f"they stand for (share of net assets): {_listed(known.items(), notes)}")
        if unknown:
            names = (f"{short_repr(name, 80)} ({_some(reasons)})" for name, reasons in unknown.items())
            told.append(f"the file does not tell what they stand for of {join_first(names)}")
        if others:
            told.append(f"they refer to no security: {others}")
        marks = sum(line.value for line in self.filing.lines if line.is_derivative) / net
        told.append(f"their marks are {marks:.2%} of net assets; derivatives='notional' adds what they stand for")
        yield "derivatives are left out: " + "; ".join(told)

    def _of_the_loan(self, owed: float, short: float) -> Iterator[str]:
        """Where what the fund owes does not come from money that the file says is borrowed."""
        net = self.filing.net_assets
        collateral = sum(line.collateral for line in self.filing.lines)
        loss = -sum(line.value for line in self.filing.lines if line.is_derivative)
        others = {
            "shorts that are left out": short * net,
            "derivatives at a loss": loss,
            "cash collateral of securities on loan, owed back": collateral,
        }
        others = {what: value for what, value in others.items() if value > _SHARE_ROUNDING * net}
        plain = sum(sum(line.value for line in same) for same in self.lines.values()) + short * net - net
        if self.filing.borrowed is None and not others:
            return
        borrowed = self.filing.borrowed or 0.0
        rest = min(owed, plain) - borrowed
        if rest > _SHARE_ROUNDING * net:
            stated = {} if self.filing.borrowed is None else {"money that the file says is borrowed": borrowed}
            told = {**stated, **others}
            listed = ", ".join(f"{what} {value / net:.2%}" for what, value in told.items())
            yield (
                f"the loan, {owed / net:.2%} of net assets, is what the holdings are worth beyond them; "
                f"not all of it is borrowed money (share of net assets): {listed}"
            )


def _listed(shares: Iterable[tuple[str, float]], notes: Mapping[str, Iterable[str]] = MappingProxyType({})) -> str:
    """Names and their shares, the largest first."""
    order = sorted(shares, key=lambda pair: -abs(pair[1]))
    words = []
    for name, share in order[:_MOST_LISTED]:
        said = ", ".join([f"{share:.2%}", *filter(None, [_some(notes.get(name, ()))])])
        words.append(f"{short_repr(name, 80)} ({said})")
    rest = order[_MOST_LISTED:]
    if rest:
        words.append(f"and {len(rest)} more ({sum(share for _, share in rest):.2%})")
    return ", ".join(words)


def _some(notes: Iterable[str]) -> str:
    """The first few notes on one name."""
    every = list(notes)
    rest = len(every) - _MOST_NOTES
    return ", ".join(every[:_MOST_NOTES]) + (f" and {rest} other reasons" if rest > 0 else "")
