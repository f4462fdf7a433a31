"""People: users and their teams, the branches that serve, customers and their contacts."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Language(models.TextChoices):
    """A language that people are written to in."""

    CHINESE = "zh-hans", "中文"
    ENGLISH = "en", "English"


class Role(models.TextChoices):
    """What a user may do."""

    CUSTOMER = "customer", _("客户")
    CUSTOMER_ADMIN = "customer_admin", _("客户管理员")
    AGENT = "agent", _("人工坐席")
    EXPERT = "expert", _("专家")
    PARTNER = "partner", _("伙伴")
    LEAD = "lead", _("组长")
    MANAGER = "manager", _("经理")
    ADMIN = "admin", _("系统管理员")


CUSTOMER_ROLES = (Role.CUSTOMER, Role.CUSTOMER_ADMIN)
# Administrators keep the back office, managers read it.
BACK_OFFICE_ROLES = (Role.ADMIN, Role.MANAGER)
STAFF_ROLES = (Role.AGENT, Role.EXPERT, Role.PARTNER, Role.LEAD, Role.MANAGER, Role.ADMIN)


class AlertEvery(models.IntegerChoices):
    """How often alerts are gathered into one mail, in minutes."""

    AT_ONCE = 0, _("随到随发")
    QUARTER = 15, _("每 15 分钟一封")
    HOUR = 60, _("每小时一封")
    DAY = 1440, _("每天一封")


class Team(models.Model):
    """Agents or experts who work from one queue."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)
    vendor = models.CharField(_("厂商"), max_length=20, help_text=_("这个团队服务谁的产品。"))
    lead = models.ForeignKey(
        "plans.User",
        verbose_name=_("组长"),
        help_text=_("团队工单的值班经理，超时先找他。"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="leads",
    )
    # A policy's code: what a ticket handed to this team owes within the house. Blank: nothing of its own. Source: C32
    policy = models.CharField(
        _("团队响应标准"), max_length=120, blank=True, help_text=_("内部时限，从转入团队起算；留空表示没有。")
    )

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "团队")
        verbose_name_plural = pgettext_lazy("many", "团队")

    def __str__(self) -> str:
        return self.name


class People(UserManager["User"]):
    """Make users."""

    def create_superuser(self, username: str, *args: Any, **more: Any) -> "User":
        """Return a new administrator: the first of a fresh installation comes by `createsuperuser`."""
        return super().create_superuser(username, *args, **{"role": Role.ADMIN, **more})


class User(AbstractUser):
    """Anyone who signs in."""

    role = models.CharField(
        _("角色"),
        max_length=16,
        choices=Role,
        default=Role.CUSTOMER,
        help_text=_("决定能做什么：系统管理员可改后台，经理只能查看后台。"),
    )
    name = models.CharField(_("姓名"), max_length=80, blank=True)
    name_en = models.CharField(_("英文姓名"), max_length=80, blank=True)
    phone = models.CharField(_("电话"), max_length=32, blank=True)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    timezone = models.CharField(
        _("时区"), max_length=40, default="Asia/Shanghai", help_text=_("页面和邮件里的时间按此显示。")
    )
    # What the switchboard knows them by. Source: Y08
    extension = models.CharField(_("分机"), max_length=32, blank=True, help_text=_("热线系统里的坐席工号或分机号。"))
    # A calendar's code: alerts outside it wait for its next opening, unless this user is on call. Source: C26
    alert_calendar = models.CharField(
        _("接收提醒的时间"), max_length=64, blank=True, help_text=_("留空表示任何时间；值班时不受此限。")
    )
    alert_every = models.PositiveSmallIntegerField(
        _("提醒汇总"), choices=AlertEvery, default=AlertEvery.AT_ONCE, help_text=_("逐条发送，或按间隔汇成一封。")
    )

    objects: ClassVar[People] = People()

    class Meta:
        ordering = ["username"]
        verbose_name = pgettext_lazy("one", "用户")
        verbose_name_plural = pgettext_lazy("many", "用户")

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_customer(self) -> bool:
        """Tell whether this user stands on the customer's side."""
        return self.role in CUSTOMER_ROLES

    @property
    def is_agent(self) -> bool:
        """Tell whether this user works tickets."""
        return self.role in STAFF_ROLES


