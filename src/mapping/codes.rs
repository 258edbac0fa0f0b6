//! The codes of findings about mappings: `M0…` can be told from the file, `M1…` need a catalog.
//!
//! A code is stable: it is never given to something else. `docs/mapping.md` has the same list, which a test holds against this one.

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $name: &str = $code;
        )*
        /// Every code and what it means.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    NOT_TOML = "M001", "the text is not TOML";
    KEY_TWICE = "M002", "a key stands twice in its table";
    UNKNOWN_KEY = "M003", "a key is not understood";
    WRONG_TYPE = "M004", "a value has another type than its key";
    MISSING_KEY = "M005", "a key is missing";
    BAD_VALUE = "M006", "a value is none of those that its key knows";
    BAD_NAME = "M007", "a name is empty, too long or cannot be one";
    DOTTED_NAME = "M008", "a name holds a dot, which does not divide schema and table here";
    UPPER_CASE = "M009", "a legacy name has upper case, which only quoted names in SQL keep";
    BAD_ZONE = "M010", "a time zone is not given by its name";
    NO_KIND = "M011", "a column does not say what it means";
    SEVERAL_KINDS = "M012", "a column says twice what it means";
    NO_TYPE = "M013", "a type must be declared and is not";
    BAD_TYPE = "M014", "a type is not the name of one type";
    BAD_PATH = "M015", "a JSON path cannot be read";
    BAD_CONSTANT = "M016", "a constant is not a value of its type";
    READ_SYNTAX = "M017", "`read` or `where` is not one SQL expression";
    READ_QUALIFIED = "M018", "a column in `read` or `where` has a table in front of it";
    READ_FORBIDDEN = "M019", "`read` or `where` holds something that has no place in an expression over one row";
    LAYOUT_TWICE = "M020", "a name stands twice in `layout`";
    STAR_AMBIGUOUS = "M021", "several legacy names stand for one column, and nothing says which of them `SELECT *` gives";
    STAR_LEAVES_OUT = "M022", "`star = \"legacy\"` without a `layout` leaves a column out";
    NO_EFFECT = "M023", "an entry changes nothing";
    BAD_FILTER = "M024", "an entry of `where` is no comparison with a literal, or stands twice";
    BAD_NUMBER = "M025", "`factor` or `offset` is not a decimal number, or `factor` is zero";
    BAD_VALUES = "M026", "`values` is empty, has one current value twice, or a value that its type does not have";
    BAD_QUERY = "M027", "`query` is not one query that reads, or `insert` not one `INSERT` over `$rows`";
    TABLE_TWICE = "M028", "a table says twice what it means, or what cannot be";
    GLOBAL_COLUMN = "M029", "an entry of `[columns]` cannot tell which tables have it";
    MAPPED_TWICE = "M030", "two files of a route map the same table, or the same column of any table";
    MAPPING_TWICE = "M031", "two files of a route have the same name";
    NO_PACK = "M032", "a file that another one extends is not there, or cannot be read";
    PACK_TWICE = "M033", "`extends` names a file twice";
    PACK_CYCLE = "M034", "files extend each other in a circle, or too many one another";
    PACKS_DISAGREE = "M035", "files that are extended have different schemas, time zones or introspection, and nothing says which counts";
    PACK_OVERRULED = "M036", "two files that are extended say different things, and the later one wins";
    NO_TABLE = "M101", "the current table does not exist";
    NO_COLUMN = "M102", "a current column does not exist";
    NO_LAYOUT_COLUMN = "M103", "`layout` names a column that is neither legacy nor current";
    SHADOWED_TABLE = "M104", "a real table has the legacy name, and wins";
    SHADOWED_COLUMN = "M105", "a real column has the legacy name, and wins";
    SWAPPED = "M106", "a real column has the legacy name, and the mapping wins";
    NO_TIMESTAMP = "M107", "`date = true` over a column that has no day";
    NO_JSON = "M108", "`json` over a column that is no JSON";
    TYPE_DIFFERS = "M109", "the declared type is not that of the column";
    NO_ZONE = "M110", "the server does not know the time zone";
    UNKNOWN_TYPE = "M111", "neither Postgres nor the catalog is known to have the type";
    STILL_NAMED = "M112", "a view or a function still names something legacy";
    STAR_TWICE = "M113", "`SELECT *` would give a name twice";
    NO_NUMBER = "M114", "`factor` or `offset` over a column that is no number";
    FRACTION = "M115", "a fraction of whole numbers has no declared type";
    NO_VALUE = "M116", "`values` has a value that is none of its type";
    NO_SUCH_TABLE = "M118", "no table has what an entry of `[columns]` reads";
    QUERY_UNBOUND = "M117", "`query` names something that does not exist, or has no certain columns";
}
