"""Shapes that services give their models and statements: aliases of subqueries, bundles, whole rows, functions as tables, other schemas."""

from datetime import date, datetime, timezone

from sqlalchemy import BigInteger, Integer, Text, and_, bindparam, cast, func, literal, literal_column, select, text, tuple_, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Bundle, aliased, column_property, joinedload, query_expression, with_expression

from alchemy_models import Base, Consumption, Feedback, Interaction, Point, Prediction, Series, Tariff, plain, rows
from play import step


class Rated(Base):
    """The same table as `Feedback`, as another service sees it."""

    __table__ = Feedback.__table__

    @hybrid_property
    def is_good(self):
        return self.rating == 4

    @hybrid_property
    def stars(self):
        return "*" * self.rating

    @stars.inplace.expression
    @classmethod
    def _stars(cls):
        return func.repeat(literal_column("'*'"), cls.rating)

    answers = column_property(
        select(func.count(Consumption.log_id))
        .where(Consumption.user_id == Feedback.__table__.c.user_id, Consumption.record_date == func.date(Feedback.__table__.c.created_at))
        .scalar_subquery(),
        deferred=True,
    )
    extra = query_expression()


@step
def hybrids_and_expressions_of_a_model(session):
    query = select(Rated).options(with_expression(Rated.extra, Rated.rating * 10)).where(Rated.is_good).order_by(Rated.feedback_id).limit(10)
    seen = [(r.is_good, r.stars, r.answers, r.extra) for r in session.scalars(query)]
    by_stars = select(Rated.stars, func.count()).group_by(Rated.stars).order_by(Rated.stars.desc())
    return [
        seen,
        rows(session.execute(by_stars)),
        rows(session.execute(select(Rated.feedback_id, Rated.is_good).order_by(Rated.is_good, Rated.feedback_id).limit(5))),
    ]


@step
def bundles_and_labels(session):
    bundle = Bundle("reading", Consumption.record_date.label("day"), Consumption.consumption_kwh.label("record_date"))
    query = select(bundle, Consumption.timestamp.label("consumption_kwh")).order_by("day", Consumption.log_id).limit(10)
    shadowed = (
        select(Consumption.consumption_kwh.label("record_date"), Consumption.record_date.label("consumption_kwh"))
        .order_by("consumption_kwh", "record_date")
        .limit(20)
    )
    return [[(tuple(r.reading), r.consumption_kwh) for r in session.execute(query)], rows(session.execute(shadowed))]


@step
def models_over_subqueries(session):
    good = select(Feedback).where(Feedback.rating == 4).order_by(Feedback.created_at.desc().nulls_last(), Feedback.feedback_id).limit(20).subquery()
    entity = aliased(Feedback, good)
    nested = select(entity.feedback_id, entity.rating, entity.created_at).where(entity.feedback_type == "tariff").order_by(entity.feedback_id)
    wide = aliased(Interaction, select(Interaction).where(Interaction.flow > 60).subquery(), name="telemetry_interactiondetail")
    joined = select(Point, wide).join(wide, Point.id == wide.catchment_point_id).options(joinedload(Point.project)).order_by(wide.id)
    return [
        [plain(f) for f in session.scalars(select(entity).order_by(entity.feedback_id))],
        rows(session.execute(nested)),
        rows(session.execute(joined)),
    ]


@step
def the_older_way_to_ask(session):
    query = session.query(Feedback).filter_by(rating=4, feedback_type="tariff").order_by(Feedback.feedback_id)
    pairs = session.query(Point, func.count(Interaction.id)).outerjoin(Point.readings).group_by(Point).order_by(Point.id)
    return [
        query.count(),
        [plain(f) for f in query[2:5]],
        query.with_entities(Feedback.created_at).first()[0],
        rows(pairs),
        session.query(query.exists()).scalar(),
    ]


@step
def whole_rows(session):
    feedback = Feedback.__table__
    as_json = select(func.row_to_json(feedback.table_valued())).where(Feedback.feedback_id < "f-0004").order_by(Feedback.feedback_id)
    as_jsonb = select(func.to_jsonb(Interaction.__table__.table_valued())).where(Interaction.id < 4).order_by(Interaction.id)
    together = select(func.jsonb_agg(aggregate_order_by(Point.__table__.table_valued(), Point.id))).where(Point.id < 3)
    counted = [select(func.count(model.__table__.table_valued())) for model in (Feedback, Series, Interaction)]
    return [rows(session.execute(query)) for query in (as_json, as_jsonb, together, *counted)]


@step
def functions_as_tables(session):
    days = func.generate_series(date(2024, 12, 30), date(2025, 1, 2), text("interval '1 day'")).table_valued("day", name="days").render_derived()
    per_day = (
        select(days.c.day, func.count(Consumption.log_id))
        .outerjoin(Consumption, Consumption.record_date == days.c.day)
        .group_by(days.c.day)
        .order_by(days.c.day)
    )
    keys = func.jsonb_object_keys(Interaction.raw_data).table_valued("key", name="raw_data").render_derived()
    keyed = (
        select(keys.c.key, func.count()).select_from(Interaction).join(keys, literal(True)).where(func.jsonb_typeof(Interaction.raw_data) == "object")
    )
    given = func.unnest(func.string_to_array("1,2,17", ",")).column_valued("given")
    some = select(given, Interaction.flow).join(Interaction, Interaction.id == cast(given, BigInteger)).order_by(Interaction.id)
    return [rows(session.execute(query)) for query in (per_day, keyed.group_by(keys.c.key).order_by(keys.c.key), some)]


