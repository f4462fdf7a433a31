from django.urls import re_path

from tickets.hooks.views import hook

# A sender who leaves the last slash away must not be sent elsewhere: many lose the body on the way.
urlpatterns = [re_path(r"^(?P<adapter>[-\w]{1,40})/(?P<key>[^/]{1,200})/?$", hook, name="hook")]
