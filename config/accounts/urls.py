"""Where people sign in, and what they choose for themselves."""

from django.contrib.auth import views as auth_views
from django.urls import path

from config.accounts import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", auth_views.LogoutView.as_view(), name="sign_out"),
    path("password/", views.AskReset.as_view(), name="password_reset"),
    path(
        "password/sent/",
        auth_views.PasswordResetDoneView.as_view(template_name="account/reset_sent.html"),
        name="password_reset_done",
    ),
    path("password/new/<str:uidb64>/<str:token>/", views.ConfirmReset.as_view(), name="password_reset_confirm"),
    path(
        "password/done/",
        auth_views.PasswordResetCompleteView.as_view(template_name="account/reset_done.html"),
        name="password_reset_complete",
    ),
    path("language/", views.set_language, name="set_language"),
    path("theme/", views.set_theme, name="set_theme"),
]
