"""Read a data class from TOML: validate the version, the classes and every key; errors name the key."""

from __future__ import annotations

import os
import re
from typing import TypeVar

from riskkit._core.errors import InvalidInput
from riskkit._core.validation import boolean, file_path, short_repr
from riskkit.toml.errors import error_lines
from riskkit.toml.imports import user_classes
from riskkit.toml.schema_types import FORMAT, pydantic_type
from riskkit.toml.toml_limits import parse_toml, read_text

__all__ = ["from_toml", "load"]

Data = TypeVar("Data")


def from_toml(cls: type[Data], text: str, *, source: str | None = None, allow_import: bool = False) -> Data:
    """Read an object of a data class from TOML.

    Parameters
    ----------
    cls : type
        The class of the whole table, such as `Scenario`.
    text : str
        TOML, as `to_toml` writes it or by hand.
    source : str, optional
        Name of the file, for errors; by default that of the class.
    allow_import : bool
        Whether rules and other parts may be of user classes, named by import path as in
        ``type = "mypackage.module:ClassName"``. Importing runs the code of their modules; otherwise nothing is imported
        or run.

    Returns
    -------
    object of `cls`

    Raises
    ------
    InvalidInput
        If the text is not TOML, or nested too deep (the message names the line), is of a later version, or does not
        meet the requirements of the data classes; the message names each key, the requirement and the value.

    Examples
    --------
    >>> from riskkit.portfolio._holding import Holding
    >>> from_toml(Holding, 'name = "TSLA"\\nvalue = 40').value
    40.0
    """
    from pydantic import TypeAdapter, ValidationError

    boolean("allow_import", allow_import)
    source = cls.__name__.lower() if source is None else source
    if not isinstance(text, str):
        raise InvalidInput(f"{source}: text must be a string of TOML, got {type(text).__name__}")
    data = parse_toml(text, source)
    _check_version(data.pop("riskkit", FORMAT), source)
    adapter: TypeAdapter[Data] = TypeAdapter(pydantic_type(cls, user_classes(data, source, allow_import)))
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        raise InvalidInput("\n".join(error_lines(error, data, source))) from None


def load(cls: type[Data], path: str | os.PathLike[str], *, allow_import: bool = False) -> Data:
    """Read an object of a data class from a TOML file.

    Parameters
    ----------
    cls : type
        The class of the whole table.
    path : str or path
        The file, in UTF-8.
    allow_import : bool
        As for `from_toml`.

    Returns
    -------
    object of `cls`

    Raises
    ------
    InvalidInput
        As `from_toml`, and if the file is longer than 32 MiB; the message begins with the path.
    OSError
        If the file cannot be read.
    """
    file = file_path("path", path)
    source = str(file)
    return from_toml(cls, read_text(file, source), source=source, allow_import=allow_import)


def _check_version(version: object, source: str) -> None:
    if not isinstance(version, str) or not all(re.fullmatch(r"[0-9]{1,9}", part) for part in version.split(".")):
        raise InvalidInput(
            f'{source}: riskkit must be the version of the file\'s form, "{FORMAT}", got {short_repr(version)}'
        )
    if [int(part) for part in version.split(".")] > [int(part) for part in FORMAT.split(".")]:
        raise InvalidInput(
            f"{source}: riskkit must be at most {FORMAT!r}, got {short_repr(version)}; read the file with a newer "
            "riskkit"
        )
