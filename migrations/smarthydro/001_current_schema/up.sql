-- The current schema of smarthydro: one measurement table, a row for each variable of each reading.

CREATE TABLE telemetry_project (
    id   bigint PRIMARY KEY,
    name varchar(100) NOT NULL
);

CREATE TABLE telemetry_catchmentpoint (
    id                  bigint PRIMARY KEY,
    project_id          bigint NOT NULL REFERENCES telemetry_project (id),
    title               varchar(100) NOT NULL,
    is_telemetry_active boolean NOT NULL,
    latitude            numeric(9,6),
    longitude           numeric(9,6),
    frequency           varchar(10),
    created             timestamptz NOT NULL
);
CREATE INDEX telemetry_catchmentpoint_project ON telemetry_catchmentpoint (project_id);

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

-- `processing_config` says where a row comes from: `{"interaction": 17}` is a part of reading 17 of the store of wide rows.
CREATE TABLE telemetry_measurement (
    id                bigint PRIMARY KEY,
    point_id          bigint NOT NULL REFERENCES telemetry_catchmentpoint (id),
    variable_id       bigint NOT NULL REFERENCES telemetry_variable (id),
    "timestamp"       timestamptz NOT NULL,
    value_numeric     numeric(15,6),
    value_text        text,
    value_boolean     boolean,
    raw_value         jsonb,
    quality_score     double precision,
    provider          varchar(20),
    processing_config jsonb
);
CREATE INDEX telemetry_measurement_point_variable_time ON telemetry_measurement (point_id, variable_id, "timestamp" DESC);
CREATE INDEX telemetry_measurement_time_provider ON telemetry_measurement ("timestamp", provider);
CREATE INDEX telemetry_measurement_variable_time ON telemetry_measurement (variable_id, "timestamp" DESC);
-- A wide reading by its id, as its services ask for it.
CREATE INDEX telemetry_measurement_interaction ON telemetry_measurement (((processing_config ->> 'interaction')::bigint))
    WHERE processing_config -> 'interaction' IS NOT NULL;
