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
-- refused: 0A000 or 42P01
TRUNCATE customers
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: truncate of several, one renamed
-- traps: 44
-- refused: 0A000 or 42P01
TRUNCATE cons, solver
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: lock of a renamed table
-- traps: 44
-- rollback
-- refused: 0A000 or 42P01
LOCK TABLE customers IN SHARE MODE
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: drop of a renamed table
-- traps: 44
-- refused: 0A000 or 42P01
DROP TABLE customers
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: alter of a legacy column
-- traps: 44
-- refused: 0A000 or 42703
ALTER TABLE feedback_log DROP COLUMN rating
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: rename of a legacy column
-- traps: 44
-- refused: 0A000 or 42703
ALTER TABLE consumption_log RENAME COLUMN consumption_kwh TO kwh
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: an index over a legacy column
-- traps: 44
-- refused: 0A000 or 42703
CREATE INDEX ON feedback_log (rating)
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: grant on a legacy column
-- traps: 44
-- refused: 0A000 or 42703
GRANT SELECT (rating) ON feedback_log TO PUBLIC
-- then
SELECT count(*), sum(rating) FROM feedback_log
-- then
SELECT count(*), min(full_name), max(status) FROM customers

-- case: writes: comment on a legacy column
-- traps: 44
-- refused: 0A000 or 42703
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
-- as: PREPARE p AS SELECT * FROM a_relation_that_is_not_there
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

-- case: writes: swapped names: update
-- traps: 1, 44
-- refused: 0A000
UPDATE swapped SET c = 'q' WHERE b = 3
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: update of both
-- traps: 1, 44
-- refused: 0A000
UPDATE swapped SET a = b, b = a
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: insert with a list
-- traps: 1, 44
-- refused: 0A000
INSERT INTO swapped (id, a) VALUES (100, 1)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: insert without a list
-- traps: 1, 44
-- refused: 0A000
INSERT INTO swapped VALUES (100, 1, 2, 'q')
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: insert from a select without a list
-- traps: 1, 44
-- refused: 0A000
INSERT INTO swapped SELECT 100, 1, 2, 'q'
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: delete
-- traps: 1, 44
-- refused: 0A000
DELETE FROM swapped WHERE a = 10
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: merge
-- traps: 1, 44
-- refused: 0A000
MERGE INTO swapped t USING cons c ON t.a = c.id WHEN MATCHED THEN DELETE
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: drop of a column
-- traps: 1, 44
-- refused: 0A000
ALTER TABLE swapped DROP COLUMN a
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: rename of a column
-- traps: 1, 44
-- refused: 0A000
ALTER TABLE swapped RENAME a TO z
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: rename of a chained column
-- traps: 1, 44
-- refused: 0A000
ALTER TABLE chain RENAME COLUMN b TO z
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a check
-- traps: 1, 44
-- refused: 0A000
ALTER TABLE swapped ADD CONSTRAINT positive CHECK (a > 0)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a type
-- traps: 1, 44
-- refused: 0A000
ALTER TABLE swapped ALTER COLUMN a TYPE bigint
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: an index
-- traps: 1, 44
-- refused: 0A000
CREATE INDEX ON swapped (a)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: an index over an expression
-- traps: 1, 44
-- refused: 0A000
CREATE INDEX ON chain ((b + 1))
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: statistics
-- traps: 1, 44
-- refused: 0A000
CREATE STATISTICS ON a, b FROM swapped
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a comment
-- traps: 1, 44
-- refused: 0A000
COMMENT ON COLUMN swapped.a IS 'x'
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a grant
-- traps: 1, 44
-- refused: 0A000
GRANT UPDATE (a) ON swapped TO PUBLIC
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a revoke
-- traps: 1, 44
-- refused: 0A000
REVOKE SELECT (b) ON chain FROM PUBLIC
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a rule
-- traps: 1, 44
-- refused: 0A000
CREATE RULE r AS ON INSERT TO swapped WHERE NEW.a > 3 DO INSTEAD NOTHING
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a policy
-- traps: 1, 44
-- refused: 0A000
CREATE POLICY p ON swapped USING (a > 3)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a trigger
-- traps: 1, 44
-- refused: 0A000
CREATE TRIGGER t BEFORE UPDATE OF a ON swapped FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: analyze of a column
-- traps: 1, 44
-- refused: 0A000
ANALYZE swapped (a)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a foreign key
-- traps: 1, 44
-- refused: 0A000
CREATE TABLE child (x int REFERENCES swapped (a))
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: like
-- traps: 1, 44
-- refused: 0A000
CREATE TABLE child (LIKE swapped)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: inherits
-- traps: 1, 44
-- refused: 0A000
CREATE TABLE child () INHERITS (swapped)
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: explain
-- traps: 1, 44
-- refused: 0A000
EXPLAIN DELETE FROM swapped WHERE a = 10
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: prepare
-- traps: 1, 44
-- refused: 0A000
-- as: PREPARE p AS SELECT * FROM a_relation_that_is_not_there
PREPARE p AS DELETE FROM swapped WHERE a = 10
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: on conflict
-- traps: 1, 44
-- refused: 0A000
INSERT INTO swapped (id, c) VALUES (1, 'q') ON CONFLICT (id) DO UPDATE SET c = excluded.c WHERE swapped.a = 10
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a returning star
-- traps: 1, 44
-- refused: 0A000
UPDATE swapped SET c = 'q' WHERE id = 1 RETURNING *
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a deleting star
-- traps: 1, 44
-- refused: 0A000
DELETE FROM swapped WHERE id = 1 RETURNING *
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a writing CTE with a star
-- traps: 1, 44
-- refused: 0A000
WITH d AS (DELETE FROM swapped RETURNING *) SELECT a FROM d
-- then
SELECT a, b FROM swapped ORDER BY a, b, id

