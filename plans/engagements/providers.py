"""Who delivers a service for a customer. Source: Y09–Y16"""

from collections.abc import Sequence

from plans.models import Branch, Contract, Item, Provider


def is_overseas(contract: Contract) -> bool:
    """Tell whether a branch abroad stands for the customer. Source: Y13, Y19"""
    return contract.branch is not None and contract.branch.kind == Branch.Kind.BRANCH


def providers_of(item: Item, contract: Contract) -> Sequence[Provider]:
    """Return who may deliver a service to this customer, the usual one first; everybody where the plan says nobody.

    Overseas a plan may name others: projects of branches abroad are supported by local experts. Source: Y13
    """
    named = (item.providers_overseas if is_overseas(contract) else []) or item.providers
    return [Provider(code) for code in named] or [*Provider]


def branch_for(provider: str, contract: Contract) -> Branch | None:
    """Return the branch or partner that delivers where a contract names one of that kind."""
    kinds = {Provider.BRANCH: Branch.Kind.BRANCH, Provider.LOCAL_EXPERT: Branch.Kind.BRANCH,
             Provider.PARTNER: Branch.Kind.PARTNER}  # fmt: skip
    branch = contract.branch
    return branch if branch and kinds.get(Provider(provider)) == branch.kind else None
