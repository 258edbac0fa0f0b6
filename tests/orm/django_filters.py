"""Objects: which of them, with which others, in which portions."""

from datetime import date, datetime, timezone
from decimal import Decimal

from django.db.models import Count, F, FilteredRelation, FloatField, Prefetch, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Length
from django.db.models.fields.json import KT

from hydro.models import Feedback, Group, InteractionDetail, Point, Prediction, Project, Reading, TimeSeriesData
from play import step

UTC = timezone.utc
NEW_YEAR = date(2025, 1, 1)


def plain(thing):
    return (
        None
        if thing is None
        else tuple(getattr(thing, f.attname) for f in thing._meta.concrete_fields if f.attname not in thing.get_deferred_fields())
    )


def ids(queryset):
    return list(queryset.order_by("pk").values_list("pk", flat=True))


@step
def days():
    objects = Reading.objects
    return [
        ids(q)
        for q in (
            objects.filter(record_date=NEW_YEAR),
            objects.exclude(record_date=NEW_YEAR),
            objects.filter(record_date__gte=date(2025, 3, 20)),
            objects.filter(record_date__lt="2024-12-27"),
            objects.filter(record_date__range=(date(2024, 12, 30), date(2025, 1, 2))),
            objects.filter(record_date__in=[NEW_YEAR, date(2025, 2, 3)]),
            objects.filter(record_date__isnull=True),
            objects.filter(record_date__year=2024),
            objects.filter(record_date__month=12, record_date__day=31),
            objects.filter(record_date__week_day=1),
            objects.filter(record_date__iso_year=2025),
            objects.filter(record_date__quarter=1).exclude(record_date__year__gt=2024),
            objects.filter(record_date=F("timestamp__date")),
            objects.filter(timestamp__date=NEW_YEAR),
            objects.filter(timestamp__hour=23),
            objects.filter(timestamp__gte=datetime(2025, 3, 20, tzinfo=UTC)),
            objects.exclude(record_date__gt=NEW_YEAR),
            objects.filter(~Q(record_date=NEW_YEAR) & Q(user_id="user-026")),
        )
    ]


@step
def expressions_as_columns():
    objects = Feedback.objects
    return [
        ids(q)
        for q in (
            objects.filter(rating=4),
            objects.exclude(rating=4),
            objects.filter(rating__gt=2),
            objects.filter(rating__in=[2, 3]),
            objects.filter(rating__in=[]),
            objects.exclude(rating__in=[2, 3]),
            objects.filter(rating__isnull=True),
            objects.filter(rating__range=(3, 5)),
            objects.filter(Q(rating=2) | Q(feedback_type="tariff")),
            objects.filter(Q(rating=4) ^ Q(comments__icontains="rating")),
            objects.filter(rating__contains="4"),
            objects.filter(rating=F("rating")),
            objects.annotate(double=F("rating") * 2).filter(double=8),
            objects.exclude(feedback_type=None, rating=2),
            objects.filter(created_at__isnull=True),
            objects.filter(feedback_type__startswith="t", rating__lte=3),
            objects.filter(comments__iregex=r"rating|timestamp"),
            objects.none(),
        )
    ]


@step
def values_in_documents():
    objects = Prediction.objects
    return [
        ids(q)
        for q in (
            objects.filter(predicted_consumption__gt=300),
            objects.filter(predicted_consumption__isnull=True),
            objects.exclude(predicted_consumption__lt=100),
            objects.filter(predicted_consumption__in=[1.5, 250.125]),
            objects.filter(predicted_consumption__gt=F("confidence_score") * 400),
            objects.filter(created_at__date=NEW_YEAR),
            objects.filter(predicted_consumption__range=(10, 20.5), prediction_type="monthly"),
        )
    ]