-- case: writes: swapped names: a copy out with columns
-- traps: 1, 40
-- protocol: simple
COPY swapped (id, a) TO STDOUT

-- case: writes: swapped names: a copy out
-- traps: 1, 40
-- protocol: simple
COPY swapped TO STDOUT

-- case: writes: swapped names: a copy in
-- traps: 1, 40
-- protocol: simple
-- refused: 0A000
COPY swapped (id, a) FROM STDIN

-- case: writes: swapped names: a view
-- traps: 1, 41
-- rollback
-- same-or-refused
CREATE VIEW swapped_view AS SELECT id, a FROM swapped
-- then
SELECT a FROM swapped_view ORDER BY a

-- case: writes: swapped names: a materialized view
-- traps: 1, 41
-- rollback
-- same-or-refused
CREATE MATERIALIZED VIEW swapped_view AS SELECT * FROM swapped
-- then
SELECT a FROM swapped_view ORDER BY a

-- case: writes: swapped names: a table from a star
-- traps: 1, 41
-- rollback
-- same-or-refused
CREATE TABLE swapped_copy AS SELECT * FROM swapped
-- then
SELECT id, a, b FROM swapped_copy ORDER BY id

-- case: writes: swapped names: a table from the table command
-- traps: 1, 41
-- rollback
-- same-or-refused
CREATE TABLE swapped_copy AS TABLE swapped
-- then
SELECT id, a, b FROM swapped_copy ORDER BY id

-- case: writes: swapped names: select into
-- traps: 1, 41
-- rollback
-- same-or-refused
SELECT id, a INTO swapped_copy FROM swapped
-- then
SELECT id, a FROM swapped_copy ORDER BY id

-- case: writes: swapped names: an unmapped table from a select
-- traps: 1, 44
-- rollback
-- same-or-refused
INSERT INTO cons (id, run_id) SELECT id + 100, a FROM swapped RETURNING id, run_id

-- case: writes: swapped names: an update of an unmapped table from it
-- traps: 1, 44
-- rollback
-- same-or-refused
UPDATE orders SET amount = s.a FROM swapped s WHERE s.id = orders.id RETURNING orders.id, amount, s.b

-- case: writes: swapped names: a deletion by a subquery over it
-- traps: 1, 44
-- rollback
-- same-or-refused
DELETE FROM orders WHERE id IN (SELECT id FROM swapped WHERE a = 10) RETURNING id

-- case: writes: swapped names: only columns that kept their names
-- traps: 1, 44
-- straight: current
-- rollback
-- same-or-refused
UPDATE swapped SET c = 'q' WHERE id = 1

-- case: writes: swapped names: truncate
-- traps: 44
-- straight: current
-- rollback
TRUNCATE swapped
