"""Where customers are."""

from django.urls import include, path

from tickets.portal import chat, sending, views

app_name = "portal"
# A slug can be no number of ours by mistake, and never holds what the database refuses to compare with.
urlpatterns = [
    path("", views.home, name="home"),
    path("live/", views.home, {"part": "portal/_questions.html"}, name="home_live"),
    path("rights/", views.owed, name="rights"),
    path("service/", include("tickets.portal.service.urls")),
    path("help/", include("tickets.portal.help.urls")),
    path("board/", include("tickets.portal.board.urls")),
    path("chat/", chat.chat, name="chat"),
    path("chats/", chat.chats, name="chats"),
    path("chats/<slug:code>/", chat.transcript, name="chat_transcript"),
    path("chats/<slug:code>/files/<int:pk>/", chat.chat_file, name="chat_file"),
    path("new/", sending.new, name="new"),
    path("new/foretold/", sending.foretold, name="foretold"),
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/<slug:number>/", views.ticket, name="ticket"),
    path("tickets/<slug:number>/live/", views.ticket, {"part": "portal/_follow.html"}, name="ticket_live"),
    path("tickets/<slug:number>/sent/", sending.sent, name="sent"),
    path("tickets/<slug:number>/answer/", views.answer, name="answer"),
    path("tickets/<slug:number>/confirm/", views.confirm, name="confirm"),
    path("tickets/<slug:number>/proof/<int:pk>/", views.proof, name="proof"),
]
