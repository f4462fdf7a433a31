from django.urls import path

from tickets.intake.views import IntakeView

urlpatterns = [path("intake/<str:channel>/", IntakeView.as_view(), name="intake")]
