-- The sample in the current schema; sample.sql runs before, in the same session.

INSERT INTO telemetry_project SELECT id, name FROM fact_project;
INSERT INTO telemetry_catchmentpoint (id, project_id, title, is_telemetry_active, latitude, longitude, frequency, created)
SELECT id, project, title, active, lat, lon, every, made FROM fact_point;
INSERT INTO telemetry_group SELECT id, name FROM fact_group;
INSERT INTO telemetry_catchmentpoint_groups SELECT id, point, grouped FROM fact_member;
INSERT INTO telemetry_variable SELECT id, name, label, unit FROM fact_variable;

INSERT INTO telemetry_measurement (id, point_id, variable_id, "timestamp", value_numeric, value_text, value_boolean, provider)
SELECT id, point, variable, at, number, word, flag, 'series' FROM fact_single ORDER BY id;

-- A wide reading is a row for each value that it has, or one without a value; the document goes with the first.
INSERT INTO telemetry_measurement (id, point_id, variable_id, "timestamp", value_numeric, raw_value, provider, processing_config)
SELECT 100000 + 10 * w.id + v.variable, w.point, v.variable, w.at, v.number,
       CASE WHEN v.variable = first_value(v.variable) OVER (PARTITION BY w.id ORDER BY v.variable) THEN w.document END,
       'wide', jsonb_build_object('interaction', w.id)
FROM fact_wide AS w
CROSS JOIN LATERAL (VALUES (1, w.flow), (2, w.level), (3, w.volume)) AS v (variable, number)
WHERE v.number IS NOT NULL OR (v.variable = 1 AND w.level IS NULL AND w.volume IS NULL)
ORDER BY w.id, v.variable;

ANALYZE;
