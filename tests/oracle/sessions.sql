-- Traps 41, 43 and 48: statements inside of statements, and what a session remembers.

-- case: sessions: prepare and execute
-- traps: 41
PREPARE p AS SELECT id, rating FROM solver WHERE rating = $1 ORDER BY id
-- then
EXECUTE p(4)
-- then
EXECUTE p(2)
-- then
DEALLOCATE p
-- then
EXECUTE p(4)

-- case: sessions: prepare with types
-- traps: 41
PREPARE p (int, date) AS SELECT id, record_date FROM solver WHERE rating = $1 AND record_date >= $2 ORDER BY id
-- then
EXECUTE p(4, '2025-01-01')
-- then
DEALLOCATE ALL
-- then
EXECUTE p(4, '2025-01-01')

-- case: sessions: prepare of a star
-- traps: 41
PREPARE p AS SELECT * FROM solver ORDER BY id
-- then
EXECUTE p

-- case: sessions: a cursor
-- traps: 41
BEGIN
-- then
DECLARE c CURSOR FOR SELECT id, rating, record_date FROM solver ORDER BY id
-- then
-- rows: ordered
FETCH 2 FROM c
-- then
MOVE 3 IN c
-- then
-- rows: ordered
FETCH ALL IN c
-- then
CLOSE c
-- then
COMMIT

-- case: sessions: a scrollable cursor with hold
-- traps: 41
DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT note, rating FROM solver ORDER BY rating, id
-- then
-- rows: ordered
FETCH LAST c
-- then
-- rows: ordered
FETCH BACKWARD 3 FROM c
-- then
-- rows: ordered
FETCH ABSOLUTE 1 FROM c
-- then
CLOSE c

-- case: sessions: a cursor outside of a transaction
-- traps: 41
DECLARE c CURSOR FOR SELECT rating FROM solver

-- case: sessions: explain
-- traps: 41
-- compare: shape
EXPLAIN SELECT rating FROM solver WHERE record_date = '2025-01-01'

-- case: sessions: explain with options
-- traps: 41
-- compare: shape
EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT s.rating, c.full_name FROM solver s JOIN customers c USING (id) ORDER BY s.rating

-- case: sessions: explain as json
-- traps: 41
-- compare: shape
EXPLAIN (FORMAT JSON) SELECT * FROM solver

-- case: sessions: explain of an error
-- traps: 41, 47
EXPLAIN SELECT rating, raiting FROM solver

-- case: sessions: explain analyze verbose
-- traps: 41
-- compare: shape
EXPLAIN ANALYZE VERBOSE SELECT rating FROM solver

-- case: sessions: two statements at once
-- protocol: simple
SELECT rating FROM solver WHERE id = 1; SELECT record_date, version FROM solver WHERE id = 2

-- case: sessions: statements with and without legacy names
-- protocol: simple
SELECT 1; SELECT rating FROM solver WHERE id = 1; SHOW DateStyle; SELECT count(*) FROM cons;

-- case: sessions: two statements, an error in the second
-- protocol: simple
SELECT rating FROM solver WHERE id = 1; SELECT raiting FROM solver; SELECT 3

-- case: sessions: an error in the third, with unicode in the first
-- protocol: simple
SELECT 'ü', rating FROM solver WHERE id = 1; SELECT '日本', predicted_consumption FROM solver WHERE id = 1; SELECT rating, nope FROM solver

-- case: sessions: a syntax error in the second spoils the first
-- protocol: simple
SELECT rating FROM solver WHERE id = 1; SELEC rating FROM solver

-- case: sessions: division by zero in the second
-- protocol: simple
SELECT rating FROM solver WHERE id = 1; SELECT 1/(rating - 4) FROM solver; SELECT rating FROM solver WHERE id = 3

-- case: sessions: two statements in a prepared one
SELECT rating FROM solver; SELECT 1

-- case: sessions: a transaction in one text
-- protocol: simple
BEGIN; SELECT rating FROM solver WHERE id = 1; COMMIT; SELECT record_date FROM solver WHERE id = 1

