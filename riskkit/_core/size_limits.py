"""Size limits of scenarios and messages: no file and no typing error exhausts the machine."""

from __future__ import annotations

__all__ = [
    "LONGEST_NAME",
    "MOST_ASSETS",
    "MOST_CONTAGION",
    "MOST_FLOWS",
    "MOST_INSTRUMENTS",
    "MOST_HAZARDS",
    "MOST_LISTED",
    "MOST_LOTS",
    "MOST_REGIMES",
    "MOST_RULES",
    "MOST_SHOCKS",
]

#: A correlation of so many takes 32 MB, and seconds to check and to factor; every path has a price of each.
MOST_ASSETS = 2_000

#: Every path has events of each, and which triggers which is a matrix of 8 MB.
MOST_SHOCKS = 1_000

#: Every event of a source is drawn once for each of its targets.
MOST_CONTAGION = 10_000

#: Terms of the rate of a shock; each is evaluated at every step.
MOST_HAZARDS = 1_000

#: Every path is simulated under each, and tables have a row for each.
MOST_RULES = 1_000

#: Each state of the market has a correlation of its own, of up to 32 MB.
MOST_REGIMES = 20

#: Deposits and grants of a scenario: each is executed in every book at each month end.
MOST_FLOWS = 1_000

#: Instruments of a scenario: each is valued at every step of every path, and a zero-cost cap takes milliseconds.
MOST_INSTRUMENTS = 1_000

#: Lots of a holding: forty years of one purchase a trading day.
MOST_LOTS = 10_000

#: Characters of a name: longer ones fit into no table and no message.
LONGEST_NAME = 500

#: Choices, or faults of a file, that one message lists: nobody reads more than fit on a screen.
MOST_LISTED = 20
