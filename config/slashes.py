"""What an address without its last slash is answered."""

from http import HTTPStatus

from django.http import HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware


class SameRequest(HttpResponsePermanentRedirect):
    """The answer that a request is to be made again elsewhere, as it is."""

    status_code = HTTPStatus.PERMANENT_REDIRECT


class SlashesMiddleware(CommonMiddleware):
    """Lead to the address with its slash by 308: after Django's 301 a message that is posted comes again as a GET."""

    response_redirect_class = SameRequest
