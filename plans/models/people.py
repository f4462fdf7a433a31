"""People: users and their teams, the branches that serve, customers and their contacts."""

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


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
STAFF_ROLES = (Role.AGENT, Role.EXPERT, Role.PARTNER, Role.LEAD, Role.MANAGER, Role.ADMIN)


class Team(models.Model):
    """Agents or experts who work from one queue."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    vendor = models.CharField(max_length=20)
    lead = models.ForeignKey("plans.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="leads")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Anyone who signs in."""

    role = models.CharField(max_length=16, choices=Role, default=Role.CUSTOMER)
    name = models.CharField(max_length=80, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    language = models.CharField(max_length=8, choices=Language, default=Language.CHINESE)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai")

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["username"]

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

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    vendor = models.CharField(max_length=20)
    kind = models.CharField(max_length=8, choices=Kind)
    timezone = models.CharField(max_length=40)
    # A calendar's code; blank where a branch has none of its own.
    calendar = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=8, choices=Language, default=Language.CHINESE)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="branches")

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "branches"

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """An organisation with contracts."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=160)
    name_en = models.CharField(max_length=160, blank=True)
    country = models.CharField(max_length=2, default="CN")
    industry = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8, choices=Language, default=Language.CHINESE)
    timezone = models.CharField(max_length=40, default="Asia/Shanghai")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class ContactQuerySet(models.QuerySet["Contact"]):
    """Read contacts."""

    def active(self) -> Self:
        """Narrow to contacts who may write in at all."""
        return self.filter(is_active=True, customer__is_active=True)


class Contact(models.Model):
    """A person of a customer who may ask; certified or not. Source: K02."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="contact")
    # The customer's own id of this person, where it sends one.
    external_id = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=32, blank=True)
    is_certified = models.BooleanField(default=False)
    language = models.CharField(max_length=8, choices=Language, blank=True)
    timezone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["customer", "name"]
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
