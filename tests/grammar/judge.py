"""Compares what `sql` makes of SQL with Postgres's own scanner and grammar.

    pip install pglast
    cargo build --example grammar
    python tests/grammar/words.py > words.jsonl
    python tests/grammar/judge.py FILE.jsonl=SHARE[,listed]…     # one JSON string a line: one statement

For each statement that Postgres accepts:
  tokens   ours must be Postgres's
  tree     every identifier of our tree is renamed in the text; the result must parse in Postgres to the same tree but for the
           names, and every column, table and alias in that tree must have been renamed. This catches each silent misreading.
A statement that we report as unparsed is not wrong, but of all that read or write rows and of all COPY, at least SHARE percent
must be parsed, and each that is not must have its cause in `outside.txt` where that is `listed`. Exit code 1 when anything of this does not hold.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

import pglast.parser

SUFFIX = "_zq"
# Functions that the grammar has rules of its own for keep their names.
OWN_RULES = re.compile(
    rb"(?i)(coalesce|greatest|least|nullif|treat|normalize|xml\w+|json(_\w+)?|current_\w+|session_user|user|localtime\w*)$"
)
PLACES = {"stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
QUERIES = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
WRAPPERS = {"ExplainStmt", "PrepareStmt", "DeclareCursorStmt", "CreateTableAsStmt", "ViewStmt"}
# Places of names that are no columns, tables or aliases: functions, types, collations, named arguments, options.
NOT_RENAMED = re.compile(
    r"Function\.:name|:data_type|:data_types|Custom\.|:collation|ExprNamed\.:name|UtilityOption|:operator_class|ObjectName\.\.Function"
    r"|:null_treatment|^Set\.|^Show|^Reset|:language|:deferred|:method|:field\.Custom|^Prepare\.:name|^Declare.*Declare\.:names|^Execute"
    r"|^Copy.*:options|:table_properties|:with_options|:on_commit|:extension|PGCustomBinaryOperator"
)


def renamed(sql, idents):
    """The text with every identifier renamed; none when a place is missing."""
    text = sql.encode()
    for ident in sorted(idents, key=lambda i: i["place"] or [0, 0], reverse=True):
        if NOT_RENAMED.search(ident["path"]):
            continue
        if ident["place"] is None:
            # Names that the shims made up.
            if ident["value"].startswith("\\0") or ident["path"].endswith("TableAlias.:name"):
                continue
            return None
        start, end = ident["place"]
        name = text[start:end]
        if len(name) + len(SUFFIX) > 63:
            return None
        if OWN_RULES.match(name) and re.search(r"TableFactor|Table\.:name|Function\{?\.:name|:name\.ObjectName", ident["path"]) and sql.encode()[end:].lstrip().startswith(b"("):
            continue
        if name.lower() == b"default" and re.search(r"(?<!ObjectName\.\.)(?<!Compound)Identifier$", ident["path"]):
            # sqlparser has no node for DEFAULT as an expression.
            continue
        if name.endswith(b'"'):
            name = name[:-1] + SUFFIX.encode() + b'"'
        elif re.match(rb"(?i)u&", name):
            return None
        else:
            name += SUFFIX.encode()
        text = text[:start] + name + text[end:]
    return text.decode()


def strip(node):
    """A tree without places and suffixes."""
    if isinstance(node, dict):
        return {k: strip(v) for k, v in node.items() if "location" not in k and k not in PLACES}
    if isinstance(node, list):
        return [strip(v) for v in node]
    if isinstance(node, str):
        return node.removesuffix(SUFFIX)
    return node


NAME_FIELDS = {
    "RangeVar": ["relname", "schemaname"],
    "Alias": ["aliasname"],
    "CommonTableExpr": ["ctename"],
    "ResTarget": ["name"],
    "IndexElem": ["name"],
    "InferClause": ["conname"],
    "WindowDef": ["name", "refname"],
}
LIST_FIELDS = {"ColumnRef": ["fields"], "Alias": ["colnames"], "CommonTableExpr": ["aliascolnames"], "JoinExpr": ["usingClause"]}


def unrenamed(node, found, name=None):
    """Names that were not renamed."""
    if isinstance(node, dict):
        for field in NAME_FIELDS.get(name, []):
            if node.get(field) and not node[field].endswith(SUFFIX):
                found.append(f"{name}.{field}={node[field]}")
        for field in LIST_FIELDS.get(name, []):
            for item in node.get(field, []):
                value = item.get("String", {}).get("sval")
                if value is not None and not value.endswith(SUFFIX):
                    found.append(f"{name}.{field}={value}")
        for key, value in node.items():
            if name == "RangeTableFunc" and key == "namespaces":
                continue
            # Fields whose type is fixed hold their node without its name.
            fixed = {"relation": "RangeVar", "alias": "Alias", "join_using_alias": "Alias", "over": "WindowDef", "infer": "InferClause"}
            inner = "RangeVar" if name == "IntoClause" and key == "rel" else fixed.get(key, key)
            unrenamed(value, found, inner)
    elif isinstance(node, list):
        for item in node:
            unrenamed(item, found, name)
    return found


def tokens(sql):
    """Postgres's tokens as (start, end), comments left out."""
    return [(t.start, t.end + 1) for t in pglast.parser.scan(sql) if t.name not in ("SQL_COMMENT", "C_COMMENT")]


