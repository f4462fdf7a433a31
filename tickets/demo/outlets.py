"""Addresses outside of the demo: a program and a robot, switched off, for nobody is there to hear them."""

from django.utils.translation import gettext as _

from tickets.actions import webhooks
from tickets.actions.webhooks import Wanted
from tickets.models import WebhookEndpoint

PROGRAM, ROBOT = "值班大屏", "守约值班群"


def lay_out() -> None:
    """Add both, each with what it would hear."""
    heard = ("milestone.warning", "milestone.breach", "ticket.opened", "ticket.replied", "ticket.resolved")
    screen = webhooks.add(
        name=PROGRAM, url="https://wallboard.example.com/shouyue", wanted=Wanted(subscriptions=heard, per_minute=120)
    )
    robot = webhooks.add(
        name=ROBOT,
        url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000000",
        kind=WebhookEndpoint.Kind.WECOM,
        wanted=Wanted(subscriptions=("milestone.breach",), vendor="yonsuite"),
    )
    for endpoint in (screen, robot):
        webhooks.switch_off(endpoint=endpoint, note=_("演示"))
