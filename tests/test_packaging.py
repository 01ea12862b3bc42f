"""The release: only a clean tree, one version, lower bounds that pip can install, and listed licences."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import riskkit as rk
from riskkit._version import __version__

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Extras that a user installs; the others are for those who work on riskkit.
EXTRAS = ("dask", "ray", "excel")
#: Where the build finds the version.
VERSION_SOURCE = '[tool.hatch.version]\npath = "riskkit/_version.py"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project under git with the two scripts, its one file committed."""
    if not (ROOT / ".ci").is_dir() or not shutil.which("git") or not shutil.which("bash"):
        pytest.skip("needs git, bash and the scripts in .ci, which the sdist leaves out")
    place = tmp_path / "project"
    shutil.copytree(ROOT / ".ci", place / ".ci")
    (place / "riskkit").mkdir()
    (place / "riskkit" / "_version.py").write_text('__version__ = "1.2"\n')
    (place / "pyproject.toml").write_text(f'{VERSION_SOURCE}[project]\nname = "riskkit"\ndynamic = ["version"]\n')
    (place / "CHANGELOG.md").write_text("## 1.1\n")
    git(place, "init", "--quiet")
    git(place, "add", "--all")
    git(place, "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "--message", "all")
    return place


def git(place: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=place, check=True)


def refusal(place: Path, *words: str) -> str:
    """What the release script says when it refuses, which it must before anything is built."""
    done = subprocess.run(["bash", ".ci/release", *words], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "== build" not in done.stdout
    return done.stderr


@pytest.mark.parametrize("name", ["stray.py", "pyproject.toml"])
def test_a_tree_with_a_new_or_a_changed_file_is_not_released(tree: Path, name: str):
    with (tree / name).open("a") as file:
        file.write("\n")
    told = refusal(tree)
    assert "the tree must be clean" in told
    assert name in told


def test_a_folder_with_files_is_not_released_into(tree: Path, tmp_path: Path):
    (tmp_path / "old.whl").write_text("")
    assert "must be empty" in refusal(tree, str(tmp_path))


def test_a_version_without_an_entry_in_the_changelog_is_not_released(tree: Path):
    assert "CHANGELOG.md must have a heading for 1.2" in refusal(tree)


@pytest.mark.parametrize("source", ["", VERSION_SOURCE])
def test_a_version_that_the_code_does_not_tell_is_not_released(tree: Path, source: str):
    (tree / "pyproject.toml").write_text(f'[project]\nname = "riskkit"\nversion = "1.3"\n{source}')
    told = refusal(tree, "--allow-dirty")
    assert "pyproject.toml must take the version from riskkit/_version.py, got 1.3" in told


def test_a_version_that_the_build_reads_elsewhere_is_not_released(tree: Path):
    elsewhere = VERSION_SOURCE.replace("_version", "__init__")
    (tree / "pyproject.toml").write_text(f'[project]\nname = "riskkit"\ndynamic = ["version"]\n{elsewhere}')
    told = refusal(tree, "--allow-dirty")
    assert "pyproject.toml must take the version from riskkit/_version.py, got riskkit/__init__.py" in told


def test_the_version_stands_in_one_place():
    assert "version" not in PROJECT
    assert PROJECT["dynamic"] == ["version"]
    assert rk.__version__ == __version__


def lowest(place: Path, *extras: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ".ci/lowest_versions", *extras]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def test_lowest_versions_are_the_bounds_of_all_dependencies(tree: Path):
    shutil.copy(ROOT / "pyproject.toml", tree)
    wanted = [*PROJECT["dependencies"], *(line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra])]
    assert lowest(tree, *EXTRAS).stdout.split() == [line.replace(">=", "==") for line in wanted]


def test_a_dependency_without_a_lower_bound_is_refused(tree: Path):
    with (tree / "pyproject.toml").open("a") as file:
        file.write('dependencies = ["numpy>=2.1", "scipy"]\n')
    done = lowest(tree)
    assert done.returncode != 0
    assert "'scipy' must have a lower bound" in done.stderr


def test_the_licence_of_every_dependency_is_told():
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| ([\w-]+) \| riskkit \| (.+) \|$", page, re.MULTILINE))
    wanted = [*PROJECT["dependencies"], *(line for extra in EXTRAS for line in PROJECT["optional-dependencies"][extra])]
    assert sorted(told) == sorted(re.match(r"[\w-]+", line)[0].lower() for line in wanted)


def test_the_citation_is_of_this_version():
    cited = re.findall(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited == [__version__]
