"""What every act on the board stands on: who somebody is there, what they may do, and the lock of a post."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from plans.accounts import contact_of
from plans.models import Contact, Role, User
from sla.actors import Actor
from sla.models import Milestone
from sla.refusals import ActionRefusedError
from sla.timeline import ActorKind
from tickets.channels.base import is_storable
from tickets.ledger import actor_of
from tickets.models import Comment, Post
from tickets.models.board import MODERATORS

LONGEST_TITLE, LONGEST_BODY, LONGEST_WORDS = 120, 20_000, 400
# Who leads speaks for every vendor; others for the one that their team serves.
FOR_ALL = (Role.LEAD, Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote something: one of us, a contact, or a name that a forum gave."""

    name: str
    user: User | None = None
    contact: Contact | None = None
    is_ours: bool = False
    # How a forum calls them.
    ref: str = ""
    is_bot: bool = False

    @property
    def actor(self) -> Actor:
        """Return them as clocks and journals name them; a forum's program meets no clock. Source: K02"""
        if self.contact or self.user:
            return actor_of(self.contact or self.user)  # type: ignore[arg-type]
        kind = ActorKind.AGENT if self.is_ours else ActorKind.CUSTOMER
        return Actor(ActorKind.BOT if self.is_bot else kind, self.ref[:64], self.name[:120])


@dataclass(frozen=True, slots=True)
class Limit:
    """How many of something one person may write within a time."""

    most: int
    within: timedelta


POSTS = Limit(5, timedelta(hours=1))
COMMENTS = Limit(20, timedelta(minutes=10))
FLAGS = Limit(10, timedelta(hours=1))


def author_of(user: User) -> Author:
    """Return a user as the author of what they write. Raises ActionRefusedError for a customer's who is nobody's."""
    if not user.is_customer:
        return Author(str(user), user=user, is_ours=user.role in MODERATORS)
    contact = contact_of(user)
    if contact is None:
        raise ActionRefusedError("not_allowed", _("您的账号没有对应的联系人，不能在社区发言。"))
    return Author(contact.name, user=user, contact=contact)


def locked(post: Post) -> Post:
    """Lock the milestones of a post's clock, then the post, and return it as it is now."""
    if post.clock_id:
        milestones = Milestone.objects.filter(clock=post.clock_id).order_by("pk")
        list(milestones.select_for_update(of=("self",)).values_list("pk"))
    related = Post.objects.select_related("contact__customer", "clock", "contract__plan", "ticket", "official")
    return related.select_for_update(of=("self",)).get(pk=post.pk)


def seen_by(post: Post, user: User) -> Post:
    """Lock a post that somebody may read. Raises ActionRefusedError for one that they may not."""
    if not Post.objects.visible_to(user).filter(pk=post.pk).exists():
        raise ActionRefusedError("unknown_post", _("没有这个帖子。"))
    return locked(post)


def to_write_on(post: Post, user: User) -> Post:
    """Lock a post that somebody may add to. Raises ActionRefusedError where it is closed, hidden or joined."""
    post = seen_by(post, user)
    if post.merged_into:
        words = _("这个帖子已并入 %(code)s。") % {"code": post.merged_into.code}
        raise ActionRefusedError("post_merged", words, ways_on=[_("请到那里继续。")])
    if post.state == Post.State.CLOSED:
        raise ActionRefusedError("post_closed", _("这个帖子已关闭。"), ways_on=[_("另发一帖，并附上这个帖子的链接。")])
    if post.hidden_at:
        raise ActionRefusedError("post_hidden", _("这个帖子已隐藏。"), ways_on=[_("联系版主了解原因。")])
    return post


def to_moderate(post: Post, actor: User) -> Post:
    """Lock a post that one of us keeps in order. Raises ActionRefusedError for who may not."""
    check_moderator(actor, post.vendor)
    return locked(post)


def check_moderator(actor: User, vendor: str) -> None:
    """Refuse who does not speak for a vendor on its board."""
    if not is_moderator(actor, vendor):
        raise ActionRefusedError("not_a_moderator", _("只有这个厂商的服务人员可以管理它的社区。"))


def is_moderator(actor: User, vendor: str) -> bool:
    """Tell whether somebody speaks for a vendor on its board."""
    if not actor.is_active or actor.role not in MODERATORS:
        return False
    return actor.role in FOR_ALL or actor.team is None or actor.team.vendor == vendor


def clean(text: str, most: int, *, code: str, asked: str) -> str:
    """Return a text as it is kept. Raises ActionRefusedError where it says nothing, too much, or cannot be stored."""
    said = text.replace("\r\n", "\n").strip()
    if not said:
        raise ActionRefusedError(code, asked)
    if len(said) > most:
        raise ActionRefusedError(
            "too_long", _("最多 %(most)d 个字，现在有 %(n)d 个。") % {"most": most, "n": len(said)}
        )
    if not is_storable(said):
        raise ActionRefusedError("invalid_encoding", _("文字中有空字符或不完整的字符。"))
    return said


def title_of(text: str) -> str:
    """Return a title on one line. Raises ActionRefusedError where it is none."""
    return clean(" ".join(text.split()), LONGEST_TITLE, code="no_title", asked=_("请写标题。"))


def body_of(text: str) -> str:
    """Return the words of a post or comment. Raises ActionRefusedError where there are none."""
    return clean(text, LONGEST_BODY, code="empty_body", asked=_("请写下内容。"))


def reason_of(text: str) -> str:
    """Return why something is done. Raises ActionRefusedError where nobody said."""
    return clean(text, LONGEST_WORDS, code="no_reason", asked=_("请写明理由，作者会看到。"))


def check_rate(kind: type[Post | Comment], author: Author, limit: Limit, at: datetime) -> None:
    """Refuse a customer who writes more than anybody types. Raises ActionRefusedError with when to go on."""
    if author.contact is None:
        return
    lately = kind._default_manager.filter(contact=author.contact, at__gt=at - limit.within)
    if lately.count() >= limit.most:
        words = {"n": limit.most, "minutes": int(limit.within.total_seconds() // 60)}
        raise ActionRefusedError(
            "too_many",
            _("%(minutes)d 分钟内最多发 %(n)d 条。") % words,
            ways_on=[_("稍后再发；着急的问题请提交工单。")],
        )
