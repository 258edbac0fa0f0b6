-- Sample data of smartwatt: what happened, in the words of neither schema.
-- It fills temporary tables; each schema has its own INSERT … SELECT from them, in the same session
-- (sample_current.sql beside this file, and the legacy schema's in tests/systems/smartwatt/legacy.sql).
--
-- All is a function of a seed and the row's number, so the data is the same on every server: random() is not, its sequence
-- differs between versions. Energy comes in eighths of a kilowatt hour and costs in sixteenths, which binary fractions hold
-- exactly: sums do not depend on the order in which a plan adds them up.

CREATE FUNCTION pg_temp.pick(what text, n bigint, below bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT ('x' || substr(md5('smartwatt/2025/' || what || '/' || n), 1, 8))::bit(32)::bigint % below
$$;

CREATE TEMP TABLE fact_user AS
SELECT n AS nr, CASE WHEN n % 20 = 7 THEN 'usuario-ñ' || lpad(n::text, 3, '0') ELSE 'user-' || lpad(n::text, 3, '0') END AS who,
       (ARRAY['north', 'south', 'île'])[1 + n % 3] AS zone
FROM generate_series(1, 40) AS n;

-- Readings: each hour of some days around the end of the year, then spread over the months after it. Every eleventh lies
-- within a microsecond or a second of midnight UTC, where a day made in another zone would be another day.
CREATE TEMP TABLE fact_reading AS
SELECT n AS id, u.who, u.zone,
       CASE pg_temp.pick('device', n, 9) WHEN 0 THEN NULL WHEN 1 THEN 'timestamp' ELSE 'meter-' || pg_temp.pick('device', n, 9) END
           AS device,
       CASE WHEN n % 97 = 0 THEN NULL
            WHEN n % 11 = 0 THEN timestamptz '2025-01-01 00:00:00+00' + (pg_temp.pick('day', n, 20) - 10) * interval '1 day'
                + (ARRAY[interval '-1 second', interval '-1 microsecond', interval '0', interval '1 microsecond',
                         interval '1 second'])[1 + pg_temp.pick('edge', n, 5)]
            WHEN n <= 1200 THEN timestamptz '2024-12-26 00:00:00+00' + pg_temp.pick('hour', n, 24 * 12) * interval '1 hour'
            ELSE timestamptz '2025-01-07 00:00:00+00' + pg_temp.pick('minute', n, 60 * 24 * 80) * interval '1 minute'
       END AS at,
       CASE WHEN n % 29 = 0 THEN NULL ELSE pg_temp.pick('kwh', n, 240) / 8::double precision END AS kwh,
       CASE WHEN n % 31 = 0 THEN NULL ELSE pg_temp.pick('cost', n, 160) / 16::double precision END AS cost,
       CASE n % 7 WHEN 0 THEN NULL
                  WHEN 1 THEN jsonb_build_object('rating', pg_temp.pick('rating', n, 5), 'source', 'meter')
                  WHEN 2 THEN jsonb_build_object('timestamp', '2025-01-01', 'consumption_kwh', n % 13)
                  WHEN 3 THEN '{}'
                  ELSE jsonb_build_object('source', (ARRAY['meter', 'manual', 'año'])[1 + n % 3]) END AS meta
FROM generate_series(1, 2400) AS n
JOIN fact_user AS u ON u.nr = 1 + pg_temp.pick('user', n, 38);   -- two users have no reading

-- Predictions. `shape` is how the document holds the number; from 4 on it holds none.
CREATE TEMP TABLE fact_prediction AS
SELECT n AS id, u.who,
       CASE WHEN n % 9 = 0 THEN NULL ELSE 'chat-' || pg_temp.pick('chat', n, 150) END AS chat,
       (ARRAY['monthly', 'daily', 'rating', 'anomalía'])[1 + pg_temp.pick('kind', n, 4)] AS kind,
       s.shape,
       CASE WHEN s.shape < 4 THEN pg_temp.pick('predicted', n, 4000) / 8::double precision END AS kwh,
       CASE WHEN n % 17 = 0 THEN NULL ELSE pg_temp.pick('confidence', n, 65) / 64::double precision END AS confidence,
       CASE WHEN n % 13 = 0 THEN timestamptz '2025-01-01 00:00:00+00' + (n % 3 - 1) * interval '1 microsecond'
            ELSE timestamptz '2024-12-20 00:00:00+00' + pg_temp.pick('made', n, 60 * 24 * 100) * interval '1 minute' END AS made,
       CASE WHEN n % 3 = 0 THEN timestamptz '2025-04-01 00:00:00+00' + n * interval '1 minute' END AS validated
FROM generate_series(1, 600) AS n
JOIN fact_user AS u ON u.nr = 1 + pg_temp.pick('asker', n, 40)
CROSS JOIN LATERAL (SELECT pg_temp.pick('shape', n, 10) AS shape) AS s;

-- Feedback: useful, not useful, or not said.
CREATE TEMP TABLE fact_feedback AS
SELECT n AS id, u.who,
       (ARRAY['tariff', 'appliance', 'schedule', 'timestamp', NULL])[1 + pg_temp.pick('kind', n, 5)] AS kind,
       (ARRAY[true, true, false, NULL])[1 + pg_temp.pick('useful', n, 4)] AS useful,
       (ARRAY['great rating: 5/5', 'the timestamp was wrong', 'very useful', '¿y la tarifa nocturna? ñandú', '', 'rating', NULL])
           [1 + pg_temp.pick('comment', n, 7)] AS said,
       CASE WHEN n % 41 = 0 THEN NULL
            WHEN n % 10 = 0 THEN timestamptz '2024-12-31 23:59:59.999999+00' + (n % 4 - 1) * interval '1 microsecond'
            ELSE timestamptz '2024-12-24 00:00:00+00' + pg_temp.pick('given', n, 60 * 24 * 90) * interval '1 minute' END AS at
FROM generate_series(1, 500) AS n
JOIN fact_user AS u ON u.nr = 3 + pg_temp.pick('giver', n, 38);

-- Tariffs by hour and zone, twice: the prices changed with the year.
CREATE TEMP TABLE fact_tariff AS
SELECT z.zone, h AS hour, d.valid_from,
       CASE WHEN h < 8 THEN 'valley' WHEN h BETWEEN 10 AND 13 OR h BETWEEN 18 AND 21 THEN 'peak' ELSE 'flat' END AS name,
       (10000 + pg_temp.pick('price' || z.zone || d.valid_from, h, 25000)) / 100000.0 AS price
FROM unnest(ARRAY['north', 'south', 'île']) AS z (zone)
CROSS JOIN generate_series(0, 23) AS h
CROSS JOIN unnest(ARRAY[date '2024-01-01', date '2025-01-01']) AS d (valid_from);
