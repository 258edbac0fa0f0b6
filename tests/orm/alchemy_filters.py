"""Conditions on columns of every kind, and over relations."""

import datetime
from datetime import date, timezone
from decimal import Decimal

from sqlalchemy import (
    Date,
    Float,
    Integer,
    Numeric,
    String,
    Text,
    all_,
    and_,
    any_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from alchemy_models import Consumption as C, Feedback as F, Group, Interaction as I, Point, Prediction as P, Project, Series as S, rows
from play import step

UTC = timezone.utc
NEW_YEAR = date(2025, 1, 1)


def ids(session, model, *conditions):
    key = model.__mapper__.primary_key[0]
    return list(session.scalars(select(key).where(*conditions).order_by(key)))


@step
def days(session):
    day = C.record_date
    return [
        ids(session, C, condition)
        for condition in (
            day == NEW_YEAR,
            day != NEW_YEAR,
            day > NEW_YEAR,
            day >= date(2025, 3, 20),
            day < date(2024, 12, 27),
            day <= date(2024, 12, 27),
            day.between(date(2024, 12, 30), date(2025, 1, 2)),
            ~day.between(date(2024, 12, 26), date(2025, 3, 20)),
            day.in_([NEW_YEAR, date(2025, 2, 3), date(2024, 12, 31)]),
            day.not_in([NEW_YEAR]),
            day.is_(None),
            day.is_not(None),
            day.is_distinct_from(NEW_YEAR),
            day.is_not_distinct_from(None),
            NEW_YEAR == day,
            day == func.date("2025-01-01"),
            day >= func.date_trunc("year", C.timestamp),
            day == cast(C.timestamp, Date),
            day - 1 == date(2024, 12, 31),
            day == datetime.datetime(2025, 1, 1),
            day == any_(cast([NEW_YEAR, date(2025, 1, 2)], ARRAY(Date))),
            extract("dow", day) == 3,
        )
    ]


@step
def expressions_as_columns(session):
    rating = F.rating
    return [
        ids(session, F, condition)
        for condition in (
            rating == 4,
            rating != 4,
            rating > 2,
            rating.in_([2, 3]),
            rating.not_in([2, 3]),
            rating.in_([]),
            rating.not_in([]),
            rating.is_(None),
            rating.between(3, 5),
            or_(rating == 2, F.feedback_type == "tariff"),
            and_(rating == 4, F.comments.ilike("%RATING%")),
            not_(and_(rating == 4, F.feedback_type == "schedule")),
            rating * 2 == 8,
            rating % 2 == 0,
            cast(rating, String) == "3",
            rating == any_(cast([2, 4], ARRAY(Integer))),
            rating != all_(cast([2, 4], ARRAY(Integer))),
            case((rating == 4, "good"), (rating == 2, "bad"), else_="none") == "good",
            rating == literal(4),
            rating == Decimal(4),
            rating == 4.0,
        )
    ]


@step
def values_in_documents(session):
    predicted = P.predicted_consumption
    return [
        ids(session, P, condition)
        for condition in (
            predicted > 300,
            predicted.between(10, 20.5),
            predicted.is_(None),
            predicted.is_not(None),
            predicted.in_([1.5, 2.0, 250.125]),
            predicted == Decimal("100.5"),
            func.coalesce(predicted, 0) == 0,
            predicted / 2 > 200,
            func.round(cast(predicted, Numeric), 0) % 2 == 0,
            predicted > P.confidence_score * 400,
            cast(predicted, Integer) == 250,
            P.created_at >= datetime.datetime(2025, 1, 1, tzinfo=UTC),
        )
    ]


@step
def renamed_with_another_type(session):
    return [
        ids(session, Point, condition)
        for condition in (
            Point.is_telemetry,
            ~Point.is_telemetry,
            Point.is_telemetry == false(),
            Point.is_telemetry.is_(True),
            Point.lat.like("-33.5%"),
            Point.lat.is_(None),
            Point.lat == Point.lon,
            Point.frecuency == "5",
            Point.frecuency.in_(["5", "60", None]),
            Point.frecuency.is_not(None),
            cast(Point.lat, Float) < -33.5,
            func.length(Point.lat) == 10,
            Point.lat > "-33.4",
            tuple_(Point.frecuency, Point.is_telemetry).in_([("1", True), ("60", False)]),
        )
    ]


@step
def wide_rows(session):
    at = datetime.datetime(2025, 1, 1, tzinfo=UTC)
    return [
        ids(session, I, condition)
        for condition in (
            I.flow > 40,
            I.flow.is_(None),
            I.level.between(Decimal("1.5"), 10),
            I.volume.in_([Decimal("1.000")]),
            I.flow + I.level > 90,
            I.raw_data["flow"].as_integer() > 5,
            I.raw_data["provider"].astext == "ñu",
            I.raw_data.is_(None),
            I.raw_data.contains({"flow": 3}),
            I.raw_data.has_key("values"),  # noqa: W601
            I.date_time_medition >= at,
            I.date_time_medition == at,
            and_(I.catchment_point_id == 4, I.date_time_medition < at),
            func.coalesce(I.flow, I.level, 0) == 0,
            and_(I.flow.is_(None), I.level.is_(None), I.volume.is_(None)),
            I.id.in_(range(1, 20)),
        )
    ]


@step
def single_readings(session):
    return [
        ids(session, S, condition)
        for condition in (
            S.value.is_(None),
            S.value.is_not(None),
            S.value == literal(True, JSONB),
            S.value.op("#>>")(text("'{}'")) == "ok",
            cast(S.value, Text) == '"falla"',
            func.jsonb_typeof(S.value) == "number",
            S.timestamp > datetime.datetime(2025, 1, 10, tzinfo=UTC),
            and_(S.point_id == 3, S.variable_id.in_([1, 2])),
            S.value.in_([literal(given, JSONB) for given in (1.5, "ok", True)]),
        )
    ]


@step
def documents_that_did_not_change(session):
    query = select(C.log_id, C.meta["source"].astext.label("source"), C.meta["rating"], C.consumption_kwh).where(
        C.meta["source"].astext == "meter", C.meta.has_key("rating")
    )  # noqa: W601
    return rows(session.execute(query.order_by(C.log_id)))


@step
def relations_as_conditions(session):
    return [
        ids(session, Project, Project.points.any(Point.is_telemetry == false())),
        ids(session, I, I.point.has(Point.frecuency == "60")),
        ids(session, Point, Point.groups.any(Group.name == "deep"), ~Point.readings.any(I.flow < 1)),
        ids(session, Group, ~Group.points.any()),
    ]
