-- What stands in for it on a server without TimescaleDB: a partition for each week, and `time_bucket` for widths of fixed length.
CREATE TABLE energy_measurements (time timestamptz NOT NULL, equipment_id text, power_kw numeric(10,2), energy_kwh numeric(12,2))
    PARTITION BY RANGE (time);
CREATE INDEX energy_measurements_time_idx ON energy_measurements (time DESC);
SELECT format('CREATE TABLE energy_measurements_%s PARTITION OF energy_measurements FOR VALUES FROM (%L) TO (%L)', to_char(week, 'MMDD'),
              week AT TIME ZONE 'UTC', (week + interval '7 days') AT TIME ZONE 'UTC')
FROM generate_series(timestamp '2024-12-30', '2025-03-10', '7 days') AS week \gexec
INSERT INTO energy_measurements SELECT at, equipment_id, kw, kwh FROM sample ORDER BY at, equipment_id;
