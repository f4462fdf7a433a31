"""The community's board for programs: list and search posts, read one, ask, comment, vote. Source: Y04, K01"""

from http import HTTPStatus
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from plans.authentication import caller_of
from plans.models import Product
from sla.api.fields import InstantField
from sla.api.problems import ProblemError
from tickets.actions.board import asking, talking, withdrawing
from tickets.actions.board.standing import LONGEST_BODY, LONGEST_TITLE
from tickets.actions.board.timing import promise_of
from tickets.api.views import user_of
from tickets.board_page import author_name
from tickets.knowledge.finding import asked
from tickets.knowledge.posts import search_posts
from tickets.models import Comment, Post, Topic

MOST = 50


class CommentSerializer(serializers.Serializer[Any]):
    """Something said to a post."""

    id = serializers.IntegerField()
    answers_to = serializers.IntegerField(allow_null=True, help_text="the comment that it stands under")
    author = serializers.CharField(help_text="a name alone")
    is_official_author = serializers.BooleanField(help_text="somebody of the vendor's wrote it")
    is_official = serializers.BooleanField(help_text="the official answer")
    is_accepted = serializers.BooleanField(help_text="whoever asked says that it solved it")
    body = serializers.CharField(help_text="Markdown")
    at = InstantField()


class PostSerializer(serializers.Serializer[Any]):
    """A post in a list."""

    code = serializers.CharField()
    vendor = serializers.CharField()
    kind = serializers.ChoiceField(Post.Kind.choices)
    state = serializers.ChoiceField(Post.State.choices)
    idea_state = serializers.CharField(allow_blank=True)
    title = serializers.CharField()
    topic = serializers.CharField(allow_blank=True)
    product = serializers.CharField(allow_blank=True)
    author = serializers.CharField(help_text="a name alone")
    comments = serializers.IntegerField()
    votes = serializers.IntegerField()
    is_answered = serializers.BooleanField(help_text="officially")
    asked_at = InstantField()
    last_at = InstantField()


class WholePostSerializer(PostSerializer):
    """A post with what was said to it, and by when a question is to be answered."""

    body = serializers.CharField(help_text="Markdown")
    due_at = InstantField(allow_null=True)
    said = CommentSerializer(many=True)


class NewPostSerializer(serializers.Serializer[Any]):
    """A new post; the vendor is that of the product where none is said."""

    vendor = serializers.CharField(required=False, allow_blank=True, default="")
    kind = serializers.ChoiceField(Post.Kind.choices, default=Post.Kind.QUESTION)
    title = serializers.CharField(max_length=LONGEST_TITLE)
    body = serializers.CharField(max_length=LONGEST_BODY)
    topic = serializers.CharField(required=False, allow_blank=True, default="")
    product = serializers.CharField(required=False, allow_blank=True, default="")
    allows_post_back = serializers.BooleanField(default=True)


class NewCommentSerializer(serializers.Serializer[Any]):
    """A new comment, under another one where `answers_to` names it."""

    body = serializers.CharField(max_length=LONGEST_BODY)
    answers_to = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)


def fields_of(post: Post) -> dict[str, Any]:
    """Return a post as lists show it."""
    return {
        "code": post.code, "vendor": post.vendor, "kind": post.kind, "state": post.state,
        "idea_state": post.idea_state, "title": post.title, "topic": post.topic.code if post.topic else "",
        "product": post.product.code if post.product else "", "author": author_name(post),
        "comments": post.comment_count, "votes": post.vote_count, "is_answered": post.official_id is not None,
        "asked_at": post.at, "last_at": post.last_at,
    }  # fmt: skip


def whole(post: Post, request: Request) -> dict[str, Any]:
    """Return a post as its own page shows it."""
    promise = promise_of(post)
    said = post.comments.readable_by(user_of(request)).select_related("author", "contact")
    due_at = promise.due_at if promise and promise.stopped_at is None else None
    return fields_of(post) | {"body": post.body, "due_at": due_at, "said": [_comment(one, post) for one in said]}


def _comment(comment: Comment, post: Post) -> dict[str, Any]:
    return {
        "id": comment.pk, "answers_to": comment.parent_id, "author": author_name(comment), "body": comment.body,
        "is_official_author": comment.is_ours, "is_official": comment.is_official,
        "is_accepted": comment.pk == post.accepted_id, "at": comment.at,
    }  # fmt: skip


