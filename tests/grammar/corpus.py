"""The statements of psql scripts, as JSON strings for `judge.py`: one a line, each once.

    python tests/grammar/corpus.py FILE… > statements.jsonl

A file is a script, or an archive of Postgres's source, of which the scripts of the regression tests are taken.

psql's own commands and the data of COPY are left out. A variable stands for what `\\set` gave it, else for its own name.
"""

import json
import re
import sys
import tarfile

DOLLAR = re.compile(r"\$(?:[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*)?\$")
VARIABLE = re.compile(r":(?:'(\w+)'|\"(\w+)\"|(\w+))")
COMMAND = re.compile(r"\\(?:[A-Za-z]+|[!?.])")
FROM_STDIN = re.compile(r"\bcopy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)


def quoted_end(text, at, quote, escapes):
    """The place behind a string or a quoted name that opens at `at`."""
    at += 1
    while at < len(text):
        if escapes and text[at] == "\\":
            at += 2
        elif text[at] == quote:
            if text[at + 1 : at + 2] != quote:
                return at + 1
            at += 2
        else:
            at += 1
    return at


def comment_end(text, at):
    """The place behind a comment that may hold others."""
    depth = 0
    while at < len(text):
        two = text[at : at + 2]
        if two in ("/*", "*/"):
            depth += 1 if two == "/*" else -1
            at += 2
            if depth == 0:
                return at
        else:
            at += 1
    return at


def line_end(text, at):
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def set_variable(line, variables):
    """`\\set name a 'b c'`"""
    words = re.findall(r"'(?:[^']|'')*'|\S+", line)[1:]
    if words and not words[0].startswith("'"):
        plain = [w[1:-1].replace("''", "'") if w.startswith("'") else w for w in words[1:]]
        variables[words[0]] = "".join(plain)


def statements(text):
    """Yields each statement of a script, without its `;`."""
    variables = {}
    built, at, depth, body = "", 0, 0, 0
    while at < len(text):
        char, rest = text[at], text[at : at + 2]
        start = at
        if rest == "--":
            at = line_end(text, at)
            continue
        if rest == "/*":
            at = comment_end(text, at)
        elif char in "'\"":
            escapes = char == "'" and re.search(r"(?<![A-Za-z0-9_$])[eE]$", built[-2:]) is not None
            at = quoted_end(text, at, char, escapes)
        elif char == "$" and not re.search(r"[A-Za-z0-9_$]$", built) and (tag := DOLLAR.match(text, at)):
            end = text.find(tag.group(), tag.end())
            at = len(text) if end < 0 else end + len(tag.group())
        elif char == "\\" and text[at + 1 : at + 2] == ";":
            at += 2
            yield built
            built = ""
            continue
        elif char == "\\" and (command := COMMAND.match(text, at)):
            # Most commands end a line, those that send the statement among them.
            line = text[at : line_end(text, at)]
            at += len(line)
            if command.group() == "\\set":
                set_variable(line, variables)
            if command.group().startswith(("\\g", "\\crosstab", "\\watch", "\\bind", "\\parse", "\\sendp")):
                yield built
                built, depth, body = "", 0, 0
            continue
        elif char == ":" and text[at - 1] != ":" and rest != "::" and (name := VARIABLE.match(text, at)) and depth_free(text, at):
            at = name.end()
            # In front of everything, it is EXPLAIN or nothing.
            built += substituted(name, variables) if built.strip() else variables.get(name.group(3), "EXPLAIN")
            continue
        elif char == ";" and depth <= 0 and body <= 0:
            at += 1
            yield built
            copied = FROM_STDIN.search(built)
            built, depth = "", 0
            if copied:
                end = re.compile(r"^\\\.\s*$", re.MULTILINE).search(text, at)
                at = end.end() if end else at
            continue
        else:
            depth += {"(": 1, ")": -1}.get(char, 0)
            word = re.match(r"[A-Za-z_]+", text[at:at + 64])
            at += 1
            if word and not re.search(r"[A-Za-z0-9_]$", built):
                at = start + word.end()
                if re.match(r"\s*create\b.*\b(function|procedure)\b", built, re.I | re.S):
                    now = word.group().lower()
                    if now == "atomic":
                        body = 1
                    elif body and now in ("case", "end"):
                        body += 1 if now == "case" else -1
        built += text[start:at]
    yield built


def depth_free(text, at):
    """`a[1:n]` is a slice of an array, and `a: b` in JSON a pair."""
    before = text[:at].rstrip()
    return not re.search(r"\[[^\]\n;]*$", before[-40:]) and not re.search(r"[\w')]$", text[:at][-1:])


def substituted(name, variables):
    literal, ident, plain = name.groups()
    if literal:
        return "'" + variables.get(literal, literal).replace("'", "''") + "'"
    if ident:
        return '"' + variables.get(ident, ident).replace('"', '""') + '"'
    return variables.get(plain, plain.lower())


def scripts(path):
    """The texts of the scripts that a file is or holds."""
    if not tarfile.is_tarfile(path):
        with open(path, "rb") as file:
            yield file.read()
        return
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile() and "/src/test/regress/sql/" in member.name and member.name.endswith(".sql"):
                yield archive.extractfile(member).read()


def main(paths):
    seen = set()
    for path in paths:
        for script in scripts(path):
            for statement in statements(script.decode(errors="replace")):
                statement = statement.strip()
                if statement and "\ufffd" not in statement and statement not in seen:
                    seen.add(statement)
                    print(json.dumps(statement))


if __name__ == "__main__":
    main(sys.argv[1:])
