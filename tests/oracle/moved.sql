-- Statements that name nothing legacy: services that have moved, tools, the server's own affairs. The proxy must not change
-- a thing, so the other side is the current database itself.

-- case: moved: smartwatt: a service that has moved reads
-- straight: current
SELECT log_id, kwh_consumed, timestamp_utc, estimated_cost FROM consumption_log WHERE timestamp_utc >= '2025-03-01' AND kwh_consumed > 20 ORDER BY log_id

-- case: moved: smartwatt: its sums
-- straight: current
SELECT user_id, sum(kwh_consumed) AS kwh, max(timestamp_utc) FROM consumption_log GROUP BY user_id HAVING sum(kwh_consumed) > 100 ORDER BY user_id

-- case: moved: smartwatt: its joins
-- straight: current
SELECT f.feedback_id, f.feedback_useful, f.submitted_at, p.predicted_value->>'consumption' FROM feedback_log f JOIN ai_predictions p USING (user_id) WHERE f.feedback_useful IS NULL ORDER BY 1, p.prediction_id

-- case: moved: smartwatt: its unqualified created_at
-- same-or-refused: 42702
-- straight: current
SELECT feedback_id, created_at FROM feedback_log JOIN ai_predictions USING (user_id) ORDER BY feedback_id, prediction_id LIMIT 20

-- case: moved: smartwatt: the real created_at
-- straight: current
SELECT created_at, predicted_value FROM ai_predictions ORDER BY prediction_id LIMIT 20

-- case: moved: smartwatt: its aliases in legacy words
-- straight: current
SELECT kwh_consumed AS consumption_kwh, feedback_useful AS rating FROM consumption_log JOIN feedback_log USING (user_id) WHERE log_id < 100 ORDER BY log_id, feedback_id

-- case: moved: smartwatt: its order by such an alias
-- straight: current
SELECT log_id, kwh_consumed AS consumption_kwh FROM consumption_log WHERE log_id < 30 ORDER BY consumption_kwh, log_id

-- case: moved: traps: the renamed table under its new name
-- straight: current
SELECT id, timestamp_utc, feedback_useful, payload, note FROM solver_runs ORDER BY id

-- case: moved: traps: its star
-- straight: current
SELECT * FROM solver_runs ORDER BY id

-- case: moved: traps: its whole row
-- straight: current
SELECT s, to_jsonb(s) FROM solver_runs s ORDER BY s.id

-- case: moved: traps: its composite type
-- straight: current
SELECT (jsonb_populate_record(NULL::solver_runs, '{"id": 7}')).id

-- case: moved: traps: clientes
-- straight: current
SELECT c.*, o.estado FROM clientes c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id

-- case: moved: traps: clientes natural join
-- straight: current
SELECT * FROM clientes NATURAL JOIN (SELECT id, estado FROM orders) o

-- case: moved: traps: messwerte
-- straight: current
SELECT * FROM messwerte ORDER BY size_cm, id

-- case: moved: traps: gadget runs
-- straight: current
SELECT * FROM "Gadget Runs" ORDER BY "Id"

-- case: moved: traps: gadget runs by name
-- straight: current
SELECT g."Size µ", g."la""bel", "order", "Owner" FROM "Gadget Runs" g ORDER BY "order" NULLS FIRST

-- case: moved: traps: as regclass
-- straight: current
SELECT 'solver_runs'::regclass::text, 'public.clientes'::regclass::text

-- case: moved: traps: catalog of a table without a mapping
-- straight: current
SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 ORDER BY attnum

-- case: moved: traps: information schema
-- straight: current
SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'orders' ORDER BY ordinal_position

-- case: moved: traps: an error of its own
-- straight: current
SELECT feedback_usefull FROM solver_runs

-- case: moved: traps: an alias in legacy letters
-- straight: current
SELECT solver.feedback_useful, solver.timestamp_utc FROM solver_runs AS solver ORDER BY solver.id

-- case: moved: traps: an alias rating
-- straight: current
SELECT rating.id FROM solver_runs rating ORDER BY rating.id

-- case: moved: unmapped: all of it
-- straight: current
SELECT o.*, r.rating FROM orders o FULL JOIN rating r USING (id) ORDER BY id

-- case: moved: unmapped: a function with legacy words
-- straight: current
SELECT doubled(rating => 3), r.record_date FROM ratings(4) r ORDER BY 2

-- case: moved: server: settings
-- straight: current
SELECT name, setting FROM pg_settings WHERE name IN ('DateStyle', 'TimeZone') ORDER BY name

-- case: moved: server: show
-- straight: current
SHOW search_path

-- case: moved: server: types
-- straight: current
SELECT typname FROM pg_type WHERE oid = 'timestamp'::regtype

-- case: moved: server: values
-- straight: current
VALUES (1, 'rating'), (2, 'timestamp')

-- case: moved: server: what pg_dump says
-- straight: current
SELECT relname, relkind FROM pg_class WHERE relnamespace = 'archive'::regnamespace ORDER BY relname

-- case: moved: update by current names
-- traps: 44
-- straight: current
-- rollback
UPDATE feedback_log SET feedback_useful = true, comments = 'rating' WHERE feedback_useful IS NULL

-- case: moved: update returning current names
-- traps: 44
-- straight: current
-- rollback
UPDATE consumption_log SET kwh_consumed = kwh_consumed * 2 WHERE log_id < 5 RETURNING log_id, kwh_consumed, timestamp_utc

-- case: moved: update from
-- traps: 44
-- straight: current
-- rollback
UPDATE feedback_log f SET comments = p.prediction_type FROM ai_predictions p WHERE p.user_id = f.user_id AND p.prediction_id = 'p-0001'

