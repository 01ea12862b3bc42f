"""A fund's net position in each security, its derivative exposures, and the warnings about its N-PORT file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from riskkit._core.format import percent
from riskkit._core.validation import join_first, name_key, short_repr
from riskkit.read.holding_rows import LeftOut
from riskkit.read.nport_derivatives import Security
from riskkit.read.nport_exposures import Exposure, ReferenceData, exposures
from riskkit.read.nport_lines import Filing, Line
from riskkit.read.nport_securities import SecurityIndex, UniqueNames, group_by_security, with_unique_names

__all__ = ["Fund"]

_SHARE_TOLERANCE = 1e-4  # 0.01 percentage points
_MAX_LISTED = 20
_MAX_NOTES = 3
_UNDERLYING_BY_CATEGORY = {"DFE": "currencies", "DIR": "interest rates"}


@dataclass
class Fund:
    """The content of a filing by security.

    Parameters
    ----------
    filing : Filing
        The filing.
    securities : mapping of str to list of Security
        The lines of each security, and the references of derivatives to it, by the name of the holding.
    lines : mapping of str to sequence of Line
        The lines without the references.
    values : mapping of str to float
        Net value of each, in US dollars: longs less shorts.
    exposures : sequence of (str or None, Exposure)
        The exposures of derivatives, each with the name of the holding; None if it is not to a security.
    """

    filing: Filing
    securities: dict[str, list[Security]]
    lines: dict[str, Sequence[Line]]
    values: dict[str, float]
    exposures: list[tuple[str | None, Exposure]]
    notional: bool = False

    @classmethod
    def of(cls, filing: Filing) -> Fund:
        """Add up the lines of each security, and find the reference of each derivative."""
        groups = group_by_security([line for line in filing.lines if not line.is_derivative])
        net_values = {id(group): sum(line.value for line in group) for group in groups}
        names = UniqueNames()
        long_groups = with_unique_names([group for group in groups if net_values[id(group)] > 0.0], names)
        lines = {
            **long_groups,
            **with_unique_names([group for group in groups if not net_values[id(group)] > 0.0], names),
        }
        fund = cls(
            filing,
            {name: list(group) for name, group in lines.items()},
            lines,
            {name: net_values[id(group)] for name, group in lines.items()},
            [],
        )
        index = SecurityIndex(fund.securities)
        reference_data = ReferenceData.of(
            filing.lines,
            lambda security: fund.spot(index.find(security)),
            lambda security: [name for group in lines.get(index.find(security) or "", ()) for name in group.names],
        )
        for line in filing.lines:
            for exposure in exposures(line, reference_data) if line.is_derivative else ():
                fund.exposures.append((fund.holding_name(exposure.reference, index, names), exposure))
        return fund

    def holding_name(self, reference: Security | None, index: SecurityIndex, names: UniqueNames) -> str | None:
        """The name of the holding of a reference security; a new one if the fund does not hold it."""
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
        """The price of a share in US dollars, from the first line with a balance in shares."""
        for line in self.lines.get(name or "", ()):
            if line.units in ("NS", "") and line.balance is not None and line.balance > 0.0 < line.value:
                return line.value / line.balance
        return None

    def add_exposures(self) -> None:
        """Add the exposures of derivatives to the values; raise if one of them is unknown."""
        unknown = [(name, exposure) for name, exposure in self.exposures if name and exposure.value is None]
        if unknown:
            name, exposure = unknown[0]
            rest = f" (and {len(unknown) - 1} more)" if len(unknown) > 1 else ""
            raise self.filing.error(
                f"derivatives='notional' needs the exposure of each derivative, and that of "
                f"{short_repr(exposure.line.label, 80)} to {short_repr(name, 80)} is unknown: {exposure.note}{rest}; "
                "derivatives='leave out' reads the file without them",
                exposure.line.line_number,
            )
        for holding, exposure in self.exposures:
            if holding and exposure.value is not None:
                self.values[holding] += exposure.value
        self.notional = True

    def aliases(self, holdings: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The other names of each holding that no other holding has; the issuer's only for stock."""
        names_by_holding = {name: self._other_names(name) for name in holdings}
        holder_counts = Counter(name_key(name) for name in names_by_holding)
        for name, names in names_by_holding.items():
            holder_counts.update({name_key(text) for text in names} - {name_key(name)})
        result = {}
        for name, names in names_by_holding.items():
            own_names = {name_key(text): text for text in names if name_key(text) != name_key(name)}
            result[name] = tuple(text for key, text in own_names.items() if holder_counts[key] == 1)
        return result

    def _other_names(self, name: str) -> list[str]:
        texts = []
        for group in self.securities[name]:
            is_stock = not isinstance(group, Line) or group.equity or not group.category
            texts += [group.ticker, group.title, group.issuer if is_stock else "", group.any_cusip, group.isin]
        return [text for text in texts if text]

    def left_out(self, long_values: Mapping[str, float]) -> Iterator[LeftOut]:
        """The lines that are not part of a holding, and the reasons."""
        for name, lines in self.lines.items():
            if name not in long_values:
                for line in lines:
                    yield LeftOut(line.line_number, line.label, line.value, "short or worth nothing, net of longs")
        reasons_by_line: dict[Line, list[str]] = {}
        for holding, exposure in self.exposures:
            if holding is None:
                reason = "no reference security"
            elif exposure.value is None:
                reason = f"unknown exposure to {short_repr(holding, 80)}: {exposure.note}"
            else:
                reason = f"exposure of {exposure.value:.12g} to {short_repr(holding, 80)}"
            if holding is None or not self.notional:
                reasons_by_line.setdefault(exposure.line, []).append(reason)
        for line, reasons in reasons_by_line.items():
            yield LeftOut(line.line_number, line.label, line.value, f"derivative: {', '.join(reasons)}")

    def warning_texts(self, long_values: Mapping[str, float], debt: float) -> Iterator[str]:
        """The texts of the warnings: lines left out, assumptions, and sums that do not agree."""
        net_assets = self.filing.net_assets
        if self.exposures:
            yield from self._derivative_warnings()
        with_exposure = {name for name, _ in self.exposures} if self.notional else set()
        left_out = {
            name: value / net_assets
            for name, value in self.values.items()
            if value <= 0.0 and name in {*self.lines, *with_exposure}
        }
        if left_out:
            yield (
                "lines that are short or worth nothing, net of longs of the same security, are left out (share of net "
                f"assets): {_shares_text(left_out.items())}; together {percent(sum(left_out.values()), decimals=2)}"
            )
        yield from self._loan_warnings(debt, -sum(left_out.values()))
        differences = [
            (line.label, line.filed_value / net_assets - line.percent / 100.0)
            for line in self.filing.lines
            if line.percent is not None
        ]
        mismatches = [(label, share) for label, share in differences if abs(share) > _SHARE_TOLERANCE]
        if mismatches:
            yield f"valUSD / netAssets is not pctVal (difference): {_shares_text(mismatches)}"

    def _derivative_warnings(self) -> Iterator[str]:
        """The exposures of derivatives if they are left out; the assumptions about them if they are not."""
        net_assets = self.filing.net_assets
        shares: dict[str, float] = {}
        notes: dict[str, dict[str, None]] = {}
        unknown: dict[str, dict[str, None]] = {}
        for name, exposure in self.exposures:
            if name is not None and exposure.value is None:
                unknown.setdefault(name, {})[exposure.note] = None
            elif name is not None and exposure.value is not None:
                shares[name] = shares.get(name, 0.0) + exposure.value / net_assets
                if exposure.note:
                    notes.setdefault(name, {})[exposure.note] = None
        counts = Counter(
            _UNDERLYING_BY_CATEGORY.get(e.line.category, "other references")
            for name, e in self.exposures
            if name is None
        )
        others = ", ".join(f"{count} on {underlying}" for underlying, count in counts.items())
        if self.notional:
            if notes:
                assumed = [(name, shares[name]) for name in notes]
                yield f"derivatives are taken at their notional (share of net assets): {_shares_text(assumed, notes)}"
            if others:
                yield f"derivatives without a reference security are left out: {others}"
            return
        sentences = []
        if shares:
            sentences.append(f"their exposure (share of net assets): {_shares_text(shares.items(), notes)}")
        if unknown:
            names = (f"{short_repr(name, 80)} ({_first_notes(reasons)})" for name, reasons in unknown.items())
            sentences.append(f"their exposure is unknown for {join_first(names)}")
        if others:
            sentences.append(f"without a reference security: {others}")
        marks = sum(line.value for line in self.filing.lines if line.is_derivative) / net_assets
        sentences.append(
            f"their marks are {percent(marks, decimals=2)} of net assets; derivatives='notional' adds their exposure"
        )
        yield "derivatives are left out: " + "; ".join(sentences)

    def _loan_warnings(self, debt: float, short_share: float) -> Iterator[str]:
        """The warning about a loan that is not only money reported as borrowed."""
        net_assets = self.filing.net_assets
        collateral = sum(line.collateral for line in self.filing.lines)
        loss = -sum(line.value for line in self.filing.lines if line.is_derivative)
        others = {
            "shorts left out": short_share * net_assets,
            "derivatives at a loss": loss,
            "cash collateral of securities on loan": collateral,
        }
        others = {source: value for source, value in others.items() if value > _SHARE_TOLERANCE * net_assets}
        expected_debt = (
            sum(sum(line.value for line in group) for group in self.lines.values())
            + short_share * net_assets
            - net_assets
        )
        if self.filing.borrowed is None and not others:
            return
        borrowed = self.filing.borrowed or 0.0
        rest = min(debt, expected_debt) - borrowed
        if rest > _SHARE_TOLERANCE * net_assets:
            stated = {} if self.filing.borrowed is None else {"reported as borrowed": borrowed}
            amounts = {**stated, **others}
            amounts_text = ", ".join(
                f"{source} {percent(value / net_assets, decimals=2)}" for source, value in amounts.items()
            )
            yield (
                f"the loan, {percent(debt / net_assets, decimals=2)} of net assets, is the value of the holdings less "
                f"net assets; not all of it is borrowed money (share of net assets): {amounts_text}"
            )


def _shares_text(shares: Iterable[tuple[str, float]], notes: Mapping[str, Iterable[str]] = MappingProxyType({})) -> str:
    """Names and their shares, the largest first."""
    order = sorted(shares, key=lambda pair: -abs(pair[1]))
    texts = []
    for name, share in order[:_MAX_LISTED]:
        details = ", ".join([percent(share, decimals=2), *filter(None, [_first_notes(notes.get(name, ()))])])
        texts.append(f"{short_repr(name, 80)} ({details})")
    rest = order[_MAX_LISTED:]
    if rest:
        texts.append(f"and {len(rest)} more ({percent(sum(share for _, share in rest), decimals=2)})")
    return ", ".join(texts)


def _first_notes(notes: Iterable[str]) -> str:
    """The first few notes about one holding."""
    all_notes = list(notes)
    rest = len(all_notes) - _MAX_NOTES
    return ", ".join(all_notes[:_MAX_NOTES]) + (f" and {rest} other reasons" if rest > 0 else "")
