"""What people look up by themselves: articles in versions, where they stand, paths through them, and who read what."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from plans.accounts import contact_of
from plans.models import Contact, Product, Role, User
from tickets.models.ticket import Ticket

WRITERS = (Role.AGENT, Role.EXPERT, Role.LEAD, Role.MANAGER, Role.ADMIN)
PUBLISHERS = (Role.EXPERT, Role.LEAD, Role.MANAGER, Role.ADMIN)


class Directory(models.Model):
    """A place in a vendor's table of contents. Source: K01"""

    vendor = models.CharField(_("厂商"), max_length=20)
    code = models.SlugField(_("代码"), max_length=64)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)
    parent = models.ForeignKey(
        "self", verbose_name=_("上级目录"), null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        ordering = ["vendor", "position", "code"]
        verbose_name = pgettext_lazy("one", "目录")
        verbose_name_plural = pgettext_lazy("many", "目录")
        constraints = [models.UniqueConstraint(fields=["vendor", "code"], name="directory_once")]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """A subject that articles of any directory may share. Source: K01"""

    vendor = models.CharField(_("厂商"), max_length=20)
    code = models.SlugField(_("代码"), max_length=64)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)

    class Meta:
        ordering = ["vendor", "code"]
        verbose_name = pgettext_lazy("one", "专题")
        verbose_name_plural = pgettext_lazy("many", "专题")
        constraints = [models.UniqueConstraint(fields=["vendor", "code"], name="topic_once")]

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(models.QuerySet["Article"]):
    """Read articles."""

    def published(self) -> Self:
        """Narrow to those that customers may read."""
        return self.filter(state=Article.State.PUBLISHED)

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may read: we all, a customer or a partner what is published of their vendors."""
        if not user.is_active:
            return self.none()
        if user.role == Role.PARTNER:
            return self.published().filter(vendor__in=user.accounts.values("contract__plan__vendor"))
        if not user.is_customer:
            return self
        contact = contact_of(user)
        return self.published().filter(vendor__in=contact.customer.contracts.values("plan__vendor") if contact else [])

    def shown(self) -> Self:
        """Bring along what lists of articles show."""
        return self.select_related("current", "directory").prefetch_related("products", "topics")


class Article(models.Model):
    """One thing to look up; what it says stands in its versions. Source: Y01–Y03, K01"""

    class Kind(models.TextChoices):
        GUIDE = "guide", _("操作指南")
        FAQ = "faq", _("常见问题")
        FIX = "fix", _("故障处理")
        CLASS = "class", _("新手课堂")
        COURSEWARE = "courseware", _("课件资料")
        VIDEO = "video", _("学习视频")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUBLISHED = "published", _("已发布")
        WITHDRAWN = "withdrawn", _("已下架")

    number = models.CharField(_("文章编号"), max_length=20, unique=True)
    # Given by a file it was loaded from: loaded again, it is the same article.
    code = models.SlugField(_("代码"), max_length=64, blank=True)
    vendor = models.CharField(_("厂商"), max_length=20)
    kind = models.CharField(_("文章类型"), max_length=12, choices=Kind)
    # None of them: it is about all of the vendor's.
    products = models.ManyToManyField(Product, verbose_name=_("产品"), blank=True, related_name="articles")
    # Its English name may stand after a bar: 总账 | General ledger.
    module = models.CharField(_("模块"), max_length=80, blank=True)
    directory = models.ForeignKey(
        Directory, verbose_name=_("目录"), null=True, blank=True, on_delete=models.SET_NULL, related_name="articles"
    )
    topics = models.ManyToManyField(Topic, verbose_name=_("专题"), blank=True, related_name="articles")
    state = models.CharField(_("文章状态"), max_length=10, choices=State, default=State.DRAFT)
    # What readers see.
    current = models.ForeignKey(
        "ArticleVersion", verbose_name=_("现行版本"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # Two-character tokens of what is published, in both languages; written by the action that publishes.
    tokens = SearchVectorField(_("检索词"), null=True, editable=False)
    created_at = models.DateTimeField(_("创建于"))
    updated_at = models.DateTimeField(_("更新于"))

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-pk"]
        verbose_name = pgettext_lazy("one", "知识文章")
        verbose_name_plural = pgettext_lazy("many", "知识文章")
        constraints = [
            models.UniqueConstraint(fields=["vendor", "code"], condition=~models.Q(code=""), name="article_code_once"),
            models.CheckConstraint(
                condition=~models.Q(state="published") | models.Q(current__isnull=False),
                name="article_published_has_a_version",
            ),
        ]
        indexes = [GinIndex(fields=["tokens"], name="article_tokens")]

    def __str__(self) -> str:
        return self.number

    @property
    def area(self) -> str:
        """Return what the module is called."""
        return self.module.partition("|")[0].strip()

    @property
    def area_en(self) -> str:
        """Return what the module is called in English; nothing where nobody said."""
        return self.module.partition("|")[2].strip()


class ArticleVersion(models.Model):
    """What an article says, or said; a published version never changes."""

    article = models.ForeignKey(Article, verbose_name=_("文章"), on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版本"))
    title = models.CharField(_("标题"), max_length=120)
    title_en = models.CharField(_("英文标题"), max_length=160, blank=True)
    # Markdown.
    body = models.TextField(_("正文"))
    body_en = models.TextField(_("英文正文"), blank=True)
    # Of a video: where it is played from, its length in seconds, and [{"at": seconds, "title", "title_en"}].
    video = models.CharField(_("视频地址"), max_length=400, blank=True)
    seconds = models.PositiveIntegerField(_("时长（秒）"), default=0)
    chapters = models.JSONField(_("视频章节"), default=list, blank=True)
    # What is different from the version before.
    change = models.CharField(_("改了什么"), max_length=200, blank=True)
    author = models.CharField(_("作者"), max_length=120)
    made_at = models.DateTimeField(_("写于"))
    published_at = models.DateTimeField(_("发布于"), null=True, blank=True)
    published_by = models.CharField(_("由谁发布"), max_length=120, blank=True)

    class Meta:
        ordering = ["article", "-number"]
        verbose_name = pgettext_lazy("one", "文章版本")
        verbose_name_plural = pgettext_lazy("many", "文章版本")
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version_once"),
            models.UniqueConstraint(
                fields=["article"], condition=models.Q(published_at=None), name="article_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    @property
    def stamp(self) -> str:
        """Return what tells this writing of the version from any other: a draft is written over under one number."""
        return f"{self.number}-{self.made_at:%Y%m%d%H%M%S%f}"


class ArticleFileQuerySet(models.QuerySet["ArticleFile"]):
    """Read files of articles."""

    def visible_to(self, user: User) -> Self:
        """Narrow to what a user may fetch: readers outside see a file from the version on that came out after it."""
        seen = self.filter(article__in=Article.objects.visible_to(user))
        return seen if user.role in WRITERS else seen.filter(added_at__lte=models.F("article__current__published_at"))


class ArticleFile(models.Model):
    """A picture, a video or a document of an article; its bytes lie under `var/`, by their digest."""

    article = models.ForeignKey(Article, verbose_name=_("文章"), on_delete=models.CASCADE, related_name="files")
    name = models.CharField(_("文件名"), max_length=255)
    content_type = models.CharField(_("内容类型"), max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    sha256 = models.CharField(_("校验码"), max_length=64)
    added_at = models.DateTimeField(_("添加于"))
    added_by = models.CharField(_("添加人"), max_length=120)

    objects = ArticleFileQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "文章文件")
        verbose_name_plural = pgettext_lazy("many", "文章文件")

    def __str__(self) -> str:
        return self.name


class ArticleReading(models.Model):
    """How far one person is with one article, and whether it helped them. Source: Y02, Y03, K14"""

    class Verdict(models.TextChoices):
        HELPFUL = "helpful", _("有帮助")
        UNHELPFUL = "unhelpful", _("没帮助")

    article = models.ForeignKey(Article, verbose_name=_("文章"), on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(User, verbose_name=_("读者"), on_delete=models.CASCADE, related_name="readings")
    first_at = models.DateTimeField(_("首次阅读"))
    last_at = models.DateTimeField(_("最近阅读"))
    times = models.PositiveIntegerField(_("次数"), default=1)
    # Of a video: where it was left, and how far it was ever watched, in seconds.
    left_at = models.PositiveIntegerField(_("看到（秒）"), default=0)
    watched_to = models.PositiveIntegerField(_("最远看到（秒）"), default=0)
    finished_at = models.DateTimeField(_("学完于"), null=True, blank=True)
    verdict = models.CharField(_("评价"), max_length=10, choices=Verdict, blank=True)
    verdict_on = models.ForeignKey(
        ArticleVersion, verbose_name=_("评价的版本"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    verdict_at = models.DateTimeField(_("评价于"), null=True, blank=True)
    words = models.CharField(_("意见"), max_length=400, blank=True)

    class Meta:
        ordering = ["-last_at"]
        verbose_name = pgettext_lazy("one", "阅读记录")
        verbose_name_plural = pgettext_lazy("many", "阅读记录")
        constraints = [models.UniqueConstraint(fields=["article", "user"], name="reading_once")]

    def __str__(self) -> str:
        return f"{self.article} {self.user}"


class LearningPath(models.Model):
    """Articles in the order in which one learns by them, for a scenario or a role. Source: K14"""

    class Kind(models.TextChoices):
        SCENARIO = "scenario", _("按场景")
        ROLE = "role", _("按角色")

    vendor = models.CharField(_("厂商"), max_length=20)
    code = models.SlugField(_("代码"), max_length=64)
    kind = models.CharField(_("路径类型"), max_length=10, choices=Kind)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=120)
    what = models.CharField(_("说明"), max_length=300)
    what_en = models.CharField(_("英文说明"), max_length=400)
    is_open = models.BooleanField(_("对客户开放"), default=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        ordering = ["vendor", "kind", "position", "code"]
        verbose_name = pgettext_lazy("one", "学习路径")
        verbose_name_plural = pgettext_lazy("many", "学习路径")
        constraints = [models.UniqueConstraint(fields=["vendor", "code"], name="learning_path_once")]

    def __str__(self) -> str:
        return self.name


class LearningStep(models.Model):
    """One article of a path."""

    path = models.ForeignKey(LearningPath, verbose_name=_("学习路径"), on_delete=models.CASCADE, related_name="steps")
    article = models.ForeignKey(Article, verbose_name=_("文章"), on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField(_("顺序"))
    is_required = models.BooleanField(_("必学"), default=True)

    class Meta:
        ordering = ["path", "position"]
        verbose_name = pgettext_lazy("one", "学习步骤")
        verbose_name_plural = pgettext_lazy("many", "学习步骤")
        constraints = [models.UniqueConstraint(fields=["path", "article"], name="learning_step_once")]

    def __str__(self) -> str:
        return f"{self.path} {self.position}"


class Search(models.Model):
    """What somebody looked for, what came of it, and whether they went on to ask us. Source: Y01"""

    class Place(models.TextChoices):
        HELP = "help", _("帮助中心")
        FORM = "form", _("提交问题之前")
        BOARD = "board", _("社区提问之前")
        API = "api", _("接口")
        BOT = "bot", _("智能客服")

    contact = models.ForeignKey(
        Contact, verbose_name=_("联系人"), null=True, blank=True, on_delete=models.SET_NULL, related_name="searches"
    )
    vendor = models.CharField(_("厂商"), max_length=20, blank=True)
    words = models.CharField(_("检索词"), max_length=200)
    place = models.CharField(_("在哪里"), max_length=6, choices=Place)
    at = models.DateTimeField(_("时间"))
    found = models.PositiveIntegerField(_("找到"))
    # The first that was opened from the list.
    opened = models.ForeignKey(
        Article, verbose_name=_("打开的文章"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # They said that it answered them, so no ticket was needed.
    solved_at = models.DateTimeField(_("已解答于"), null=True, blank=True)
    ticket = models.ForeignKey(
        Ticket, verbose_name=_("之后的工单"), null=True, blank=True, on_delete=models.SET_NULL, related_name="searches"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = pgettext_lazy("one", "检索记录")
        verbose_name_plural = pgettext_lazy("many", "检索记录")
        indexes = [
            models.Index(fields=["at"], name="search_by_time"),
            models.Index(fields=["contact", "-at"], name="search_by_contact"),
        ]

    def __str__(self) -> str:
        return self.words


class Gap(models.Model):
    """What was looked for in vain and is dealt with: an article is written, or none will be, and why.

    Looked for in vain again after it was closed, it is open again.
    """

    vendor = models.CharField(_("厂商"), max_length=20, blank=True)
    words = models.CharField(_("检索词"), max_length=200)
    # What answers it; a draft closes it once it is published.
    article = models.ForeignKey(
        Article, verbose_name=_("文章"), null=True, blank=True, on_delete=models.CASCADE, related_name="gaps"
    )
    why = models.CharField(_("不写的原因"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("关闭于"), null=True, blank=True)
    closed_by = models.CharField(_("由谁关闭"), max_length=120, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = pgettext_lazy("one", "知识缺口")
        verbose_name_plural = pgettext_lazy("many", "知识缺口")
        constraints = [models.UniqueConstraint(fields=["vendor", "words"], name="gap_once")]

    def __str__(self) -> str:
        return self.words
