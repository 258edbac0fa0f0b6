"""Plays the steps of a script and prints what each of them saw, one JSON object a line: its `name`, what it `saw`, whether it `failed`,
and the `sql` that it sent.

`tests/orm.rs` runs a script straight before the legacy schema and through Exonym before the current one, and compares what was seen:
values, their Python types and their order. Nothing is compared here.
"""

import datetime
import json
import sys
import traceback

STEPS = []


def step(function):
    """Makes a function a step; they are played in the order of the file."""
    STEPS.append(function)
    return function


def shown(value):
    """A value with its types, all the way down; what has no order is sorted."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return "set(" + ", ".join(sorted(shown(v) for v in value)) + ")"
    if isinstance(value, list):
        return "[" + ", ".join(shown(v) for v in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(shown(v) for v in value) + ")"
    if isinstance(value, memoryview):
        return f"memoryview({bytes(value)!r})"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return f"{value!r} at {value.utcoffset()}"
    if isinstance(value, (str, bytes, int, float, bool, type(None), datetime.date, datetime.time, datetime.timedelta)) or type(value).__module__ in (
        "decimal",
        "uuid",
    ):
        return repr(value)
    # A row, a key of an identity map: a tuple under another name.
    if hasattr(value, "_asdict") or isinstance(value, tuple):
        return f"{type(value).__name__}{shown(tuple(value))}"
    raise TypeError(f"a step returned a {type(value)}: return plain values")


def play(run, sent):
    """Plays all steps: `run(function)` calls one, `sent()` gives the statements since it was last asked."""
    any_failed = False
    for function in STEPS:
        sent()
        failed = False
        try:
            saw = shown(run(function))
        except Exception as error:
            failed = any_failed = True
            cause = getattr(error, "orig", None) or error.__cause__ or error
            state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
            saw = f"{type(error).__name__} {state}: {error}"
            traceback.print_exc(limit=-3, file=sys.stderr)
        print(json.dumps({"name": function.__name__, "saw": saw, "failed": failed, "sql": sent()}), flush=True)
    sys.exit(any_failed)
