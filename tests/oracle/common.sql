-- What is the same in both databases, and stands in the way of a careless rename: tables, columns, types and functions
-- that are called like a legacy or like a current name.

-- Named as the current columns of `solver_runs` are: an unqualified name in a subquery over it is captured.
CREATE TABLE cons (id int PRIMARY KEY, run_id int, feedback_useful boolean, timestamp_utc timestamptz, payload jsonb, kind text);
INSERT INTO cons SELECT id, run_id, flag, at, doc, kind FROM fact_cons;

-- Named as the current columns of `clientes`.
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, telefono text, estado text, amount numeric(10,2), created_at timestamptz);
INSERT INTO orders SELECT id, customer_id, phone, state, amount, at FROM fact_order;

-- Named as the legacy columns of `solver`, and itself as one of them.
CREATE TABLE rating (id int PRIMARY KEY, rating int, "timestamp" text);
INSERT INTO rating VALUES (1, 10, 'one'), (2, 20, 'two'), (4, 40, NULL);

-- A table of the legacy name in another schema is another table.
CREATE SCHEMA archive;
CREATE TABLE archive.solver (id int PRIMARY KEY, rating int, record_date date, timestamp_utc timestamptz);
INSERT INTO archive.solver VALUES (1, 5, '2020-01-01', '2020-01-01 10:00:00+00'), (2, 1, '2020-01-02', NULL);

-- A composite with the legacy names, and a table that holds it.
CREATE TYPE reading AS (rating int, "timestamp" timestamptz);
CREATE TABLE boxes (id int PRIMARY KEY, comp reading);
INSERT INTO boxes VALUES (1, ROW(7, '2025-01-01 00:00:00+00')), (2, NULL), (3, ROW(NULL, NULL));

CREATE FUNCTION doubled(rating int, plus int DEFAULT 0) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 + $2 $$;
CREATE FUNCTION ratings(first int) RETURNS TABLE (rating int, record_date date) LANGUAGE sql STABLE AS $$
    SELECT n, date '2025-01-01' + n FROM generate_series($1, 5) AS n
$$;

ANALYZE;
