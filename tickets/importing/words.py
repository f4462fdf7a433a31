"""What is wrong with an import, in words, and what can be done about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

Words = tuple[LazyText, LazyText]
WORDS: Mapping[str, Words] = {
    "empty_file": (_("文件是空的。"), _("重新导出这个文件。")),
    "not_utf_8": (_("不是 UTF-8 编码。"), _("另存为 UTF-8 后再导入。")),
    "not_json": (_("这里不是 JSON。"), _("改正这一处，或重新导出；其余部分照常读入。")),
    "cut_off": (_("文件到这里就断了。"), _("重新导出这个文件；断开之前的已经读入，再次导入不会重复。")),
    "line_too_long": (_("这一行太长，不像一张工单。"), _("检查这个文件是不是所选系统的导出。")),
    "not_an_object": (_("这里应是一条记录。"), _("检查这个文件是不是所选系统的导出。")),
    "unknown_record": (_("看不出这是什么记录。"), _("检查来源系统选得对不对。")),
    "not_expanded": (_("这是不带名称的紧凑格式。"), _("导出时加上 expand=true。")),
    "missing": (_("缺少这个字段。"), _("重新导出，保留这个字段。")),
    "bad_instant": (_("不是带时区的时间。"), _("写成 2024-05-06T07:08:09Z 这样。")),
    "in_the_future": (_("时间在将来。"), _("检查导出机器的时钟。")),
    "unknown_requester": (_("没有说是谁提的。"), _("把用户也一起导出。")),
    "unknown_status": (_("对应关系里没有这个状态。"), _("在对应关系的 status 里写明它算作什么。")),
    "unknown_priority": (_("对应关系里没有这个优先级。"), _("在对应关系的 priority 里写明它算作什么。")),
    "unknown_customer": (_("不知道属于哪家客户。"), _("在对应关系的 customers 里按组织或邮箱域名写明。")),
    "customer_differs": (
        _("联系人在这里属于另一家客户。"),
        _("改正对应关系里的客户，或先在这里改联系人所属的客户。"),
    ),
    "unknown_contact": (
        _("这里没有这位联系人。"),
        _("先建联系人，或在对应关系里写 contacts: {unknown: create_inactive}。"),
    ),
    "no_contract": (_("这家客户没有合同。"), _("先录入合同，或在对应关系的 contracts 里写明。")),
    "bad_contract": (_("写明的合同不是这家客户的。"), _("改正对应关系的 contracts。")),
    "file_unreadable": (_("附件读不出来，已略去这个附件。"), _("改正它的 base64 内容，或把文件放进附件目录。")),
    "file_too_large": (_("附件太大，已略去这个附件。"), _("单个附件最大 25 MB。")),
    "standing_kept": (
        _("这里已有人处理过，状态没有改，只补了新的留言。"),
        _("需要的话在这里改工单的状态。"),
    ),
    "not_saved": (_("这张工单没能存下。"), _("把编号告诉管理员，改正后再导入一次。")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A problem as a reader sees it."""

    where: str
    id: str
    field: str
    value: str
    code: str
    message: str
    todo: str


def told(problem: Mapping[str, str]) -> Told:
    """Return a kept problem in the language in use."""
    message, todo = WORDS.get(problem["code"], WORDS["not_saved"])
    kept = {name: problem[name] for name in ("where", "id", "field", "value", "code")}
    return Told(**kept, message=str(message), todo=str(todo))


def too_much(limit: int) -> str:
    """Return that files are more than `limit` bytes, and the command that takes any size."""
    words = gettext("文件合计超过 %(n)d MB。请在服务器上用命令导入，多大都行：%(command)s")
    command = "python manage.py import_tickets --from zendesk --mapping mapping.yaml tickets.json users.json --dry-run"
    return words % {"n": limit >> 20, "command": command}
