"""What one of us does in a conversation: one form, one act, one action; the page's own script asks the same way."""

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from plans.models import Team, User
from plans.models.people import STAFF_ROLES
from sla.refusals import ActionRefusedError
from tickets.actions import chat as actions
from tickets.actions.chat.lines import is_in
from tickets.channels.base import File
from tickets.channels.form import LIMITS
from tickets.console.chat import finding
from tickets.console.chat.desk import lines_of, page_of
from tickets.console.chat.slips import presence_of
from tickets.console.chat.talk import later
from tickets.console.guard import Reader, agents_only
from tickets.live.telling import tell
from tickets.models import Chat
from tickets.showing.wording import name_of
from tickets.uploads import was_cut

Said = Callable[[str], str]
WHISPER = "whisper"


def by_script(request: HttpRequest) -> bool:
    """Tell whether the page's script asks, which wants no whole page back."""
    return request.headers.get("X-Requested-With") == "fetch"


def refused(refusal: ActionRefusedError) -> JsonResponse:
    """Return a refusal to the page's script: what, by which clause, and what to do instead."""
    said = {
        "code": refusal.code,
        "detail": refusal.message,
        "clause": f"{refusal.promise} {refusal.clause}".strip(),
        "ways_on": refusal.ways_on,
    }
    return JsonResponse(said, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@agents_only
def say(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Say what was typed, with its files; sent again under the same name it is there once."""
    chat = finding.find_chat(code, reader)
    try:
        _say(chat, request, reader)
    except ActionRefusedError as refusal:
        if by_script(request):
            return refused(refusal)
        return page_of(request, reader, chat, refusal=refusal, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if not by_script(request):
        return redirect("console:chats:chat", code)
    chat.refresh_from_db()
    after = request.POST.get("after", "")
    return lines_of(request, reader, chat, later(chat, int(after) if after.isdecimal() and len(after) < 10 else 0))


def _say(chat: Chat, request: HttpRequest, reader: Reader) -> None:
    """Say words and send files. Raises ActionRefusedError for what is not allowed, before anything is said."""
    name = request.POST.get("client_id", "")[:48]
    body, is_whisper = request.POST.get("body", ""), request.POST.get("mode") == WHISPER
    files = [] if is_whisper else _files(request)
    if was_cut(request):
        raise ActionRefusedError("files_too_large", _("附件太大了，请分几次发。"))
    for file in files:
        actions.check_file(file)
    if body.strip() or not files:
        actions.say(
            chat=chat, speaker=reader.user, body=body, at=reader.at, client_id=name, is_whisper=is_whisper
        )  # fmt: skip
    for number, file in enumerate(files, 1):
        sent = f"{name}-{number}" if name else ""
        actions.send_file(chat=chat, speaker=reader.user, file=file, at=reader.at, client_id=sent)


def _files(request: HttpRequest) -> list[File]:
    sent = [file for file in request.FILES.getlist("file") if isinstance(file, UploadedFile)]
    if len(sent) > LIMITS.files:
        raise ActionRefusedError("too_many_files", _("最多 %(limit)s 个附件。") % {"limit": LIMITS.files})
    return [File(file.name or "file", file.content_type or "", file.read()) for file in sent]


@require_POST
@agents_only
def typing(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Let the other side know that somebody writes; kept nowhere."""
    chat = finding.find_chat(code, reader)
    if chat.state == Chat.State.ACTIVE and is_in(chat, reader.user):
        tell(f"chat:{chat.pk}", {"kind": "typing", "who": "agent", "name": name_of(reader.user)})
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


@require_POST
@agents_only
def read(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Note how far the conversation was read by whoever is in it; a look from outside is none."""
    chat = finding.find_chat(code, reader)
    number = request.POST.get("number", "")
    if is_in(chat, reader.user) and number.isdecimal() and len(number) < 10:
        actions.mark_read(chat=chat, reader=reader.user, number=int(number), at=reader.at)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _accept(chat: Chat, reader: Reader, _said: Said) -> str:
    actions.accept(chat=chat, agent=reader.user, at=reader.at)
    return _("已接入。")


def _take_over(chat: Chat, reader: Reader, said: Said) -> str:
    if not finding.leads(reader):
        raise ActionRefusedError("not_allowed", _("只有组长可以接管别人的会话。"), ways_on=[_("请接待人邀请您加入。")])
    actions.transfer(chat=chat, to=reader.user, actor=reader.user, at=reader.at, words=said("words"))
    return _("已接管。")


def _transfer(chat: Chat, reader: Reader, said: Said) -> str:
    to = receiver(said("to"))
    actions.transfer(chat=chat, to=to, actor=reader.user, at=reader.at, words=said("words"))
    return _("已转交。")


def receiver(said: str) -> User | Team:
    """Return whom a form names: a colleague by their key, or a team as `team:` and its key."""
    kind, _colon, key = said.rpartition(":")
    found: User | Team | None = None
    if key.isascii() and key.isdecimal() and len(key) < 10:
        staff = User.objects.filter(is_active=True, role__in=STAFF_ROLES)
        found = Team.objects.filter(pk=key).first() if kind == "team" else staff.filter(pk=key).first()
    if found is None:
        raise ActionRefusedError("nobody_chosen", _("请选一位同事或一个团队。"))
    return found


def _invite(chat: Chat, reader: Reader, said: Said) -> str:
    user = receiver(said("to"))
    if not isinstance(user, User):
        raise ActionRefusedError("nobody_chosen", _("请选一位同事。"))
    actions.invite(chat=chat, user=user, actor=reader.user, at=reader.at)
    return _("已邀请 %(name)s。") % {"name": name_of(user)}


def _leave(chat: Chat, reader: Reader, _said: Said) -> str:
    actions.leave(chat=chat, actor=reader.user, at=reader.at)
    return _("您已离开会话。")


def _end(chat: Chat, reader: Reader, _said: Said) -> str:
    actions.end(chat=chat, actor=reader.user, at=reader.at)
    return _("会话已结束，客户会被请求评价。")


ACTS: dict[str, Callable[[Chat, Reader, Said], str]] = {
    "accept": _accept,
    "take_over": _take_over,
    "transfer": _transfer,
    "invite": _invite,
    "leave": _leave,
    "end": _end,
}


@require_POST
@agents_only
def act(request: HttpRequest, reader: Reader, code: str) -> HttpResponse:
    """Do something with a conversation and show it again; a refusal is told, and nothing typed is lost."""
    chat = finding.find_chat(code, reader)
    done = ACTS.get(request.POST.get("act", ""))
    if done is None:
        raise Http404
    try:
        messages.success(request, done(chat, reader, lambda name: request.POST.get(name, "")))
    except ActionRefusedError as refusal:
        return page_of(request, reader, finding.find_chat(code, reader), refusal=refusal, status=HTTPStatus.CONFLICT)
    # Who has gone out of it may not see it any more.
    if not Chat.objects.visible_to(reader.user).filter(pk=chat.pk).exists():
        return redirect("console:chats:desk")
    return redirect("console:chats:chat", code)


@require_POST
@agents_only
def take_next(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take whoever's turn it is, and show the conversation; where a colleague was faster, the one after it."""
    for chat in finding.waiting_now(reader):
        try:
            actions.accept(chat=chat, agent=reader.user, at=reader.at)
        except ActionRefusedError as refusal:
            if refusal.code in ("taken", "chat_ended", "not_waiting"):
                continue
            messages.error(request, " ".join([refusal.message, *refusal.ways_on]))
            return redirect("console:chats:desk")
        return redirect("console:chats:chat", chat.code)
    messages.info(request, _("现在没有客户在排队。"))
    return redirect("console:chats:desk")


@require_POST
@agents_only
def presence(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Note whether the reader takes chats now, and how many at most."""
    most = request.POST.get("at_most", "")
    at_most = int(most) if most.isdecimal() and len(most) < 4 else presence_of(reader).at_most
    wish = request.POST.get("is_available", "")
    actions.set_presence(
        user=reader.user, is_available=wish == "yes", at_most=at_most, at=reader.at, keeps=wish == "no_more"
    )
    messages.success(request, _told_of(wish))
    back = request.POST.get("back", "")
    return redirect(back if _is_ours(back) else "console:chats:desk")


def _told_of(wish: str) -> str:
    told = {"yes": _("现在接待会话。"), "no_more": _("不再接新会话，手上的由您做完。")}
    return told.get(wish) or _("现在不接待会话，手上的会话已交还。")


def _is_ours(back: str) -> bool:
    return back.startswith("/console/chat/") and "\\" not in back and "//" not in back


@require_POST
@agents_only
def here(_request: HttpRequest, reader: Reader) -> HttpResponse:
    """Note that the reader's console is open, and say whether to go on so: whoever takes chats, or has some."""
    actions.still_here(user=reader.user, at=reader.at)
    return JsonResponse({"is_needed": presence_of(reader).is_available or finding.has_some(reader)})