@step
def renamed_with_another_type():
    objects = Point.objects
    return [
        ids(q)
        for q in (
            objects.filter(is_telemetry=True),
            objects.exclude(is_telemetry=True),
            objects.filter(lat__startswith="-33.5"),
            objects.filter(lat__isnull=True),
            objects.filter(lat__in=["-33.100000", "x"]),
            objects.filter(lat__gt="-33.4"),
            objects.filter(frecuency__in=["5", "60"]),
            objects.exclude(frecuency="5"),
            objects.filter(frecuency=None),
            objects.filter(lat=F("lon")),
            objects.annotate(north=Cast("lat", FloatField())).filter(north__lt=-33.5),
            objects.annotate(size=Length("lat")).filter(size=10),
            objects.filter(created__year=2024, created__month__lt=5),
        )
    ]


@step
def wide_rows():
    objects, at = InteractionDetail.objects, datetime(2025, 1, 1, tzinfo=UTC)
    return [
        ids(q)
        for q in (
            objects.filter(flow__gt=40),
            objects.filter(flow__isnull=True),
            objects.filter(level__range=(Decimal("1.5"), 10)),
            objects.exclude(volume=None),
            objects.filter(date_time_medition=at),
            objects.filter(date_time_medition__gte=at, catchment_point_id=4),
            objects.filter(raw_data__flow=3),
            objects.filter(raw_data__provider="ñu"),
            objects.filter(raw_data__flow__gt=5),
            objects.filter(raw_data__isnull=True),
            objects.filter(raw_data__has_key="values"),
            objects.filter(raw_data__contains={"flow": 3}),
            objects.filter(raw_data__values__0__gt=390),
            objects.filter(raw_data=[]),
            objects.filter(catchment_point__is_telemetry=False),
            objects.filter(catchment_point__project__name__startswith="And"),
            objects.filter(catchment_point__groups__name="deep", flow__gt=60),
            objects.filter(flow=None, level=None, volume=None),
            objects.filter(flow__gt=F("level") * 6),
            objects.filter(date_time_medition__date=NEW_YEAR),
            objects.annotate(p=KT("raw_data__provider")).filter(p="twin"),
        )
    ]


@step
def single_readings():
    objects = TimeSeriesData.objects
    return [
        ids(q)
        for q in (
            objects.filter(value__isnull=True),
            objects.exclude(value=None),
            objects.filter(value="ok"),
            objects.filter(value=True),
            objects.filter(value__gt=900),
            objects.filter(value__in=["falla", False]),
            objects.filter(variable__name="battery", value__lt=50),
            objects.filter(timestamp__date=date(2025, 1, 10)),
            objects.filter(point__lat=None),
            objects.filter(point_id__in=Point.objects.filter(is_telemetry=True)),
        )
    ]


@step
def to_one():
    seen = [
        (plain(r), r.catchment_point.title, r.catchment_point.project.name)
        for r in InteractionDetail.objects.select_related("catchment_point__project").order_by("pk")[:40]
    ]
    lazy = InteractionDetail.objects.get(pk=17)
    return [
        seen,
        plain(lazy.catchment_point),
        plain(lazy.catchment_point.project),
        [plain(s.variable) for s in TimeSeriesData.objects.select_related().order_by("pk")[:10]],
    ]


@step
def to_many():
    points = Point.objects.prefetch_related("interactions", "series__variable", "groups").order_by("pk")
    seen = [
        (p.title, [plain(i) for i in p.interactions.all()], [(plain(s), s.variable.label) for s in p.series.all()], [g.name for g in p.groups.all()])
        for p in points
    ]
    project = Project.objects.get(name="Andes")
    # What is fetched without an order comes in any.
    return [
        [(title, *(sorted(each, key=repr) for each in fetched)) for title, *fetched in seen],
        [plain(p) for p in project.points.order_by("title")],
        project.points.filter(is_telemetry=True).count(),
        [g.points.count() for g in Group.objects.order_by("pk")],
    ]


