"""The commands: each takes parsed arguments and returns the text to print."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from riskkit._core.errors import InvalidInput, RiskkitWarning
from riskkit._core.terminal_text import printable

if TYPE_CHECKING:
    import pandas as pd

    from riskkit.comparison._comparison import Comparison
    from riskkit.portfolio._portfolio import Portfolio
    from riskkit.read.holding_portfolio import ReadResult
    from riskkit.scenario._scenario import Scenario

__all__ = ["compare", "concentration", "demo", "new", "run", "schema"]

#: Metrics of differences in text output, and those of instruments; `--json` has all metrics.
METRICS = ["wealth_median", "goal_probability", "max_drawdown_median", "ced95"]
HEDGES = ["hedge_cost", "hedge_payoff", "founder_delta_end"]

_DIFFERENCES_LEGEND = (
    "Difference ±standard error; of percentages in percentage points. Won: paths on which the rule does better."
)


def demo(chosen: argparse.Namespace) -> str:
    """Compare the rules of the built-in scenario."""
    if chosen.report is not None:
        from riskkit.cli.output_targets import check_file

        check_file("--report", chosen.report, chosen.force)
    from riskkit.cli.demo import demo as run_demo

    text = run_demo(
        paths=chosen.paths,
        seed=chosen.seed,
        steps_per_year=chosen.steps_per_year,
        report=chosen.report,
        force=chosen.force,
    )
    return text if chosen.report is None else f"{text}\n\nReport: {chosen.report}"


def new(chosen: argparse.Namespace) -> str:
    """Write a scenario file to start from."""
    from riskkit._core.atomic_write import write_atomically
    from riskkit.cli.output_targets import check_file
    from riskkit.toml.json_schema import SCHEMA_FILE

    check_file("FILE", chosen.file, chosen.force)
    if chosen.holdings is not None:
        from riskkit.cli.first_scenario import first_scenario

        text = first_scenario(_holdings(chosen.holdings, _founders(chosen), chosen)[0])
    else:
        if chosen.founder:
            raise InvalidInput("--founder must come with --holdings: it ties the holdings of that file to persons")
        text = Path(__file__).with_name("new.toml").read_text(encoding="utf-8")
    written = text.replace("#:schema SCHEMA", f"#:schema {SCHEMA_FILE.as_uri()}", 1)
    write_atomically(Path(chosen.file), lambda file: file.write(written.encode()))
    return f"Wrote {chosen.file}. Change it, then: riskkit run {chosen.file}"


def run(chosen: argparse.Namespace) -> str:
    """Compare the rules of a scenario file."""
    from riskkit.cli.output_targets import check_file, check_folder

    if chosen.report is not None:
        check_file("--report", chosen.report, chosen.force)
    if chosen.save is not None:
        check_folder("--save", chosen.save, chosen.force)
    scenario = _scenario(chosen)
    if chosen.save is not None:
        from riskkit.toml import to_toml

        to_toml(scenario, strict=False)  # refuses now what could not be saved after the run
    from riskkit.comparison._compare import compare as run_all

    result = run_all(
        scenario,
        paths=chosen.paths,
        seed=chosen.seed,
        workers=chosen.workers,
        memory=chosen.memory,
        checkpoint=chosen.checkpoint,
    )
    paragraphs = []
    if chosen.save is not None:
        result.save(chosen.save)
        paragraphs.append(f"Saved: {chosen.save}")
    if chosen.report is not None:
        result.report(chosen.report, force=chosen.force)
        paragraphs.append(f"Report: {chosen.report}")
    if chosen.json:
        from riskkit.cli.json_output import as_json, result_document

        return as_json(result_document(result))
    if len(scenario.rules) > 1:
        heading = f"Each rule minus {scenario.baseline_name!r}, paired path by path"
        paragraphs.insert(0, f"{heading}\n\n{_differences_text(result.differences(metrics=_metrics(scenario)))}")
    return "\n\n".join([repr(result), *_evidence(result), *paragraphs])


def compare(chosen: argparse.Namespace) -> str:
    """Compare two saved results."""
    from riskkit.comparison._comparison import Comparison
    from riskkit.comparison.estimation.unpaired_difference import against
    from riskkit.scenario._changes import scenario_changes

    first, second = (Comparison.load(folder) for folder in (chosen.first, chosen.second))
    found = against(second, first, None if chosen.json else _metrics(first.scenario, second.scenario)).rename(
        columns={"value": "second", "other": "first"}
    )
    apart = found.attrs["apart"]
    if chosen.json:
        from riskkit.cli.json_output import as_json, difference_document

        document = {"first": chosen.first, "second": chosen.second, "paired": apart is None, "not_paired_for": apart}
        changes = scenario_changes(first.scenario, second.scenario)
        return as_json({**document, "scenario_changes": changes, "differences": difference_document(found)})
    how = (
        f"Paired: both have the same {first.paths:,} paths of seed {first.seed}. Standard errors are those of the "
        "differences path by path."
        if apart is None
        else f"Not paired because of {apart}. Standard errors assume two independent samples."
    )
    return "\n\n".join(
        [
            f"Second minus first: {chosen.second} minus {chosen.first}",
            how,
            _changes_text(scenario_changes(first.scenario, second.scenario)),
            _differences_text(found),
        ]
    )


def concentration(chosen: argparse.Namespace) -> str:
    """Measure the concentration of a file of holdings, a fund's filing, or a scenario's portfolio."""
    from riskkit._core.format import percent
    from riskkit.portfolio._concentration import concentration as measure

    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always", RiskkitWarning)
        portfolio, left_out = _portfolio(chosen)
    for doubt in doubts:
        warnings.warn(doubt.message, stacklevel=1)
    measured = [measure(portfolio, by) for by in ("holding", "founder")]
    if chosen.json:
        from riskkit.cli.json_output import as_json, portfolio_document

        messages = [str(doubt.message) for doubt in doubts]
        return as_json({**portfolio_document(portfolio, measured), "left_out": left_out, "warnings": messages})
    paragraphs = [repr(portfolio), *map(repr, measured)]
    if portfolio.loan is not None:
        of_net = portfolio.exposure(of="net")
        paragraphs += [f"Of net value {percent(of_net[person])} rides on {person}." for person in portfolio.founders]
    return "\n\n".join(paragraphs)


def schema(chosen: argparse.Namespace) -> str:
    """Return the JSON Schema of scenario files."""
    from riskkit.toml.json_schema import SCHEMA_FILE

    return SCHEMA_FILE.read_text(encoding="utf-8").rstrip()


def _evidence(result: Comparison) -> list[str]:
    """A paragraph that sets the founder holdings beside published figures; none without one that has a risk."""
    from riskkit.analysis._evidence_check import checkable, evidence_check, path_count
    from riskkit.comparison.io.text import WIDTH

    if not checkable(result.scenario):
        return []
    count = min(path_count(result.scenario), result.paths)
    found = evidence_check(result.scenario, paths=count, seed=result.seed)
    lines = [textwrap.fill(each, WIDTH, initial_indent="- ", subsequent_indent="  ") for each in found.sentences()]
    return [printable("\n".join(["Beside them, what has been published", *lines]))]


def _metrics(*scenarios: Scenario) -> list[str]:
    """The metrics of differences in text output."""
    return [*METRICS, *HEDGES] if any(scenario.hedged for scenario in scenarios) else METRICS


def _differences_text(frame: pd.DataFrame) -> str:
    """Differences of `METRICS` with their errors, the two results if the frame has them, and the paths won."""
    import pandas as pd

    from riskkit.comparison.estimation.estimate import Estimate
    from riskkit.comparison.io.text import unit_text, with_error
    from riskkit.comparison.metrics import METRICS as BUILT_IN

    labels, rows = [], []
    for (rule, metric), line in zip(frame.index, frame.to_dict("records"), strict=True):
        unit = BUILT_IN[metric].unit
        scale = 100.0 if unit == "share" else 1.0
        labels.append((rule, f"{metric} ({unit_text(metric)})"))
        cells: dict[str, str] = {name: f"{scale * line[name]:.4g}" for name in ("first", "second") if name in line}
        cells["difference"] = with_error(Estimate(line["difference"], line["standard_error"]), unit)
        cells["won (%)"] = f"{100.0 * line['won']:.1f}"
        rows.append(cells | {"p_montecarlo": f"{line['p_montecarlo']:.4f}"})
    table = pd.DataFrame(rows, pd.MultiIndex.from_tuples(labels, names=["rule", "metric"])).to_string()
    return f"{table}\n\n{_DIFFERENCES_LEGEND}"


def _scenario(chosen: argparse.Namespace) -> Scenario:
    from riskkit.scenario._scenario import Scenario

    if chosen.allow_import:
        # As with `python -m`: modules in the working directory can be imported.
        sys.path.insert(0, os.getcwd())
    return Scenario.load(chosen.file, allow_import=chosen.allow_import)


def _portfolio(chosen: argparse.Namespace) -> tuple[Portfolio, list[dict[str, object]]]:
    """The portfolio of a file of any kind, and its omitted lines."""
    from riskkit.read.nport_file import read_fund
    from riskkit.read.xml_file import is_xml

    founders = _founders(chosen)
    filing = is_xml(chosen.file)
    if chosen.derivatives != "leave out" and not filing:
        raise InvalidInput("--derivatives must be left out for a file that is no N-PORT filing")
    if Path(chosen.file).suffix.lower() == ".toml":
        if founders:
            raise InvalidInput("--founder must be left out for a scenario file, which names the founders itself")
        return _scenario(chosen).portfolio, []
    if filing:
        reading = read_fund(
            chosen.file, founders, derivatives=chosen.derivatives,
            loan_rate=chosen.loan_rate, max_loan_to_value=chosen.max_loan_to_value,
        )  # fmt: skip
        return _warn_of_doubts(chosen.file, reading)
    return _holdings(chosen.file, founders, chosen)


def _founders(chosen: argparse.Namespace) -> dict[str, str]:
    founders = {}
    for pair in chosen.founder:
        holding, equals, person = pair.rpartition("=")
        if not equals or not holding or not person:
            raise InvalidInput(f"--founder must be HOLDING=PERSON, got {pair!r}")
        founders[holding] = person
    return founders


def _holdings(
    file: str, founders: dict[str, str], chosen: argparse.Namespace
) -> tuple[Portfolio, list[dict[str, object]]]:
    """The portfolio of a CSV file, and its omitted lines."""
    from riskkit.read.holding_file import read_holdings

    rates = {}
    for pair in chosen.fx:
        currency, _, rate = pair.partition("=")
        try:
            rates[currency] = float(rate)
        except ValueError:
            raise InvalidInput(f"--fx must be CODE=RATE such as JPY=0.0067, got {pair!r}") from None
    reading = read_holdings(
        file, founders, currency=chosen.currency, fx=rates or None, decimal=chosen.decimal, keep=chosen.keep,
        loan_rate=chosen.loan_rate, max_loan_to_value=chosen.max_loan_to_value,
    )  # fmt: skip
    return _warn_of_doubts(file, reading)


def _warn_of_doubts(file: str, reading: ReadResult[Portfolio]) -> tuple[Portfolio, list[dict[str, object]]]:
    """Warn of the doubts of a reading; return its portfolio and its omitted lines."""
    for doubt in reading.warning_texts:
        warnings.warn(f"{file}: {doubt}", RiskkitWarning, stacklevel=1)
    return reading.portfolio, [asdict(line) for line in reading.left_out]


def _changes_text(changes: list[str]) -> str:
    if not changes:
        return "Both have the same scenario."
    return "\n".join(["From the first scenario to the second:", *(f"- {change}" for change in changes)])
