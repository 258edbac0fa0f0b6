"""Runs the cases of tests/oracle through psycopg: straight to the legacy database, and through Exonym to the current one.

Each case goes four ways: a text cursor, a binary cursor, a prepared statement (queries twice), and a pipeline. What the
driver makes of the answers (values, descriptions, tags, errors) must be equal. Prints what differs; fails when anything does.

    psycopg_cases.py CASES LEGACY_DSN CURRENT_DSN PROXY_DSN
"""

import datetime
import json
import logging
import os
import pathlib
import re
import sys

import psycopg
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Float8, Int2, Int4, Int8

# An aborted pipeline is what some cases are about.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)

NOT_THERE = "SELECT * FROM a_relation_that_is_not_there"


class Step:
    def __init__(self):
        self.sql = ""
        self.refused = []
        self.may_refuse = []
        self.sent_as = None
        self.parameters = []
        self.shape_only = False
        self.ordered = False


class Case:
    def __init__(self, file, name):
        self.file, self.name = file, name
        self.straight, self.protocols, self.set, self.rollback = "legacy", [], [], False
        self.steps = [Step()]

    def directive(self, line):
        step = self.steps[-1]
        key, _, value = line.partition(": ")
        value = value.strip()
        if key == "straight":
            self.straight = value
        elif key == "protocol":
            self.protocols = value.split(", ")
        elif key == "set":
            self.set.append(value)
        elif key == "rollback":
            self.rollback = True
        elif key == "refused":
            step.refused = value.split(" or ")
        elif key == "same-or-refused":
            step.may_refuse = ["0A000"] + ([value] if value else [])
        elif key == "as":
            step.sent_as = value
        elif key == "compare":
            step.shape_only = True
        elif key == "rows":
            step.ordered = True
        elif key in ("traps", "notices"):
            pass
        elif match := re.fullmatch(r"\$\d+ = (\S+) (.*)", line):
            step.parameters.append(parameter(*match.groups()))
        else:
            return False
        return True


def load(directory):
    for path in sorted(pathlib.Path(directory).glob("*.sql")):
        case, in_sql = None, False
        for line in path.read_text().split("\n"):
            if line.startswith("-- case: "):
                if case:
                    yield finished(case)
                case, in_sql = Case(path.name, line[len("-- case: "):].strip()), False
            elif case is None:
                continue
            elif line == "-- then":
                case.steps.append(Step())
                in_sql = False
            elif not in_sql and line.startswith("-- ") and case.directive(line[3:]):
                pass
            elif in_sql or line:
                step = case.steps[-1]
                step.sql += ("\n" if in_sql else "") + line
                in_sql = True
        yield finished(case)


def finished(case):
    for step in case.steps:
        step.sql = step.sql.rstrip("\n")
        step.ordered = step.ordered or ordered(step.sql)
    return case


def ordered(sql):
    """True when ORDER BY stands outside of all parentheses, strings, quoted names and comments."""
    plain = re.sub(r"--[^\n]*|/\*.*?\*/|'[^']*'|\"[^\"]*\"", " ", sql, flags=re.S)
    while (inner := re.sub(r"\([^()]*\)", " ", plain)) != plain:
        plain = inner
    return re.search(r"\border\s+by\b", plain, re.I) is not None


def parameter(kind, text):
    if text == "NULL":
        return None
    made = {
        "int2": lambda: Int2(int(text)),
        "int4": lambda: Int4(int(text)),
        "int8": lambda: Int8(int(text)),
        "float8": lambda: Float8(float(text)),
        "bool": lambda: text in ("t", "true"),
        "date": lambda: datetime.date.fromisoformat(text),
        "timestamptz": lambda: datetime.datetime.fromisoformat(text.replace("+00", "+00:00")),
        "jsonb": lambda: Jsonb(json.loads(text)),
        "int4[]": lambda: [Int4(int(n)) for n in text.strip("{}").split(",")],
    }
    return made.get(kind, lambda: text)()


def connect(dsn):
    connection = psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.RawCursor)
    connection.prepare_threshold = None  # only where a case says so
    return connection


def reads(sql):
    """True for what can be done twice: a second DROP TABLE would drop another table."""
    return re.match(r"[(\s]*(SELECT|WITH|VALUES|TABLE|SHOW|FETCH)\b", sql, re.I) is not None


