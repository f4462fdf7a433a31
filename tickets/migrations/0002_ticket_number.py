"""Tickets are numbered from one sequence, so that two opened at once never share a number."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_first")]
    operations = [migrations.RunSQL("CREATE SEQUENCE ticket_number", "DROP SEQUENCE ticket_number")]