class Branch(models.Model):
    """A provider's place of work: headquarters, a branch abroad or a partner. Source: Y19."""

    class Kind(models.TextChoices):
        HQ = "hq", _("总部")
        BRANCH = "branch", _("分公司")
        PARTNER = "partner", _("伙伴")

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=80)
    vendor = models.CharField(_("厂商"), max_length=20)
    kind = models.CharField(_("类别"), max_length=8, choices=Kind)
    timezone = models.CharField(_("时区"), max_length=40)
    # A calendar's code; blank where a branch has none of its own.
    calendar = models.CharField(_("服务时间"), max_length=64, blank=True, help_text=_("留空表示没有自己的服务时间。"))
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    team = models.ForeignKey(
        Team, verbose_name=_("团队"), null=True, blank=True, on_delete=models.SET_NULL, related_name="branches"
    )

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "服务机构")
        verbose_name_plural = pgettext_lazy("many", "服务机构")

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """An organisation with contracts."""

    code = models.CharField(
        _("代码"), max_length=64, unique=True, help_text=_("导入和接口都用它认这家客户，不要改动。")
    )
    name = models.CharField(_("名称"), max_length=160)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    country = models.CharField(_("国家或地区"), max_length=2, default="CN", help_text=_("两位代码，如 CN、MY。"))
    industry = models.CharField(_("行业"), max_length=80, blank=True)
    language = models.CharField(_("语言"), max_length=8, choices=Language, default=Language.CHINESE)
    timezone = models.CharField(_("时区"), max_length=40, default="Asia/Shanghai")
    is_active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["code"]
        verbose_name = pgettext_lazy("one", "客户")
        verbose_name_plural = pgettext_lazy("many", "客户")

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    """Read contacts."""

    def active(self) -> Self:
        """Narrow to contacts who may write in at all."""
        return self.filter(is_active=True, customer__is_active=True)


class Contact(models.Model):
    """A person of a customer who may ask; certified or not. Source: K02."""

    customer = models.ForeignKey(Customer, verbose_name=_("客户"), on_delete=models.PROTECT, related_name="contacts")
    user = models.OneToOneField(
        User,
        verbose_name=_("登录用户"),
        help_text=_("能登录门户的联系人才有。"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="contact",
    )
    # The customer's own id of this person, where it sends one.
    external_id = models.CharField(_("外部编号"), max_length=64, blank=True, help_text=_("客户系统里此人的编号。"))
    name = models.CharField(_("姓名"), max_length=80)
    name_en = models.CharField(_("英文姓名"), max_length=80, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)
    phone = models.CharField(_("电话"), max_length=32, blank=True)
    is_certified = models.BooleanField(_("已认证"), default=False, help_text=_("金蝶计划的人工服务只面向认证联系人。"))
    language = models.CharField(_("语言"), max_length=8, choices=Language, blank=True, help_text=_("留空则随客户。"))
    timezone = models.CharField(_("时区"), max_length=40, blank=True, help_text=_("留空则随客户。"))
    is_active = models.BooleanField(_("启用"), default=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["customer", "name"]
        verbose_name = pgettext_lazy("one", "联系人")
        verbose_name_plural = pgettext_lazy("many", "联系人")
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="contact_email_once", violation_error_code="unique"
            ),
            models.UniqueConstraint(
                fields=["customer", "external_id"],
                condition=~models.Q(external_id=""),
                name="contact_external_id_once",
            ),
        ]
        indexes = [models.Index(fields=["phone"], name="contact_by_phone")]

    def __str__(self) -> str:
        return self.name

    @property
    def reads(self) -> str:
        """Return the language this contact is written to in."""
        return self.language or self.customer.language

    @property
    def zone(self) -> str:
        """Return the IANA zone this contact reads times in."""
        return self.timezone or self.customer.timezone
