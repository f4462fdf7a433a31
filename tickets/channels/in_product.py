"""Inside the product: the form, which the product fills with what it knows. Source: K02"""

from tickets.channels.base import Incoming, Payload
from tickets.channels.form import FormChannel


class InProduct(FormChannel):
    """The form; `page`, where the person was when asking, stands for the module where none is named."""

    key = "in_product"

    def parse(self, payload: Payload) -> Incoming:
        page = payload.get("page")
        if isinstance(page, str) and not payload.get("module"):
            payload = {**payload, "module": page[:80]}
        return super().parse(payload)
