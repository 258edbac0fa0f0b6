"""What a service does around its statements: transactions, savepoints, locks, settings, errors."""

import datetime

import sqlalchemy.exc
from sqlalchemy import func, select, text

from alchemy_models import Consumption, Feedback, Interaction, Point, plain, rows
from play import step


@step
def a_savepoint_after_an_error(session):
    before = session.scalar(select(func.count()).select_from(Feedback).where(Feedback.rating == 4))
    seen = []
    for broken in ("SELECT rating FROM feedback_log WHERE rating = 'x'", "SELECT nothing FROM feedback_log", "SELECT rating / 0 FROM feedback_log"):
        try:
            with session.begin_nested():
                session.execute(text(broken))
        except sqlalchemy.exc.DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
            seen.append((type(error).__name__, state))
    return [before, seen, session.scalar(select(func.count()).select_from(Feedback).where(Feedback.rating == 4))]


@step
def locks(session):
    query = select(Feedback).where(Feedback.feedback_id < "f-0005").order_by(Feedback.feedback_id)
    seen = [
        rows(session.execute(query.with_for_update())),
        rows(session.execute(query.with_for_update(read=True, nowait=True))),
        rows(session.execute(query.with_for_update(skip_locked=True, key_share=True, of=Feedback))),
    ]
    session.rollback()
    return seen


@step
def in_another_time_zone(session):
    seen = []
    for zone in ("UTC", "America/Santiago", "Asia/Kolkata"):
        session.execute(text(f"SET LOCAL TIME ZONE '{zone}'"))
        query = select(func.count(), func.min(Consumption.log_id)).where(Consumption.record_date == datetime.date(2025, 1, 1))
        seen.append(
            (zone, rows(session.execute(query)), session.scalar(select(func.to_char(func.max(Consumption.timestamp), "YYYY-MM-DD HH24:MI:SS TZH"))))
        )
    return seen


@step
def one_snapshot(session):
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    return [session.scalar(select(func.sum(Interaction.flow))), plain(session.get(Point, 1))]


@step
def by_itself(session):
    session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    return rows(session.execute(select(Point.id, Point.is_telemetry).order_by(Point.id)))


@step
def a_temporary_table_wins(session):
    session.execute(text("CREATE TEMPORARY TABLE feedback_log (rating text) ON COMMIT DROP"))
    session.execute(text("INSERT INTO feedback_log VALUES ('mine')"))
    seen = rows(session.execute(text("SELECT rating FROM feedback_log")))
    session.rollback()
    return seen + [session.scalar(select(func.count(Feedback.rating)))]