-- case: sessions: a transaction with an error in between
BEGIN
-- then
SELECT rating FROM solver WHERE id = 1
-- then
SELECT raiting FROM solver
-- then
SELECT rating FROM solver WHERE id = 1
-- then
ROLLBACK
-- then
SELECT rating FROM solver WHERE id = 1

-- case: sessions: an error in a transaction that is committed
BEGIN
-- then
SELECT 1/0, rating FROM solver
-- then
COMMIT
-- then
SELECT rating FROM solver WHERE id = 1

-- case: sessions: savepoints around an error
BEGIN
-- then
SAVEPOINT rating
-- then
SELECT record_date, nope FROM solver
-- then
ROLLBACK TO SAVEPOINT rating
-- then
SELECT record_date FROM solver WHERE id = 1
-- then
RELEASE rating
-- then
COMMIT

-- case: sessions: a refusal fails its transaction
BEGIN
-- then
SELECT rating FROM solver WHERE id = 1
-- then
-- refused: 0A000
UPDATE solver SET rating = 4 WHERE id = 1
-- then
SELECT rating FROM solver WHERE id = 1
-- then
ROLLBACK
-- then
SELECT rating FROM solver WHERE id = 1

-- case: sessions: a refusal between two statements of one text
-- protocol: simple
-- refused: 0A000
-- as: SELECT rating FROM solver WHERE id = 1; SELECT 1 FROM a_relation_that_is_not_there; SELECT 2
SELECT rating FROM solver WHERE id = 1; DELETE FROM solver WHERE rating = 4; SELECT 2

-- case: sessions: a refusal rolls back what its text did before
-- protocol: simple
-- refused: 0A000
-- as: INSERT INTO cons (id, kind) VALUES (900, 'x'); SELECT 1 FROM a_relation_that_is_not_there
INSERT INTO cons (id, kind) VALUES (900, 'x'); UPDATE feedback_log SET rating = 2
-- then
SELECT count(*) FROM cons WHERE id = 900

-- case: sessions: a refusal and a savepoint
BEGIN
-- then
SAVEPOINT s
-- then
-- refused: 0A000
DELETE FROM customers WHERE status = 'active'
-- then
ROLLBACK TO s
-- then
SELECT count(*) FROM customers WHERE status = 'active'
-- then
COMMIT

-- case: sessions: a CTE's name is forgotten with its statement
WITH solver AS (SELECT 1 AS rating) SELECT rating FROM solver
-- then
SELECT rating FROM solver WHERE id = 1

-- case: sessions: a search path in which the name is another table
-- traps: 43
SET search_path = archive, public
-- then
SELECT id, rating, record_date FROM solver ORDER BY id
-- then
SELECT rating FROM public.solver WHERE id = 1
-- then
SELECT full_name FROM customers WHERE id = 1
-- then
RESET search_path
-- then
SELECT rating FROM solver WHERE id = 1

-- case: sessions: a search path with the schema first
-- traps: 43
SET search_path TO public, archive
-- then
SELECT rating, record_date FROM solver WHERE id = 2

-- case: sessions: a search path that is rolled back
-- traps: 43
BEGIN
-- then
SET search_path = archive
-- then
SELECT max(rating) FROM solver
-- then
ROLLBACK
-- then
-- same-or-refused: 42P01
SELECT max(rating) FROM solver

-- case: sessions: a local search path
-- traps: 43
BEGIN
-- then
SET LOCAL search_path = archive, public
-- then
-- same-or-refused
SELECT max(rating) FROM solver

-- case: sessions: a search path without the schema
-- traps: 43
SET search_path = pg_catalog
-- then
SELECT rating FROM solver
-- then
SELECT rating FROM public.solver WHERE id = 1

-- case: sessions: a search path set by a function
-- traps: 43
SELECT set_config('search_path', 'archive', false)
-- then
-- same-or-refused
SELECT max(rating) FROM solver

-- case: sessions: a temporary table of the legacy name
-- traps: 43
-- same-or-refused
CREATE TEMP TABLE solver (id int, rating int)
-- then
INSERT INTO solver VALUES (1, 99), (2, 98)
-- then
SELECT id, rating FROM solver ORDER BY id
-- then
SELECT rating FROM public.solver WHERE id = 1
-- then
UPDATE solver SET rating = rating - 1
-- then
SELECT * FROM solver ORDER BY id