def check_tokens(sql, ours):
    theirs = tokens(sql)
    offsets = None
    if not sql.isascii():
        offsets = [0]
        for c in sql:
            offsets.append(offsets[-1] + len(c.encode()))
        theirs = [(offsets[s], offsets[e]) for s, e in theirs]
    # Postgres's scanner gives U&"…" and its UESCAPE apart; N'…' is NCHAR and a string.
    spans = [(s, e) for s, e, _ in ours]
    if spans == theirs:
        return None
    covered = {(s, e) for s, e, k in ours if k in ("UnicodeIdent", "UnicodeString", "NationalString")}
    rest = [t for t in theirs if not any(s <= t[0] and t[1] <= e for s, e in covered)]
    if [s for s in spans if s not in covered] == rest:
        return None
    diff = next((i for i, (a, b) in enumerate(zip(spans, theirs)) if a != b), min(len(spans), len(theirs)))
    return f"tokens differ at {spans[diff:diff + 1]} / {theirs[diff:diff + 1]}"


def kind_of(statement):
    name = next(iter(statement))
    if name in QUERIES:
        return "query"
    if name == "CopyStmt":
        return "copy"
    return "wrapper" if name in WRAPPERS else "other"


def check(sql, ours):
    """(kind, outcome, detail)"""
    try:
        tree = json.loads(pglast.parser.parse_sql_json(sql))["stmts"]
    except pglast.parser.ParseError:
        return "rejected", "rejected", ""
    if len(tree) != 1:
        return "several", "several", ""
    kind = kind_of(tree[0]["stmt"])
    if "error" in ours and "after parameter" in ours["error"]:
        # libpg_query takes `$1a` apart for the sake of some logs; the server does not.
        return "rejected", "rejected", ""
    if "error" in ours:
        return kind, "WRONG lex", ours["error"]
    if found := check_tokens(sql, ours["tokens"]):
        return kind, "WRONG tokens", found
    if len(ours["statements"]) != 1:
        return kind, "WRONG split", str(len(ours["statements"]))
    statement = ours["statements"][0]
    if "unparsed" in statement:
        return kind, "unparsed", statement["unparsed"]
    if kind == "other":
        return kind, "parsed", ""
    text = renamed(sql, statement["idents"])
    if text is None:
        return kind, "no place", ""
    try:
        after = json.loads(pglast.parser.parse_sql_json(text))["stmts"]
    except pglast.parser.ParseError as error:
        return kind, "WRONG rename", f"{error} :: {text}"
    if strip(after) != strip(tree):
        return kind, "WRONG tree", text
    if left := unrenamed(after, []):
        return kind, "WRONG missed", f"{left} :: {text}"
    return kind, "parsed", ""


def causes():
    """What is known to be outside of the grammar: (cause, pattern)."""
    with open(pathlib.Path(__file__).with_name("outside.txt")) as file:
        lines = [line.rstrip("\n").split("\t") for line in file if line.strip() and not line.startswith("#")]
    return [(cause, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for cause, pattern, _example in lines]


def main(arguments):
    known = causes()
    failed = False
    for argument in arguments:
        path, _, terms = argument.partition("=")
        share, _, listed = terms.partition(",")
        with open(path, "rb") as texts:
            dump = subprocess.Popen(["target/debug/examples/grammar"], stdin=texts, stdout=subprocess.PIPE)
        counts = collections.Counter()
        outside = collections.Counter()
        with open(path) as texts:
            for line, ours in zip(texts, dump.stdout):
                sql = json.loads(line)
                kind, outcome, detail = check(sql, json.loads(ours))
                counts[kind, outcome] += 1
                wrong = outcome.startswith("WRONG")
                if outcome == "unparsed" and kind != "other":
                    cause = next((cause for cause, pattern in known if pattern.search(sql)), None)
                    outside[cause] += 1
                    wrong = bool(listed) and cause is None
                if wrong:
                    print(json.dumps([kind, outcome, detail, sql], ensure_ascii=False))
                failed |= wrong
        for (kind, outcome), count in sorted(counts.items()):
            print(f"{path}\t{kind}\t{outcome}\t{count}", file=sys.stderr)
        for cause, count in outside.most_common():
            print(f"{path}\toutside\t{cause}\t{count}", file=sys.stderr)
        rows = sum(count for (kind, _), count in counts.items() if kind in ("query", "copy"))
        unparsed = counts["query", "unparsed"] + counts["copy", "unparsed"]
        parsed = 100 * (1 - unparsed / max(rows, 1))
        print(f"{path}\t{parsed:.2f} % of {rows} statements about rows are parsed, {share or 0} % have to be", file=sys.stderr)
        failed |= rows == 0 or parsed < float(share or 0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