-- case: moved: update of the renamed table
-- traps: 44
-- straight: current
-- rollback
UPDATE clientes SET estado = 'inactivo', telefono = NULL WHERE ciudad = 'Quito' RETURNING *

-- case: moved: delete by current names
-- traps: 44
-- straight: current
-- rollback
DELETE FROM feedback_log WHERE NOT feedback_useful RETURNING feedback_id, recommendation_type

-- case: moved: delete all
-- traps: 44
-- straight: current
-- rollback
DELETE FROM feedback_log

-- case: moved: delete using
-- traps: 44
-- straight: current
-- rollback
DELETE FROM cons USING solver_runs s WHERE s.id = cons.run_id AND s.feedback_useful

-- case: moved: insert by current names
-- traps: 44
-- straight: current
-- rollback
INSERT INTO feedback_log (feedback_id, user_id, feedback_useful, submitted_at) VALUES ('f-x', 'user-001', false, '2025-01-01') RETURNING feedback_id, feedback_useful

-- case: moved: insert into an unmapped table without a list
-- traps: 44
-- straight: current
-- rollback
INSERT INTO market_electricity_tariffs VALUES ('rating', 0, '2026-01-01', 'timestamp', 0.1) RETURNING *

-- case: moved: insert into the renamed table without a list
-- traps: 44
-- straight: current
-- rollback
INSERT INTO clientes VALUES (77, 'activo', '1', 'x') RETURNING *

-- case: moved: insert from a select
-- traps: 44
-- straight: current
-- rollback
INSERT INTO cons SELECT id + 1000, id, feedback_useful, timestamp_utc, payload, note FROM solver_runs RETURNING id, kind

-- case: moved: insert on conflict
-- traps: 44
-- straight: current
-- rollback
INSERT INTO ai_predictions (prediction_id, user_id, prediction_type, created_at) VALUES ('p-0001', 'x', 'y', '2025-01-01') ON CONFLICT (prediction_id) DO UPDATE SET prediction_type = excluded.prediction_type, created_at = excluded.created_at RETURNING prediction_id, created_at

-- case: moved: insert default values
-- traps: 44
-- straight: current
-- rollback
INSERT INTO boxes (id, comp) VALUES (9, DEFAULT) RETURNING (comp).rating

-- case: moved: update of a composite's field
-- traps: 44
-- straight: current
-- rollback
UPDATE boxes SET comp.rating = 8 WHERE id = 1 RETURNING (comp).rating

-- case: moved: merge by current names
-- traps: 44
-- straight: current
-- rollback
MERGE INTO clientes t USING orders o ON t.id = o.id WHEN MATCHED THEN UPDATE SET notas = o.estado WHEN NOT MATCHED THEN DO NOTHING

-- case: moved: a writing CTE
-- traps: 44
-- straight: current
-- rollback
WITH d AS (DELETE FROM cons WHERE kind = 'a' RETURNING id, feedback_useful) SELECT count(*) FROM d WHERE feedback_useful

-- case: moved: truncate
-- traps: 44
-- straight: current
-- rollback
TRUNCATE feedback_log, cons

-- case: moved: lock
-- traps: 44
-- straight: current
-- rollback
LOCK TABLE solver_runs

-- case: moved: a new table with legacy words
-- traps: 44
-- straight: current
-- rollback
CREATE TABLE later (rating int, "timestamp" timestamptz, solver text)

-- case: moved: an index
-- traps: 44
-- straight: current
-- rollback
CREATE INDEX feedback_by_type ON feedback_log (recommendation_type)

-- case: moved: a comment
-- traps: 44
-- straight: current
-- rollback
COMMENT ON TABLE feedback_log IS 'holds the rating'

-- case: moved: a grant
-- traps: 44
-- straight: current
-- rollback
GRANT SELECT ON feedback_log TO PUBLIC

-- case: mixed: both names of one column
-- straight: current
-- as: SELECT kwh_consumed AS consumption_kwh, kwh_consumed FROM consumption_log WHERE log_id < 9 ORDER BY log_id
SELECT consumption_kwh, kwh_consumed FROM consumption_log WHERE log_id < 9 ORDER BY log_id

-- case: mixed: legacy and current in one condition
-- straight: current
-- as: SELECT feedback_id FROM feedback_log WHERE feedback_useful AND submitted_at > '2025-02-01' ORDER BY feedback_id
SELECT feedback_id FROM feedback_log WHERE rating = 4 AND submitted_at > '2025-02-01' AND feedback_useful ORDER BY feedback_id

-- case: mixed: the legacy and the current table
-- straight: current
-- as: SELECT CASE WHEN feedback_useful THEN 4 ELSE 2 END AS rating, feedback_useful FROM solver_runs ORDER BY id
SELECT s.rating, r.feedback_useful FROM solver s JOIN solver_runs r USING (id) ORDER BY id

-- case: mixed: a current column of the legacy table
-- straight: current
-- as: SELECT feedback_useful, CASE WHEN feedback_useful THEN 4 ELSE 2 END AS rating FROM solver_runs ORDER BY id
SELECT s.feedback_useful, s.rating FROM solver s ORDER BY s.id

-- case: mixed: a legacy name under a current label
-- straight: current
-- as: SELECT log_id, kwh_consumed FROM consumption_log WHERE log_id < 9 ORDER BY kwh_consumed, log_id
SELECT log_id, consumption_kwh AS kwh_consumed FROM consumption_log WHERE log_id < 9 ORDER BY kwh_consumed, log_id

