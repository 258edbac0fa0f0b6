"""Objects and how they are loaded: by key, lazily, joined, by `IN`, by subquery, in part, in portions."""

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload, lazyload, load_only, selectinload, subqueryload, undefer, with_loader_criteria

from alchemy_models import Consumption, Feedback, Group, Interaction, Point, Prediction, Project, Series, Variable, plain, rows
from play import step


@step
def get_by_key(session):
    return [
        plain(session.get(Consumption, 7)),
        plain(session.get(Prediction, "p-0003")),
        plain(session.get(Feedback, "f-0001")),
        plain(session.get(Interaction, 17)),
        plain(session.get(Series, 5)),
        plain(session.get(Point, 3)),
        plain(session.get(Point, 999)),
    ]


@step
def an_object_is_loaded_once_and_refreshed(session):
    one = session.get(Feedback, "f-0002")
    again = session.scalars(select(Feedback).where(Feedback.feedback_id == "f-0002")).one()
    session.refresh(one, ["rating", "created_at"])
    session.expire(one)
    return [one is again, one.rating, plain(one)]


@step
def all_objects_of_each_table(session):
    keys = {
        Consumption: Consumption.log_id,
        Prediction: Prediction.prediction_id,
        Feedback: Feedback.feedback_id,
        Point: Point.id,
        Interaction: Interaction.id,
        Series: Series.id,
    }
    return [(model.__name__, [plain(o) for o in session.scalars(select(model).order_by(key))]) for model, key in keys.items()]


@step
def lazy_to_one_and_to_many(session):
    point = session.get(Point, 2)
    return [plain(point.project), [plain(p) for p in point.project.points], [r.id for r in point.readings], [g.name for g in point.groups]]


@step
def joined(session):
    query = select(Interaction).options(joinedload(Interaction.point).joinedload(Point.project)).order_by(Interaction.id).limit(40)
    return [(plain(r), plain(r.point), r.point.project.name) for r in session.scalars(query)]


@step
def joined_to_many_with_a_limit(session):
    query = select(Point).options(joinedload(Point.readings)).order_by(Point.title).limit(3).offset(1)
    return [(plain(p), [plain(r) for r in p.readings]) for p in session.scalars(query).unique()]


@step
def joined_inner(session):
    query = (
        select(Series).options(joinedload(Series.variable, innerjoin=True), joinedload(Series.point, innerjoin=True)).where(Series.value.is_not(None))
    )
    return [(plain(s), s.variable.label, s.point.lat) for s in session.scalars(query.order_by(Series.id).limit(50))]


@step
def selectin(session):
    query = select(Project).options(selectinload(Project.points).selectinload(Point.readings)).order_by(Project.id)
    return [(p.name, [(plain(q), [r.flow for r in q.readings]) for q in p.points]) for p in session.scalars(query)]


@step
def selectin_many_to_many(session):
    query = select(Group).options(selectinload(Group.points)).order_by(Group.id)
    return [(g.name, [plain(p) for p in g.points]) for g in session.scalars(query)]


@step
def subquery(session):
    query = select(Point).options(subqueryload(Point.series).subqueryload(Series.variable)).where(Point.is_telemetry).order_by(Point.id).limit(4)
    return [(p.title, [(plain(s), s.variable.name) for s in p.series]) for p in session.scalars(query)]


@step
def subquery_many_to_many(session):
    query = select(Point).options(subqueryload(Point.groups)).where(Point.frecuency.in_(["1", "5"])).order_by(Point.id)
    return [(p.title, p.frecuency, [g.name for g in p.groups]) for p in session.scalars(query)]


@step
def a_relation_that_is_no_key(session):
    for option in (lazyload, selectinload, joinedload, subqueryload):
        query = (
            select(Feedback)
            .options(option(Feedback.readings))
            .where(Feedback.feedback_id.in_(["f-0001", "f-0003", "f-0010"]))
            .order_by(Feedback.feedback_id)
        )
        seen = [(f.rating, [r.consumption_kwh for r in f.readings]) for f in session.scalars(query).unique()]
        session.expunge_all()
        if option is lazyload:
            first = seen
    return [first, seen, first == seen]


@step
def eager_from_the_statement_itself(session):
    query = select(Point).join(Point.readings).options(contains_eager(Point.readings))
    query = query.where(Interaction.flow > 70, Point.is_telemetry.is_(True)).order_by(Point.id, Interaction.id)
    return [(p.id, [r.flow for r in p.readings]) for p in session.scalars(query).unique()]


@step
def eager_over_an_alias(session):
    last = aliased(Interaction)
    newest = select(func.max(last.date_time_medition)).where(last.catchment_point_id == Point.id).correlate(Point).scalar_subquery()
    query = select(Point).outerjoin(Interaction, and_(Interaction.catchment_point_id == Point.id, Interaction.date_time_medition == newest))
    query = query.options(contains_eager(Point.readings)).order_by(Point.id, Interaction.id)
    return [(p.title, [(r.id, r.date_time_medition) for r in p.readings]) for p in session.scalars(query).unique()]


@step
def in_part(session):
    query = select(Consumption).options(load_only(Consumption.record_date, Consumption.consumption_kwh)).order_by(Consumption.log_id).limit(20)
    some = session.scalars(query).all()
    seen = [plain(c) for c in some]
    # The rest comes when it is asked for.
    return [seen, [c.timestamp for c in some[:3]]]


@step
def deferred_and_undeferred(session):
    query = select(Consumption).options(undefer(Consumption.cost_per_kwh), defer(Consumption.meta))
    query = query.where(Consumption.consumption_kwh > 0).order_by(Consumption.log_id).limit(20)
    return [plain(c) for c in session.scalars(query)]


@step
def criteria_for_every_use_of_a_model(session):
    query = select(Point).options(selectinload(Point.readings), with_loader_criteria(Interaction, Interaction.level > 20)).order_by(Point.id)
    return [(p.id, [r.level for r in p.readings]) for p in session.scalars(query)]


@step
def in_portions(session):
    query = select(Consumption).order_by(Consumption.log_id).execution_options(yield_per=300)
    return [[c.record_date for c in part] for part in session.scalars(query).partitions()]


@step
def streamed(session):
    connection = session.connection(execution_options={"stream_results": True, "max_row_buffer": 50})
    query = select(Interaction.id, Interaction.flow, Interaction.raw_data).where(Interaction.volume.is_not(None)).order_by(Interaction.id)
    result = connection.execute(query)
    return [tuple(result.fetchone()), rows(result.fetchmany(70)), rows(result.fetchall())]


@step
def streamed_of_all_kinds(session):
    seen = []
    for query in (
        select(Feedback.rating, Feedback.created_at).order_by(Feedback.feedback_id),
        select(Prediction.predicted_consumption).order_by(Prediction.prediction_id),
        select(Series.value, Series.timestamp).order_by(Series.id),
        select(Variable.id, func.count(Series.id))
        .join(Series, Series.variable_id == Variable.id, isouter=True)
        .group_by(Variable.id)
        .order_by(Variable.id),
    ):
        seen.append(rows(session.execute(query.execution_options(yield_per=100))))
    return seen
