"""`Comparison.to_latex`: the numbers of the table, escaped, and compiled by LaTeX where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from random_results import StubScenario, random_result

from riskkit._core.errors import InvalidInput, RiskkitWarning

RESULT = random_result(paths=1000)


def test_a_row_a_rule_with_the_digits_of_the_error():
    """0.123456 ± 0.00234 of a share is 12.35 ± 0.23 in percent: two digits of the error."""
    lines = RESULT.to_latex(["wealth_median", "loss_probability"]).splitlines()
    assert lines[:5] == [
        r"% \usepackage{booktabs}",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"rule & wealth median (times) & loss probability (\%) \\",
        r"\midrule",
    ]
    assert lines[8:] == [r"\bottomrule", r"\end{tabular}"]
    table, errors = RESULT.table(), RESULT.errors()
    for line, rule in zip(lines[5:8], RESULT.scenario.names, strict=True):
        numbers = [float(number) for number in re.findall(r"\d+\.\d+", line.split("&", 1)[1])]
        truth = [frame.loc[rule, name] * scale for name, scale in (("wealth_median", 1), ("loss_probability", 100))
                 for frame in (table, errors)]  # fmt: skip
        assert numbers == pytest.approx(truth, abs=0.06)
    assert lines[6].startswith(r"cap \textless{}30 \%\textgreater{} & ")


def test_every_sign_of_latex_is_escaped():
    names = ("a_b & c", r"50 % $x^2$ #1 {~} \input{x}", "plain")
    text = random_result(paths=400, scenario=StubScenario(names=names, baseline_name="plain")).to_latex("ced95")
    assert r"a\_b \& c & $" in text
    assert r"50 \% \$x\textasciicircum{}2\$ \#1 \{\textasciitilde{}\} \textbackslash{}input\{x\} & $" in text


def test_by_default_the_columns_are_those_that_are_printed():
    heads = RESULT.to_latex().splitlines()[3]
    assert heads.startswith("rule & wealth median (times) & wealth p05 (times) & goal probability")
    assert "deferred tax" not in heads


def test_what_has_no_error_or_no_value_says_so():
    replayed = replace(RESULT, outcomes=replace(RESULT.outcomes, overlapping=True))
    with pytest.warns(RiskkitWarning, match="history is one draw"):
        text = replayed.to_latex("wealth_median")
    assert "pm" not in text
    columns = {**RESULT.outcomes.columns, "wealth": RESULT.outcomes.columns["wealth"] * 0.0}
    ruined = replace(RESULT, outcomes=replace(RESULT.outcomes, columns=columns))
    with pytest.warns(RiskkitWarning, match="wealth is 0 on some paths"):
        assert "hold & -- " in ruined.to_latex("sharpe")


def test_an_unknown_metric_is_refused():
    with pytest.raises(InvalidInput, match="metrics must name one of"):
        RESULT.to_latex("median")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_takes_it(tmp_path):
    body = RESULT.to_latex()
    document = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{chr(10)}{body}\end{{document}}"
    (tmp_path / "a.tex").write_text(document)
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "a.tex"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:]
