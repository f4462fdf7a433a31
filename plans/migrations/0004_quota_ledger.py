"""The ledger of quotas keeps itself: no line is changed or deleted, and each goes on from the one before it.

The journal of engagements keeps its lines, too.
"""

from django.db import migrations

KEPT = """
CREATE FUNCTION quota_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'plans_quotaentry is append-only: put a mistake right by a further line'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER quota_entry_is_kept BEFORE UPDATE OR DELETE ON plans_quotaentry
    FOR EACH ROW EXECUTE FUNCTION quota_entry_is_kept();
"""
GOES_ON = """
CREATE FUNCTION quota_entry_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
    change numeric := NEW.granted - NEW.reserved - NEW.used - NEW.expired;
BEGIN
    SELECT position, "left" INTO last FROM plans_quotaentry
        WHERE quota_id = NEW.quota_id ORDER BY position DESC LIMIT 1;
    IF NEW.position <> coalesce(last.position, 0) + 1 OR NEW."left" <> coalesce(last."left", 0) + change THEN
        RAISE EXCEPTION 'plans_quotaentry: line % of quota % does not go on from the one before it',
            NEW.position, NEW.quota_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER quota_entry_goes_on BEFORE INSERT ON plans_quotaentry
    FOR EACH ROW EXECUTE FUNCTION quota_entry_goes_on();
"""
JOURNAL_KEPT = """
CREATE FUNCTION engagement_step_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'plans_engagementstep is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER engagement_step_is_kept BEFORE UPDATE OR DELETE ON plans_engagementstep
    FOR EACH ROW EXECUTE FUNCTION engagement_step_is_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_rights_and_what_is_owed")]

    operations = [
        migrations.RunSQL(
            KEPT,
            "DROP TRIGGER quota_entry_is_kept ON plans_quotaentry; DROP FUNCTION quota_entry_is_kept();",
        ),
        migrations.RunSQL(
            GOES_ON,
            "DROP TRIGGER quota_entry_goes_on ON plans_quotaentry; DROP FUNCTION quota_entry_goes_on();",
        ),
        migrations.RunSQL(
            JOURNAL_KEPT,
            "DROP TRIGGER engagement_step_is_kept ON plans_engagementstep; DROP FUNCTION engagement_step_is_kept();",
        ),
    ]
