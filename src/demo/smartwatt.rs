//! smartwatt: energy advice. Two services say `consumption_kwh`, `rating`, `created_at`; the warehouse has other names for them.

use super::{Query, System};

/// All of it.
pub const SYSTEM: System = System {
    name: "smartwatt",
    about: "energy advice; two services, four tables",
    schema: &[
        include_str!("../../migrations/smartwatt/001_current_schema/up.sql"),
        include_str!("../../migrations/smartwatt/sample.sql"),
        include_str!("../../migrations/smartwatt/sample_current.sql"),
    ],
    mapping: include_str!("../../mappings/smartwatt.toml"),
    queries: QUERIES,
};

const EXPERT_BOT: &str = "expert_bot_api";
const ENERGY_IA: &str = "energy_ia_api";

const QUERIES: &[Query] = &[
    Query {
        service: EXPERT_BOT,
        title: "a user's consumption by day: three renames, and a day that is made from a timestamp",
        sql: "\
SELECT record_date, SUM(consumption_kwh) AS kwh, ROUND(SUM(total_cost)::numeric, 2) AS cost
FROM consumption_log
WHERE user_id = 'user-026' AND record_date BETWEEN '2024-12-30' AND '2025-01-03'
GROUP BY record_date
ORDER BY record_date",
    },
    Query {
        service: EXPERT_BOT,
        title: "`timestamp` as a column, as a type and as a literal, all at once",
        sql: "\
SELECT timestamp, timestamp::timestamp(0) AS local, date(timestamp) AS day, consumption_kwh
FROM consumption_log
WHERE timestamp >= timestamp '2025-03-25' AND consumption_kwh > 25
ORDER BY timestamp DESC",
    },
    Query {
        service: EXPERT_BOT,
        title: "`rating` is an expression now; the word also stands in a string and in comments",
        sql: "\
SELECT feedback_type, rating, COUNT(*) AS answers, COUNT(*) FILTER (WHERE comments LIKE '%rating%') AS mention_it
FROM feedback_log /* rating: 4 useful, 2 not, 3 unknown */
WHERE rating <> 3 AND feedback_type IN ('tariff', 'schedule')
GROUP BY feedback_type, rating
ORDER BY feedback_type, rating DESC -- rating",
    },
    Query {
        service: EXPERT_BOT,
        title: "three tables joined, and unqualified names of all of them",
        sql: "\
SELECT DISTINCT c.user_id, record_date, consumption_kwh, predicted_consumption, rating
FROM consumption_log c
JOIN ai_predictions p ON p.user_id = c.user_id AND p.created_at::date = c.record_date
JOIN feedback_log f ON f.user_id = c.user_id AND f.created_at > p.created_at
WHERE rating = 4 AND predicted_consumption > 300 AND prediction_type = 'monthly'
ORDER BY predicted_consumption DESC, consumption_kwh DESC
LIMIT 5",
    },
    Query {
        service: ENERGY_IA,
        title: "`created_at` is legacy in one table and real in the other",
        sql: "\
SELECT f.feedback_id, f.created_at AS answered, p.prediction_id, p.created_at AS predicted, p.predicted_consumption
FROM feedback_log f
CROSS JOIN LATERAL (
    SELECT prediction_id, created_at, predicted_consumption FROM ai_predictions
    WHERE user_id = f.user_id AND created_at < f.created_at
    ORDER BY created_at DESC LIMIT 1
) p
WHERE f.rating = 2 AND f.created_at < '2025-01-01'
ORDER BY f.created_at, f.feedback_id
LIMIT 5",
    },
    Query {
        service: ENERGY_IA,
        title: "predicted against measured; inside the CTEs the names are columns, outside they are labels",
        sql: "\
WITH measured AS (
    SELECT user_id, SUM(consumption_kwh) AS consumption_kwh FROM consumption_log GROUP BY user_id
), predicted AS (
    SELECT user_id, MAX(predicted_consumption) AS predicted_consumption FROM ai_predictions GROUP BY user_id
)
SELECT user_id, consumption_kwh, predicted_consumption, ROUND((predicted_consumption / consumption_kwh)::numeric, 3) AS ratio
FROM measured JOIN predicted USING (user_id)
WHERE consumption_kwh > 0
ORDER BY ratio DESC NULLS LAST
LIMIT 5",
    },
    Query {
        service: ENERGY_IA,
        title: "a star: the legacy columns, in the legacy order, under the legacy names",
        sql: "\
SELECT * FROM feedback_log
WHERE created_at >= '2025-01-01' AND feedback_type = 'tariff'
ORDER BY created_at, feedback_id
LIMIT 4",
    },
    Query {
        service: ENERGY_IA,
        title: "the most expensive hours: a table that did not change, and a window over names that did",
        sql: "\
SELECT record_date, EXTRACT(hour FROM timestamp AT TIME ZONE 'UTC') AS hour, input_avg_kwh,
       ROUND((input_avg_kwh * price_kwh)::numeric, 4) AS price, RANK() OVER (ORDER BY input_avg_kwh * price_kwh DESC) AS rank
FROM consumption_log c
JOIN market_electricity_tariffs t
  ON t.tariff_zone = c.tariff_zone AND t.valid_from = date_trunc('year', c.record_date)::date
 AND t.hour_of_day = EXTRACT(hour FROM timestamp AT TIME ZONE 'UTC')
WHERE tariff_name = 'peak' AND input_avg_kwh IS NOT NULL
ORDER BY rank, log_id
LIMIT 5",
    },
];
