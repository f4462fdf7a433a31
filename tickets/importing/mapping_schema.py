"""The published JSON Schema of an import's mapping, made of the form that reads it."""

import json

from sla.rules.reading import Schema, mapping, schema_of
from tickets.importing.mapping import FILE

NAME = "mapping.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def mapping_schema() -> Schema:
    """Return the schema; codes of customers, contracts, products and people are checked where they are used."""
    return {
        "$schema": DIALECT,
        "title": "Shouyue import mapping 守约历史工单导入的对应关系",
        "description": "What another system's words mean here. 另一系统的用词在这里对应什么。",
        **schema_of(mapping(FILE)),
    }


def written() -> str:
    """Return the schema as the file that is published."""
    return json.dumps(mapping_schema(), ensure_ascii=False, indent=2) + "\n"
