"""Whether a customer is asked to sign for something, and on whose working days. Source: K06, K12"""

from plans.models import Contract, Entitlement, Item, Switch
from plans.wording import clause_of, text_of
from sla.models import Policy, Target
from sla.models.policies import Metric


def sign_off_policy(code: str) -> Policy | None:
    """Return the policy in force of a code if it times a signature."""
    if not code:
        return None
    timed = Target.objects.filter(policy__is_current=True, policy__code=code, metric=Metric.SIGN_OFF)
    found = timed.select_related("policy").first()
    return found.policy if found else None


def clauses_of(item: Item, target: Target | None) -> list[str]:
    """Return what a report rests on: the clause of its service and, where it is signed, that of signing.

    The one that says it all where the service's own is the same.
    """
    own = f"{item.promise} {clause_of(item)}"
    if target is None:
        return [own]
    signing = f"{target.promise} {text_of(target, 'clause')}"
    return [signing] if target.clause.partition(" ")[2] in item.clause else [own, signing]


def policy_for(item: Item, entitlement: Entitlement | None) -> Policy | None:
    """Return by which policy a service's report is signed: the contract's own, else the plan's; None where by none."""
    return sign_off_policy(entitlement.policy if entitlement and entitlement.policy else item.policy)


def asks_signature(item: Item, entitlement: Entitlement | None = None) -> bool:
    """Tell whether the customer is asked to sign for what a service hands over."""
    return bool(item.deliverable) and policy_for(item, entitlement) is not None


def calendar_for(contract: Contract) -> str:
    """Return the code of the customer's own working days, where they are not those of the plan; blank otherwise."""
    switched = contract.switches.filter(name=Switch.Name.SIGN_OFF_CALENDAR).first()
    return switched.value if switched else ""


def can_be_handed_over(item: Item) -> bool:
    """Tell whether a service comes with something to hand over: its plan names it, or people deliver the service."""
    return bool(item.deliverable) or bool(item.providers)
