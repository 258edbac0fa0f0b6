-- The part of TimescaleDB's function that the statements of `dashboards.sql` use, for a server without it.
CREATE FUNCTION time_bucket(width interval, at timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE
    RETURN date_bin(width, at, timestamptz '2000-01-03 00:00:00+00');
