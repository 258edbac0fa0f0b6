-- Trap 44: a write through legacy names is refused, whole, and changes nothing; so is what follows it in its transaction.

-- case: writes: update sets a legacy column
-- traps: 44
-- refused: 0A000
UPDATE feedback_log SET rating = 4 WHERE feedback_id = 'f-0001'
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update sets a renamed column
-- traps: 44
-- refused: 0A000
UPDATE consumption_log SET consumption_kwh = 1.5 WHERE log_id = 1
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update filters by a legacy column
-- traps: 44
-- refused: 0A000
UPDATE feedback_log SET comments = 'x' WHERE rating = 4
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update reads a legacy column
-- traps: 44
-- refused: 0A000
UPDATE feedback_log SET comments = rating::text
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a renamed table
-- traps: 44
-- refused: 0A000
UPDATE customers SET full_name = 'x' WHERE id = 1
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a renamed table by a current name
-- traps: 44
-- refused: 0A000
UPDATE customers SET nombre_completo = 'x' WHERE id = 1
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update under an alias
-- traps: 44
-- refused: 0A000
UPDATE feedback_log AS f SET comments = 'x' WHERE f.created_at < '2025-01-01'
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a row of columns
-- traps: 44
-- refused: 0A000
UPDATE feedback_log SET (rating, comments) = (4, 'x') WHERE feedback_id = 'f-0001'
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update from another table
-- traps: 44
-- refused: 0A000
UPDATE cons SET kind = 'x' FROM solver s WHERE s.id = cons.run_id AND s.rating = 4
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a legacy table from another
-- traps: 44
-- refused: 0A000
UPDATE solver SET note = c.kind FROM cons c WHERE c.run_id = solver.id
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update whose returning names a legacy column
-- traps: 44
-- refused: 0A000
UPDATE feedback_log SET comments = 'x' WHERE feedback_id = 'f-0001' RETURNING rating
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a swapped pair
-- traps: 44
-- refused: 0A000
UPDATE swapped SET a = 1 WHERE id = 1
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update of a swapped pair by its condition
-- traps: 44
-- refused: 0A000
UPDATE swapped SET c = 'q' WHERE a = 10
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: update by a subquery over legacy names
-- traps: 44
-- refused: 0A000
UPDATE cons SET kind = 'x' WHERE run_id IN (SELECT id FROM solver WHERE rating = 4)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete filters by a legacy column
-- traps: 44
-- refused: 0A000
DELETE FROM feedback_log WHERE rating = 2
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete filters by the legacy day
-- traps: 44
-- refused: 0A000
DELETE FROM consumption_log WHERE record_date < '2025-01-01'
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete of a renamed table
-- traps: 44
-- refused: 0A000
DELETE FROM customers WHERE id = 1
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete of a whole renamed table
-- traps: 44
-- refused: 0A000
DELETE FROM solver
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete using a legacy table
-- traps: 44
-- refused: 0A000
DELETE FROM cons USING solver WHERE solver.id = cons.run_id AND solver.rating = 2
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: delete whose returning names a legacy column
-- traps: 44
-- refused: 0A000
DELETE FROM feedback_log WHERE feedback_id = 'f-0001' RETURNING feedback_type
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert into legacy columns
-- traps: 44
-- refused: 0A000
INSERT INTO feedback_log (feedback_id, user_id, rating) VALUES ('f-9999', 'user-001', 4)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert into renamed columns
-- traps: 44
-- refused: 0A000
INSERT INTO consumption_log (log_id, user_id, timestamp, consumption_kwh) VALUES (99999, 'user-001', now(), 1)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert into a renamed table
-- traps: 44
-- refused: 0A000
INSERT INTO customers (id, full_name) VALUES (99, 'x')
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert into a renamed table without a list
-- traps: 44
-- refused: 0A000
INSERT INTO customers VALUES (99, '1', 'x', 'y', 'z', 'active', now())
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert without a list into a table of another order
-- traps: 44
-- refused: 0A000
INSERT INTO feedback_log VALUES ('f-9999', 'user-001', 4, 'tariff', 'x', now())
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert on conflict sets a legacy column
-- traps: 44
-- refused: 0A000
INSERT INTO feedback_log (feedback_id, user_id) VALUES ('f-0001', 'user-001') ON CONFLICT (feedback_id) DO UPDATE SET rating = 2
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert on conflict reads an excluded legacy column
-- traps: 44
-- refused: 0A000
INSERT INTO feedback_log (feedback_id, user_id) VALUES ('f-0001', 'user-001') ON CONFLICT (feedback_id) DO UPDATE SET comments = excluded.feedback_type
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert on conflict over the legacy day
-- traps: 44
-- refused: 0A000
INSERT INTO consumption_log (log_id, user_id) VALUES (1, 'x') ON CONFLICT (record_date) DO NOTHING
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: insert returning a legacy column
-- traps: 44
-- refused: 0A000
INSERT INTO feedback_log (feedback_id, user_id) VALUES ('f-9999', 'user-001') RETURNING created_at
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: merge into a mapped table
-- traps: 44
-- refused: 0A000
MERGE INTO feedback_log f USING cons c ON f.rating = c.id WHEN MATCHED THEN DELETE
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: merge that updates a legacy column
-- traps: 44
-- refused: 0A000
MERGE INTO feedback_log f USING cons c ON f.feedback_id = c.kind WHEN MATCHED THEN UPDATE SET rating = 2
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: merge that inserts legacy columns
-- traps: 44
-- refused: 0A000
MERGE INTO feedback_log f USING cons c ON f.feedback_id = c.kind WHEN NOT MATCHED THEN INSERT (feedback_id, user_id, rating) VALUES ('f-9', 'x', 4)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: merge into a renamed table
-- traps: 44
-- refused: 0A000
MERGE INTO customers t USING orders o ON t.id = o.customer_id WHEN MATCHED THEN DELETE
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: a writing CTE over a legacy column
-- traps: 44
-- refused: 0A000
WITH d AS (DELETE FROM feedback_log WHERE rating = 4 RETURNING feedback_id) SELECT count(*) FROM d
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: a writing CTE that returns a legacy column
-- traps: 44
-- refused: 0A000
WITH u AS (UPDATE feedback_log SET comments = comments RETURNING rating) SELECT rating FROM u
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: truncate of a renamed table
-- traps: 44
-- refused: 0A000
TRUNCATE customers
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: truncate of several, one renamed
-- traps: 44
-- refused: 0A000
TRUNCATE cons, solver
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: lock of a renamed table
-- traps: 44
-- refused: 0A000
LOCK TABLE customers IN SHARE MODE
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: drop of a renamed table
-- traps: 44
-- refused: 0A000
DROP TABLE customers
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: alter of a legacy column
-- traps: 44
-- refused: 0A000
ALTER TABLE feedback_log DROP COLUMN rating
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: rename of a legacy column
-- traps: 44
-- refused: 0A000
ALTER TABLE consumption_log RENAME COLUMN consumption_kwh TO kwh
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: an index over a legacy column
-- traps: 44
-- refused: 0A000
CREATE INDEX ON feedback_log (rating)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: grant on a legacy column
-- traps: 44
-- refused: 0A000
GRANT SELECT (rating) ON feedback_log TO PUBLIC
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: comment on a legacy column
-- traps: 44
-- refused: 0A000
COMMENT ON COLUMN feedback_log.rating IS 'x'
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: explain of a legacy update
-- traps: 44
-- refused: 0A000
EXPLAIN UPDATE feedback_log SET rating = 4
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: prepare of a legacy insert
-- traps: 44
-- refused: 0A000
PREPARE p AS INSERT INTO feedback_log (feedback_id, user_id, rating) VALUES ($1, $2, $3)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: copy into legacy columns
-- traps: 40
-- protocol: simple
-- refused: 0A000
COPY feedback_log (feedback_id, user_id, rating) FROM STDIN
-- then
SELECT count(*) FROM feedback_log

-- case: writes: copy into a renamed table
-- traps: 40
-- protocol: simple
-- refused: 0A000
COPY customers FROM STDIN
-- then
SELECT count(*) FROM customers

-- case: writes: copy without a list into a table of another order
-- traps: 40
-- protocol: simple
-- refused: 0A000
COPY feedback_log FROM STDIN
-- then
SELECT count(*) FROM feedback_log

-- case: writes: an unmapped table from a select over legacy names
-- traps: 44
-- rollback
-- same-or-refused
INSERT INTO cons (id, run_id, kind) SELECT 100 + id, rating, note FROM solver WHERE rating = 4

-- case: writes: an unmapped table from a star
-- traps: 12, 44
-- rollback
-- same-or-refused
INSERT INTO archive.solver (id, rating) SELECT q.id + 10, q.rating FROM (SELECT * FROM solver) q RETURNING id, rating

-- case: writes: a refused parameterised update
-- traps: 44
-- refused: 0A000
-- $1 = int4 4
-- $2 = text f-0001
UPDATE feedback_log SET rating = $1 WHERE feedback_id = $2
-- then
SELECT rating FROM feedback_log WHERE feedback_id = 'f-0001'
