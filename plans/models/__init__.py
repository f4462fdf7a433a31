"""Rows of the promise: people, catalogue, contracts and keys."""

from plans.models.attendance import Attendee, EngagementPost
from plans.models.catalogue import Item, Plan, Product, Vendor
from plans.models.contracts import AccountTeamMember, Amendment, Contract, Entitlement, Override, OwnedProduct, Switch
from plans.models.deliverables import Deliverable, DeliverableFile, DeliverableStep, Outcome, SignOffRound
from plans.models.engagements import Engagement, EngagementExpert, EngagementStep, Mode, Provider, TimeProposal
from plans.models.gatherings import Gathering
from plans.models.history import ContractChange, TermsChange
from plans.models.keys import ApiKey
from plans.models.news import AccountNotice
from plans.models.obligations import AgreedFrequency, CalendarFeed, Obligation
from plans.models.people import BACK_OFFICE_ROLES, CUSTOMER_ROLES, Branch, Contact, Customer, Role, Team, User
from plans.models.quotas import PublishedAmount, Quota, QuotaEntry
from plans.models.rotas import FormerRota, Rota, RotaMember, RotaShift
from plans.models.updates import PackageTaking, UpdateFeed, UpdatePackage, UpdateRequest, UpdateStep, UpdateWindow

__all__ = [
    "BACK_OFFICE_ROLES",
    "CUSTOMER_ROLES",
    "AccountNotice",
    "AccountTeamMember",
    "AgreedFrequency",
    "Amendment",
    "ApiKey",
    "Attendee",
    "Branch",
    "CalendarFeed",
    "Contact",
    "Contract",
    "ContractChange",
    "Customer",
    "Deliverable",
    "DeliverableFile",
    "DeliverableStep",
    "Engagement",
    "EngagementExpert",
    "EngagementPost",
    "EngagementStep",
    "Entitlement",
    "FormerRota",
    "Gathering",
    "Item",
    "Mode",
    "Obligation",
    "Outcome",
    "Override",
    "OwnedProduct",
    "PackageTaking",
    "Plan",
    "Product",
    "Provider",
    "PublishedAmount",
    "Quota",
    "QuotaEntry",
    "Role",
    "Rota",
    "RotaMember",
    "RotaShift",
    "SignOffRound",
    "Switch",
    "Team",
    "TermsChange",
    "TimeProposal",
    "UpdateFeed",
    "UpdatePackage",
    "UpdateRequest",
    "UpdateStep",
    "UpdateWindow",
    "User",
    "Vendor",
]
