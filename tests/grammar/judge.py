"""Compares what `sql` makes of SQL with Postgres's own scanner and grammar.

    pip install pglast
    cargo build --example grammar
    python tests/grammar/words.py > words.jsonl
    python tests/grammar/judge.py words.jsonl...     # one JSON string a line: one statement

For each statement that Postgres accepts:
  tokens   ours must be Postgres's
  tree     every identifier of our tree is renamed in the text; the result must parse in Postgres to the same tree but for the
           names, and every column, table and alias in that tree must have been renamed. This catches each silent misreading.
A statement that we report as unparsed is counted, not wrong. Exit code 1 when anything is wrong.
"""

import collections
import json
import re
import subprocess
import sys

import pglast.parser

SUFFIX = "_zq"
PLACES = {"stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"}
QUERIES = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
WRAPPERS = {"ExplainStmt", "PrepareStmt", "DeclareCursorStmt", "CreateTableAsStmt", "ViewStmt", "CopyStmt"}
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
            return None
        start, end = ident["place"]
        name = text[start:end]
        if len(name) + len(SUFFIX) > 63:
            return None
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


def main(paths):
    wrong = 0
    for path in paths:
        with open(path, "rb") as texts:
            dump = subprocess.Popen(["target/debug/examples/grammar"], stdin=texts, stdout=subprocess.PIPE)
        counts = collections.Counter()
        with open(path) as texts:
            for line, ours in zip(texts, dump.stdout):
                sql = json.loads(line)
                kind, outcome, detail = check(sql, json.loads(ours))
                counts[kind, outcome] += 1
                if outcome.startswith("WRONG") or outcome in ("unparsed", "no place") and kind != "other":
                    print(json.dumps([kind, outcome, detail, sql], ensure_ascii=False))
                wrong += outcome.startswith("WRONG")
        for (kind, outcome), count in sorted(counts.items()):
            print(f"{path}\t{kind}\t{outcome}\t{count}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
