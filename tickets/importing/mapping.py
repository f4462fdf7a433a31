"""The mapping of an import: what the words of another system mean here. The published schema is made of this form."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from plans.vocabulary import CATEGORIES, CHANNELS, PRIORITIES
from sla.rules.parsing import compose_text
from sla.rules.reading import (
    Field,
    Place,
    Reader,
    ReadingError,
    choice,
    described,
    known,
    list_of,
    mapping,
    schema_of,
    text,
)
from tickets.importing import zammad, zendesk
from tickets.importing.records import Past, Person

SOURCES = ("zendesk", "zammad")
STATUSES = ("new", "open", "waiting_customer", "waiting_third_party", "resolved", "closed")
LEAVE_OUT = "leave_out"
CREATE = "create_inactive"
NONE, JUDGE, FROM_IMPORT, FROM_SUBMISSION = "none", "judge", "from_import", "from_submission"
USUAL = {"zendesk": zendesk, "zammad": zammad}


def table(read: Reader) -> Reader:
    """Return a reader of a mapping whose keys are the other system's own words."""

    @described({"type": "object", "additionalProperties": schema_of(read)})
    def read_table(node: yaml.Node, place: Place) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            place.refuse(node, _("应为键值表。"))
            return {}
        found: dict[str, Any] = {}
        for word, value in node.value:
            name = str(word.value).strip().lower()
            if name in found:
                place.at(name).refuse(word, _("这个键写了两次。"))
            found[name] = read(value, place.at(name))
        return found

    return read_table


WHEN = mapping({
    "tag": Field(text(80), None, "One of its tags. 有这个标签。"),
    "type": Field(text(80), None, "Its type there. 类型。"),
    "group": Field(text(80), None, "Its group's name or id. 组。"),
    "brand": Field(text(80), None, "Zendesk: its brand's name or id. 品牌。"),
    "form": Field(text(80), None, "Zendesk: its form's id. 表单编号。"),
    "organization": Field(text(200), None, "Its organisation's name or id. 组织。"),
    "field": Field(text(400), None, "A field of its own, as name=value. 自定义字段，写成“名=值”。"),
})  # fmt: skip


def rules(read: Reader, *, must: bool) -> Reader:
    """Return a reader of what is used when, in order, and of what is used else."""
    rule = mapping({
        "when": Field(WHEN, says="All that is named must be so. 所写各项都要符合。"),
        "use": Field(read, says="What it is here. 在这里算作什么。"),
    })  # fmt: skip
    return mapping({
        "default": Field(read, ... if must else None, "Where no rule fits. 没有规则符合时。"),
        "rules": Field(list_of(rule), [], "The first that fits counts. 第一条符合的生效。"),
    })  # fmt: skip


