"""One customer on one page in a real browser: readable on a desk and on a telephone, in both themes. Source: Y22"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.browsing import Visit, findings, overflow
from tests.world import World

pytestmark = pytest.mark.e2e


def test_a_customer_on_one_page_is_read_by_everybody__Y22(
    window: Callable[..., Visit], world: World, server_clock: Any
) -> None:
    ticket = world.open_ticket(at="2026-09-27 17:00")
    server_clock("2026-09-28 10:00")
    for width, theme in ((1440, "light"), (390, "dark")):
        visit = window(width=width, theme=theme)
        visit.sign_in(world.manager)
        page = visit.open("/console/accounts/customers/c-y-1/")
        assert [*findings(page), overflow(page)] == [0]
        page.get_by_role("link", name=ticket.number).click()
        page.wait_for_url(f"**/console/tickets/{ticket.number}/**")
        page.close()
