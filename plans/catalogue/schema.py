"""The published JSON Schema of a plan's file, made of the form that loads it."""

import json

from plans.catalogue.form import FILE
from sla.rules.reading import Schema, mapping, schema_of

NAME = "plan.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def plan_schema() -> Schema:
    """Return the schema; codes that must exist, pairs of lists and promised sums are checked by `load_plans` alone."""
    return {
        "$schema": DIALECT,
        "title": "Shouyue plan file 守约服务计划文件",
        "description": "One vendor's plans. 一家厂商的服务计划。 manage.py load_plans --check FILE",
        **schema_of(mapping(FILE)),
    }


def written() -> str:
    """Return the schema as the file that is published."""
    return json.dumps(plan_schema(), ensure_ascii=False, indent=2) + "\n"
