"""A desk moves over with an open ticket: nobody hears of its past, those who answer for it of what breaks here."""

import json
from io import StringIO

from django.core.management import call_command

from tests.clocks import clock_at
from tests.stories.conftest import Walk
from tickets.models import Delivery, ImportedTicket

EXPORT = {
    "id": 501, "subject": "月结时存货余额与总账不符", "status": "open", "priority": "normal", "type": "problem",
    "requester_id": 7, "created_at": "2026-09-21T02:00:00Z", "updated_at": "2026-09-21T02:00:00Z",
    "via": {"channel": "email"}, "tags": [],
    "comments": [{"id": 1, "author_id": 7, "public": True, "body": "结账检查没有通过。",
                  "created_at": "2026-09-21T02:00:00Z"}],
}  # fmt: skip
MAPPING = """source: zendesk
category: {default: fault}
product: {default: yonsuite-finance}
clocks: {open: from_import}
"""


def test_an_imported_ticket_is_silent_about_the_past_and_is_owed_an_answer_from_now_on__Y18_Y22(
    walk: Walk, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    contact = walk.world.yonsuite.contact
    person = {"id": 7, "name": contact.name, "email": contact.email, "role": "end-user"}
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, (EXPORT, person))))
    (tmp_path / "m.yaml").write_text(MAPPING)
    out = StringIO()
    with clock_at("2026-09-28 09:00"):
        files = [str(tmp_path / name) for name in ("m.yaml", "t.jsonl")]
        call_command("import_tickets", "--from", "zendesk", "--mapping", *files, stdout=out, stderr=StringIO())
    assert "新建工单: 1" in out.getvalue()
    number = ImportedTicket.objects.get(source_id="501").ticket.number
    assert Delivery.objects.count() == 0

    walk.sweep("2026-09-28 10:58")
    assert not walk.letters_to(walk.world.success_manager.email, "【超时】")
    walk.sweep("2026-09-28 11:05")
    walk.sweep("2026-09-28 11:08")
    (letter,) = walk.letters_to(walk.world.success_manager.email, "【超时】")
    assert number in str(letter["Subject"])
    assert not walk.letters_to(contact.email)
