"""The database itself notes that a customer's contracts have other terms, whoever wrote them.

One row a statement and customer, never updated: writers do not wait for each other.
"""

from django.db import migrations

NOTED = """
CREATE FUNCTION note_terms_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'plans_contract' THEN
        INSERT INTO plans_termschange (customer) SELECT DISTINCT customer_id FROM changed;
    ELSIF TG_TABLE_NAME = 'plans_override' THEN
        INSERT INTO plans_termschange (customer)
        SELECT DISTINCT contract.customer_id FROM changed
        JOIN plans_entitlement AS entitlement ON entitlement.id = changed.entitlement_id
        JOIN plans_contract AS contract ON contract.id = entitlement.contract_id;
    ELSIF TG_TABLE_NAME = 'sla_policy' THEN
        INSERT INTO plans_termschange (customer)
        SELECT DISTINCT contract.customer_id FROM changed
        JOIN plans_entitlement AS entitlement ON entitlement.policy = changed.code
        JOIN plans_contract AS contract ON contract.id = entitlement.contract_id;
    ELSE
        INSERT INTO plans_termschange (customer)
        SELECT DISTINCT contract.customer_id FROM changed
        JOIN plans_contract AS contract ON contract.id = changed.contract_id;
    END IF;
    RETURN NULL;
END $$
"""
TABLES = ("plans_contract", "plans_entitlement", "plans_ownedproduct", "plans_switch", "plans_override", "sla_policy")
SIDES = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}
TRIGGERS = ";\n".join(
    f"CREATE TRIGGER note_terms_{event.lower()} AFTER {event} ON {table} REFERENCING {side} TABLE AS changed "
    f"FOR EACH STATEMENT EXECUTE FUNCTION note_terms_change()"
    for table in TABLES
    for event, side in SIDES.items()
)
UNNOTED = "DROP FUNCTION note_terms_change() CASCADE"


class Migration(migrations.Migration):
    dependencies = [("plans", "0006_deliverables_kept")]

    operations = [migrations.RunSQL(NOTED, UNNOTED), migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop)]