@step
def in_a_named_schema(session):
    connection = session.connection(execution_options={"schema_translate_map": {None: "public"}})
    query = select(Consumption.record_date, func.sum(Consumption.consumption_kwh)).group_by(Consumption.record_date).order_by(Consumption.record_date)
    both = (
        select(Feedback.rating, Prediction.predicted_consumption)
        .join(Prediction, Prediction.user_id == Feedback.user_id)
        .where(Feedback.feedback_id == "f-0003")
    )
    return [
        rows(connection.execute(query)),
        rows(connection.execute(both.order_by(Prediction.prediction_id))),
        rows(connection.execute(select(Interaction).where(Interaction.id == 5))),
    ]


@step
def with_values_written_out(session):
    query = select(Consumption.log_id).where(
        Consumption.record_date.in_([date(2025, 1, 1), date(2025, 1, 2)]),
        Consumption.consumption_kwh > 12.5,
        Consumption.timestamp >= datetime(2025, 1, 1, 6, tzinfo=timezone.utc),
    )
    bind = session.get_bind()
    written = str(query.order_by(Consumption.log_id).compile(dialect=bind.dialect, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    return list(session.connection().exec_driver_sql(written).scalars())


@step
def one_parameter_in_many_places(session):
    day = bindparam("day", type_=Consumption.record_date.type)
    query = select(
        Consumption.log_id, (Consumption.record_date == day).label("same"), func.coalesce(Consumption.record_date, day), day.label("asked")
    ).where((Consumption.record_date == day) | (func.date(Consumption.timestamp) == day) | (Consumption.record_date == day + 1))
    rated = (
        select(Feedback.feedback_id, Feedback.rating + bindparam("n", type_=Integer))
        .where(Feedback.rating == bindparam("n"))
        .order_by(Feedback.feedback_id)
        .limit(5)
    )
    return [rows(session.execute(query.order_by(Consumption.log_id), {"day": date(2024, 12, 31)})), rows(session.execute(rated, {"n": 2}))]


@step
def correlated_in_the_list_and_in_order(session):
    best = select(func.max(Interaction.flow)).where(Interaction.catchment_point_id == Point.id).correlate(Point).scalar_subquery()
    ordered = select(Point.title, best.label("best")).order_by(best.desc().nulls_last(), Point.id)
    tuples = select(Feedback.feedback_id).where(
        tuple_(Feedback.user_id, Feedback.created_at).in_(
            select(Feedback.user_id, func.max(Feedback.created_at)).where(Feedback.rating == 4).group_by(Feedback.user_id)
        )
    )
    return [rows(session.execute(ordered)), list(session.scalars(tuples.order_by(Feedback.feedback_id)))]


@step
def set_operations_of_models(session):
    first, second = select(Feedback).where(Feedback.rating == 2), select(Feedback).where(Feedback.feedback_type.is_(None))
    union = first.union(second).order_by("created_at", "feedback_id").limit(30)
    entity = aliased(Feedback, first.union_all(second).subquery())
    return [
        [plain(f) for f in session.scalars(select(Feedback).from_statement(union))],
        rows(session.execute(select(entity.rating, func.count()).group_by(entity.rating).order_by(entity.rating))),
    ]


@step
def names_as_words(session):
    # Legacy names as aliases, in strings, in comments, as keys.
    consumption_log = aliased(Tariff, name="consumption_log")
    query = select(func.count(), func.min(consumption_log.price_kwh)).where(consumption_log.tariff_name == "peak")
    made = (
        select(
            func.jsonb_build_object("rating", Feedback.rating, "created_at", Feedback.created_at),
            literal("feedback_log.rating").label("timestamp"),
            literal_column("'rating'").label("rating"),
        )
        .where(Feedback.feedback_id == "f-0001")
        .prefix_with("/* rating, consumption_kwh */")
    )
    hinted = select(Feedback.rating).where(Feedback.feedback_id == "f-0001").suffix_with("-- rating")
    return [rows(session.execute(query)), rows(session.execute(made)), rows(session.execute(hinted))]


@step
def ranges_of_windows(session):
    per_day = (
        select(Consumption.record_date.label("day"), func.sum(Consumption.consumption_kwh).label("kwh"))
        .where(Consumption.record_date.is_not(None))
        .group_by(Consumption.record_date)
        .cte("per_day")
    )
    week = func.sum(per_day.c.kwh).over(order_by=per_day.c.day, range_=(None, 0))
    moving = func.avg(per_day.c.kwh).over(order_by=per_day.c.day, rows=(-6, 0))
    directly = (
        select(Consumption.record_date, func.sum(func.sum(Consumption.consumption_kwh)).over(order_by=Consumption.record_date))
        .group_by(Consumption.record_date)
        .order_by(Consumption.record_date)
    )
    return [rows(session.execute(select(per_day.c.day, week, moving).order_by(per_day.c.day))), rows(session.execute(directly))]


@step
def casts_and_json(session):
    query = select(
        cast(Feedback.rating, Text),
        type_coerce(func.to_jsonb(Feedback.rating), JSONB),
        cast(func.to_jsonb(Feedback.created_at), Text),
        func.json_build_array(Feedback.rating, Feedback.feedback_type),
        func.concat_ws("/", Feedback.rating, Feedback.feedback_type),
        func.greatest(Feedback.rating, 3),
        func.nullif(Feedback.rating, 3),
        Feedback.rating.in_([4]).label("in"),
        and_(Feedback.rating > 2, Feedback.created_at.is_not(None)),
    )
    return rows(session.execute(query.order_by(Feedback.feedback_id).limit(20)))
