"""Print the licences of riskkit's dependencies from installed metadata, in the format of docs/licences.md.

Run: ``python tests/licences.py > docs/licences.md`` where riskkit is installed with all its extras. Only what riskkit
asks for, and what that asks for in turn, is listed; the exit code is 1 if a package tells no licence or is not there.
With ``--check`` nothing is made; the exit code is 1 if the page lacks a package that is installed, or tells another
licence of it. It may hold more: another Python, or another system, asks for a few others.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "licences.md"

HEAD = """# Licences of what riskkit builds on

riskkit itself is under the MIT licence and ships no code of others. It installs the packages below, each under its own
licence; this page is made by `python tests/licences.py` from what they say of themselves.

| package | asked for by | licence |
|---|---|---|"""

#: Extras that a user installs; those for the tests and the site are not part of what is shipped.
EXTRAS = ("", "dask", "ray", "excel")


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
    facts = metadata.metadata(name)
    if facts["License-Expression"]:
        return str(facts["License-Expression"])
    classifiers = facts.get_all("Classifier") or []
    classified = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License")]
    words = (facts["License"] or "").strip().splitlines()
    return ", ".join(classified) or (words[0] if words else "")


def family(licence: str) -> str:
    """A licence without its variant, which packages tell in other words from release to release.

    Examples
    --------
    >>> family("BSD-3-Clause") == family("BSD License"), family("MIT") == family("BSD-3-Clause")
    (True, False)
    """
    return re.split(r"[\W_\d]", licence.strip().lower(), maxsplit=1)[0]


def listed() -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Each package that riskkit brings along, with who asks for it and its licence; and those that are not there."""
    found: dict[str, tuple[str, str]] = {}
    absent: list[str] = []
    waiting = [("riskkit", need) for need in required("riskkit", EXTRAS)]
    while waiting:
        by, name = waiting.pop(0)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found or key in absent:
            continue
        try:
            found[key] = by, licence(name)
        except metadata.PackageNotFoundError:
            absent.append(key)
            continue
        waiting += [(key, need) for need in required(name, ("",))]
    return found, absent


def main() -> int:
    """Print the page, or what it lacks, and what is amiss."""
    found, absent = listed()
    faults = [f"{key} is not installed" for key in absent]
    faults += [f"{key} tells no licence" for key, (_, licence) in found.items() if not licence]
    if sys.argv[1:] == ["--check"]:
        page = PAGE.read_text(encoding="utf-8")
        shown = dict(re.findall(r"^\| ([\w-]+) \| [\w-]+ \| (.*) \|$", page, re.MULTILINE))
        faults += [
            f"docs/licences.md lacks {key} under {licence}; make it anew: python tests/licences.py > docs/licences.md"
            for key, (_, licence) in sorted(found.items())
            if key not in shown or family(licence) != family(shown[key])
        ]
    else:
        print(HEAD)
        for key, (by, licence) in sorted(found.items()):
            print(f"| {key} | {by} | {licence} |")
    for fault in faults:
        print(fault, file=sys.stderr)
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
