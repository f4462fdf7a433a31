"""Rows of the promise: people, catalogue, contracts and keys."""

from plans.models.catalogue import Item, Plan, Product, Vendor
from plans.models.contracts import AccountTeamMember, Amendment, Contract, Entitlement, Override, OwnedProduct, Switch
from plans.models.keys import ApiKey
from plans.models.news import AccountNotice
from plans.models.people import BACK_OFFICE_ROLES, CUSTOMER_ROLES, Branch, Contact, Customer, Role, Team, User
from plans.models.rotas import Rota, RotaMember, RotaShift

__all__ = [
    "BACK_OFFICE_ROLES",
    "CUSTOMER_ROLES",
    "AccountNotice",
    "AccountTeamMember",
    "Amendment",
    "ApiKey",
    "Branch",
    "Contact",
    "Contract",
    "Customer",
    "Entitlement",
    "Item",
    "Override",
    "OwnedProduct",
    "Plan",
    "Product",
    "Role",
    "Rota",
    "RotaMember",
    "RotaShift",
    "Switch",
    "Team",
    "User",
    "Vendor",
]
