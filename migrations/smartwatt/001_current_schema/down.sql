DROP TABLE market_electricity_tariffs;
DROP TABLE feedback_log;
DROP TABLE ai_predictions;
DROP TABLE consumption_log;
