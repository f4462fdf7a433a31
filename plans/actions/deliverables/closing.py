"""What a confirmed report ends: the engagement that it was the last word of. Source: K06, K12"""

from datetime import datetime

from plans.actions.engagements.delivering import close
from plans.models import Engagement, Outcome, SignOffRound, User

UNDECIDED = (Outcome.OPEN, Outcome.OBJECTED)


def close_engagement(row: SignOffRound, actor: User | None, at: datetime) -> None:
    """Close the engagement of a round that was confirmed, where it is recorded and nothing of it waits any more.

    Call inside atomic, once the round is decided.
    """
    engagement = row.deliverable.engagement
    if engagement is None or engagement.state != Engagement.State.RECORDED:
        return
    if engagement.sessions.under_way().exists() or engagement.deliverables.filter(state__in=UNDECIDED).exists():
        return
    close(engagement=engagement, actor=actor, at=at, because=row.deliverable.number)