class Posts(APIView):
    """List posts in sight, the last active first, or search them; ask something new."""

    @extend_schema(
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="words to look for"),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=Post.Kind.values),
            OpenApiParameter("unanswered", OpenApiTypes.BOOL, description="questions without an answer alone"),
        ],
        responses=PostSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        rows, said = Post.objects.visible_to(user_of(request)).standing(), request.query_params
        if kind := said.get("kind"):
            rows = rows.filter(kind=_known(kind))
        rows = rows.unanswered() if said.get("unanswered", "").lower() in ("1", "true") else rows
        words = asked(said.get("q", ""))
        found = [one.post for one in search_posts(rows, words, MOST)] if words else _latest(rows)
        return Response(PostSerializer([fields_of(one) for one in found], many=True).data)

    @extend_schema(request=NewPostSerializer, responses={HTTPStatus.CREATED: WholePostSerializer})
    def post(self, request: Request) -> Response:
        said = NewPostSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        at = caller_of(request).at
        made = asking.ask(draft=_draft(said.validated_data), author=user_of(request), at=at)
        return Response(WholePostSerializer(whole(made, request)).data, status=HTTPStatus.CREATED)


def _latest(rows: Any) -> list[Post]:
    return list(rows.shown().order_by("-last_at", "-pk")[:MOST])


def _known(kind: str) -> str:
    """Return a kind of post. Raises ProblemError for none."""
    if kind not in Post.Kind.values:
        message = _("没有这种帖子，可用：%s。") % ", ".join(Post.Kind.values)
        raise ProblemError("unknown_filter", message, status=HTTPStatus.BAD_REQUEST)
    return kind


def _draft(said: dict[str, Any]) -> asking.Draft:
    """Return what a program wants to post. Raises ProblemError for a product or topic that there is none of."""
    product = Product.objects.filter(code=said["product"]).first() if said["product"] else None
    if said["product"] and product is None:
        raise ProblemError("unknown_product", _("没有这个产品。"), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    vendor = said["vendor"] or (product.vendor if product else "")
    topic = Topic.objects.filter(vendor=vendor, code=said["topic"]).first() if said["topic"] else None
    if said["topic"] and topic is None:
        raise ProblemError("unknown_topic", _("没有这个专题。"), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return asking.Draft(
        vendor=vendor, kind=said["kind"], title=said["title"], body=said["body"], topic=topic, product=product,
        allows_post_back=said["allows_post_back"],
    )  # fmt: skip


class OnePost(APIView):
    """Read one post with what was said to it; take one's own back."""

    @extend_schema(responses=WholePostSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(WholePostSerializer(whole(_find(request, code), request)).data)

    @extend_schema(responses={HTTPStatus.NO_CONTENT: None})
    def delete(self, request: Request, code: str) -> Response:
        return _withdrawn(request, _find(request, code), None)


class PostComments(APIView):
    """Say something to a post."""

    @extend_schema(request=NewCommentSerializer, responses={HTTPStatus.CREATED: CommentSerializer})
    def post(self, request: Request, code: str) -> Response:
        said = NewCommentSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        post, user, key = _find(request, code), user_of(request), said.validated_data["answers_to"]
        parent = post.comments.readable_by(user).filter(pk=key).first() if key else None
        if key and parent is None:
            raise Http404
        body, at = said.validated_data["body"], caller_of(request).at
        made = talking.comment(post=post, body=body, author=user, parent=parent, at=at)
        return Response(CommentSerializer(_comment(made, post)).data, status=HTTPStatus.CREATED)


class PostComment(APIView):
    """Take one's own comment back."""

    @extend_schema(responses={HTTPStatus.NO_CONTENT: None})
    def delete(self, request: Request, code: str, pk: int) -> Response:
        post = _find(request, code)
        found = post.comments.readable_by(user_of(request)).filter(pk=pk).first()
        if found is None:
            raise Http404
        return _withdrawn(request, post, found)


def _withdrawn(request: Request, post: Post, comment: Comment | None) -> Response:
    withdrawing.withdraw(post=post, comment=comment, actor=user_of(request), at=caller_of(request).at)
    return Response(status=HTTPStatus.NO_CONTENT)


class PostVote(APIView):
    """Vote for a post, once however often; or take the vote back."""

    @extend_schema(request=None, responses={HTTPStatus.NO_CONTENT: None})
    def put(self, request: Request, code: str) -> Response:
        talking.vote(post=_find(request, code), user=user_of(request), at=caller_of(request).at)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses={HTTPStatus.NO_CONTENT: None})
    def delete(self, request: Request, code: str) -> Response:
        talking.unvote(post=_find(request, code), user=user_of(request))
        return Response(status=HTTPStatus.NO_CONTENT)


def _find(request: Request, code: str) -> Post:
    """Return a post. Raises Http404 for one that the caller may not see as for one that never was."""
    found = Post.objects.visible_to(user_of(request)).shown().select_related("clock").filter(code=code).first()
    if found is None:
        raise Http404
    return found
