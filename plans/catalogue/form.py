"""The form of a plan's file: what may stand in it, and what each key is for. The published schema is made of this."""

from typing import Any

import yaml
from django.utils.translation import gettext as _

from plans.models.contracts import Deployment
from plans.obligations.schedule import MOST_A_YEAR, Frequency, Period
from plans.updates.form import FIELDS as UPDATE_FIELDS
from plans.updates.form import checked
from plans.vocabulary import (
    BEYOND,
    CATEGORIES,
    CHANNELS,
    IN_PARTS,
    PERIODS,
    PRIORITIES,
    PROVIDERS,
    REPORT_SECTIONS,
    SERVICES,
    STAGES,
    UNCERTIFIED,
    UNITS,
)
from sla.rules.loading import calendar, policy
from sla.rules.reading import (
    Described,
    Field,
    Place,
    Reader,
    amount,
    choice,
    code,
    described,
    flag,
    known,
    list_of,
    mapping,
    number,
    one_or_several,
    refuse_inside,
    schema_of,
    text,
)

WORDS = list_of(text(200))
# From when on a report counts, and who reads it.
SINCE = ("window", "term")
AUDIENCES = ("customer", "account_team")


def paired(fields: dict[str, Field]) -> Reader:
    """Return a reader of a mapping whose Chinese texts and lists each have the English ones beside them."""
    pairs = [(name, f"{name}_en") for name in fields if f"{name}_en" in fields]
    read = mapping(fields)

    def read_pairs(node: yaml.Node, place: Place) -> dict[str, Any]:
        values: dict[str, Any] = read(node, place)
        told = {problem.field for problem in place.problems}
        for chinese, english in pairs:
            message = _unpaired(values.get(chinese), values.get(english))
            if message and told.isdisjoint((place.at(chinese).field, place.at(english).field)):
                refuse_inside(node, place, english, message)
        return values

    loose = [(one, other) for pair in pairs for one, other in (pair, pair[::-1]) if fields[one].default is not ...]
    together = {one: [other] for one, other in loose}
    return Described(read_pairs, {**schema_of(read), **({"dependentRequired": together} if together else {})})


def _unpaired(chinese: Any, english: Any) -> str:
    """Return what is wrong with a text or list and the English beside it; None was told already."""
    if isinstance(chinese, list) and isinstance(english, list) and len(chinese) != len(english):
        return _("与中文的条数不同：%(en)d 和 %(zh)d。") % {"en": len(english), "zh": len(chinese)}
    if isinstance(chinese, str) and isinstance(english, str) and bool(chinese) != bool(english):
        return _("中文和英文要么都写，要么都不写。")
    return ""


# Services of the product's own are told in full; a vendor's own stand under `services` of its file.
@described({"type": "string", "minLength": 1, "examples": list(SERVICES)})
def service(node: yaml.Node, place: Place) -> str:
    """Return what coverage is asked for: a service that the product knows, or one that the file brings."""
    found: str = known("service")(node, place)
    return found


@described({"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"})
def own_service(node: yaml.Node, place: Place) -> str:
    """Return the code of a service of the vendor's own."""
    found: str = text(40)(node, place)
    if not found.isidentifier() or not found.isascii() or found != found.lower() or found.startswith("_"):
        place.refuse(node, _("服务代码用小写字母、数字和下划线，以字母开头。"))
    return found


@described(schema_of(known("policy")))
def followed(node: yaml.Node, place: Place) -> str:
    """Return the code of a policy that follows what is owed by a date."""
    before = len(place.problems)
    found: str = known("policy")(node, place)
    if len(place.problems) == before and found not in place.known["delivery"]:
        place.refuse(node, _("按期交付的响应标准须有 delivery 时限（rule: by_date），%s 没有。") % found)
    return found


