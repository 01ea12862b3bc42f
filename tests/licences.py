"""Prints the licences of riskkit's dependencies, from the metadata of what is installed, as docs/licences.md has them.

Run: ``python tests/licences.py > docs/licences.md`` where riskkit is installed with all its extras. Only what riskkit
asks for, and what that asks for in turn, is listed; the exit code is 1 if a package tells no licence.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata

HEAD = """# Licences of what riskkit builds on

riskkit itself is under the MIT licence and ships no code of others. It installs the packages below, each under its own
licence; this page is made by `python tests/licences.py` from what they say of themselves.

| package | asked for by | licence |
|---|---|---|"""

#: Extras that a user installs; those for the tests and the site are not part of what is shipped.
EXTRAS = ("", "plot", "read", "files")


def required(name: str, extras: tuple[str, ...]) -> list[str]:
    """Names of the packages that an installed one needs, with the given extras, on this system."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires(name) or []]
    return [
        need.name
        for need in wanted
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def licence(name: str) -> str:
    """What a package says: the SPDX expression, else its classifiers, else the first line of its licence field."""
    told = metadata.metadata(name)
    if told["License-Expression"]:
        return str(told["License-Expression"])
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License")]
    words = (told["License"] or "").strip().splitlines()
    return ", ".join(classified) or (words[0] if words else "")


def main() -> int:
    """Walk the requirements and print the table."""
    found: dict[str, tuple[str, str]] = {}
    waiting = [("riskkit", need) for need in required("riskkit", EXTRAS)]
    while waiting:
        by, name = waiting.pop(0)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            found[key] = by, licence(name)
        except metadata.PackageNotFoundError:
            print(f"{name} is not installed", file=sys.stderr)
            continue
        waiting += [(key, need) for need in required(name, ("",))]
    print(HEAD)
    for key, (by, told) in sorted(found.items()):
        print(f"| {key} | {by} | {told} |")
    silent = [key for key, (_, told) in found.items() if not told]
    if silent:
        print(f"no licence is told by {', '.join(silent)}", file=sys.stderr)
    return int(bool(silent))


if __name__ == "__main__":
    sys.exit(main())