@step
def to_many_in_part():
    good = Prefetch(
        "interactions", InteractionDetail.objects.filter(flow__gt=60).order_by("-flow", "pk").only("flow", "catchment_point"), to_attr="good"
    )
    seen = [(p.title, [plain(i) for i in p.good]) for p in Point.objects.prefetch_related(good).order_by("pk")]
    sliced = Prefetch("series", TimeSeriesData.objects.order_by("-timestamp", "pk")[:2], to_attr="newest")
    return [
        seen,
        [(p.title, [plain(s) for s in p.newest]) for p in Point.objects.prefetch_related(sliced).order_by("pk")],
        [
            (g.name, [plain(p.project) for p in g.points.all()])
            for g in Group.objects.prefetch_related(Prefetch("points", Point.objects.select_related("project").order_by("pk"))).order_by("pk")
        ],
    ]


@step
def in_part():
    some = list(Reading.objects.only("record_date", "consumption_kwh").order_by("pk")[:20])
    others = list(Feedback.objects.defer("comments", "rating").order_by("pk")[:10])
    return [[plain(r) for r in some], [r.timestamp for r in some[:3]], [(plain(f), f.rating) for f in others]]


@step
def values():
    return [
        list(Reading.objects.order_by("pk").values("pk", "record_date", "consumption_kwh")[:20]),
        list(Feedback.objects.order_by("pk").values_list("rating", "created_at", named=True)[:10]),
        list(
            InteractionDetail.objects.order_by("pk").values("flow", "catchment_point__title", "catchment_point__project__name", "raw_data__provider")[
                :20
            ]
        ),
        list(Point.objects.order_by("pk", "groups__name").values_list("lat", "frecuency", "groups__name")),
        list(Feedback.objects.values_list("rating", flat=True).distinct().order_by("-rating")),
        list(Point.objects.values(place=Concat("lat", Value(","), "lon", output_field=TextField())).order_by("place")),
    ]


@step
def single_objects():
    return [
        plain(InteractionDetail.objects.latest()),
        plain(InteractionDetail.objects.earliest("date_time_medition", "pk")),
        plain(Reading.objects.order_by("record_date", "pk").first()),
        plain(Reading.objects.last()),
        plain(Feedback.objects.get(feedback_id="f-0002")),
        Feedback.objects.filter(rating=5).exists(),
        Feedback.objects.filter(rating=4).exists(),
        Feedback.objects.filter(rating=4).count(),
        Reading.objects.filter(record_date=NEW_YEAR).contains(Reading.objects.filter(record_date=NEW_YEAR).first()),
        {k: plain(v) for k, v in InteractionDetail.objects.in_bulk([3, 1, 2]).items()},
        {k: v.rating for k, v in Feedback.objects.in_bulk(["f-0001", "f-0002"]).items()},
        plain(Reading.objects.filter(user_id="nobody").first()),
    ]


@step
def filtered_relations():
    points = Point.objects.annotate(strong=FilteredRelation("interactions", condition=Q(interactions__flow__gt=70)))
    return [
        list(points.annotate(flow=F("strong__flow")).filter(strong__pk__isnull=False).order_by("pk", "flow").values_list("title", "flow")),
        list(points.annotate(n=Count("strong")).order_by("-n", "pk").values_list("title", "n")),
    ]


@step
def combined():
    good, tariff = Feedback.objects.filter(rating=4), Feedback.objects.filter(feedback_type="tariff")
    return [
        ids(good & tariff),
        ids(good | tariff),
        ids(good.exclude(pk__in=tariff)),
        ids(Point.objects.filter(groups__name="deep") | Point.objects.filter(is_telemetry=False)),
    ]


@step
def iterators():
    chunks = [r.record_date for r in Reading.objects.order_by("pk").iterator(chunk_size=200)]
    wide = [plain(i) for i in InteractionDetail.objects.select_related("catchment_point").order_by("pk").iterator(chunk_size=50)]
    fetched = [
        (p.title, sorted(i.pk for i in p.interactions.all()))
        for p in Point.objects.prefetch_related("interactions").order_by("pk").iterator(chunk_size=5)
    ]
    return [chunks, wide, fetched, list(Feedback.objects.order_by("pk").values_list("rating", flat=True).iterator())]
