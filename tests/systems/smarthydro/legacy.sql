-- The legacy schema of smarthydro with the same sample in it; migrations/smarthydro/sample.sql runs before, in the same session.
-- What stands in these tables is what a service that speaks the legacy names must be given. The order of the columns is the
-- `layout` of the mapping.

CREATE TABLE telemetry_project (
    id   bigint PRIMARY KEY,
    name varchar(100) NOT NULL
);
CREATE TABLE telemetry_catchmentpoint (
    id           bigint PRIMARY KEY,
    project_id   bigint NOT NULL REFERENCES telemetry_project (id),
    title        varchar(100) NOT NULL,
    is_telemetry boolean NOT NULL,
    lat          text,
    lon          text,
    frecuency    varchar(10),
    created      timestamptz NOT NULL
);
CREATE TABLE telemetry_group (
    id   bigint PRIMARY KEY,
    name varchar(100) NOT NULL
);
CREATE TABLE telemetry_catchmentpoint_groups (
    id                bigint PRIMARY KEY,
    catchmentpoint_id bigint NOT NULL REFERENCES telemetry_catchmentpoint (id),
    group_id          bigint NOT NULL REFERENCES telemetry_group (id),
    UNIQUE (catchmentpoint_id, group_id)
);
CREATE TABLE telemetry_variable (
    id    bigint PRIMARY KEY,
    name  varchar(50) NOT NULL,
    label varchar(100) NOT NULL,
    unit  varchar(20)
);
CREATE TABLE telemetry_interactiondetail (
    id                 bigint PRIMARY KEY,
    catchment_point_id bigint NOT NULL REFERENCES telemetry_catchmentpoint (id),
    date_time_medition timestamptz NOT NULL,
    flow               numeric(10,3),
    level              numeric(10,3),
    volume             numeric(12,3),
    raw_data           jsonb
);
CREATE TABLE telemetry_timeseriesdata (
    id          bigint PRIMARY KEY,
    point_id    bigint NOT NULL REFERENCES telemetry_catchmentpoint (id),
    variable_id bigint NOT NULL REFERENCES telemetry_variable (id),
    "timestamp" timestamptz NOT NULL,
    value       jsonb
);

INSERT INTO telemetry_project SELECT id, name FROM fact_project;
INSERT INTO telemetry_catchmentpoint SELECT id, project, title, active, lat::numeric(9,6)::text, lon::numeric(9,6)::text, every, made FROM fact_point;
INSERT INTO telemetry_group SELECT id, name FROM fact_group;
INSERT INTO telemetry_catchmentpoint_groups SELECT id, point, grouped FROM fact_member;
INSERT INTO telemetry_variable SELECT id, name, label, unit FROM fact_variable;
INSERT INTO telemetry_interactiondetail SELECT id, point, at, flow, level, volume, document FROM fact_wide ORDER BY id;
INSERT INTO telemetry_timeseriesdata
SELECT id, point, variable, at, coalesce(to_jsonb(trim_scale(number)), to_jsonb(word), to_jsonb(flag)) FROM fact_single ORDER BY id;

ANALYZE;
