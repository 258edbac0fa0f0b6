-- The sample in the current schema; sample.sql runs before, in the same session.

INSERT INTO consumption_log (log_id, user_id, device_id, timestamp_utc, kwh_consumed, estimated_cost, tariff_zone, meta)
SELECT id, who, device, at, kwh, cost, zone, meta FROM fact_reading ORDER BY id;

INSERT INTO ai_predictions (prediction_id, user_id, conversation_id, prediction_type, predicted_value, confidence_score,
                            created_at, validated_at)
SELECT 'p-' || lpad(id::text, 4, '0'), who, chat, kind,
       CASE shape
           WHEN 0 THEN jsonb_build_object('consumption', kwh, 'unit', 'kWh')
           WHEN 1 THEN jsonb_build_object('consumption', kwh, 'rating', 5, 'timestamp', '2025-01-01T00:00:00Z')
           WHEN 2 THEN jsonb_build_object('nested', jsonb_build_object('consumption', -1), 'consumption', kwh, 'hours', jsonb_build_array(1, 2))
           WHEN 3 THEN jsonb_build_object('consumption', kwh::text)
           WHEN 4 THEN jsonb_build_object('consumption', NULL)
           WHEN 5 THEN jsonb_build_object('nested', jsonb_build_object('consumption', 99), 'predicted_consumption', 98)
           WHEN 6 THEN '{}'
           WHEN 7 THEN 'null'
           WHEN 8 THEN '[{"consumption": 97}]'
       END::jsonb,
       confidence, made, validated
FROM fact_prediction ORDER BY id;

INSERT INTO feedback_log (feedback_id, user_id, recommendation_type, feedback_useful, comments, submitted_at)
SELECT 'f-' || lpad(id::text, 4, '0'), who, kind, useful, said, at FROM fact_feedback ORDER BY id;

INSERT INTO market_electricity_tariffs (tariff_zone, hour_of_day, valid_from, tariff_name, price_kwh)
SELECT zone, hour, valid_from, name, price FROM fact_tariff;

ANALYZE consumption_log, ai_predictions, feedback_log, market_electricity_tariffs;
