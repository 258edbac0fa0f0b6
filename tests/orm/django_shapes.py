"""Shapes that services give their models and querysets: managers, proxies, functions, documents, subqueries in subqueries, aliases."""

from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import (
    Avg,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Manager,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Abs, Cast, Collate, Concat, Extract, JSONObject, LPad, Now, StrIndex, Substr

from django_filters import ids, plain
from hydro.models import Feedback, Group, InteractionDetail, Point, Prediction, Project, Reading, TimeSeriesData
from play import step


class Readings(QuerySet):
    def on(self, day):
        return self.filter(record_date=day)

    def expensive(self):
        return self.filter(total_cost__gt=F("consumption_kwh"))


class LegacyReading(Reading):
    objects = Readings.as_manager()

    class Meta:
        proxy = True
        app_label = "hydro"
        ordering = ["record_date", "-consumption_kwh", "pk"]


class GoodOnes(Manager):
    def get_queryset(self):
        return super().get_queryset().filter(rating=4)


class GoodFeedback(Feedback):
    objects = GoodOnes()

    class Meta:
        proxy = True
        app_label = "hydro"
        ordering = ["-created_at", "pk"]


@step
def proxies_and_managers():
    readings = LegacyReading.objects.on(date(2025, 1, 1)).expensive()
    return [
        [plain(r) for r in readings],
        readings.count(),
        plain(readings.last()),
        [plain(f) for f in GoodFeedback.objects.all()[:10]],
        GoodFeedback.objects.aggregate(n=Count("rating")),
    ]


@step
def documents_made_of_columns():
    made = JSONObject(id="feedback_id", stars="rating", at="created_at")
    return [
        list(q)
        for q in (
            Feedback.objects.order_by("pk").annotate(made=made).values_list("made", flat=True)[:5],
            Point.objects.order_by("pk")
            .annotate(
                flows=ArraySubquery(InteractionDetail.objects.filter(catchment_point=OuterRef("pk")).order_by("-flow", "pk").values("flow")[:3])
            )
            .values_list("pk", "flows"),
            Point.objects.order_by("pk")
            .annotate(
                last=ArraySubquery(
                    TimeSeriesData.objects.filter(point=OuterRef("pk"))
                    .order_by("-timestamp", "pk")
                    .values(all=JSONObject(v="value", at="timestamp"))[:2]
                )
            )
            .values_list("pk", "last"),
        )
    ]


@step
def functions():
    return [
        list(q)
        for q in (
            Feedback.objects.annotate(
                found=StrIndex("comments", Value("rating")),
                part=Substr("feedback_type", 1, 3),
                padded=LPad(Cast("rating", TextField()), 3, Value("0")),
            )
            .order_by("pk")
            .values_list("found", "part", "padded")[:20],
            Feedback.objects.order_by(Collate("feedback_type", "C").desc(nulls_last=True), "pk").values_list("pk", flat=True)[:20],
            Reading.objects.annotate(week=Extract("record_date", "week"), age=Abs(F("consumption_kwh") - 15))
            .order_by("age", "pk")
            .values_list("pk", "week", "age")[:20],
            Reading.objects.filter(timestamp__lt=Now())
            .annotate(key=Concat("user_id", Value("/"), Cast("record_date", CharField()), output_field=CharField()))
            .order_by("key", "pk")
            .values_list("key", flat=True)[:20],
            Point.objects.annotate(far=Func(Cast("lat", FloatField()), Cast("lon", FloatField()), function="atan2"))
            .order_by("pk")
            .values_list("far", flat=True),
        )
    ]


@step
def full_text():
    vector, query = SearchVector("comments", "feedback_type", config="simple"), SearchQuery("rating", config="simple")
    return list(
        Feedback.objects.annotate(rank=SearchRank(vector, query), doc=vector)
        .filter(doc=query, rating=4)
        .order_by("-rank", "pk")
        .values_list("pk", "rank", "rating")
    )


@step
def subqueries_in_subqueries():
    in_points = InteractionDetail.objects.filter(
        catchment_point__project=OuterRef("pk"),
        flow__gt=Subquery(
            InteractionDetail.objects.filter(catchment_point=OuterRef("catchment_point"))
            .values("catchment_point")
            .annotate(m=Avg("flow"))
            .values("m")
        ),
    )
    users = Feedback.objects.filter(
        Exists(Prediction.objects.filter(user_id=OuterRef("user_id"), predicted_consumption__gt=400, created_at__gt=OuterRef("created_at")))
    )
    return [
        list(
            Project.objects.annotate(n=Subquery(in_points.order_by().values("catchment_point__project").annotate(n=Count("*")).values("n")))
            .order_by("pk")
            .values_list("name", "n")
        ),
        ids(users),
        ids(
            users.exclude(rating=3).filter(
                Q(rating__gt=2) | ~Exists(Reading.objects.filter(user_id=OuterRef("user_id"), record_date=OuterRef("created_at__date")))
            )
        ),
    ]


@step
def aggregates_over_aggregates():
    per_day = Reading.objects.values("record_date").annotate(kwh=Sum("consumption_kwh"))
    per_point = Point.objects.annotate(n=Count("interactions"))
    return [
        per_day.aggregate(Max("kwh"), Avg("kwh"), Count("record_date")),
        per_point.aggregate(Max("n"), Sum("n")),
        per_point.values("n").annotate(points=Count("pk")).order_by("n").count(),
        Reading.objects.values("record_date").distinct().count(),
        list(per_day.alias(n=Count("pk")).filter(n__gt=20).values_list("record_date", flat=True).order_by("record_date")),
    ]


@step
def aliases_that_are_legacy_names():
    return [
        list(q)
        for q in (
            Reading.objects.annotate(rating=F("consumption_kwh"), kwh_consumed=F("total_cost"))
            .order_by("rating", "pk")
            .values("rating", "kwh_consumed")[:10],
            Feedback.objects.values(record_date=F("created_at__date")).annotate(consumption_kwh=Count("pk")).order_by("record_date"),
            Group.objects.annotate(flow=Sum("points__interactions__flow"), timestamp=Max("points__series__timestamp"))
            .order_by("pk")
            .values_list("name", "flow", "timestamp"),
        )
    ]


@step
def negations_and_nulls():
    objects = Feedback.objects
    return [
        ids(q)
        for q in (
            objects.exclude(Q(rating=4) | Q(feedback_type=None)),
            objects.exclude(Q(rating=4) & Q(feedback_type="tariff")),
            objects.filter(~Q(~Q(rating=4))),
            objects.exclude(created_at__gt=F("created_at")),
            InteractionDetail.objects.exclude(flow__gt=10, level__lt=5),
            InteractionDetail.objects.filter(Q(flow=None) | Q(level=None), ~Q(volume=None)),
            Point.objects.exclude(series__value="ok"),
            Point.objects.exclude(interactions__flow=None),
            TimeSeriesData.objects.exclude(value="ok").exclude(value__isnull=True),
            Reading.objects.exclude(record_date__in=[date(2025, 1, 1), date(2025, 1, 2)]).filter(
                record_date__isnull=False, record_date__year=2025, record_date__month=1
            ),
        )
    ]


@step
def pieces_of_expressions():
    share = ExpressionWrapper(
        F("flow")
        * 100
        / Subquery(
            InteractionDetail.objects.filter(catchment_point=OuterRef("catchment_point"))
            .values("catchment_point")
            .annotate(t=Sum("flow"))
            .values("t")
        ),
        output_field=IntegerField(),
    )
    return [
        list(
            InteractionDetail.objects.filter(flow__isnull=False)
            .annotate(share=Cast(share, IntegerField()))
            .order_by("-share", "pk")
            .values_list("pk", "share")[:30]
        ),
        list(
            Prediction.objects.annotate(delta=F("predicted_consumption") - F("confidence_score"))
            .filter(delta__lt=0)
            .order_by("delta", "pk")
            .values_list("pk", "delta")
        ),
    ]
