DROP TABLE telemetry_measurement;
DROP TABLE telemetry_variable;
DROP TABLE telemetry_catchmentpoint_groups;
DROP TABLE telemetry_group;
DROP TABLE telemetry_catchmentpoint;
DROP TABLE telemetry_project;