FILE: dict[str, Field] = {
    "source": Field(choice(SOURCES), says="The system that exported it. 来源系统。"),
    "account": Field(text(80), "", "Which instance: example.zendesk.com; its ids are its own. 来源实例。"),
    "status": Field(table(choice((*STATUSES, LEAVE_OUT))), {}, "Its states; the usual ones are known. 状态。"),
    "priority": Field(table(choice(PRIORITIES)), {}, "Its priorities; the usual ones are known. 优先级。"),
    "channel": Field(table(choice(CHANNELS)), {}, "Its channels; the usual ones are known. 渠道。"),
    "category": Field(rules(choice(CATEGORIES), must=True), says="What it is about. 问题类别。"),
    "product": Field(
        rules(known("product"), must=False), {"default": None, "rules": []}, "The product it is about. 产品。"
    ),
    "customers": Field(
        mapping({
            "organizations": Field(table(known("customer")), {}, "By organisation, name or id. 按组织。"),
            "domains": Field(table(known("customer")), {}, "By the domain of the e-mail address. 按邮箱域名。"),
            "default": Field(known("customer"), None, "Where nothing else says it. 其余。"),
        }),
        {"organizations": {}, "domains": {}, "default": None},
        "Whose ticket it is; a known contact's is their own customer's. 属于哪家客户。",
    ),
    "contracts": Field(
        table(known("contract")), {}, "By customer; else the one in force when it was opened. 客户用哪份合同。"
    ),
    "contacts": Field(
        mapping({
            "unknown": Field(choice((LEAVE_OUT, CREATE)), LEAVE_OUT, "Who asked and is no contact here. 未知联系人。")
        }),
        {"unknown": LEAVE_OUT},
        "People are found by e-mail address. 联系人按邮箱查找。",
    ),
    "agents": Field(
        table(known("agent")), {}, "By address, name or id; others are found by address, else named. 坐席。"
    ),
    "clocks": Field(
        mapping({
            "closed": Field(choice((NONE, JUDGE)), NONE, "judge: by the plan of then; nobody is told. 已结束的工单。"),
            "open": Field(
                choice((NONE, FROM_IMPORT, FROM_SUBMISSION)), NONE,
                "from_submission: what was late before the import is told to nobody. 未结束的工单。",
            ),
        }),
        {"closed": NONE, "open": NONE},
        "Whether imported tickets are timed. 是否计时。",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping that was read."""

    source: str
    account: str
    status: Mapping[str, str]
    priority: Mapping[str, str]
    channel: Mapping[str, str]
    category: Mapping[str, Any]
    product: Mapping[str, Any]
    customers: Mapping[str, Any]
    contracts: Mapping[str, str]
    agents: Mapping[str, str]
    creates_contacts: bool
    judges: bool
    times_open: str = field(default=NONE)

    def customer_of(self, person: Person) -> str | None:
        """Return the code of the customer that a person belongs to by what they say of themselves."""
        listed: Mapping[str, str] = self.customers["organizations"]
        for name in (person.organization, person.organization_name):
            if name and name.lower() in listed:
                return listed[name.lower()]
        domain = person.email.rpartition("@")[2].lower()
        found: str | None = self.customers["domains"].get(domain) or self.customers["default"]
        return found

    def agent_of(self, person: Person) -> str | None:
        """Return the name by which one of us signs in, where the mapping says it."""
        named = (person.email.lower(), person.id, person.name.lower())
        return next((self.agents[name] for name in named if name in self.agents), None)


def read_mapping(written: str, *, name: str, known: Mapping[str, Collection[str]]) -> Mapped:
    """Return a mapping that somebody wrote. Raises ReadingError with every mistake; `known` are the codes there are."""
    place = Place(path=name, known=known)
    node = compose_text(written, place)
    said = mapping(FILE)(node, place) if node is not None else {}
    if place.problems:
        raise ReadingError(place.problems)
    usual = USUAL[said["source"]]
    return Mapped(
        source=said["source"],
        account=said["account"],
        status={**usual.STATUS, **said["status"]},
        priority={**usual.PRIORITY, **said["priority"]},
        channel={**usual.CHANNEL, **said["channel"]},
        category=said["category"],
        product=said["product"],
        customers=said["customers"],
        contracts=said["contracts"],
        agents=said["agents"],
        creates_contacts=said["contacts"]["unknown"] == CREATE,
        judges=said["clocks"]["closed"] == JUDGE,
        times_open=said["clocks"]["open"],
    )


def chosen(said: Mapping[str, Any], past: Past) -> str | None:
    """Return what the rules of a mapping make of a ticket: the first that fits, else what is used else."""
    found: str | None = next((rule["use"] for rule in said["rules"] if _fits(rule["when"], past)), said["default"])
    return found


def _fits(when: Mapping[str, str | None], past: Past) -> bool:
    """Tell whether a ticket is all that a rule names; a rule that names nothing fits none."""
    asked = {name: value.lower() for name, value in when.items() if value}
    return bool(asked) and all(value in _said_of(past, name) for name, value in asked.items())


def _said_of(past: Past, name: str) -> Sequence[str]:
    if name == "tag":
        return [tag.lower() for tag in past.tags]
    if name == "field":
        return [f"{name}={value}".lower() for name, value in past.fields.items()]
    if name == "organization":
        return [past.requester.organization.lower(), past.requester.organization_name.lower()]
    return [past.traits.get(name, "").lower()]
