"""Statements: pages, aggregates, windows, CTEs, subqueries, sets, texts."""

import datetime
from datetime import date

from sqlalchemy import (
    Date,
    Float,
    String,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    desc,
    distinct,
    except_,
    exists,
    extract,
    func,
    intersect,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    type_coerce,
    union,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import aliased

from alchemy_models import Consumption as C, Feedback as F, Group, Interaction as I, Point, Prediction as P, Project, Series as S, Tariff, rows
from play import step

NEW_YEAR = date(2025, 1, 1)


@step
def pages(session):
    query = select(C.log_id, C.record_date, C.consumption_kwh).order_by(
        C.record_date.desc().nulls_last(), C.consumption_kwh.asc().nulls_first(), C.log_id
    )
    return [rows(session.execute(query.limit(25).offset(25 * page))) for page in (0, 1, 30, 95, 96)]


@step
def pages_by_row_number(session):
    number = func.row_number().over(order_by=(desc(I.date_time_medition), I.id)).label("number")
    numbered = select(I.id, I.date_time_medition, I.flow, number).where(I.flow.is_not(None)).subquery()
    return [rows(session.execute(select(numbered).where(numbered.c.number.between(low, low + 19)).order_by(numbered.c.number))) for low in (1, 101)]


@step
def pages_by_key(session):
    seen, last = [], (date(2024, 12, 26), 0)
    for _ in range(4):
        query = select(C.record_date, C.log_id).where(tuple_(C.record_date, C.log_id) > tuple_(*last)).order_by(C.record_date, C.log_id).limit(30)
        page = rows(session.execute(query))
        seen.append(page)
        last = page[-1]
    return seen


@step
def pages_with_their_total(session):
    query = (
        select(F.feedback_id, F.rating, func.count().over().label("total"))
        .where(F.rating != 3)
        .order_by(F.created_at.desc().nulls_last(), F.feedback_id)
    )
    return [
        rows(session.execute(query.limit(10))),
        rows(session.execute(query.fetch(5, with_ties=True))),
        session.scalar(select(func.count()).select_from(query.order_by(None).subquery())),
    ]


@step
def aggregates(session):
    query = select(
        func.count(),
        func.count(C.consumption_kwh),
        func.sum(C.consumption_kwh),
        func.avg(C.total_cost),
        func.min(C.record_date),
        func.max(C.record_date),
        func.min(C.timestamp),
        func.count(distinct(C.record_date)),
    )
    wide = select(func.sum(I.flow), func.avg(I.level), func.max(I.volume), func.count(I.raw_data), func.min(I.date_time_medition))
    return [
        rows(session.execute(query)),
        rows(session.execute(wide)),
        session.scalar(select(func.count(P.predicted_consumption))),
        session.scalar(select(func.sum(F.rating))),
    ]


@step
def groups(session):
    by_day = (
        select(C.record_date, func.count(), func.sum(C.consumption_kwh).label("kwh"))
        .group_by(C.record_date)
        .having(func.sum(C.consumption_kwh) > 300)
        .order_by(C.record_date)
    )
    by_rating = (
        select(F.rating, F.feedback_type, func.count().label("n"))
        .group_by(F.rating, F.feedback_type)
        .order_by(F.rating, F.feedback_type.nulls_first())
    )
    by_month = select(func.date_trunc("month", C.record_date).label("month"), func.avg(C.total_cost)).group_by("month").order_by("month")
    by_point = select(Point.title, Point.is_telemetry, func.count(I.id), func.max(I.flow)).outerjoin(I).group_by(Point.id).order_by(Point.id)
    by_label = select(F.rating.label("stars"), func.count()).group_by("stars").order_by(desc("stars"))
    by_case = select(case((F.rating > 3, "up"), else_="down").label("vote"), func.count()).group_by("vote").order_by("vote")
    return [rows(session.execute(query)) for query in (by_day, by_rating, by_month, by_label, by_case)] + [
        rows(session.execute(by_point.group_by(Point.title, Point.is_telemetry)))
    ]


@step
def filtered_and_ordered_aggregates(session):
    query = (
        select(
            F.user_id,
            func.count().filter(F.rating == 4),
            func.count().filter(F.rating == 2),
            func.array_agg(aggregate_order_by(F.rating, F.created_at, F.feedback_id)),
            func.string_agg(F.feedback_type, aggregate_order_by(literal_column("','"), F.created_at.desc(), F.feedback_id)),
        )
        .group_by(F.user_id)
        .order_by(F.user_id)
    )
    median = select(
        func.percentile_cont(0.5).within_group(P.predicted_consumption),
        func.mode().within_group(P.prediction_type),
        func.percentile_disc(0.9).within_group(P.predicted_consumption),
    )
    documents = select(func.jsonb_object_agg(F.feedback_id, F.rating)).where(F.feedback_id < "f-0010")
    return [rows(session.execute(query)), rows(session.execute(median)), rows(session.execute(documents))]


@step
def grouping_sets(session):
    level = func.grouping(F.rating, F.feedback_type)
    seen = []
    for sets in (
        func.rollup(F.rating, F.feedback_type),
        func.cube(F.rating, F.feedback_type),
        func.grouping_sets(tuple_(F.rating), tuple_(F.feedback_type)),
    ):
        seen.append(
            rows(session.execute(select(F.rating, F.feedback_type, level, func.count()).group_by(sets).order_by(level, F.rating, F.feedback_type)))
        )
    return seen


@step
def windows(session):
    by_user = {"partition_by": C.user_id, "order_by": (C.timestamp, C.log_id)}
    query = (
        select(
            C.log_id,
            func.lag(C.consumption_kwh).over(**by_user),
            func.sum(C.consumption_kwh).over(rows=(-2, 0), **by_user),
            func.rank().over(partition_by=C.record_date, order_by=C.consumption_kwh.desc()),
            func.first_value(C.record_date).over(**by_user),
        )
        .where(C.user_id.in_(["user-001", "user-026"]))
        .order_by(C.log_id)
    )
    best = select(
        I.catchment_point_id, I.id, func.dense_rank().over(partition_by=I.catchment_point_id, order_by=I.flow.desc().nulls_last()).label("place")
    ).subquery()
    return [rows(session.execute(query)), rows(session.execute(select(best).where(best.c.place <= 2).order_by(best.c.catchment_point_id, best.c.id)))]


@step
def distinct_rows(session):
    return [
        list(session.scalars(select(C.record_date).distinct().order_by(C.record_date))),
        list(session.scalars(select(F.rating).distinct().order_by(F.rating.desc()))),
        rows(session.execute(select(I).distinct(I.catchment_point_id).order_by(I.catchment_point_id, I.date_time_medition.desc(), I.id))),
        rows(session.execute(select(F.rating, F.feedback_id).distinct(F.rating).order_by(F.rating, F.feedback_id))),
    ]


@step
def ctes(session):
    measured = select(C.user_id, func.sum(C.consumption_kwh).label("consumption_kwh")).group_by(C.user_id).cte("measured")
    predicted = select(P.user_id, func.max(P.predicted_consumption).label("predicted_consumption")).group_by(P.user_id).cte("predicted")
    both = select(measured.c.user_id, measured.c.consumption_kwh, predicted.c.predicted_consumption).join(
        predicted, predicted.c.user_id == measured.c.user_id
    )
    # Its name hides the table's, but for itself.
    rated = select(F).where(F.rating == 4).cte("feedback_log").prefix_with("MATERIALIZED")
    nested = select(func.count(rated.c.rating), func.min(rated.c.created_at))
    return [rows(session.execute(both.order_by(measured.c.user_id))), rows(session.execute(nested))]


@step
def a_recursive_cte(session):
    days = select(func.min(C.record_date).label("day")).cte("days", recursive=True)
    days = days.union_all(select(cast(days.c.day + 1, Date)).where(days.c.day < date(2025, 1, 5)))
    query = (
        select(days.c.day, func.count(C.log_id), func.sum(C.consumption_kwh))
        .outerjoin(C, C.record_date == days.c.day)
        .group_by(days.c.day)
        .order_by(days.c.day)
    )
    return rows(session.execute(query))


@step
def subqueries(session):
    newest = select(func.max(F.created_at)).where(F.user_id == C.user_id, F.rating == 4).scalar_subquery()
    with_newest = select(C.log_id, newest.label("newest")).where(C.record_date == NEW_YEAR).order_by(C.log_id)
    has = select(Point.id, Point.lat).where(exists().where(I.catchment_point_id == Point.id, I.flow > 75)).order_by(Point.id)
    lacks = select(Point.id).where(~select(S.id).where(S.point_id == Point.id, S.value.is_(None)).exists()).order_by(Point.id)
    within = (
        select(C.log_id).where(C.user_id.in_(select(F.user_id).where(F.rating == 2).group_by(F.user_id).having(func.count() > 4))).order_by(C.log_id)
    )
    top = select(I.id, I.flow).where(I.catchment_point_id == Point.id, I.flow.is_not(None)).order_by(I.flow.desc(), I.id).limit(2).lateral("top")
    lateral_ = select(Point.title, top.c.id, top.c.flow).join(top, true(), isouter=True).order_by(Point.id, top.c.id)
    above = select(C.log_id).where(C.consumption_kwh > select(func.avg(C.consumption_kwh) * 1.9).scalar_subquery()).order_by(C.log_id)
    return [rows(session.execute(query)) for query in (with_newest, has, lacks, within, lateral_, above)]


@step
def sets(session):
    used = select(C.user_id.label("who"), C.record_date.label("day")).where(C.record_date >= date(2025, 3, 15))
    rated = select(F.user_id, cast(F.created_at, Date)).where(F.rating == 4)
    seen = [rows(session.execute(make(used, rated).order_by("who", "day"))) for make in (union, union_all, intersect, except_)]
    both = union_all(select(I.date_time_medition.label("at"), cast(I.flow, Text).label("value")), select(S.timestamp, cast(S.value, Text))).subquery()
    seen.append(rows(session.execute(select(both).order_by(both.c.at, both.c.value).limit(100))))
    return seen


@step
def joins(session):
    c, other = aliased(C), aliased(C, name="timestamp")
    self_join = (
        select(c.log_id, other.log_id)
        .join(other, and_(c.record_date == other.record_date, c.user_id == other.user_id, c.log_id < other.log_id))
        .order_by(c.log_id, other.log_id)
    )
    three = (
        select(C.log_id, P.prediction_id, F.feedback_id, C.consumption_kwh, P.predicted_consumption, F.rating)
        .join(P, and_(P.user_id == C.user_id, cast(P.created_at, Date) == C.record_date))
        .join(F, and_(F.user_id == C.user_id, F.created_at > P.created_at))
        .where(F.rating == 4)
        .order_by(C.log_id, P.prediction_id, F.feedback_id)
    )
    priced = (
        select(C.log_id, C.consumption_kwh, Tariff.price_kwh)
        .join(
            Tariff,
            and_(
                Tariff.tariff_zone == C.tariff_zone,
                Tariff.hour_of_day == extract("hour", func.timezone("UTC", C.timestamp)),
                Tariff.valid_from == cast(func.date_trunc("year", C.record_date), Date),
            ),
        )
        .order_by(C.log_id)
    )
    full = (
        select(Point.title, S.value)
        .select_from(Point)
        .join(S, and_(S.point_id == Point.id, S.variable_id == 5), full=True)
        .where(or_(Point.lat.is_(None), Point.id > 12))
        .order_by(Point.id, S.id)
    )
    through = (
        select(Project.name, Group.name, func.count(distinct(Point.id)))
        .join(Project.points)
        .join(Point.groups)
        .group_by(Project.name, Group.name)
        .order_by(Project.name, Group.name)
    )
    return [rows(session.execute(query)) for query in (self_join, three, priced, full, through)]


@step
def values_as_a_table(session):
    wanted = values(column("day", Date), column("note", String), name="wanted").data(
        [(NEW_YEAR, "new year"), (date(2025, 1, 6), "epiphany"), (date(2020, 1, 1), "none")]
    )
    query = select(wanted.c.note, func.count(C.log_id)).outerjoin(C, C.record_date == wanted.c.day).group_by(wanted.c.note).order_by(wanted.c.note)
    return rows(session.execute(query))


@step
def expressions_in_the_list(session):
    query = (
        select(
            C.consumption_kwh * 2,
            (C.consumption_kwh + C.total_cost).label("sum"),
            func.coalesce(C.total_cost, C.consumption_kwh, 0.0),
            C.record_date + 1,
            C.timestamp - func.make_interval(0, 0, 0, 1),
            cast(C.record_date, String),
            extract("epoch", C.timestamp),
            func.to_char(C.record_date, "YYYY-IW"),
            null().label("nothing"),
            literal("x"),
            type_coerce(C.log_id, BigText),
            array([C.consumption_kwh, C.total_cost]),
            func.row_number().over(order_by=C.log_id),
        )
        .order_by(C.log_id)
        .limit(30)
    )
    return rows(session.execute(query))


@step
def names_of_columns(session):
    seen = [
        list(session.execute(query.limit(1)).keys())
        for query in (
            select(C.__table__),
            select(F.rating, F.created_at),
            select(func.sum(C.consumption_kwh)),
            select(I.__table__, Point.__table__).join(Point),
            select(cast(F.rating, Float)),
            select(C.record_date, C.record_date.label("again")),
        )
    ]
    return seen + [
        [tuple(row) for row in session.execute(text("SELECT * FROM feedback_log ORDER BY feedback_id LIMIT 3"))],
        list(session.execute(text("SELECT * FROM telemetry_catchmentpoint LIMIT 0")).keys()),
    ]


@step
def texts(session):
    bound = text(
        "SELECT record_date, sum(consumption_kwh) AS kwh FROM consumption_log"
        " WHERE record_date BETWEEN :low AND :high AND user_id IN :users GROUP BY 1 ORDER BY 1"
    ).bindparams(bindparam("users", expanding=True))
    typed = text("SELECT rating, created_at FROM feedback_log WHERE rating = :rating ORDER BY feedback_id LIMIT 5").columns(F.rating, F.created_at)
    whole = text("SELECT * FROM telemetry_interactiondetail WHERE id < 4 ORDER BY id").columns(*I.__table__.c)
    return [
        rows(session.execute(bound, {"low": date(2024, 12, 30), "high": date(2025, 1, 2), "users": ["user-001", "user-002", "user-026"]})),
        rows(session.execute(typed, {"rating": 2})),
        rows(session.execute(select(I).from_statement(whole))),
        rows(session.connection().exec_driver_sql("SELECT lat, lon, frecuency FROM telemetry_catchmentpoint ORDER BY id")),
    ]


@step
def the_same_shape_often(session):
    # Drivers prepare what comes often; plans are shared by texts that differ in values.
    return [(day, session.scalar(select(func.count()).where(C.record_date == NEW_YEAR + datetime.timedelta(days=day)))) for day in range(12)] + [
        session.scalar(select(func.count()).select_from(F).where(F.rating == n, F.feedback_type == kind))
        for n in (2, 3, 4, 5)
        for kind in ("tariff", "schedule")
    ]


class BigText(String):
    """What a service's own type may be."""

    cache_ok = True
