-- What only TimescaleDB answers.

-- case: hypertables: chunks of a table by its name
SELECT count(*) FROM show_chunks('measurements')

-- case: hypertables: chunks before a day
SELECT count(*) FROM show_chunks('public.measurements', older_than => timestamptz '2025-02-01 00:00:00+00')

-- case: hypertables: by the name of the argument
SELECT count(*) FROM show_chunks(relation => 'measurements', newer_than => '2025-02-01'::timestamptz)

-- case: hypertables: sizes
SELECT hypertable_size('measurements') > 0, (SELECT count(*) FROM chunks_detailed_size('measurements')), approximate_row_count('measurements') >= 0

-- case: hypertables: gaps filled
SELECT time_bucket_gapfill('1 hour', timestamp) AS hour, locf(avg(power_w)), interpolate(avg(power_w))
FROM measurements WHERE timestamp >= '2025-03-02 18:00:00+00'::timestamptz AND timestamp < timestamptz '2025-03-03 06:00:00+00' AND equipment_id = 'machine 1' GROUP BY hour ORDER BY hour

-- case: hypertables: first and last
SELECT equipment_id, first(power_w, timestamp), last(consumption_kwh, timestamp) FROM measurements WHERE record_date = '2025-02-11' GROUP BY equipment_id ORDER BY equipment_id

-- case: hypertables: histogram
SELECT equipment_id, histogram(power_w, 0, 100000, 5) FROM measurements GROUP BY equipment_id ORDER BY equipment_id

-- case: hypertables: buckets in a zone
SELECT time_bucket('1 day', timestamp, 'America/Bogota') AS day, sum(consumption_kwh) FROM measurements WHERE record_date BETWEEN '2025-03-28' AND '2025-04-02' OR record_date = '2025-01-08' GROUP BY day ORDER BY day

-- case: hypertables: buckets from an origin
SELECT time_bucket('1 week', timestamp, origin => '2025-01-01'::timestamptz) AS week, count(*) FROM measurements GROUP BY week ORDER BY week

-- case: hypertables: dropping chunks
-- rollback
SELECT count(*) FROM drop_chunks('measurements', older_than => '2025-01-20'::timestamptz)
-- then
SELECT min(record_date) FROM measurements

-- case: hypertables: a continuous aggregate
-- rollback
-- notices: any
CREATE MATERIALIZED VIEW days WITH (timescaledb.continuous) AS
SELECT time_bucket('1 day', timestamp) AS day, equipment_id, sum(consumption_kwh) AS kwh, max(power_w) AS peak FROM measurements GROUP BY day, equipment_id WITH NO DATA
-- then
ALTER MATERIALIZED VIEW days SET (timescaledb.materialized_only = false)
-- then
SELECT * FROM days WHERE day < '2025-01-09 00:00:00+00' ORDER BY day, equipment_id

-- case: hypertables: what the extension says of a table
SELECT num_chunks, hypertable_schema FROM timescaledb_information.hypertables WHERE hypertable_name IN ('measurements', 'energy_measurements')
