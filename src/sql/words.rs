//! Postgres's keywords and what each may still be used for.
//!
//! The list is the union over Postgres 15 to 18 (`src/include/parser/kwlist.h`). `names` asks it what must be quoted, `feed`
//! which words may be syntax at all: sqlparser knows some 600 more from other databases, and would read `FROM t qualify` or
//! `FROM t final` as their syntax.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};

use super::token::{Token, TokenKind};

/// Postgres's four classes of keywords.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// An ordinary name too, everywhere.
    Unreserved,
    /// A column or table name too, but no function or type.
    ColumnName,
    /// A function or type name too, but no column or table.
    TypeOrFunction,
    /// Syntax only, unless behind `AS` or a dot.
    Reserved,
}

/// What is known of an unquoted word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    /// Postgres's class; none when it is no keyword there.
    pub(super) class: Option<Class>,
    /// sqlparser's keyword, [`Keyword::NoKeyword`] when it has none.
    pub(super) keyword: Keyword,
    /// For an unreserved word: it may be syntax inside of a query.
    pub(super) in_query: bool,
    /// sqlparser begins a type with it, and it may also be a name.
    pub(super) is_type: bool,
}

impl Known {
    /// What is known of a word that is in no list, and of what is no word.
    pub(super) const NOTHING: Self = Self { class: None, keyword: Keyword::NoKeyword, in_query: false, is_type: false };
}

/// What is known of each token.
pub(super) fn all(source: &str, tokens: &[Token]) -> Vec<Known> {
    let of = |token: &Token| match token.kind {
        TokenKind::Word => known(token.text(source)),
        _ => Known::NOTHING,
    };
    tokens.iter().map(of).collect()
}

/// Looks an unquoted word up, whatever its case.
pub(super) fn known(word: &str) -> Known {
    let mut upper = [0; LONGEST];
    let Some(upper) = upper.get_mut(..word.len()) else { return Known::NOTHING };
    upper.copy_from_slice(word.as_bytes());
    upper.make_ascii_uppercase();
    WORDS.get(&*upper).copied().unwrap_or(Known::NOTHING)
}

/// No keyword of either list is longer; longer words are names.
const LONGEST: usize = 48;

static WORDS: LazyLock<FxHashMap<&'static [u8], Known>> = LazyLock::new(|| {
    let mut words: FxHashMap<&[u8], Known> = FxHashMap::default();
    for (word, keyword) in ALL_KEYWORDS.iter().zip(ALL_KEYWORDS_INDEX) {
        words.insert(word.as_bytes(), Known { keyword: *keyword, ..Known::NOTHING });
    }
    let mut mark = |list: &'static str, set: &dyn Fn(&mut Known)| {
        for word in list.split_ascii_whitespace() {
            set(words.entry(word.as_bytes()).or_insert(Known::NOTHING));
        }
    };
    mark(UNRESERVED, &|known| known.class = Some(Class::Unreserved));
    mark(COLUMN_NAME, &|known| known.class = Some(Class::ColumnName));
    mark(TYPE_OR_FUNCTION, &|known| known.class = Some(Class::TypeOrFunction));
    mark(RESERVED, &|known| known.class = Some(Class::Reserved));
    mark(IN_QUERIES, &|known| known.in_query = true);
    mark(TYPES, &|known| known.is_type = true);
    words
});

/// The unreserved words that Postgres's grammar of queries gives a meaning to, and that sqlparser looks for in no place where
/// Postgres reads a name. The others are names in a query.
const IN_QUERIES: &str = "
    ABSENT AT BY COLUMNS CONFLICT CONTENT CUBE CURRENT CYCLE DAY DELETE DOCUMENT ESCAPE FILTER FIRST FOLLOWING GROUPS HOUR
    INSERT KEY KEYS LAST LOCKED MATCHED MATERIALIZED MERGE MINUTE MONTH NESTED NEXT NFC NFD NFKC NFKD NO NORMALIZED NOTHING
    NOWAIT NULLS OBJECT OF OPERATOR ORDINALITY OVER OVERRIDING PASSING PATH PRECEDING RANGE RECURSIVE REF REPEATABLE ROLLUP
    ROWS SCALAR SEARCH SECOND SET SETS SHARE SKIP SOURCE STANDALONE STRIP SYSTEM TARGET TEMP TEMPORARY TIES UNBOUNDED
    UNCONDITIONAL UNKNOWN UNLOGGED UPDATE VARYING VERSION WHITESPACE WITHIN WITHOUT WRAPPER YEAR ZONE
