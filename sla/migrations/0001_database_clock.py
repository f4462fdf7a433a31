"""The one clock of the product, as a function of the database that a session may move."""

from django.db import migrations

CREATE = """
CREATE FUNCTION shouyue_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT clock_timestamp() + coalesce(nullif(current_setting('shouyue.offset', true), '')::interval, interval '0')
$$
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION shouyue_now()")]
