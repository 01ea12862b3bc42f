"""Make the JSON Schema of scenario files, ``schema.json``, for completion and checks in editors."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from riskkit.rules import Rule
from riskkit.toml.schema_types import FORMAT, pydantic_type
from riskkit.toml.stored_instrument import StoredInstrument
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource

__all__ = ["SCHEMA_FILE", "make_schema", "parameters"]

#: The schema as it ships.
SCHEMA_FILE = Path(__file__).with_name("schema.json")

_USER_CLASS = {
    "type": "object",
    "description": "A class of your own by its import path, mypackage.module:ClassName; needs --allow-import.",
    "properties": {"type": {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}},
    "required": ["type"],
}


def make_schema(cls: type) -> str:
    """Return the JSON Schema of a data class; docstrings describe the keys.

    Parameters
    ----------
    cls : type
        The class of the whole file.

    Returns
    -------
    str
        JSON, the same for the same classes; ``schema.json`` is that of `Scenario`.
    """
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema
    from pydantic_core import CoreSchema

    class Generator(GenerateJsonSchema):
        """Adds docstrings, and omits titles that only code generators need."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

        def literal_schema(self, schema: Any) -> dict[str, Any]:
            allowed = schema["expected"]
            return {"const": allowed[0]} if len(allowed) == 1 else {"enum": list(allowed)}

        def tagged_union_schema(self, schema: Any) -> dict[str, Any]:
            # A StoredRule, StoredInstrument or StoredSource is read from a saved result, but never written by hand.
            stored_classes = {cls.__name__ for cls in (StoredInstrument, StoredRule, StoredSource)}
            table_schemas = [alternative for tag, alternative in schema["choices"].items() if tag not in stored_classes]
            return {"anyOf": [*map(self.generate_inner, table_schemas), _USER_CLASS]}

        def typed_dict_schema(self, schema: Any) -> dict[str, Any]:
            return _with_descriptions(super().typed_dict_schema(schema), schema["metadata"]["class"])

    adapter: TypeAdapter[CoreSchema] = TypeAdapter(pydantic_type(cls))
    schema = adapter.json_schema(schema_generator=Generator)
    version = {"type": "string", "description": f'Version of the file\'s form, "{FORMAT}".'}
    schema["properties"] = {"riskkit": version, **schema["properties"]}
    header = {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"A {cls.__name__.lower()} of riskkit"}
    return json.dumps({**header, **schema}, indent=1, ensure_ascii=False) + "\n"


def _with_descriptions(table: dict[str, Any], cls: type) -> dict[str, Any]:
    """A table of the schema with descriptions, and with the defaults that are scalars."""
    descriptions = {"name": "Its row in the tables."} if issubclass(cls, Rule) else {}
    descriptions |= parameters(cls)
    defaults = {field.name: field.default for field in fields(cls) if field.default is not MISSING}
    for key, key_schema in table["properties"].items():
        if key in descriptions:
            key_schema["description"] = descriptions[key]
        if isinstance(defaults.get(key), bool | int | float | str):
            key_schema["default"] = defaults[key]
    return {"description": str(inspect.getdoc(cls)).partition("\n\n")[0].replace("\n", " "), **table}


def parameters(cls: type) -> dict[str, str]:
    """Return the description of each parameter from the docstrings of a class and its bases.

    Examples
    --------
    >>> from riskkit.market import Asset
    >>> parameters(Asset)["volatility"]
    'Annualised standard deviation of log returns, from 0 to 10; 0 is cash, 0.57 is 57 % a year.'
    """
    found: dict[str, list[str]] = {}
    for base in reversed(cls.__mro__):
        text = inspect.cleandoc(base.__doc__ or "")
        section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
        for line in section[1].splitlines() if section else []:
            if header_line := re.match(r"(\w[\w, ]*) : ", line):
                lines: list[str] = []
                found |= dict.fromkeys(header_line[1].split(", "), lines)
            else:
                lines.append(line.strip())
    return {name: " ".join(lines).strip().replace("``", "`") for name, lines in found.items()}


if __name__ == "__main__":
    from riskkit.scenario._scenario import Scenario

    SCHEMA_FILE.write_text(make_schema(Scenario), encoding="utf-8", newline="\n")
