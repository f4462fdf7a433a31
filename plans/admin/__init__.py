"""Customers, contracts and keys as an administrator keeps them; every write goes through an action."""

from plans.admin.catalogue import ItemAdmin, PlanAdmin, ProductAdmin
from plans.admin.contracts import ContractAdmin
from plans.admin.keys import ApiKeyAdmin
from plans.admin.ledger import AccountNoticeAdmin, ContractChangeAdmin, ObligationAdmin, QuotaAdmin
from plans.admin.people import BranchAdmin, ContactAdmin, CustomerAdmin, PeopleAdmin, TeamAdmin
from plans.admin.rotas import RotaAdmin

__all__ = [
    "AccountNoticeAdmin",
    "ApiKeyAdmin",
    "BranchAdmin",
    "ContactAdmin",
    "ContractAdmin",
    "ContractChangeAdmin",
    "CustomerAdmin",
    "ItemAdmin",
    "ObligationAdmin",
    "PeopleAdmin",
    "PlanAdmin",
    "ProductAdmin",
    "QuotaAdmin",
    "RotaAdmin",
    "TeamAdmin",
]
