"""A question and its answer become the draft of an article. Source: K01"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import User
from sla.refusals import ActionRefusedError
from tickets.actions.board.journal import note
from tickets.actions.board.standing import author_of, to_moderate
from tickets.actions.knowledge.writing import Shelf, Words, create
from tickets.models import Article, BoardEvent, Post


@transaction.atomic
def draft_article(*, post: Post, actor: User, at: datetime) -> Article:
    """Return a new draft that asks what a post asks and says what was answered; nothing of it is published.

    Raises ActionRefusedError where there is no answer yet.
    """
    post = to_moderate(post, actor)
    answer = post.official or post.accepted
    if answer is None:
        raise ActionRefusedError("no_answer", _("还没有官方答复或采纳的回答。"), ways_on=[_("先在帖子里答复。")])
    place = Shelf(
        vendor=post.vendor, kind=Article.Kind.FAQ, products=[post.product] if post.product else [],
        topics=[post.topic] if post.topic else [],
    )  # fmt: skip
    article = create(shelf=place, words=Words(post.title, answer.body), actor=actor, at=at)
    note(post, BoardEvent.Kind.DRAFTED, author_of(actor).actor, at, article=article.number)
    return article
