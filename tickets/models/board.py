"""The community's board: questions, ideas and talk, what was said to them, and what became of them. Source: Y04, K01"""

from datetime import datetime
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.accounts import contact_of
from plans.models import ApiKey, Contact, Contract, Customer, Product, Role, User
from sla.models import Clock
from tickets.models.knowledge import WRITERS, Topic
from tickets.models.ticket import Ticket

# Who keeps order on the board, and speaks there for the vendor.
MODERATORS = WRITERS


class Said(models.Model):
    """Words of somebody: one of us, a contact that we know, or a name that a forum gave."""

    author = models.ForeignKey(
        User, verbose_name=_("作者"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_display = models.CharField(_("署名"), max_length=120)
    # Somebody of ours wrote it, here or in the forum.
    is_ours = models.BooleanField(_("官方人员"), default=False)
    # Markdown.
    body = models.TextField(_("正文"))
    at = models.DateTimeField(_("时间"))
    edited_at = models.DateTimeField(_("修改于"), null=True, blank=True)
    # Out of sight for all but its author and those who keep order.
    hidden_at = models.DateTimeField(_("隐藏于"), null=True, blank=True)
    hidden_why = models.CharField(_("隐藏的理由"), max_length=400, blank=True)
    # It was its author who took it out of sight; those who keep order still read it.
    is_withdrawn = models.BooleanField(_("作者已撤回"), default=False)

    class Meta:
        abstract = True


class PostQuerySet(models.QuerySet["Post"]):
    """Read posts."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may read: what stands on the boards of their vendors, and their own."""
        if not user.is_active:
            return self.none()
        if user.role == Role.PARTNER:
            return self.filter(hidden_at=None, vendor__in=user.accounts.values("contract__plan__vendor"))
        if not user.is_customer:
            return self
        contact = contact_of(user)
        theirs = self.filter(vendor__in=contact.customer.contracts.values("plan__vendor") if contact else [])
        return theirs.filter(models.Q(hidden_at=None) | models.Q(contact=contact))

    def standing(self) -> Self:
        """Narrow to those in sight that were not joined into another."""
        return self.filter(hidden_at=None, merged_into=None)

    def unanswered(self) -> Self:
        """Narrow to questions that nobody has answered for the vendor, nor declared solved."""
        return self.standing().filter(kind=Post.Kind.QUESTION, state=Post.State.OPEN)

    def overdue(self, at: datetime) -> Self:
        """Narrow to unanswered questions whose time ran out before `at`, of which no ticket was made or refused."""
        due = self.standing().filter(state=Post.State.OPEN, ticket=None, refused_at=None, clock__isnull=False)
        return due.filter(clock__milestones__stopped_at=None, clock__milestones__due_at__lt=at)

    def shown(self) -> Self:
        """Bring along what lists of posts show."""
        return self.select_related("topic", "product", "author", "contact__user", "official__author", "ticket")


class Post(Said):
    """One question, idea or discussion on a vendor's board."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("提问")
        IDEA = "idea", _("创意")
        DISCUSSION = "discussion", _("讨论")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("post", "待答复")
        ANSWERED = "answered", pgettext_lazy("post", "已答复")
        CLOSED = "closed", pgettext_lazy("post", "已关闭")

    class Idea(models.TextChoices):
        """What we made up our minds to do about an idea."""

        NEW = "new", _("新提出")
        UNDER_REVIEW = "under_review", _("评估中")
        PLANNED = "planned", _("已规划")
        SHIPPED = "shipped", _("已上线")
        DECLINED = "declined", _("暂不采纳")

    class Source(models.TextChoices):
        OWN = "own", _("本站")
        DISCOURSE = "discourse", "Discourse"

    code = models.CharField(_("帖子编号"), max_length=20, unique=True)
    vendor = models.CharField(_("厂商"), max_length=20)
    kind = models.CharField(_("帖子类型"), max_length=12, choices=Kind)
    topic = models.ForeignKey(
        Topic, verbose_name=_("专题"), null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    product = models.ForeignKey(
        Product, verbose_name=_("产品"), null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    title = models.CharField(_("标题"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.OPEN)
    idea_state = models.CharField(_("创意进度"), max_length=12, choices=Idea, blank=True)
    idea_words = models.CharField(_("进度说明"), max_length=400, blank=True)
    official = models.ForeignKey(
        "Comment", verbose_name=_("官方答复"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The comment by which whoever asked says that it is solved; an official answer or a neighbour's.
    accepted = models.ForeignKey(
        "Comment", verbose_name=_("采纳的回答"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_pinned = models.BooleanField(_("置顶"), default=False)
    merged_into = models.ForeignKey(
        "self", verbose_name=_("并入"), null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    # Kept by the actions, for lists.
    comment_count = models.PositiveIntegerField(_("评论数"), default=0)
    vote_count = models.PositiveIntegerField(_("票数"), default=0)
    view_count = models.PositiveIntegerField(_("浏览数"), default=0)
    last_at = models.DateTimeField(_("最近动态"))
    # Two-character tokens of title, body and answers.
    tokens = SearchVectorField(_("检索词"), null=True, editable=False)
    # Whoever asked lets the answer to a ticket stand here for all to read.
    allows_post_back = models.BooleanField(_("答复可公开贴回"), default=True)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    # Why no ticket could be made of it when its time ran out.
    refused_at = models.DateTimeField(_("未转工单于"), null=True, blank=True)
    refusal = models.CharField(_("未转工单的理由"), max_length=600, blank=True)
    refusal_en = models.CharField(_("未转工单的理由英文"), max_length=900, blank=True)
    # Times the wait for an official answer. Source: Y04
    clock = models.OneToOneField(
        Clock, verbose_name=_("所属计时"), null=True, blank=True, on_delete=models.SET_NULL, related_name="post"
    )
    # Whose promise of an answer it is, and who is told of it on our side.
    contract = models.ForeignKey(
        Contract, verbose_name=_("合同"), null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )
    # Where it stands besides: a topic of a forum, by the forum's own number, within the key series it came by.
    source = models.CharField(_("来源"), max_length=10, choices=Source, default=Source.OWN)
    external_id = models.CharField(_("外部编号"), max_length=128, blank=True)
    external_scope = models.CharField(_("外部编号范围"), max_length=64, blank=True)
    url = models.URLField(_("外部地址"), max_length=400, blank=True)
    api_key = models.ForeignKey(
        ApiKey, verbose_name=_("接口密钥"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Whose it is: the contact's organisation, or the one that the forum's key is bound to.
    customer = models.ForeignKey(
        Customer, verbose_name=_("客户"), null=True, blank=True, on_delete=models.SET_NULL, related_name="posts"
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = pgettext_lazy("one", "社区帖子")
        verbose_name_plural = pgettext_lazy("many", "社区帖子")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_scope", "external_id"],
                condition=~models.Q(external_id=""),
                name="post_external_id_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="idea") | models.Q(idea_state=""), name="post_only_ideas_have_progress"
            ),
        ]
        indexes = [
            GinIndex(fields=["tokens"], name="post_tokens"),
            models.Index(fields=["vendor", "-last_at"], name="post_by_activity"),
            models.Index(
                fields=["clock"], condition=models.Q(state="open", ticket=None, refused_at=None), name="post_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class CommentQuerySet(models.QuerySet["Comment"]):
    """Read comments."""

    def readable_by(self, user: User) -> Self:
        """Narrow to the comments that a user may read of posts that they see."""
        if user.role in MODERATORS:
            return self
        return self.filter(models.Q(hidden_at=None) | models.Q(author=user))


class Comment(Said):
    """Something said to a post, or to another comment of it; official where it speaks for the vendor."""

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="comments")
    # One level: an answer to an answer stands under the first.
    parent = models.ForeignKey(
        "self", verbose_name=_("回复的评论"), null=True, blank=True, on_delete=models.CASCADE, related_name="answers"
    )
    is_official = models.BooleanField(_("官方答复"), default=False)
    official_at = models.DateTimeField(_("定为官方答复于"), null=True, blank=True)
    # In the forum that the post stands in.
    external_id = models.CharField(_("外部编号"), max_length=128, blank=True)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = pgettext_lazy("one", "社区评论")
        verbose_name_plural = pgettext_lazy("many", "社区评论")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "external_id"], condition=~models.Q(external_id=""), name="comment_external_id_once"
            ),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} of {self.post_id}"


class Vote(models.Model):
    """One person's vote for a post."""

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "投票")
        verbose_name_plural = pgettext_lazy("many", "投票")
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.post_id}"


