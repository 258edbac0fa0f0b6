-- The legacy schema of smartwatt with the same sample in it; migrations/smartwatt/sample.sql runs before, in the same session.
-- What stands in these tables is what a service that speaks the legacy names must be given. The order of the columns is the
-- `layout` of the mapping.

CREATE TABLE consumption_log (
    log_id                  bigint PRIMARY KEY,
    user_id                 text NOT NULL,
    "timestamp"             timestamptz,
    record_date             date,
    consumption_kwh         double precision,
    monthly_consumption_kwh double precision,
    input_avg_kwh           double precision,
    total_cost              double precision,
    device_id               text,
    tariff_zone             text,
    meta                    jsonb
);
CREATE TABLE ai_predictions (
    prediction_id         text PRIMARY KEY,
    user_id               text NOT NULL,
    conversation_id       text,
    prediction_type       text NOT NULL,
    predicted_consumption double precision,
    confidence_score      double precision,
    created_at            timestamptz NOT NULL,
    validated_at          timestamptz
);
CREATE TABLE feedback_log (
    feedback_id   text PRIMARY KEY,
    user_id       text NOT NULL,
    rating        integer,
    feedback_type text,
    comments      text,
    created_at    timestamptz
);
CREATE TABLE market_electricity_tariffs (
    tariff_zone text NOT NULL,
    hour_of_day smallint NOT NULL CHECK (hour_of_day BETWEEN 0 AND 23),
    valid_from  date NOT NULL,
    tariff_name text NOT NULL,
    price_kwh   numeric(8,5) NOT NULL,
    PRIMARY KEY (tariff_zone, hour_of_day, valid_from)
);

INSERT INTO consumption_log
SELECT id, who, at, (at AT TIME ZONE 'UTC')::date, kwh, kwh, kwh, cost, device, zone, meta FROM fact_reading ORDER BY id;

INSERT INTO ai_predictions
SELECT 'p-' || lpad(id::text, 4, '0'), who, chat, kind, kwh, confidence, made, validated FROM fact_prediction ORDER BY id;

INSERT INTO feedback_log
SELECT 'f-' || lpad(id::text, 4, '0'), who, CASE WHEN useful THEN 4 WHEN NOT useful THEN 2 ELSE 3 END, kind, said, at
FROM fact_feedback ORDER BY id;

INSERT INTO market_electricity_tariffs SELECT zone, hour, valid_from, name, price FROM fact_tariff;

ANALYZE;
