"""A scenario from TOML: the version, the classes, and every key checked, with the place of each fault."""

from __future__ import annotations

import os
import re

from riskkit.checks import file_path, flag, shown
from riskkit.errors import InvalidInput, MissingExtra
from riskkit.scenario import Scenario
from riskkit.scenario_file.faults import fault_lines
from riskkit.scenario_file.form import FORMAT, file_form
from riskkit.scenario_file.own_classes import own_classes
from riskkit.scenario_file.toml_text import read_text, tables

__all__ = ["load_scenario", "scenario_from_toml"]


def scenario_from_toml(text: str, *, source: str = "scenario", allow_import: bool = False) -> Scenario:
    """Read a scenario from TOML.

    Parameters
    ----------
    text : str
        What `scenario_to_toml` wrote, or a person.
    source : str
        Name of the file, for errors.
    allow_import : bool
        Whether rules and other parts may be of classes that riskkit does not bring, named by import path as in
        ``type = "mypackage.module:ClassName"``. Importing runs the code of their modules; without it nothing in the
        file is imported or run.

    Returns
    -------
    Scenario

    Raises
    ------
    InvalidInput
        If the text is not TOML, or nested too deep (the message names the line), is of a later version, or does not
        meet the requirements of the data classes; the message names each place in the file, the requirement and what
        came.
    MissingExtra
        If pydantic is not installed.

    Examples
    --------
    >>> from riskkit.scenario_file import scenario_to_toml
    >>> from riskkit.scenarios import baron
    >>> scenario_from_toml(scenario_to_toml(baron())) == baron()
    True
    """
    try:
        from pydantic import TypeAdapter, ValidationError
    except ImportError:
        raise MissingExtra("scenario files need pydantic: pip install 'riskkit[files]'") from None
    flag("allow_import", allow_import)
    if not isinstance(text, str):
        raise InvalidInput(f"{source}: text must be a string of TOML, got {type(text).__name__}")
    data = tables(text, source)
    _check_version(data.pop("riskkit", FORMAT), source)
    adapter: TypeAdapter[Scenario] = TypeAdapter(file_form(Scenario, own_classes(data, source, allow_import)))
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise InvalidInput("\n".join(fault_lines(error, data, source))) from None


def load_scenario(path: str | os.PathLike[str], *, allow_import: bool = False) -> Scenario:
    """Read a scenario from a TOML file.

    Parameters
    ----------
    path : str or path
        The file, in UTF-8.
    allow_import : bool
        As for `scenario_from_toml`.

    Returns
    -------
    Scenario

    Raises
    ------
    InvalidInput
        As `scenario_from_toml`, and if the file is longer than 32 MiB; the message begins with the path.
    MissingExtra
        If pydantic is not installed.
    OSError
        If the file cannot be read.
    """
    file = file_path("path", path)
    source = str(file)
    return scenario_from_toml(read_text(file, source), source=source, allow_import=allow_import)


def _check_version(version: object, source: str) -> None:
    if not isinstance(version, str) or not all(re.fullmatch(r"[0-9]{1,9}", part) for part in version.split(".")):
        raise InvalidInput(
            f'{source}: riskkit must be the version of the file\'s form, "{FORMAT}", got {shown(version)}'
        )
    if [int(part) for part in version.split(".")] > [int(part) for part in FORMAT.split(".")]:
        raise InvalidInput(
            f"{source}: riskkit must be at most {FORMAT!r}, got {shown(version)}; read the file with a newer riskkit"
        )
