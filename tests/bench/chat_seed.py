"""Load the plans and open conversations that a person serves; print each one's code and its customer's token. A module.

A conversation is laid down as it stands, not talked into being: what is measured begins with the next message.
"""

import json
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402

from plans.actions.contracts import Agreed, Owned, sign  # noqa: E402
from plans.loading import load  # noqa: E402
from plans.models import Contact, Customer, Plan, Product, Role, Team, User  # noqa: E402
from sla.clock import database_now  # noqa: E402
from tickets.actions.visiting import Arrival, let_in  # noqa: E402
from tickets.models import Chat, Visitor  # noqa: E402


def seed(count: int, desks: int) -> dict[str, Any]:
    """Write the rows and return code and token of each, and of each desk its session and its conversations."""
    load()
    at = database_now()
    product = Product.objects.get(code="yonsuite-finance")
    customer = Customer.objects.create(code="bench", name="基准公司", name_en="Bench Ltd")
    sign(
        customer=customer, plan=Plan.objects.current().get(code="yonsuite-premier"), number="C-BENCH",
        starts_on=(at - timedelta(days=300)).date(), ends_on=(at + timedelta(days=300)).date(),
        agreed=Agreed(products=(Owned(product),)),
    )  # fmt: skip
    team = Team.objects.create(code="bench", name="基准组", vendor="yonsuite")
    agents = [
        User.objects.create(username=f"bench{n}", name=f"坐席{n}", role=Role.AGENT, team=team) for n in range(desks)
    ]
    people = Contact.objects.bulk_create(
        Contact(customer=customer, name=f"客户{n}", email=f"c{n}@bench.example") for n in range(count)
    )
    entered = [let_in(arrival=Arrival(None, person), at=at) for person in people]
    chats = Chat.objects.bulk_create(
        chat(f"IM-B-{n}", visitor, agents[n % desks], product) for n, (visitor, _token) in enumerate(entered)
    )
    return {
        "chats": [(row.code, token) for row, (_visitor, token) in zip(chats, entered, strict=True)],
        "desks": [
            {"session": signed_in(agent), "chats": [row.pk for row in chats[n::desks]], "code": chats[n].code}
            for n, agent in enumerate(agents)
        ],
    }


def signed_in(agent: User) -> str:
    """Return the key of a session of somebody who has signed in."""
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(agent.pk), agent.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    return str(session.session_key)


def chat(code: str, visitor: Visitor, agent: User, product: Product) -> Chat:
    """Return a conversation with a person."""
    at = visitor.seen_at
    return Chat(
        code=code, vendor="yonsuite", visitor=visitor, contact=visitor.contact, product=product, state="active",
        assignee=agent, opened_at=at, accepted_at=at,
    )  # fmt: skip


print(json.dumps(seed(int(sys.argv[1]), int(sys.argv[2]))))
