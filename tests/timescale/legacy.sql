-- What the dashboards were written for.
CREATE TABLE measurements (timestamp timestamptz NOT NULL, record_date date, equipment_id text, power_w numeric(13,2), consumption_kwh numeric(12,2));
INSERT INTO measurements SELECT at, (at AT TIME ZONE 'UTC')::date, equipment_id, kw * 1000, kwh FROM sample ORDER BY at, equipment_id;
CREATE INDEX measurements_at ON measurements (timestamp DESC);
