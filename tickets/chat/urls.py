"""Where the widget speaks with us."""

from django.urls import path, re_path

from tickets.chat import sessions, stream, talking, ticketing
from tickets.chat.missing import missing

app_name = "chat"
urlpatterns = [
    path("v1/sessions/", sessions.Sessions.as_view(), name="sessions"),
    path("v1/chat/", talking.Conversation.as_view(), name="chat"),
    path("v1/messages/", talking.Messages.as_view(), name="messages"),
    path("v1/files/", talking.Files.as_view(), name="files"),
    path("v1/files/<int:pk>/", talking.FileBytes.as_view(), name="file"),
    path("v1/hand-off/", talking.HandedOff.as_view(), name="hand_off"),
    path("v1/typing/", talking.Typing.as_view(), name="typing"),
    path("v1/read/", talking.Read.as_view(), name="read"),
    path("v1/ticket/", ticketing.Ticketed.as_view(), name="ticket"),
    path("v1/ticket/foretold/", ticketing.Foretold.as_view(), name="foretold"),
    path("v1/end/", talking.Ended.as_view(), name="end"),
    path("v1/rating/", talking.Rated.as_view(), name="rating"),
    path("v1/record/", talking.Recorded.as_view(), name="record"),
    path("v1/judge/", talking.Judged.as_view(), name="judge"),
    path("v1/stream/", stream.live, name="stream"),
    re_path("", missing),
]
