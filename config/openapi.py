"""The description of the API: how keys travel, how errors look, and the pages on which people read it."""

from typing import Any

from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string"},
        "promise": {"type": "string", "description": "the promise that decided"},
        "clause": {"type": "string"},
        "ways_on": {"type": "array", "items": {"type": "string"}},
        "intake": {"type": "integer", "description": "under which number it is kept all the same"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
}
ANSWERS = {
    "400": "the request cannot be read",
    "401": "no key, or a wrong one",
    "403": "the key has not this right",
    "404": "absent, or somebody else's",
    "406": "no such form of answer",
    "415": "no such form of body",
    "409": "refused as things stand, or still being worked on",
    "413": "too large",
    "422": "understood and refused",
    "429": "too many requests",
}
EVERYWHERE = ("400", "401", "403", "404", "406", "429")
WITH_BODY = ("409", "413", "415", "422")
WITH_QUERY = ("422",)


class BearerScheme(OpenApiAuthenticationExtension):
    """Tell that keys travel as `Authorization: Bearer …`."""

    target_class = "plans.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


def add_problems(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Add the problem answers to every operation of the API."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for method, operation in path.items():
            codes = EVERYWHERE + (WITH_QUERY if method == "get" else WITH_BODY)
            for code in sorted(codes):
                operation["responses"].setdefault(code, _answer(code))
    return result


def _answer(code: str) -> dict[str, Any]:
    shape = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": ANSWERS[code], "content": shape}


def sum_up(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Show the first sentence of each operation beside its address in the overview; the rest unfolds with it."""
    for path in result["paths"].values():
        for operation in path.values():
            first, _stop, rest = operation.pop("description", "").partition(".")
            operation["summary"] = " ".join(first.split())
            if rest.strip():
                operation["description"] = rest.strip()
    return result


def drop_labels(result: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Take off the labels that people read on screens: in the API a field goes by its name."""
    _drop_titles([result["paths"], result["components"]])
    return result


def _drop_titles(node: Any) -> None:
    if isinstance(node, dict) and isinstance(node.get("title"), str):
        del node["title"]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _drop_titles(child)


class Schema(SpectacularAPIView):
    """The description itself, for anybody."""

    throttle_classes = []


# The page sets styles on its own elements; its scripts come from here like all others.
@method_decorator(csp_update({"style-src": "'unsafe-inline'"}), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """The description as pages to read and try."""

    throttle_classes = []
    url_name = "schema"
