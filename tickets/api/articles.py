"""Articles for programs: search them, read one, say whether it helped. Source: Y01, Y02"""

from http import HTTPStatus
from typing import Any

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.accounts import contact_of
from plans.authentication import caller_of
from plans.models import Product
from plans.wording import text_of
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.actions.knowledge.reading import judge
from tickets.actions.knowledge.searching import note_search
from tickets.api.views import user_of
from tickets.knowledge.finding import asked, search
from tickets.models import Article, ArticleReading, Search

MOST = 50


class ArticleSerializer(serializers.Serializer[Any]):
    """An article in a list, in the language of whoever asks."""

    number = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(Article.Kind.choices)
    vendor = serializers.CharField()
    products = serializers.ListField(child=serializers.CharField(), help_text="empty: all of the vendor's")
    module = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    updated_at = InstantField()
    is_exact = serializers.BooleanField(help_text="it says all that was asked, not only enough of it")
    excerpt = serializers.CharField(allow_blank=True)


class WholeArticleSerializer(ArticleSerializer):
    """An article with what it says."""

    body = serializers.CharField(help_text="Markdown")
    video = serializers.CharField(allow_blank=True)
    chapters = serializers.ListField(child=serializers.DictField(), help_text="`at` in seconds, `title`, `title_en`")


class VerdictOnArticleSerializer(serializers.Serializer[Any]):
    """Whether an article helped."""

    verdict = serializers.ChoiceField(ArticleReading.Verdict.choices)
    words = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


def fields_of(article: Article, *, excerpt: str = "", is_exact: bool = True) -> dict[str, Any]:
    """Return an article as lists show it."""
    version = article.current
    return {
        "number": article.number,
        "title": text_of(version, "title"),
        "kind": article.kind,
        "vendor": article.vendor,
        "products": [product.code for product in article.products.all()],
        "module": text_of(article, "area"),
        "version": version.number if version else 0,
        "updated_at": article.updated_at,
        "is_exact": is_exact,
        "excerpt": excerpt,
    }


class Articles(APIView):
    """Search published articles, the best first; without `q` the last changed first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="words to look for"),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=Article.Kind.values),
            OpenApiParameter("product", OpenApiTypes.STR, description="a product's code"),
        ],
        responses=ArticleSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        rows = Article.objects.visible_to(user_of(request)).published()
        said = request.query_params
        if said.get("kind"):
            rows = rows.filter(kind=_kind(said["kind"]))
        if said.get("product"):
            product = _product(said["product"])
            rows = rows.filter(Q(products=product) | Q(products=None, vendor=product.vendor))
        words = asked(said.get("q", ""))
        shown = _found(request, rows, words) if words else [fields_of(one) for one in rows.shown()[:MOST]]
        return Response(ArticleSerializer(shown, many=True).data)


def _kind(said: str) -> str:
    """Return a kind of article. Raises ProblemError for none."""
    if said not in Article.Kind.values:
        message = _("没有这种文章，可用：%s。") % ", ".join(Article.Kind.values)
        raise ProblemError("unknown_filter", message, status=HTTPStatus.BAD_REQUEST)
    return said


def _product(said: str) -> Product:
    """Return a product. Raises ProblemError for none."""
    found = None if "\0" in said else Product.objects.filter(code=said).first()
    if found is None:
        raise ProblemError("unknown_filter", _("没有这个产品。"), status=HTTPStatus.BAD_REQUEST)
    return found


def _found(request: Request, rows: Any, words: str) -> list[dict[str, Any]]:
    found = search(rows, words, MOST)
    contact = contact_of(user_of(request)) if user_of(request).is_customer else None
    at = caller_of(request).at
    note_search(contact=contact, words=words, place=Search.Place.API, found=found, vendor="", at=at)
    return [
        fields_of(one.article, excerpt="".join(piece.text for piece in one.excerpt), is_exact=one.is_exact)
        for one in found
    ]


class ArticleDetail(APIView):
    """Read one article."""

    @extend_schema(responses=WholeArticleSerializer)
    def get(self, request: Request, number: str) -> Response:
        article = _find(request, number)
        version = article.current
        whole = {
            "body": text_of(version, "body"),
            "video": version.video if version else "",
            "chapters": version.chapters if version else [],
        }
        return Response(WholeArticleSerializer(fields_of(article) | whole).data)


class ArticleVerdict(APIView):
    """Say whether an article helped; said again, the last word counts."""

    @extend_schema(request=VerdictOnArticleSerializer, responses={HTTPStatus.NO_CONTENT: None})
    def post(self, request: Request, number: str) -> Response:
        article, user = _find(request, number), user_of(request)
        if not user.is_customer:
            raise ProblemError("customers_only", _("文章由客户评价。"), status=HTTPStatus.FORBIDDEN)
        said = VerdictOnArticleSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        judge(article=article, user=user, at=caller_of(request).at, **said.validated_data)
        return Response(status=HTTPStatus.NO_CONTENT)


def _find(request: Request, number: str) -> Article:
    """Return one published article. Raises Http404 for one that this reader may not see as for one that never was."""
    rows = Article.objects.visible_to(user_of(request)).published()
    found = rows.shown().filter(number=number).first()
    if found is None:
        raise Http404
    return found
