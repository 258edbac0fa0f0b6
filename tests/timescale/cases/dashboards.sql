-- What dashboards and jobs ask of a hypertable in legacy names; on a server without TimescaleDB, of a partitioned table.

-- case: dashboards: the load of a day by hour
SELECT time_bucket('1 hour', timestamp) AS hour, equipment_id, avg(power_w) AS watts, sum(consumption_kwh) AS kwh
FROM measurements WHERE record_date = '2025-01-20' GROUP BY hour, equipment_id ORDER BY hour, equipment_id

-- case: dashboards: with parameters
-- $1 = date 2025-01-20
-- $2 = date 2025-01-22
SELECT time_bucket('6 hours', m.timestamp) AS bucket, max(m.power_w), count(m.consumption_kwh) FROM measurements m
WHERE m.record_date BETWEEN $1 AND $2 GROUP BY 1 ORDER BY 1

-- case: dashboards: the last reading of each
SELECT DISTINCT ON (equipment_id) equipment_id, timestamp, power_w FROM measurements WHERE record_date > '2025-02-25' ORDER BY equipment_id, timestamp DESC

-- case: dashboards: days
SELECT record_date, sum(consumption_kwh), min(power_w) FROM measurements WHERE record_date >= '2025-02-20' GROUP BY record_date ORDER BY record_date

-- case: dashboards: everything of a quarter of an hour
SELECT * FROM measurements WHERE timestamp = '2025-02-01 10:15:00+00' ORDER BY equipment_id

-- case: dashboards: buckets of seven days, in another zone
-- set: SET TimeZone = 'America/Bogota'
SELECT time_bucket('7 days', timestamp) AS week, count(*), sum(power_w * 0.25 / 1000) FROM measurements
WHERE record_date < '2025-02-03' AND power_w > 60000 GROUP BY week HAVING count(*) > 1 ORDER BY week

-- case: dashboards: peak beside mean
WITH hourly AS (SELECT time_bucket(interval '1 hour', timestamp) AS hour, avg(power_w) AS watts FROM measurements WHERE record_date = '2025-01-31' GROUP BY 1)
SELECT hour, watts, max(watts) OVER (ORDER BY hour ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM hourly ORDER BY hour
