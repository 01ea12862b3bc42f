"""The JSON Schema of scenario files, by which editors complete and check them; ``schema.json`` is what it gives."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from riskkit.rules import Rule
from riskkit.toml.schema_types import FORMAT, file_form
from riskkit.toml.stored_rule import StoredRule
from riskkit.toml.stored_source import StoredSource

__all__ = ["SCHEMA_FILE", "make_schema", "parameters"]

#: The schema as it ships.
SCHEMA_FILE = Path(__file__).with_name("schema.json")

_OWN_CLASS = {
    "type": "object",
    "description": "A class of your own by its import path, mypackage.module:ClassName; needs --allow-import.",
    "properties": {"type": {"type": "string", "pattern": r"^[\w.]+:[\w.]+$"}},
    "required": ["type"],
}


def make_schema(cls: type) -> str:
    """Draw the schema from the data classes; their docstrings describe the keys.

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

    class Drawn(GenerateJsonSchema):
        """With what docstrings say, and without what only generators of code need."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

        def literal_schema(self, schema: Any) -> dict[str, Any]:
            allowed = schema["expected"]
            return {"const": allowed[0]} if len(allowed) == 1 else {"enum": list(allowed)}

        def tagged_union_schema(self, schema: Any) -> dict[str, Any]:
            # The record of a rule or source can be read from a saved result, but nobody writes it.
            records = {StoredRule.__name__, StoredSource.__name__}
            tables = [arm for tag, arm in schema["choices"].items() if tag not in records]
            return {"anyOf": [*map(self.generate_inner, tables), _OWN_CLASS]}

        def typed_dict_schema(self, schema: Any) -> dict[str, Any]:
            return _described(super().typed_dict_schema(schema), schema["metadata"]["class"])

    adapter: TypeAdapter[CoreSchema] = TypeAdapter(file_form(cls))
    drawn = adapter.json_schema(schema_generator=Drawn)
    version = {"type": "string", "description": f'Version of the file\'s form, "{FORMAT}".'}
    drawn["properties"] = {"riskkit": version, **drawn["properties"]}
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": f"A {cls.__name__.lower()} of riskkit"}
    return json.dumps({**head, **drawn}, indent=1, ensure_ascii=False) + "\n"


def _described(table: dict[str, Any], cls: type) -> dict[str, Any]:
    """A table of the schema with descriptions, and with the defaults that are plain values."""
    told = {"name": "Its row in the tables."} if issubclass(cls, Rule) else {}
    told |= parameters(cls)
    defaults = {field.name: field.default for field in fields(cls) if field.default is not MISSING}
    for key, form in table["properties"].items():
        if key in told:
            form["description"] = told[key]
        if isinstance(defaults.get(key), bool | int | float | str):
            form["default"] = defaults[key]
    return {"description": str(inspect.getdoc(cls)).partition("\n\n")[0].replace("\n", " "), **table}


def parameters(cls: type) -> dict[str, str]:
    """What the docstring of a class, or of those that it derives from, says of each parameter.

    Examples
    --------
    >>> from riskkit.market import Asset
    >>> parameters(Asset)["volatility"]
    'Annualised standard deviation of log returns, >= 0; 0 is cash.'
    """
    found: dict[str, list[str]] = {}
    for base in reversed(cls.__mro__):
        text = inspect.cleandoc(base.__doc__ or "")
        section = re.search(r"^Parameters\n-+\n(.*?)(?=\n\n\w+\n-+\n|\Z)", text, re.MULTILINE | re.DOTALL)
        for line in section[1].splitlines() if section else []:
            if head := re.match(r"(\w[\w, ]*) : ", line):
                words: list[str] = []
                found |= dict.fromkeys(head[1].split(", "), words)
            else:
                words.append(line.strip())
    return {name: " ".join(words).strip().replace("``", "`") for name, words in found.items()}


if __name__ == "__main__":
    from riskkit.scenario._scenario import Scenario

    SCHEMA_FILE.write_text(make_schema(Scenario), encoding="utf-8", newline="\n")
