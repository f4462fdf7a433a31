"""Where chats are answered."""

from django.urls import path

from tickets.console.chat import acts, canned, desk, files, listing, ratings, submitting

app_name = "chats"
urlpatterns = [
    path("", desk.desk_page, name="desk"),
    path("all/", listing.chats_page, name="list"),
    path("ratings/", ratings.ratings_page, name="ratings"),
    path("next/", acts.take_next, name="next"),
    path("presence/", acts.presence, name="presence"),
    path("here/", acts.here, name="here"),
    path("canned/", canned.canned_page, name="canned"),
    path("canned/new/", canned.canned_form, name="canned_new"),
    path("canned/found/", canned.canned_found, name="canned_found"),
    path("canned/<int:pk>/", canned.canned_form, name="canned_edit"),
    path("canned/<int:pk>/drop/", canned.canned_drop, name="canned_drop"),
    path("<slug:code>/", desk.chat_page, name="chat"),
    path("<slug:code>/messages/", desk.messages_part, name="messages"),
    path("<slug:code>/say/", acts.say, name="say"),
    path("<slug:code>/typing/", acts.typing, name="typing"),
    path("<slug:code>/read/", acts.read, name="read"),
    path("<slug:code>/act/", acts.act, name="act"),
    path("<slug:code>/ticket/", submitting.submit_page, name="ticket"),
    path("<slug:code>/articles/", canned.articles_part, name="articles"),
    path("<slug:code>/transcript/", listing.transcript_page, name="transcript"),
    path("<slug:code>/files/<int:pk>/", files.chat_file, name="file"),
]