class Follow(models.Model):
    """Somebody who wants to hear what becomes of a post."""

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="follows")
    user = models.ForeignKey(User, verbose_name=_("用户"), on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "关注")
        verbose_name_plural = pgettext_lazy("many", "关注")
        constraints = [models.UniqueConstraint(fields=["post", "user"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.user_id} → {self.post_id}"


class Flag(models.Model):
    """Somebody's report that a post or comment does not belong here, and what came of it."""

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="flags")
    comment = models.ForeignKey(
        Comment, verbose_name=_("评论"), null=True, blank=True, on_delete=models.CASCADE, related_name="flags"
    )
    user = models.ForeignKey(User, verbose_name=_("举报人"), on_delete=models.CASCADE, related_name="+")
    why = models.CharField(_("理由"), max_length=400)
    at = models.DateTimeField(_("时间"))
    settled_at = models.DateTimeField(_("处理于"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User, verbose_name=_("处理人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Whether it was taken out of sight for it.
    is_upheld = models.BooleanField(_("举报成立"), default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "举报")
        verbose_name_plural = pgettext_lazy("many", "举报")
        constraints = [
            models.UniqueConstraint(
                fields=["post", "comment", "user"],
                condition=models.Q(settled_at=None),
                nulls_distinct=False,
                name="flag_once",
            ),
        ]
        indexes = [models.Index(fields=["at"], condition=models.Q(settled_at=None), name="flag_open")]

    def __str__(self) -> str:
        return f"flag {self.pk} of {self.post_id}"


class Revision(models.Model):
    """What a post or comment said before it was edited."""

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="revisions")
    comment = models.ForeignKey(
        Comment, verbose_name=_("评论"), null=True, blank=True, on_delete=models.CASCADE, related_name="revisions"
    )
    title = models.CharField(_("标题"), max_length=200, blank=True)
    body = models.TextField(_("正文"))
    # Who wrote over it, when.
    by = models.CharField(_("修改人"), max_length=120)
    at = models.DateTimeField(_("时间"))

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "修订")
        verbose_name_plural = pgettext_lazy("many", "修订")

    def __str__(self) -> str:
        return f"revision {self.pk} of {self.post_id}"


class BoardEvent(models.Model):
    """One line of what happened to a post; lines are never changed."""

    class Kind(models.TextChoices):
        ASKED = "asked", _("发帖")
        EDITED = "edited", _("修改")
        COMMENTED = "commented", _("评论")
        ANSWERED = "answered", _("官方答复")
        UNANSWERED = "unanswered", _("撤回官方答复")
        ACCEPTED = "accepted", _("提问人采纳")
        HIDDEN = "hidden", _("隐藏")
        WITHDRAWN = "withdrawn", _("作者撤回")
        RESTORED = "restored", _("恢复显示")
        PINNED = "pinned", _("置顶")
        UNPINNED = "unpinned", _("取消置顶")
        CLOSED = "closed", _("关闭")
        REOPENED = "reopened", _("重新打开")
        MOVED = "moved", _("移动专题")
        MERGED = "merged", _("合并")
        IDEA = "idea", _("创意进度")
        TICKET = "ticket", _("转为工单")
        REFUSED = "refused", _("未能转为工单")
        POSTED_BACK = "posted_back", _("贴回工单答复")
        DRAFTED = "drafted", _("整理成文章草稿")

    post = models.ForeignKey(Post, verbose_name=_("帖子"), on_delete=models.CASCADE, related_name="events")
    comment = models.ForeignKey(
        Comment, verbose_name=_("评论"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(_("类别"), max_length=12, choices=Kind)
    at = models.DateTimeField(_("时间"))
    actor_kind = models.CharField(_("行为人类别"), max_length=10)
    actor_ref = models.CharField(_("行为人标识"), max_length=64, blank=True)
    actor_display = models.CharField(_("行为人"), max_length=120, blank=True)
    words = models.CharField(_("说明"), max_length=600, blank=True)
    fields = models.JSONField(_("附加内容"), default=dict, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "社区记录")
        verbose_name_plural = pgettext_lazy("many", "社区记录")

    def __str__(self) -> str:
        return f"{self.post_id} {self.kind}"
