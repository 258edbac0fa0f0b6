-- What the warehouse has now, with TimescaleDB.
CREATE TABLE energy_measurements (time timestamptz NOT NULL, equipment_id text, power_kw numeric(10,2), energy_kwh numeric(12,2));
SELECT create_hypertable('energy_measurements', 'time', chunk_time_interval => interval '7 days');
INSERT INTO energy_measurements SELECT at, equipment_id, kw, kwh FROM sample ORDER BY at, equipment_id;