PRODUCT = mapping({
    "code": Field(code, says="Small letters, digits, hyphens. 小写字母、数字和连字符。"),
    "vendor": Field(code, says="Whose it is. 厂商代码。"),
    "name": Field(text(80)),
    "name_en": Field(text(80)),
})  # fmt: skip
PRODUCTS = list_of(PRODUCT, once=["code"])
COUNTED = mapping({
    "amount": Field(amount, None, "How much; leave it out where the document sets no bound. 数量，不限则不写。"),
    "unit": Field(choice(UNITS), says="What is counted. 单位。"),
    "period": Field(choice(PERIODS), None, "A contract year, or the whole term. 每合同年，或整个服务期。"),
    "as_published": Field(flag, False, "The number is set later, when it is published. 以实际发布为准。"),
    "used_up": Field(
        choice(("refused", "chargeable")), None, "What becomes of more than that; refused unless said. 用完之后。"
    ),
    "of": Field(own_service, "", "The service of the same promise whose amount this one draws on. 与哪个服务项合计。"),
})  # fmt: skip


def _counted(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return how much there is of one thing; only person-days come in parts."""
    values: dict[str, Any] = COUNTED(node, place)
    granted, unit = values.get("amount"), values.get("unit")
    if granted is not None and unit in UNITS and unit != IN_PARTS and granted % 1:
        refuse_inside(node, place, "amount", _("应为整数；只有 %s 可以有小数。") % IN_PARTS)
    return values


QUOTA = Described(_counted, schema_of(COUNTED))
OWED_ONCE = paired({
    "line": Field(own_service, "", "Tells it from others of the same item. 同一服务项有多项时的代码。"),
    "times": Field(number(1, MOST_A_YEAR), None, "How often; left out where the contract says it. 次数。"),
    "period": Field(choice(tuple(Period)), says="Over what; `agreed` where the contract says it. 周期。"),
    "what": Field(text(120), says="What is delivered each time. 每次交付什么。"),
    "what_en": Field(text(160)),
    "policy": Field(followed, "", "The code of the policy that follows it. 跟进它的响应标准。"),
})  # fmt: skip


def _owed(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return what is owed by when; a number of times goes with every period but an agreed one."""
    values: dict[str, Any] = OWED_ONCE(node, place)
    times, period = values.get("times"), values.get("period")
    if period not in set(Period):
        return values
    if period == Period.AGREED and times is not None:
        refuse_inside(node, place, "times", _("频次由合同约定时不写次数。"))
    elif period != Period.AGREED and times is None:
        refuse_inside(node, place, "period", _("请写明次数 times；频次由合同约定时周期写 agreed。"))
    elif times and Frequency(times, Period(str(period))).a_year > MOST_A_YEAR:
        refuse_inside(node, place, "times", _("最多每周一次。"))
    return values


OWED = Described(_owed, schema_of(OWED_ONCE))
UPDATE = checked(paired(UPDATE_FIELDS))
EXCLUDED = paired({
    "category": Field(choice((*CATEGORIES, UNCERTIFIED, BEYOND)), says="What is shut out. 哪一类不包含。"),
    "section": Field(text(40), says="§ of the document. 章节。"),
    "clause": Field(text(), says="The document's own words. 原文。"),
    "clause_en": Field(text(600)),
    "definitions": Field(WORDS, [], "What exactly counts as that. 逐条定义。"),
    "definitions_en": Field(WORDS, []),
    "carve_out": Field(text(200), "", "What stays included all the same. 仍然包含的。"),
    "carve_out_en": Field(text(200), ""),
    "questions": Field(WORDS, [], "Each definition as a plain question to the customer. 每条定义怎么问客户。"),
    "questions_en": Field(WORDS, []),
    "carve_out_question": Field(text(200), "", "What stays included, as a plain question. 仍然包含的怎么问。"),
    "carve_out_question_en": Field(text(200), ""),
    "ways_on": Field(WORDS, says="What the customer can do instead. 客户可以怎么办。"),
    "ways_on_en": Field(WORDS),
})  # fmt: skip


def _excluded(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return what is shut out; where definitions have plain questions, each has its own. Source: K02"""
    values: dict[str, Any] = EXCLUDED(node, place)
    questions, definitions = values.get("questions"), values.get("definitions")
    if questions and len(questions) != len(definitions or ()):
        refuse_inside(node, place, "questions", _("每条定义一个问法，不多不少。"))
    return values


EXCLUSION = Described(_excluded, schema_of(EXCLUDED))
REPORT = paired({
    "code": Field(own_service, says="What items call it by. 代码。"),
    "title": Field(text(80), says="What is on its cover. 封面上的标题。"),
    "title_en": Field(text(120)),
    "titles": Field(WORDS, [], "Of each of those owed, the first one first: half-year, year. 各次的标题。"),
    "titles_en": Field(WORDS, []),
    "sections": Field(list_of(choice(REPORT_SECTIONS)), says="What it has, in this order. 依次有哪些部分。"),
    "since": Field(
        choice(SINCE), "window", "From the start of what is owed, or of the term. 自本期起，或自服务期起。"
    ),
    "ahead_days": Field(number(1, 60), 14, "How many days before it is owed a draft is made. 提前几天生成草稿。"),
    "audience": Field(choice(AUDIENCES), "customer", "Who reads it. 给谁看。"),
})  # fmt: skip
ITEM_FIELDS = paired({
    "promise": Field(known("promise"), says="The row of the promise book, within `promises`. 承诺编号。"),
    "service": Field(service, says="What coverage is asked for. 服务代码。"),
    "section": Field(text(40), says="§ of the document. 章节。"),
    "name": Field(text(80)),
    "name_en": Field(text(120)),
    "clause": Field(text(400), says="The document's own words, short. 原文，可用“…”省略。"),
    "clause_en": Field(text(600)),
    "calendar": Field(known("calendar"), "", "The code of the service hours. 服务时间的代码。"),
    "response": Field(text(200), "", "The promised response in words. 响应承诺的文字。"),
    "response_en": Field(text(200), ""),
    "policy": Field(known("policy"), "", "The code of the policy that times it. 响应标准的代码。"),
    "quota": Field(one_or_several(QUOTA, once=["unit"]), {}, "How much there is, of one thing or several. 额度。"),
    "frequency": Field(list_of(OWED, once=["line"]), [], "What is owed by when, unasked. 按期主动交付什么。"),
    "updates": Field(list_of(UPDATE, once=["code"]), [], "How products are updated. 各产品怎么更新。"),
    "products": Field(list_of(known("product")), [], "Only for these products. 仅限这些产品。"),
    "deployments": Field(list_of(choice(Deployment.values)), [], "Only for these deployments. 仅限这些部署方式。"),
    "categories": Field(list_of(choice(CATEGORIES)), [], "Only for these kinds of question. 仅限这些类别。"),
    "channels": Field(list_of(choice(CHANNELS)), [], "Only by these channels. 仅限这些渠道。"),
    "priorities": Field(list_of(choice(PRIORITIES)), [], "Meant for these priorities. 适用的优先级。"),
    "certified": Field(flag, False, "For certified users only. 仅限认证用户。"),
    "exclusions": Field(list_of(EXCLUSION, once=["category"]), [], "What it does not include. 不包含什么。"),
    "ways_on": Field(WORDS, [], "What the customer can do when this says no. 不在范围时可以怎么办。"),
    "ways_on_en": Field(WORDS, []),
    "provider": Field(text(120), "", "Who delivers it. 交付主体。"),
    "provider_en": Field(text(160), ""),
    "provider_overseas": Field(text(120), "", "Who delivers it abroad. 海外的交付主体。"),
    "provider_overseas_en": Field(text(160), ""),
    "providers": Field(
        list_of(choice(PROVIDERS)), [], "Who may deliver it by appointment, the usual one first. 可预约的交付主体。"
    ),
    "providers_overseas": Field(list_of(choice(PROVIDERS)), [], "The same abroad. 海外的可预约交付主体。"),
    "entrances": Field(WORDS, [], "Where one asks for it. 入口。"),
    "entrances_en": Field(WORDS, []),
    "deliverable": Field(text(80), "", "What is handed over. 交付物。"),
    "deliverable_en": Field(text(160), ""),
    "report": Field(known("report"), "", "The kind of report that the product makes of it. 自动生成哪一种报告。"),
    "stages": Field(WORDS, [], "Its steps, in order. 依次的阶段。"),
    "stages_en": Field(WORDS, []),
    "stage_codes": Field(list_of(choice(STAGES)), [], "What each step is to the product. 每个阶段的代码，与阶段同数。"),
    "notice_days": Field(number(1, 366), None, "How many days ahead it is booked. 须提前几天。"),
    "requires": Field(list_of(known("promise")), [], "Picked along with it in an à-la-carte plan. 须同时选取的承诺。"),
    "requires_plan": Field(known("plan"), "", "Only customers of this plan may pick it. 仅面向此计划的客户。"),
    "remark": Field(text(), "", "What the document leaves open, and what we assume. 原文没写、我们假定的。"),
    "remark_en": Field(text(600), ""),
})  # fmt: skip


def _item(node: yaml.Node, place: Place) -> dict[str, Any]:
    """Return an item; each of its stages has a code, or none has."""
    values: dict[str, Any] = ITEM_FIELDS(node, place)
    codes, stages = values.get("stage_codes") or [], values.get("stages") or []
    if codes and len(codes) != len(stages):
        words = {"codes": len(codes), "stages": len(stages)}
        refuse_inside(node, place, "stage_codes", _("与 stages 的条数不同：%(codes)d 和 %(stages)d。") % words)
    return values


ITEM = Described(_item, schema_of(ITEM_FIELDS))
PLAN = paired({
    "code": Field(code, says="Small letters, digits, hyphens. 小写字母、数字和连字符。"),
    "name": Field(text(80)),
    "name_en": Field(text(80)),
    "seal": Field(text(1), says="One character for lists. 列表里的一字印记。"),
    "rank": Field(number(1, 1000), says="Higher is served first, within one vendor. 数字大的先服务。"),
    "rank_assumed": Field(flag, False, "True where the document does not say. 原文没写则为 true。"),
    "a_la_carte": Field(flag, False, "Items are picked one by one at signing. 按项选购。"),
    "includes": Field(known("plan"), "", "The plan that it contains; its own items win. 包含的计划。"),
    "items": Field(list_of(ITEM, once=["promise", "service"]), says="What it promises. 服务项。"),
})  # fmt: skip
FILE = {
    "vendor": Field(code, says="The code of the vendor. 厂商代码。"),
    "vendor_name": Field(text(80), "", "Shown where plans are compared. 厂商名称。"),
    "vendor_name_en": Field(text(80), ""),
    "source": Field(text(200), says="The document: title, publisher, date. 文件出处。"),
    "source_en": Field(text(300), ""),
    "promises": Field(
        Described(text(20), {"type": "string", "pattern": r"^([A-Z])\d{2}-\1\d{2}$"}),
        says="First and last row of the promise book: A01-A09. 首尾承诺编号。",
    ),
    "services": Field(list_of(own_service), [], "Services that only this vendor has. 自有的服务代码。"),
    "reports": Field(list_of(REPORT, once=["code"]), [], "Kinds of report that only this vendor has. 自有的报告种类。"),
    "calendars": Field(list_of(calendar), None, "Service hours that it brings. 自带的服务时间。"),
    "products": Field(PRODUCTS, None, "Products that it brings. 自带的产品。"),
    "policies": Field(list_of(policy), None, "What is timed. 响应标准。"),
    "plans": Field(list_of(PLAN, once=["code"]), None, "What is sold. 服务计划。"),
}
