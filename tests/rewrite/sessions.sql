BEGIN; SET search_path = archive; ROLLBACK; SELECT rating FROM feedback_log
=> unchanged
=> unchanged
=> unchanged
=> refused 0A000 at byte 63: which `feedback_log` is meant depends on a search path or a temporary table that is not certain now

BEGIN; CREATE TEMP TABLE swapped ON COMMIT DROP AS SELECT 1 a; SELECT a FROM swapped; COMMIT; SELECT a FROM swapped ORDER BY id
=> unchanged
=> unchanged
=> unchanged
=> unchanged
=> refused 0A000 at byte 108: which `swapped` is meant depends on a search path or a temporary table that is not certain now

DO $$ BEGIN CREATE TEMP TABLE swapped AS SELECT 99 AS a, 98 AS b; END $$; SELECT a, b FROM swapped
=> opaque
=> unchanged

SET search_path = archive; SELECT rating FROM feedback_log; SET search_path = public; SELECT rating FROM feedback_log
=> unchanged
=> unchanged
=> unchanged
=> SET search_path = archive; SELECT rating FROM feedback_log; SET search_path = public; SELECT ((CASE WHEN feedback_log.feedback_useful THEN 4 WHEN NOT feedback_log.feedback_useful THEN 2 ELSE 3 END)::integer) AS rating FROM feedback_log

CREATE TEMP TABLE customers (city text); SELECT city FROM customers; DROP TABLE customers; SELECT city FROM customers
=> unchanged
=> unchanged
=> unchanged
=> CREATE TEMP TABLE customers (city text); SELECT city FROM customers; DROP TABLE customers; SELECT customers.ciudad AS city FROM clientes AS customers
