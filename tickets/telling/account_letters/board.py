"""Letters about the community: an answer, a comment, an idea, what was done with one's own words. Source: Y04"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise as LazyText
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.models import AccountNotice, User
from plans.wording import name_of, text_of
from tickets.knowledge.writing import text_of_markdown
from tickets.models import BoardEvent, Post
from tickets.showing.names import names_for
from tickets.telling.account_letters.news import Reader, Writer
from tickets.telling.letters import Letter

Kind = BoardEvent.Kind
QUOTED = 1200
# Comments in one letter; the rest stands in the post. What was written just before it went is the next letter's.
MOST_COMMENTS, JUST_BEFORE = 20, timedelta(seconds=30)


@dataclass(frozen=True)
class Telling:
    """What a kind of news says: its title, its sentence, and where there is more to do, what."""

    title: LazyText
    says: LazyText
    asked: LazyText | str = ""


TELLINGS: dict[str, Telling] = {
    Kind.ANSWERED: Telling(
        gettext_lazy("官方答复"),
        gettext_lazy("%(who)s 正式答复了“%(title)s”："),
        gettext_lazy("答复解决了问题，请在帖子里点“已解决”；没有解决，请接着评论。"),
    ),
    Kind.COMMENTED: Telling(gettext_lazy("新评论"), gettext_lazy("%(who)s 评论了“%(title)s”：")),
    Kind.ACCEPTED: Telling(gettext_lazy("已解决"), gettext_lazy("%(who)s 采纳了“%(title)s”下的一条回答：")),
    Kind.CLOSED: Telling(gettext_lazy("帖子已关闭"), gettext_lazy("“%(title)s”已关闭，不再接受评论。")),
    Kind.MERGED: Telling(gettext_lazy("帖子已合并"), gettext_lazy("“%(title)s”已并入另一个帖子，请到那里继续。")),
    Kind.IDEA: Telling(gettext_lazy("创意有进展"), gettext_lazy("创意“%(title)s”现在的进度是：%(state)s。")),
    Kind.HIDDEN: Telling(
        gettext_lazy("内容已隐藏"),
        gettext_lazy("您在“%(title)s”里写的内容已被隐藏，别人看不到。理由："),
        gettext_lazy("认为处理不当，请提交工单或联系您的客户成功经理。"),
    ),
    Kind.RESTORED: Telling(gettext_lazy("内容已恢复"), gettext_lazy("您在“%(title)s”里写的内容已恢复显示。")),
    Kind.TICKET: Telling(
        gettext_lazy("提问已转工单"),
        gettext_lazy("“%(title)s”在社区没有按时得到官方答复，我们已替您提交工单 %(ticket)s，由专人处理。"),
    ),
    Kind.REFUSED: Telling(
        gettext_lazy("提问未能转为工单"),
        gettext_lazy("“%(title)s”没有按时得到官方答复，也不能转为工单："),
        gettext_lazy("请在社区直接答复。"),
    ),
}


def _write(notice: AccountNotice, reader: Reader) -> Letter:
    """Write what happened to a post."""
    event = BoardEvent.objects.select_related("post__product", "comment").get(pk=notice.about["event"])
    telling, post = TELLINGS[event.kind], event.post
    state = str(Post.Idea(event.fields["state"]).label) if "state" in event.fields else ""
    who = names_for([event.actor_ref]).of(event.actor_display, event.actor_ref)
    words = {"who": who, "title": post.title, "state": state, "ticket": event.fields.get("ticket", "")}
    is_ours = isinstance(reader, User)
    comments = _comments(event, notice, reader) if event.kind == Kind.COMMENTED else []
    says = _("“%(title)s”有 %(count)d 条新评论：") if len(comments) > 1 else str(telling.says)
    return Letter(
        subject=_("【%(title)s】%(rest)s") % {"title": telling.title, "rest": post.title},
        lines=(says % {**words, "count": len(comments)},),
        quoted=_all_quoted(comments) if len(comments) > 1 else _quoted(event),
        facts=tuple((label, said) for label, said in _facts(post) if said),
        asked=str(telling.asked),
        link=f"/{'console' if is_ours else 'portal'}/board/{post.code}/",
        link_words=_("打开帖子"),
        closing=_("要接着说，请打开帖子评论：直接回复本邮件，内容不会出现在社区。不想再收到，请在帖子里取消关注。"),
    )


def _comments(event: BoardEvent, notice: AccountNotice, reader: Reader) -> list[BoardEvent]:
    """Return the comments that a letter tells of: those in sight that others wrote until shortly before it went."""
    own = f"{'user' if isinstance(reader, User) else 'contact'}:{reader.pk}"
    since = BoardEvent.objects.filter(post=event.post_id, kind=event.kind, pk__gte=event.pk)
    until = since.filter(at__lt=notice.not_before - JUST_BEFORE) | since.filter(pk=event.pk)
    seen = until.filter(comment__hidden_at=None).exclude(actor_ref=own)
    return list(seen.select_related("comment").order_by("pk")[:MOST_COMMENTS])


def _all_quoted(comments: list[BoardEvent]) -> str:
    names = names_for({one.actor_ref for one in comments})
    said = ((names.of(one.actor_display, one.actor_ref), _quoted(one)) for one in comments)
    return "\n\n".join(_("%(name)s：%(body)s") % {"name": name, "body": body} for name, body in said)


def _quoted(event: BoardEvent) -> str:
    """Return what was said: a comment in sight, a reason, or why there is no ticket."""
    if event.kind == Kind.REFUSED:
        return text_of(event.post, "refusal")
    if event.kind in SPOKEN and event.comment and event.comment.hidden_at is None:
        return Truncator(text_of_markdown(event.comment.body)).chars(QUOTED)
    return event.words


SPOKEN = (Kind.ANSWERED, Kind.COMMENTED, Kind.ACCEPTED)


def _facts(post: Post) -> list[tuple[str, str]]:
    return [
        (_("帖子"), f"{post.code} {post.title}"),
        (_("产品"), name_of(post.product) if post.product else ""),
        (_("专题"), name_of(post.topic) if post.topic else ""),
    ]


WRITERS: dict[str, Writer] = {f"board_{kind}": _write for kind in TELLINGS}
