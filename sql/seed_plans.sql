-- sp_seed_plans: the four usual plans, inserting only what is missing.
CALL sp_seed_plans();
SELECT code, name, plan_cost, plan_discount, monthly_minutes, monthly_usage_limit, retention_days, is_active, is_default
FROM plans ORDER BY plan_cost;
CALL sp_seed_plans();
-- What is there is left as it is.
DELETE FROM plans WHERE code IN ('PREMIUM', 'ENTERPRISE');
UPDATE plans SET monthly_minutes = 45 WHERE code = 'FREE';
CALL sp_seed_plans();
SELECT code, monthly_minutes FROM plans ORDER BY plan_cost;
-- A default plan of one's own stays the default.
DELETE FROM plans;
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('OWN', 'Own', 1, 1, true);
CALL sp_seed_plans();
SELECT code, is_default FROM plans ORDER BY code COLLATE "C";
DELETE FROM plans;
-- The document's FREE plan first, then the seeds.
INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) VALUES ('FREE', 'Free Plan', 30, 10);
CALL sp_seed_plans();
SELECT code, name FROM plans ORDER BY code COLLATE "C";
CALL t.clear();