";

/// Words with which sqlparser begins a type.
const TYPES: &str = "
    BIGINT BIT BOOL BOOLEAN BYTEA CHAR CHARACTER DATE DEC DECIMAL DOUBLE FLOAT FLOAT4 FLOAT8 INT INT2 INT4 INT8 INTEGER
    INTERVAL JSON JSONB NUMERIC REAL REGCLASS SMALLINT TEXT TIME TIMESTAMP TIMESTAMPTZ TIMETZ UUID VARBIT VARCHAR
";

const UNRESERVED: &str = "
    ABORT ABSENT ABSOLUTE ACCESS ACTION ADD ADMIN AFTER AGGREGATE ALSO ALTER ALWAYS ASENSITIVE ASSERTION ASSIGNMENT
    AT ATOMIC ATTACH ATTRIBUTE BACKWARD BEFORE BEGIN BREADTH BY CACHE CALL CALLED CASCADE CASCADED CATALOG CHAIN
    CHARACTERISTICS CHECKPOINT CLASS CLOSE CLUSTER COLUMNS COMMENT COMMENTS COMMIT COMMITTED COMPRESSION CONDITIONAL
    CONFIGURATION CONFLICT CONNECTION CONSTRAINTS CONTENT CONTINUE CONVERSION COPY COST CSV CUBE CURRENT CURSOR
    CYCLE DATA DATABASE DAY DEALLOCATE DECLARE DEFAULTS DEFERRED DEFINER DELETE DELIMITER DELIMITERS DEPENDS DEPTH
    DETACH DICTIONARY DISABLE DISCARD DOCUMENT DOMAIN DOUBLE DROP EACH EMPTY ENABLE ENCODING ENCRYPTED ENFORCED ENUM
    ERROR ESCAPE EVENT EXCLUDE EXCLUDING EXCLUSIVE EXECUTE EXPLAIN EXPRESSION EXTENSION EXTERNAL FAMILY FILTER
    FINALIZE FIRST FOLLOWING FORCE FORMAT FORWARD FUNCTION FUNCTIONS GENERATED GLOBAL GRANTED GROUPS HANDLER HEADER
    HOLD HOUR IDENTITY IF IMMEDIATE IMMUTABLE IMPLICIT IMPORT INCLUDE INCLUDING INCREMENT INDENT INDEX INDEXES
    INHERIT INHERITS INLINE INPUT INSENSITIVE INSERT INSTEAD INVOKER ISOLATION KEEP KEY KEYS LABEL LANGUAGE LARGE
    LAST LEAKPROOF LEVEL LISTEN LOAD LOCAL LOCATION LOCK LOCKED LOGGED MAPPING MATCH MATCHED MATERIALIZED MAXVALUE
    MERGE METHOD MINUTE MINVALUE MODE MONTH MOVE NAME NAMES NESTED NEW NEXT NFC NFD NFKC NFKD NO NORMALIZED NOTHING
    NOTIFY NOWAIT NULLS OBJECT OBJECTS OF OFF OIDS OLD OMIT OPERATOR OPTION OPTIONS ORDINALITY OTHERS OVER
    OVERRIDING OWNED OWNER PARALLEL PARAMETER PARSER PARTIAL PARTITION PASSING PASSWORD PATH PERIOD PLAN PLANS
    POLICY PRECEDING PREPARE PREPARED PRESERVE PRIOR PRIVILEGES PROCEDURAL PROCEDURE PROCEDURES PROGRAM PUBLICATION
    QUOTE QUOTES RANGE READ REASSIGN RECHECK RECURSIVE REF REFERENCING REFRESH REINDEX RELATIVE RELEASE RENAME
    REPEATABLE REPLACE REPLICA RESET RESTART RESTRICT RETURN RETURNS REVOKE ROLE ROLLBACK ROLLUP ROUTINE ROUTINES
    ROWS RULE SAVEPOINT SCALAR SCHEMA SCHEMAS SCROLL SEARCH SECOND SECURITY SEQUENCE SEQUENCES SERIALIZABLE SERVER
    SESSION SET SETS SHARE SHOW SIMPLE SKIP SNAPSHOT SOURCE SQL STABLE STANDALONE START STATEMENT STATISTICS STDIN
    STDOUT STORAGE STORED STRICT STRING STRIP SUBSCRIPTION SUPPORT SYSID SYSTEM TABLES TABLESPACE TARGET TEMP
    TEMPLATE TEMPORARY TEXT TIES TRANSACTION TRANSFORM TRIGGER TRUNCATE TRUSTED TYPE TYPES UESCAPE UNBOUNDED
    UNCOMMITTED UNCONDITIONAL UNENCRYPTED UNKNOWN UNLISTEN UNLOGGED UNTIL UPDATE VACUUM VALID VALIDATE VALIDATOR
    VALUE VARYING VERSION VIEW VIEWS VIRTUAL VOLATILE WHITESPACE WITHIN WITHOUT WORK WRAPPER WRITE XML YEAR YES ZONE
