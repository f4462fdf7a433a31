"""What was handed over keeps itself: no line of its journal and no file is changed, and a decided round stays decided."""

from django.db import migrations

KEPT = """
CREATE FUNCTION deliverable_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER deliverable_step_is_kept BEFORE UPDATE OR DELETE ON plans_deliverablestep
    FOR EACH ROW EXECUTE FUNCTION deliverable_is_kept();
CREATE TRIGGER deliverable_file_is_kept BEFORE UPDATE OR DELETE ON plans_deliverablefile
    FOR EACH ROW EXECUTE FUNCTION deliverable_is_kept();
"""
UNKEPT = """
DROP TRIGGER deliverable_step_is_kept ON plans_deliverablestep;
DROP TRIGGER deliverable_file_is_kept ON plans_deliverablefile;
DROP FUNCTION deliverable_is_kept();
"""
# What was handed over without a signature may still be acknowledged, or taken back.
DECIDED = """
CREATE FUNCTION sign_off_round_is_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.digest, OLD.number, OLD.at, OLD.deliverable_id)
        IS DISTINCT FROM (NEW.digest, NEW.number, NEW.at, NEW.deliverable_id)
    OR (OLD.outcome NOT IN ('open', 'kept')
        AND (OLD.outcome, OLD.decided_at, OLD.signed_name, OLD.words, OLD.booked, OLD.proof)
            IS DISTINCT FROM (NEW.outcome, NEW.decided_at, NEW.signed_name, NEW.words, NEW.booked, NEW.proof))
    THEN
        RAISE EXCEPTION 'plans_signoffround: round % is decided, and stays so', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sign_off_round_is_decided BEFORE UPDATE ON plans_signoffround
    FOR EACH ROW EXECUTE FUNCTION sign_off_round_is_decided();
"""
UNDECIDED = """
DROP TRIGGER sign_off_round_is_decided ON plans_signoffround;
DROP FUNCTION sign_off_round_is_decided();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0005_deliverables_and_updates")]

    operations = [migrations.RunSQL(KEPT, UNKEPT), migrations.RunSQL(DECIDED, UNDECIDED)]
