//! The fixture's tables in legacy names, as `tests/oracle/fixture/` and `tests/systems/smartwatt/` create them.

/// A kind of values, as coarse as it can be for expressions to be valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Int,
    Float,
    Numeric,
    Text,
    Time,
    Date,
    Bool,
    Json,
    /// The composite type `reading`.
    Reading,
}

use Type::{Bool, Date, Float, Int, Json, Numeric, Reading, Text, Time};

impl Type {
    /// The types that expressions are made of.
    pub(crate) const ALL: [Self; 8] = [Int, Float, Numeric, Text, Time, Date, Bool, Json];

    /// What a merge of columns of both types has.
    pub(crate) fn common(one: Self, other: Self) -> Option<Self> {
        let numbers = [Int, Numeric, Float];
        let rank = |of: Self| numbers.iter().position(|n| *n == of);
        match (rank(one), rank(other)) {
            (Some(a), Some(b)) => Some(numbers[a.max(b)]),
            _ => (one == other && one != Reading).then_some(one),
        }
    }

    /// The expression that nothing in a query is simpler than.
    pub(crate) const fn plainest(self) -> &'static str {
        match self {
            Int => "1",
            Float => "1.5::float8",
            Numeric => "1.5",
            Text => "'x'",
            Time => "timestamptz '2025-01-01'",
            Date => "date '2025-01-01'",
            Bool => "true",
            Json => "'{}'::jsonb",
            Reading => "NULL::reading",
        }
    }
}

/// A table as the services know it.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) schema: &'static str,
    pub(crate) name: &'static str,
    /// The column that is its primary key; empty when a query over it cannot group by that alone.
    pub(crate) key: &'static str,
    pub(crate) columns: &'static [(&'static str, Type)],
    /// False for tables that no mapping knows.
    pub(crate) mapped: bool,
}

pub(crate) const TABLES: [Table; 17] = [
    Table {
        schema: "public",
        name: "solver",
        key: "id",
        columns: &[
            ("id", Int),
            ("timestamp", Time),
            ("record_date", Date),
            ("rating", Int),
            ("predicted_consumption", Float),
            ("cost", Numeric),
            ("version", Int),
            ("channel", Text),
            ("note", Text),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "swapped",
        key: "id",
        columns: &[("id", Int), ("a", Int), ("b", Int), ("c", Text)],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "chain",
        key: "id",
        columns: &[("id", Int), ("a", Int), ("b", Int), ("c", Text)],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "customers",
        key: "id",
        columns: &[
            ("id", Int),
            ("phone_number", Text),
            ("full_name", Text),
            ("city", Text),
            ("notes", Text),
            ("status", Text),
            ("created_at", Time),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "Meßwert",
        key: "id",
        columns: &[
            ("id", Int),
            ("Größe", Float),
            ("user", Text),
            ("select", Int),
            ("order by", Text),
            ("Timestamp", Time),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "gadget",
        key: "id",
        columns: &[
            ("id", Int),
            ("size", Int),
            ("label", Text),
            ("value", Int),
            ("name", Text),
            ("predicted_consumption_over_the_whole_winter_season_in_kilowatth", Float),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "consumption_log",
        key: "log_id",
        columns: &[
            ("log_id", Int),
            ("user_id", Text),
            ("timestamp", Time),
            ("record_date", Date),
            ("consumption_kwh", Float),
            ("monthly_consumption_kwh", Float),
            ("input_avg_kwh", Float),
            ("total_cost", Float),
            ("device_id", Text),
            ("tariff_zone", Text),
            ("meta", Json),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "ai_predictions",
        key: "prediction_id",
        columns: &[
            ("prediction_id", Text),
            ("user_id", Text),
            ("conversation_id", Text),
            ("prediction_type", Text),
            ("predicted_consumption", Float),
            ("confidence_score", Float),
            ("created_at", Time),
            ("validated_at", Time),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "feedback_log",
        key: "feedback_id",
        columns: &[
            ("feedback_id", Text),
            ("user_id", Text),
            ("rating", Int),
            ("feedback_type", Text),
            ("comments", Text),
            ("created_at", Time),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "plant",
        key: "id",
        columns: &[
            ("id", Int),
            ("power_w", Numeric),
            ("kelvin", Float),
            ("euros", Numeric),
            ("mills", Int),
            ("loss", Int),
            ("energy_kwh", Float),
            ("state", Text),
            ("grade", Int),
            ("kind", Text),
            ("is_off", Bool),
            ("side", Text),
            ("comment", Text),
            ("comment_doc", Json),
            ("label", Text),
        ],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "providers",
        key: "",
        columns: &[("id", Int), ("name", Text), ("user_type", Text), ("since", Time)],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "interaction",
        key: "",
        columns: &[("point", Int), ("at", Time), ("flow", Numeric), ("level", Float), ("n", Int)],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "meter",
        key: "id",
        columns: &[("id", Int), ("kwh_old", Numeric), ("wh", Numeric), ("day", Date), ("kwh_neu", Numeric)],
        mapped: true,
    },
    Table {
        schema: "public",
        name: "cons",
        key: "id",
        columns: &[
            ("id", Int),
            ("run_id", Int),
            ("feedback_useful", Bool),
            ("timestamp_utc", Time),
            ("payload", Json),
            ("kind", Text),
        ],
        mapped: false,
    },
    Table {
        schema: "public",
        name: "orders",
        key: "id",
        columns: &[
            ("id", Int),
            ("customer_id", Int),
            ("telefono", Text),
            ("estado", Text),
            ("amount", Numeric),
            ("created_at", Time),
        ],
        mapped: false,
    },
    Table {
        schema: "public",
        name: "rating",
        key: "id",
        columns: &[("id", Int), ("rating", Int), ("timestamp", Text)],
        mapped: false,
    },
    Table { schema: "public", name: "boxes", key: "id", columns: &[("id", Int), ("comp", Reading)], mapped: false },
];

/// A table of a mapped table's name in a schema that is not on the search path.
pub(crate) const ARCHIVE: Table = Table {
    schema: "archive",
    name: "solver",
    key: "id",
    columns: &[("id", Int), ("rating", Int), ("record_date", Date), ("timestamp_utc", Time)],
    mapped: false,
};

/// What makes both databases small enough for joins without conditions, the same rows on both sides.
pub(crate) const TRIM: &str = "
    DELETE FROM consumption_log WHERE log_id NOT IN (1, 2, 7, 11, 22, 29, 31, 33, 97, 194, 500);
    DELETE FROM ai_predictions WHERE substr(prediction_id, 3)::int > 9;
    DELETE FROM feedback_log WHERE substr(feedback_id, 3)::int > 9;
    ANALYZE;";
