"""Where people come back to once they have signed in."""

from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect


def sign_in_first(request: HttpRequest) -> HttpResponseRedirect:
    """Return the way to sign in and from there on: an act that was not done leads back to where it was pressed."""
    return redirect_to_login(_page_of(request), "sign_in")


def _page_of(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    pressed = urlsplit(request.headers.get("Referer", ""))
    if pressed.netloc != request.get_host():
        return request.path.removesuffix("act/")
    return pressed.path.removesuffix("act/") + (f"?{pressed.query}" if pressed.query else "")
