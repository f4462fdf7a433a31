"""The clock of a question: started by asking, met by an official answer, else stopped. Source: Y04"""

from datetime import datetime

from plans.agreements import Agreement, agreements_of_customer
from sla import engine
from sla.actors import SYSTEM, Actor
from sla.engine import Heard
from sla.models import Milestone
from sla.timeline import FactKind
from tickets.models import Comment, Post

SERVICE = "community"


def start(post: Post, actor: Actor) -> None:
    """Have the engine time a question by the plan of whoever asked, where the plan has a community; saves the post.

    The contract is kept on the post either way: its people are told what becomes of the question.
    """
    agreement = agreement_for(post)
    if agreement is None:
        return
    post.contract = agreement.contract
    entitlement = agreement.find(SERVICE)
    policy = agreement.policy_of(entitlement) if entitlement else None
    if post.kind == Post.Kind.QUESTION and policy:
        heard = Heard(FactKind.OPEN, post.at, actor, post.code)
        post.clock, _milestones = engine.start(policy=policy, priority="", heard=heard)
    post.save(update_fields=["contract", "clock"])


def agreement_for(post: Post) -> Agreement | None:
    """Return the contract in force with the board's vendor under which a post's customer asks, the highest plan first.

    One whose plan has a community comes before one whose plan has none.
    """
    if post.customer_id is None:
        return None
    theirs = agreements_of_customer(post.customer_id)
    held = [one for one in theirs if one.contract.plan.vendor == post.vendor and one.term_at(post.at) == "in_force"]
    ranked = sorted(held, key=lambda one: (one.find(SERVICE) is None, -one.contract.plan.rank, one.contract.pk))
    return next(iter(ranked), None)


def hear_answer(post: Post, comment: Comment, actor: Actor, at: datetime) -> None:
    """Tell the clock that a person of ours answered officially."""
    if post.clock:
        heard = Heard(FactKind.REPLY, max(at, post.clock.started_at), actor, _answer(post, comment))
        engine.observe(post.clock, [heard])


def forget_answer(post: Post, comment: Comment, at: datetime) -> None:
    """Take an official answer back: the clock goes on as if there had been none."""
    if post.clock:
        engine.withdraw(post.clock, source=_answer(post, comment), at=at)


def stop(post: Post, why: str, at: datetime) -> None:
    """End the clock, for nobody waits any more; what was late by then stays late."""
    if post.clock:
        heard = Heard(FactKind.LEAVE, max(at, post.clock.started_at), SYSTEM, f"{post.code}/{why}")
        engine.observe(post.clock, [heard])


def go_on(post: Post, why: str, at: datetime) -> None:
    """Let the clock go on as if it had never been stopped for this reason."""
    if post.clock:
        engine.withdraw(post.clock, source=f"{post.code}/{why}", at=at)


def promise_of(post: Post) -> Milestone | None:
    """Return the promise of an official answer that a question has."""
    found = post.clock.milestones.select_related("target__policy", "calendar_version") if post.clock else None
    return found.order_by("-number").first() if found is not None else None


def _answer(post: Post, comment: Comment) -> str:
    return f"{post.code}+{comment.pk}"