-- case: sessions: a temporary table of the legacy name that is dropped again
-- traps: 43
CREATE TEMPORARY TABLE solver AS SELECT 1 AS id, 7 AS rating
-- then
-- same-or-refused
SELECT rating FROM solver
-- then
-- same-or-refused
DROP TABLE solver
-- then
-- same-or-refused
SELECT rating FROM solver WHERE id = 1

-- case: sessions: a temporary table of the legacy name that is rolled back
-- traps: 43
BEGIN
-- then
CREATE TEMP TABLE customers (full_name text, telefono text)
-- then
-- same-or-refused
SELECT full_name, telefono FROM customers
-- then
ROLLBACK
-- then
-- same-or-refused: 42P01
SELECT full_name FROM customers WHERE id = 1

-- case: sessions: discard all forgets
-- traps: 43
SET search_path = archive
-- then
DISCARD ALL
-- then
SELECT rating FROM solver WHERE id = 2

-- case: sessions: set and show
SET statement_timeout = '17s'
-- then
SHOW statement_timeout
-- then
SET TIME ZONE 'Asia/Tokyo'
-- then
SELECT timestamp, record_date FROM solver ORDER BY id

-- case: sessions: a select into a temporary table
-- same-or-refused
SELECT id, rating, record_date INTO TEMP runs FROM solver

-- case: sessions: a temporary table made from legacy names
-- traps: 41
-- same-or-refused
CREATE TEMP TABLE runs AS SELECT id, rating, record_date, predicted_consumption FROM solver

-- case: sessions: a temporary table made from a star
-- traps: 41
-- same-or-refused
CREATE TEMP TABLE runs AS SELECT * FROM solver

-- case: sessions: a temporary view over legacy names
-- traps: 41
-- same-or-refused
CREATE TEMP VIEW runs AS SELECT id, rating FROM solver

-- case: sessions: a do block that names nothing legacy
DO $$ BEGIN PERFORM 1; RAISE NOTICE 'rating'; END $$

-- case: sessions: listen and notify
LISTEN rating
-- then
UNLISTEN rating

-- case: sessions: lock a mapped table that kept its name
-- traps: 41
-- rollback
LOCK TABLE feedback_log IN ACCESS SHARE MODE

-- case: sessions: vacuum and analyze of what kept its name
-- traps: 41
-- protocol: simple
ANALYZE feedback_log

-- case: sessions: copy of a query out
-- traps: 40
-- protocol: simple
COPY (SELECT id, rating FROM solver ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER)

-- case: sessions: copy of an unmapped table out
-- protocol: simple
COPY cons TO STDOUT

-- case: sessions: copy of an unmapped table with columns called so
-- protocol: simple
COPY rating (rating, "timestamp") TO STDOUT

-- case: sessions: copy of a mapped table out
-- traps: 40
-- protocol: simple
COPY solver TO STDOUT

-- case: sessions: copy of mapped columns out
-- traps: 40
-- protocol: simple
COPY feedback_log (feedback_id, rating) TO STDOUT

-- case: sessions: copy of a mapped table that kept its name out
-- traps: 40
-- protocol: simple
COPY feedback_log TO STDOUT

-- case: sessions: a table of one's own, made and used in a transaction
-- traps: 43
-- straight: current
-- rollback
CREATE TABLE fresh (id int, rating int, "timestamp" text)
-- then
INSERT INTO fresh VALUES (1, 2, 'x')
-- then
SELECT rating, timestamp FROM fresh WHERE rating = 2
-- then
SELECT f.rating, f.* FROM fresh f
-- then
UPDATE fresh SET rating = rating + 1 RETURNING rating

-- case: sessions: a temporary table of one's own with legacy names in it
-- traps: 43
-- straight: current
CREATE TEMP TABLE fresh (id int, rating int, record_date date, a int)
-- then
INSERT INTO fresh (id, rating, a) VALUES (1, 2, 3)
-- then
SELECT rating, record_date, a FROM fresh ORDER BY rating
-- then
DROP TABLE fresh

