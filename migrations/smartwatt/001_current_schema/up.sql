-- The current schema of smartwatt, as Postgres has it.
-- BigQuery's FLOAT64, TIMESTAMP, JSON and BOOL are double precision, timestamptz, jsonb and boolean here; its columns are
-- nullable unless declared otherwise, and so are these.

CREATE TABLE consumption_log (
    log_id         bigint PRIMARY KEY,
    user_id        text NOT NULL,
    device_id      text,
    timestamp_utc  timestamptz,
    kwh_consumed   double precision,
    estimated_cost double precision,
    tariff_zone    text,
    meta           jsonb
);
CREATE INDEX consumption_log_user_time ON consumption_log (user_id, timestamp_utc);
CREATE INDEX consumption_log_time ON consumption_log (timestamp_utc);

CREATE TABLE ai_predictions (
    prediction_id    text PRIMARY KEY,
    user_id          text NOT NULL,
    conversation_id  text,
    prediction_type  text NOT NULL,
    predicted_value  jsonb,
    confidence_score double precision,
    created_at       timestamptz NOT NULL,
    validated_at     timestamptz
);
CREATE INDEX ai_predictions_user_time ON ai_predictions (user_id, created_at);

CREATE TABLE feedback_log (
    feedback_id         text PRIMARY KEY,
    user_id             text NOT NULL,
    recommendation_type text,
    feedback_useful     boolean,
    comments            text,
    submitted_at        timestamptz
);
CREATE INDEX feedback_log_user_time ON feedback_log (user_id, submitted_at);
CREATE INDEX feedback_log_useful ON feedback_log (feedback_useful);

CREATE TABLE market_electricity_tariffs (
    tariff_zone text NOT NULL,
    hour_of_day smallint NOT NULL CHECK (hour_of_day BETWEEN 0 AND 23),
    valid_from  date NOT NULL,
    tariff_name text NOT NULL,
    price_kwh   numeric(8,5) NOT NULL,
    PRIMARY KEY (tariff_zone, hour_of_day, valid_from)
);
