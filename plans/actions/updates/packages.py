"""Writes of what customers with an installation of their own may download, and of who took it. Source: K11"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from plans.actions.updates.journal import tell_many
from plans.models import Contract, Entitlement, OwnedProduct, PackageTaking, Product, UpdatePackage, User
from plans.refusals import RefusedError
from plans.updates.policies import SERVICE
from plans.updates.reading import PRIVATE, packages_for

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Released:
    """A package as whoever releases it describes it; a link, or how it can be had."""

    product: Product
    kind: str
    name: str
    name_en: str
    version: str
    released_on: date
    size: int | None = None
    sha256: str = ""
    link: str = ""
    how: str = ""
    how_en: str = ""


@transaction.atomic
def release(*, released: Released, actor: User | None, at: datetime, tells: bool = True) -> UpdatePackage:
    """List a package and return it; customers who run the product themselves are told unless `tells` is False.

    Raises RefusedError for a link that is none, a check sum that is none, and where it cannot be had at all.
    """
    sha256 = released.sha256.strip().lower()
    if sha256 and not SHA256.fullmatch(sha256):
        raise RefusedError("wrong_sha256", _("SHA-256 应为 64 位十六进制数。"))
    if not released.link.strip() and not released.how.strip():
        raise RefusedError("no_way", _("请写下载地址，或说明如何获取。"))
    if released.link and urlsplit(released.link).scheme not in ("http", "https"):
        raise RefusedError("wrong_link", _("下载地址应以 https:// 开头。"))
    package = UpdatePackage.objects.create(
        product=released.product, kind=released.kind, name=released.name, name_en=released.name_en,
        version=released.version, released_on=released.released_on, size=released.size, sha256=sha256,
        link=released.link.strip(), how=released.how, how_en=released.how_en, added_by=actor, added_at=at,
    )  # fmt: skip
    if tells:
        tell_owners(package, at)
    return package


def tell_owners(package: UpdatePackage, at: datetime) -> int:
    """Tell the customers who run a product themselves of something new to download; return how many."""
    owned = OwnedProduct.objects.filter(product=package.product_id, deployment__in=PRIVATE).values("contract")
    rights = Entitlement.objects.filter(item__service=SERVICE).values("contract")
    rows = Contract.objects.in_force(at.date()).filter(pk__in=owned).filter(pk__in=rights).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    key = f"update_package:{package.pk}"
    return tell_many(kind="update_package", contracts=keys, about={"package": package.pk}, at=at, key=key)


@transaction.atomic
def take_down(*, package: UpdatePackage, reason: str, at: datetime) -> UpdatePackage:
    """Offer a package no more; who took it stays on record. Raises RefusedError without a reason, and the second time.

    Nobody is told: what replaces it is a release of its own.
    """
    package = UpdatePackage.objects.select_for_update(of=("self",)).get(pk=package.pk)
    if package.withdrawn_at:
        raise RefusedError("withdrawn", _("已经下架。"))
    if not reason.strip():
        raise RefusedError("reason_missing", _("请写明理由。"))
    package.withdrawn_at, package.withdrawn_reason = at, reason.strip()[:400]
    package.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    return package


@transaction.atomic
def take(*, package: UpdatePackage, contract: Contract, user: User, at: datetime) -> PackageTaking:
    """Note who takes a package under which contract. Raises RefusedError where the contract does not give it."""
    if package.pk not in {one.pk for one in packages_for(contract, at)}:
        raise RefusedError(
            "not_given", _("合同没有这个更新包：它只提供给服务期内的私有部署客户。"),
            ways_on=[_("请联系您的客户成功经理。")],
        )  # fmt: skip
    return PackageTaking.objects.create(
        package=package, contract=contract, user=user, user_display=str(user)[:120], at=at
    )
