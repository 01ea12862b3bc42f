"""A megabyte of anything is read or refused in seconds, in bounded memory, with a short message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("resource")
from worst_scenarios import CASES

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

#: Of processor time; a megabyte that is read takes the parser up to two, and quadratic work took minutes.
SECONDS = 15.0
#: The largest answers are correlations of 2,000 assets: 32 MB a copy, and frames of them.
MEBIBYTES = 400.0
CHARACTERS = 10_000

#: What is fine as it is, however large.
TAKEN = {
    "founders of one", "two thousand assets", "20,000 holdings", "1,000 shocks",
    "a correlation of 2,000 as a frame", "a correlation of 2,000 as a mapping",
}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, list]:
    """Each case in a process of its own, one after the other."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("worst_scenarios.py")), *CASES],
        capture_output=True, text=True, check=False, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_a_megabyte_is_answered_or_refused_in_seconds_and_little_memory(found, name):
    seconds, mebibytes, refusal_text = found[name]
    assert not refusal_text.startswith("FAULT"), refusal_text
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES
    assert len(refusal_text) < CHARACTERS
    assert (refusal_text == "") == (name in TAKEN), refusal_text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("holdings with an error", "portfolio.holdings[19]: Holding 'h19': value must be >= 0, got -1.0"),
        ("holdings with an error", "there are more errors; correct these first, then read the file again"),
        ("shocks", "Market: shocks must be at most 1,000, got "),
        ("assets", "Market: assets must be at most 2,000, got "),
        ("rules", "rules must be at most 1,000, got "),
        ("contagion", "Market: contagion must be at most 10,000, got 13,000"),
        ("lots", "lots must be at most 10,000, got "),
        ("regimes", "Regimes: states must be at most 20, got "),
        ("rates", "SumHazard: parts must be at most 1,000, got "),
        ("tables in tables", "tables, arrays and dots in keys must be at most 200,000, got more"),
        ("a long name", "name of a holding must have at most 500 characters, got 1,000,000"),
        ("20,000 assets", "Market: assets must be at most 2,000, got 20,000"),
        ("20,000 shocks", "Market: shocks must be at most 1,000, got 20,000"),
    ],
)
def test_a_limit_is_named_with_what_came(found, name, words):
    assert words in found[name][2]


def test_twenty_faults_are_listed_and_no_more(found):
    lines = found["holdings with an error"][2].splitlines()
    assert [f"holdings[{n}]" in line for n, line in enumerate(lines)] == [True] * 20 + [False]
