"""Querysets: aggregates, windows, subqueries, dates, pages, sets."""

from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg, JSONBAgg, StringAgg
from django.core.paginator import Paginator
from django.db.models import (
    Avg,
    BooleanField,
    Case,
    Count,
    DateField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    StdDev,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.functions import (
    Cast,
    Coalesce,
    DenseRank,
    ExtractHour,
    ExtractIsoWeekDay,
    FirstValue,
    Greatest,
    Lag,
    Lower,
    NullIf,
    Rank,
    Round,
    RowNumber,
    Trunc,
    TruncDate,
    TruncMonth,
    Upper,
)

from hydro.models import Feedback, Group, InteractionDetail, Membership, Point, Prediction, Project, Reading, TimeSeriesData, Variable
from play import step
from django_filters import NEW_YEAR, UTC, plain


@step
def all_objects_of_each_model():
    models = (Reading, Prediction, Feedback, Project, Group, Point, Membership, Variable, InteractionDetail, TimeSeriesData)
    return [(model.__name__, [plain(o) for o in model.objects.order_by("pk")]) for model in models]


@step
def aggregates():
    return [
        Reading.objects.aggregate(
            n=Count("pk"),
            kwh=Sum("consumption_kwh"),
            cost=Avg("total_cost"),
            first=Min("record_date"),
            last=Max("timestamp"),
            days=Count("record_date", distinct=True),
        ),
        InteractionDetail.objects.aggregate(
            Sum("flow"), Avg("level"), Max("volume"), Count("raw_data"), Min("date_time_medition"), dev=Round(StdDev("flow"), 6)
        ),
        Feedback.objects.aggregate(
            up=Count("pk", filter=Q(rating=4)),
            down=Count("pk", filter=Q(rating=2)),
            mean=Avg("rating"),
            none=Sum("rating", default=0, filter=Q(rating=5)),
        ),
        Prediction.objects.aggregate(Max("predicted_consumption"), Count("predicted_consumption")),
        Reading.objects.filter(record_date=NEW_YEAR)[:5].aggregate(n=Count("pk")),
    ]


@step
def groups():
    return [
        list(q)
        for q in (
            Reading.objects.values("record_date").annotate(n=Count("pk"), kwh=Sum("consumption_kwh")).filter(kwh__gt=300).order_by("record_date"),
            Feedback.objects.values("rating", "feedback_type").annotate(n=Count("pk")).order_by("rating", "feedback_type"),
            Feedback.objects.values("rating").annotate(n=Count("user_id", distinct=True)).order_by("-n", "rating"),
            Reading.objects.annotate(month=TruncMonth("record_date")).values("month").annotate(cost=Avg("total_cost")).order_by("month"),
            Reading.objects.annotate(day=TruncDate("timestamp")).values("day").annotate(n=Count("pk")).order_by("day"),
            Point.objects.annotate(n=Count("interactions"), most=Max("interactions__flow"))
            .order_by("pk")
            .values_list("title", "is_telemetry", "lat", "n", "most"),
            Point.objects.annotate(n=Count("interactions", distinct=True), m=Count("series", distinct=True, filter=Q(series__variable__name="flow")))
            .filter(n__gt=30)
            .order_by("-n", "pk")
            .values_list("title", "n", "m"),
            Project.objects.annotate(flow=Sum("points__interactions__flow"), points_=Count("points", distinct=True))
            .order_by("pk")
            .values_list("name", "flow", "points_"),
            InteractionDetail.objects.values("catchment_point__frecuency")
            .annotate(n=Count("*"), mean=Avg("volume"))
            .order_by("catchment_point__frecuency"),
            Variable.objects.annotate(n=Count("series", filter=Q(series__value__isnull=False))).order_by("pk").values_list("name", "n"),
        )
    ]


@step
def aggregates_of_postgres():
    return [
        list(q)
        for q in (
            Feedback.objects.values("user_id")
            .annotate(all=ArrayAgg("rating", ordering=("created_at", "pk")), kinds=StringAgg("feedback_type", ",", ordering=("-created_at", "pk")))
            .order_by("user_id"),
            Point.objects.annotate(
                flows=ArrayAgg("interactions__flow", filter=Q(interactions__flow__gt=70), ordering="interactions__pk", default=Value([]))
            )
            .order_by("pk")
            .values_list("pk", "flows"),
            TimeSeriesData.objects.values("variable__name")
            .annotate(values_=JSONBAgg("value", ordering="pk", filter=Q(point_id=3)))
            .order_by("variable__name"),
        )
    ]


@step
def conditions_as_values():
    vote = Case(When(rating=4, then=Value("up")), When(rating=2, then=Value("down")), default=Value("none"))
    return [
        list(q)
        for q in (
            Feedback.objects.annotate(vote=vote).order_by("pk").values_list("pk", "vote")[:30],
            Feedback.objects.annotate(vote=vote).values("vote").annotate(n=Count("pk")).order_by("vote"),
            Feedback.objects.annotate(good=ExpressionWrapper(Q(rating__gt=3), output_field=BooleanField()))
            .order_by("-good", "pk")
            .values_list("pk", "good")[:20],
            Point.objects.annotate(
                where=Coalesce("lat", Value("nowhere"), output_field=TextField()),
                shout=Upper("title"),
                whisper=Lower("frecuency"),
                none=NullIf("frecuency", Value("5")),
            )
            .order_by("pk")
            .values_list("where", "shout", "whisper", "none"),
            InteractionDetail.objects.annotate(
                most=Greatest("flow", "level"), rest=Coalesce(F("flow") - F("level"), Decimal(0), output_field=DecimalField())
            )
            .order_by("-most", "pk")
            .values_list("pk", "most", "rest")[:30],
            Reading.objects.annotate(
                hour=ExtractHour("timestamp"),
                weekday=ExtractIsoWeekDay("record_date"),
                next=ExpressionWrapper(F("record_date") + timedelta(days=1), output_field=DateField()),
            )
            .order_by("pk")
            .values_list("hour", "weekday", "next")[:40],
            Reading.objects.alias(rate=F("total_cost") / NullIf("consumption_kwh", 0.0))
            .filter(rate__gt=1)
            .order_by("rate", "pk")
            .values_list("pk", flat=True),
            Reading.objects.annotate(text=Cast("record_date", TextField()), whole=Cast("consumption_kwh", IntegerField()))
            .order_by("pk")
            .values_list("text", "whole")[:20],
        )
    ]


@step
def subqueries():
    newest = InteractionDetail.objects.filter(catchment_point=OuterRef("pk")).order_by("-date_time_medition", "pk")
    counted = (
        InteractionDetail.objects.filter(catchment_point=OuterRef("pk"), flow__gt=40)
        .order_by()
        .values("catchment_point")
        .annotate(n=Count("*"))
        .values("n")
    )
    rated = Feedback.objects.filter(user_id=OuterRef("user_id"), rating=4)
    return [
        list(q)
        for q in (
            Point.objects.annotate(flow=Subquery(newest.values("flow")[:1]), at=Subquery(newest.values("date_time_medition")[:1]))
            .order_by("pk")
            .values_list("title", "flow", "at"),
            Point.objects.annotate(n=Subquery(counted)).order_by("pk").values_list("title", "n"),
            Point.objects.filter(Exists(newest.filter(flow__gt=75))).order_by("pk").values_list("pk", "lat"),
            Point.objects.filter(~Exists(TimeSeriesData.objects.filter(point=OuterRef("pk"), value__isnull=True)))
            .order_by("pk")
            .values_list("pk", flat=True),
            Reading.objects.annotate(rated=Exists(rated)).filter(record_date=NEW_YEAR).order_by("pk").values_list("pk", "rated"),
            Reading.objects.filter(
                user_id__in=Feedback.objects.filter(rating=2).values("user_id").annotate(n=Count("pk")).filter(n__gt=4).values("user_id")
            )
            .order_by("pk")
            .values_list("pk", flat=True),
            Reading.objects.filter(
                consumption_kwh__gt=Subquery(
                    Reading.objects.filter(record_date=OuterRef("record_date")).values("record_date").annotate(m=Avg("consumption_kwh")).values("m")
                )
            )
            .order_by("pk")
            .values_list("pk", flat=True)[:100],
            Point.objects.exclude(interactions__flow__gt=78).order_by("pk").values_list("pk", flat=True),
            Point.objects.filter(interactions__flow__gt=70, series__value="ok").distinct().order_by("pk").values_list("pk", flat=True),
        )
    ]


@step
def windows():
    by_user = {"partition_by": [F("user_id")], "order_by": [F("timestamp").asc(), F("pk").asc()]}
    place = Window(DenseRank(), partition_by=["catchment_point_id"], order_by=F("flow").desc(nulls_last=True))
    return [
        list(q)
        for q in (
            Reading.objects.filter(user_id__in=["user-001", "user-026"])
            .annotate(
                before=Window(Lag("consumption_kwh"), **by_user),
                first=Window(FirstValue("record_date"), **by_user),
                rank=Window(Rank(), partition_by="record_date", order_by=F("consumption_kwh").desc()),
            )
            .order_by("pk")
            .values_list("pk", "before", "first", "rank"),
            InteractionDetail.objects.annotate(place=place)
            .order_by("catchment_point_id", "place", "pk")
            .values_list("catchment_point_id", "place", "flow"),
            InteractionDetail.objects.annotate(place=place).filter(place__lte=2).order_by("pk").values_list("pk", "place"),
            Feedback.objects.annotate(n=Window(RowNumber(), order_by=["-rating", "pk"])).filter(n__range=(11, 20)).values_list("pk", "rating", "n"),
        )
    ]


@step
def dates_and_times():
    return [
        list(Reading.objects.dates("record_date", "month")),
        list(Reading.objects.dates("record_date", "week", order="DESC")),
        list(Reading.objects.datetimes("timestamp", "month")),
        list(InteractionDetail.objects.datetimes("date_time_medition", "day", tzinfo=UTC)),
        list(Feedback.objects.filter(rating=4).datetimes("created_at", "week")),
        list(Reading.objects.annotate(week=Trunc("record_date", "week")).values("week").annotate(n=Count("pk")).order_by("week")),
    ]


@step
def pages():
    ordered = Reading.objects.order_by(F("record_date").desc(nulls_last=True), F("consumption_kwh").asc(nulls_first=True), "pk")
    paginator = Paginator(ordered.values_list("pk", "record_date", "consumption_kwh"), 25)
    return [
        paginator.count,
        paginator.num_pages,
        [list(paginator.page(n)) for n in (1, 2, 50, paginator.num_pages)],
        plain(ordered[7]),
        [plain(r) for r in ordered[5:50:9]],
        [plain(r) for r in ordered.reverse()[:5]],
    ]


@step
def distinct_rows():
    return [
        [plain(i) for i in InteractionDetail.objects.order_by("catchment_point", "-date_time_medition", "pk").distinct("catchment_point")],
        list(Feedback.objects.order_by("rating", "pk").distinct("rating").values_list("rating", "pk")),
    ]


@step
def sets():
    used, rated = Reading.objects.filter(record_date__gte=date(2025, 3, 20)).values_list("user_id"), Feedback.objects.filter(rating=4).values_list(
        "user_id"
    )
    return [
        list(q.order_by("user_id")) for q in (used.union(rated), used.union(rated, all=True), used.intersection(rated), used.difference(rated))
    ] + [
        list(
            InteractionDetail.objects.values_list("date_time_medition", "catchment_point_id")
            .union(TimeSeriesData.objects.values_list("timestamp", "point_id"))
            .order_by("date_time_medition", "catchment_point_id")[:60]
        ),
        [
            plain(f)
            for f in Feedback.objects.filter(rating=2, feedback_type="tariff")
            .union(Feedback.objects.filter(rating=3, feedback_type="tariff"))
            .order_by("created_at", "feedback_id")
        ],
        used.union(rated).count(),
    ]