def error(e):
    diag = getattr(e, "diag", None)
    position = diag.statement_position if diag is not None else None
    return ("error", getattr(e, "sqlstate", None), position)


def results(cursor):
    """All result sets of a cursor: tag, description and rows."""
    out = []
    while True:
        columns = cursor.description and [
            (c.name, c.type_code, c.precision, c.scale, c.display_size, c.internal_size) for c in cursor.description
        ]
        try:
            rows = [tuple(map(repr, row)) for row in cursor.fetchall()] if columns else []
        except NotImplementedError as e:  # psycopg does not read every DateStyle
            rows = [(repr(e),)]
        out.append((cursor.statusmessage, columns, rows))
        if not cursor.nextset():
            return out


def run(connection, step, sql, way):
    parameters = step.parameters or None
    try:
        if way == "pipeline":
            with connection.pipeline():
                first, second = connection.cursor(), connection.cursor()
                first.execute(sql, parameters, prepare=False)
                second.execute("SELECT 1", prepare=False)
            return results(first) + results(second)
        cursor = connection.cursor(binary=way == "binary")
        prepare = way == "prepared"
        cursor.execute(sql, parameters, prepare=prepare)
        out = results(cursor)
        if way == "prepared" and reads(sql):
            cursor.execute(sql, parameters, prepare=True)
            out += results(cursor)
        return out
    except psycopg.Error as e:
        return [error(e)]


class Side:
    """One connection for all cases; between them the session is put back to its start.

    Only prepared statements get a connection of their own: psycopg keeps count of them, and DISCARD ALL upsets it.
    """

    def __init__(self, dsn):
        self.dsn, self.connection = dsn, None

    def answers(self, case, texts, way):
        try:
            if self.connection is None:
                self.connection = connect(self.dsn)
            for sql in case.set + (["BEGIN"] if case.rollback else []):
                self.connection.execute(sql)
            answers = [run(self.connection, step, sql, way) for step, sql in zip(case.steps, texts)]
            self.connection.execute("ROLLBACK")
            if way == "prepared":
                self.connection.close()
                self.connection = None
            else:
                self.connection.execute("DISCARD ALL")
            return answers
        except Exception:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            raise


def comparable(step, answer):
    out = []
    for part in answer:
        if part[0] == "error":
            out.append(part[:2] if step.sent_as else part)
        elif step.shape_only:
            out.append(part[1])
        else:
            out.append((part[0], part[1], part[2] if step.ordered else sorted(part[2])))
    return out


def differs(case, way, legacy, current, proxy):
    straight = legacy if case.straight == "legacy" else current
    straight_texts = [s.sent_as or (NOT_THERE if s.refused else s.sql) for s in case.steps]
    expected = straight.answers(case, straight_texts, way)
    got = proxy.answers(case, [s.sql for s in case.steps], way)
    for number, (step, want, have) in enumerate(zip(case.steps, expected, got), 1):
        codes = [part[1] for part in have if part[0] == "error"]
        if any(code in step.may_refuse for code in codes):
            return None
        if step.refused:
            if not codes or codes[-1] not in step.refused:
                return f"step {number} is not refused: {have}"
        elif comparable(step, want) != comparable(step, have):
            return f"step {number}\n  {step.sql}\n  straight: {shown(want)}\n  through:  {shown(have)}"
    return None


def shown(answer):
    text = str(answer)
    return text if len(text) < 1500 else text[:1500] + " …"


def main():
    directory = sys.argv[1]
    legacy, current, proxy = map(Side, sys.argv[2:])
    wanted = os.environ.get("EXONYM_CASE", "")
    ran, failed = 0, 0
    for case in load(directory):
        # psycopg has its own way to COPY.
        if wanted not in case.name or any(step.sql.startswith("COPY") for step in case.steps):
            continue
        for way in ("text", "binary", "prepared", "pipeline"):
            # Two statements in one text are for the simple protocol: the others send Parse.
            if case.protocols and way != "text":
                continue
            ran += 1
            try:
                difference = differs(case, way, legacy, current, proxy)
            except Exception as e:  # what breaks a connection is a difference, too
                difference = repr(e)
            if difference:
                failed += 1
                print(f"=== {case.name} ({case.file}, {way})\n{difference}\n")
    print(f"psycopg {psycopg.__version__}: {ran} runs, {failed} differ")
    if failed or not ran:
        sys.exit(1)


main()
