"""Raw SQL, cursors, transactions, locks and plans."""

from datetime import date

from django.db import DataError, ProgrammingError, connection, transaction
from django.db.models import Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone

from django_filters import plain
from hydro.models import Feedback, InteractionDetail, Point, Reading
from play import step


@step
def raw_queries():
    wide = InteractionDetail.objects.raw("SELECT * FROM telemetry_interactiondetail WHERE flow > %s ORDER BY id", [75])
    some = Reading.objects.raw(
        "SELECT log_id, record_date FROM consumption_log WHERE record_date = %(day)s ORDER BY log_id", {"day": date(2025, 1, 1)}
    )
    return [wide.columns, [plain(i) for i in wide], [plain(r) for r in some], some[0].consumption_kwh]


@step
def raw_parts_of_queries():
    return [
        list(
            Reading.objects.annotate(x=RawSQL("(SELECT max(rating) FROM feedback_log WHERE user_id = %s)", ["user-005"]))
            .order_by("pk")
            .values_list("pk", "x")[:5]
        ),
        list(
            Feedback.objects.extra(select={"double": "rating * 2"}, where=["rating > %s"], params=[2], order_by=["feedback_id"]).values_list(
                "feedback_id", "double"
            )[:20]
        ),
    ]


@step
def cursors():
    seen = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_date, sum(consumption_kwh) FROM consumption_log WHERE record_date BETWEEN %s AND %s GROUP BY 1 ORDER BY 1",
            [date(2024, 12, 30), date(2025, 1, 2)],
        )
        seen.append([[c.name, c.type_code] for c in cursor.description])
        seen.append([tuple(row) for row in cursor.fetchall()])
        cursor.execute("SELECT * FROM telemetry_catchmentpoint ORDER BY id")
        seen += [[c.name for c in cursor.description], tuple(cursor.fetchone()), [tuple(row) for row in cursor.fetchmany(3)], cursor.rowcount]
        cursor.execute("SELECT %s::text, rating FROM feedback_log WHERE comments LIKE '%%rating%%' ORDER BY feedback_id LIMIT 3", ["rating"])
        seen.append([tuple(row) for row in cursor.fetchall()])
    return seen


@step
def savepoints():
    seen = [Feedback.objects.filter(rating=4).count()]
    for broken, error in (
        ("SELECT rating FROM feedback_log WHERE rating = 'x'", DataError),
        ("SELECT nothing FROM feedback_log", ProgrammingError),
        ("SELECT rating / 0 FROM feedback_log", DataError),
    ):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(broken)
        except error as wrong:
            seen.append((type(wrong).__name__, getattr(wrong.__cause__, "sqlstate", None) or wrong.__cause__.pgcode))
    return seen + [Feedback.objects.filter(rating=4).count()]


@step
def locks():
    return [
        [plain(f) for f in Feedback.objects.select_for_update().filter(rating=4).order_by("pk")[:5]],
        [plain(p) for p in Point.objects.select_for_update(of=("self",), skip_locked=True).select_related("project").order_by("pk")[:3]],
        [plain(p) for p in Point.objects.select_for_update(no_key=True, nowait=True).filter(is_telemetry=True).order_by("pk")[:3]],
    ]


@step
def plans():
    # What they say is the server's; that there is one, and in each format, is ours.
    plan = Reading.objects.filter(record_date=date(2025, 1, 1)).explain()
    return [
        1,
        "Scan" in plan,
        "Scan" in Feedback.objects.filter(rating=4).explain(verbose=True),
        "Plan" in InteractionDetail.objects.filter(flow__gt=3).explain(format="json"),
        "actual" in Point.objects.filter(lat=None).explain(analyze=True),
    ]


@step
def other_time_zones():
    seen = []
    for zone in ("UTC", "Asia/Kolkata"):
        with timezone.override(zone):
            seen.append(
                (
                    zone,
                    Reading.objects.filter(timestamp__date=date(2025, 1, 1)).count(),
                    list(InteractionDetail.objects.datetimes("date_time_medition", "month")),
                )
            )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'")
        cursor.execute("SELECT count(*), min(record_date) FROM consumption_log WHERE record_date <= %s", [date(2024, 12, 27)])
        seen.append(tuple(cursor.fetchone()))
    return seen


@step
def a_temporary_table_wins():
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE feedback_log (feedback_id text, rating text) ON COMMIT DROP")
        cursor.execute("INSERT INTO feedback_log VALUES ('1', 'mine')")
        cursor.execute("SELECT rating FROM feedback_log")
        mine = cursor.fetchone()
        cursor.execute("DROP TABLE feedback_log")
    return [tuple(mine), Feedback.objects.aggregate(Sum("rating"))]