";

const COLUMN_NAME: &str = "
    BETWEEN BIGINT BIT BOOLEAN CHAR CHARACTER COALESCE DEC DECIMAL EXISTS EXTRACT FLOAT GREATEST GROUPING INOUT INT
    INTEGER INTERVAL JSON JSON_ARRAY JSON_ARRAYAGG JSON_EXISTS JSON_OBJECT JSON_OBJECTAGG JSON_QUERY JSON_SCALAR
    JSON_SERIALIZE JSON_TABLE JSON_VALUE LEAST MERGE_ACTION NATIONAL NCHAR NONE NORMALIZE NULLIF NUMERIC OUT OVERLAY
    POSITION PRECISION REAL ROW SETOF SMALLINT SUBSTRING TIME TIMESTAMP TREAT TRIM VALUES VARCHAR XMLATTRIBUTES
    XMLCONCAT XMLELEMENT XMLEXISTS XMLFOREST XMLNAMESPACES XMLPARSE XMLPI XMLROOT XMLSERIALIZE XMLTABLE
";

const TYPE_OR_FUNCTION: &str = "
    AUTHORIZATION BINARY COLLATION CONCURRENTLY CROSS CURRENT_SCHEMA FREEZE FULL ILIKE INNER IS ISNULL JOIN LEFT
    LIKE NATURAL NOTNULL OUTER OVERLAPS RIGHT SIMILAR TABLESAMPLE VERBOSE
";

const RESERVED: &str = "
    ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC BOTH CASE CAST CHECK COLLATE COLUMN CONSTRAINT CREATE
    CURRENT_CATALOG CURRENT_DATE CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER DEFAULT DEFERRABLE DESC
    DISTINCT DO ELSE END EXCEPT FALSE FETCH FOR FOREIGN FROM GRANT GROUP HAVING IN INITIALLY INTERSECT INTO LATERAL
    LEADING LIMIT LOCALTIME LOCALTIMESTAMP NOT NULL OFFSET ON ONLY OR ORDER PLACING PRIMARY REFERENCES RETURNING
    SELECT SESSION_USER SOME SYMMETRIC SYSTEM_USER TABLE THEN TO TRAILING TRUE UNION UNIQUE USER USING VARIADIC WHEN
    WHERE WINDOW WITH
";

/// Words that can stand behind a select list, but for FROM and INTO.
pub(super) const fn follows_select_list(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::WINDOW
            | Keyword::UNION
            | Keyword::INTERSECT
            | Keyword::EXCEPT
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::FETCH
            | Keyword::FOR
    )
}
