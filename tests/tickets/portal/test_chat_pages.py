"""云客服 in the portal: for the signed-in contact, their own conversations and nobody else's."""

import re

from django.test import Client

from tests.hours import beijing
from tests.tickets.chat.conftest import Talks
from tests.tickets.portal.conftest import signed_in
from tests.world import World
from tickets.actions.chat import send_file
from tickets.channels.base import File
from tickets.models import Visitor


def test_the_page_holds_a_token_of_this_reader_and_no_secret__Y05(world: World, mine: Client):
    page = mine.get("/portal/chat/").content.decode()
    token = re.search(r'data-token="(syv_[\w-]{43})"', page)
    assert token
    assert 'data-vendor="kingdee"' in page
    assert Visitor.objects.get().contact == world.kingdee.contact
    headers = {"Authorization": f"Bearer {token[1]}"}
    opened = Client().post("/chat/v1/chat/", {"vendor": "kingdee"}, "application/json", headers=headers)
    assert opened.json()["visitor"]["is_known"]
    assert "<noscript>" in page
    assert "/portal/new/" in page


def test_older_conversations_are_listed_and_read_without_a_whisper__Y06(world: World):
    talks, mine = Talks(world), signed_in(world.yonsuite.contact)
    chat = talks.active()
    talks.agent(chat, "请看试算平衡表。")
    talks.agent(chat, "这位客户很急", is_whisper=True)
    assert chat.code in mine.get("/portal/chats/").content.decode()
    page = mine.get(f"/portal/chats/{chat.code}/").content.decode()
    assert "请看试算平衡表。" in page
    assert "这位客户很急" not in page
    stranger = signed_in(world.stranger)
    assert stranger.get(f"/portal/chats/{chat.code}/").status_code == 404
    assert chat.code not in stranger.get("/portal/chats/").content.decode()
    said = send_file(chat=chat, speaker=world.agent, file=File("说明.pdf", "", b"%PDF"), at=beijing("2026-09-28 10:01"))
    path = f"/portal/chats/{chat.code}/files/{said.files.get().pk}/"
    assert path in mine.get(f"/portal/chats/{chat.code}/").content.decode()
    assert (mine.get(path).content, stranger.get(path).status_code) == (b"%PDF", 404)
    type(world.agent).objects.filter(pk=world.agent.pk).update(name_en="Ann Li")
    type(world.yonsuite.contact).objects.update(language="en")
    assert "Ann Li" in mine.get(f"/portal/chats/{chat.code}/").content.decode()


def test_who_is_not_signed_in_is_asked_to_and_head_makes_no_token__Y05(world: World, mine: Client):
    assert Client().get("/portal/chat/").status_code == 302
    assert mine.head("/portal/chat/").status_code == 200
    assert not Visitor.objects.exists()