-- case: sessions: a temporary table joined with a mapped one
-- traps: 43
-- same-or-refused
CREATE TEMP TABLE picked (run int)
-- then
INSERT INTO picked VALUES (1), (2)
-- then
-- same-or-refused
SELECT s.id, s.rating FROM solver s JOIN picked p ON p.run = s.id ORDER BY s.id

-- case: sessions: swapped names after a search path set by a function
-- traps: 1, 43
SELECT set_config('search_path', 'public', false)
-- then
-- same-or-refused
SELECT id, a, b FROM swapped ORDER BY a, b, id

-- case: sessions: swapped names under a local search path
-- traps: 1, 43
BEGIN
-- then
SET LOCAL search_path = archive, public
-- then
-- same-or-refused
SELECT id, a, b FROM swapped ORDER BY a, b, id

-- case: sessions: swapped names after a search path that was rolled back
-- traps: 1, 43
BEGIN
-- then
SET search_path = archive
-- then
ROLLBACK
-- then
-- same-or-refused: 42P01
SELECT id, a, b FROM swapped ORDER BY a, b, id

-- case: sessions: swapped names after a change of role
-- traps: 1, 43
SET ROLE pg_read_all_data
-- then
-- same-or-refused
SELECT id, a, b FROM public.swapped ORDER BY a, b, id

-- case: sessions: swapped names after a search path in the same text
-- protocol: simple
-- same-or-refused
SET search_path = public; SELECT id, a, b FROM swapped ORDER BY a, b, id

-- case: sessions: swapped names in another schema's table
-- traps: 1, 43
SELECT a, b FROM archive.swapped ORDER BY a
-- then
SELECT s.a, s.* FROM archive.swapped s
-- then
SET search_path = archive, public
-- then
SELECT a, b, swapped.* FROM swapped ORDER BY b
-- then
SELECT a, b FROM public.swapped ORDER BY a, b, id

-- case: sessions: a table of a mapped name in another schema
-- straight: current
-- rollback
-- same-or-refused
CREATE TABLE archive.customers (id int, full_name text)

-- case: sessions: swapped names in a prepared statement made before a search path
-- traps: 1, 43, 48
PREPARE p AS SELECT a, b FROM swapped ORDER BY a, b, id
-- then
SET search_path = public, archive
-- then
-- rows: ordered
EXECUTE p

-- case: sessions: a cursor over swapped names
-- traps: 1, 41
BEGIN
-- then
DECLARE c CURSOR FOR SELECT a, b FROM swapped ORDER BY a DESC NULLS LAST, b, id
-- then
-- rows: ordered
FETCH ALL c
-- then
COMMIT

-- case: sessions: create a table from a prepared statement over swapped names
-- traps: 1, 41
-- rollback
PREPARE p AS SELECT id, a FROM swapped
-- then
-- same-or-refused
CREATE TEMP TABLE made AS EXECUTE p
-- then
-- same-or-refused
SELECT id, a FROM made ORDER BY id

-- case: sessions: a table that was just made beside a mapped one
-- rollback
CREATE TABLE made (n int, x text)
-- then
INSERT INTO made VALUES (1, 'one'), (4, 'four')
-- then
SELECT id, rating, x, made.n FROM solver JOIN made ON n = id WHERE rating = 4 ORDER BY record_date, x
-- then
SELECT r.rating, x, record_date FROM made LEFT JOIN solver s ON s.id = n AND version = 1, LATERAL (SELECT s.rating) r ORDER BY 1, 2

-- case: sessions: a temporary table beside a mapped one, in one text
-- protocol: simple
-- rollback
CREATE TEMP TABLE made AS SELECT 1 AS n; SELECT record_date, n FROM solver, made WHERE id = n AND rating IN (2, 4)

-- case: sessions: a table that was just made, nearer than a mapped one
-- rollback
CREATE TABLE made (n int, rating int)
-- then
-- same-or-refused
SELECT (SELECT max(rating) FROM made) FROM solver ORDER BY id
