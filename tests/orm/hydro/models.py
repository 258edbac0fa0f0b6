"""The legacy tables as models that Django does not manage."""

from django.db import models


class Reading(models.Model):
    log_id = models.BigIntegerField(primary_key=True)
    user_id = models.TextField()
    timestamp = models.DateTimeField(null=True)
    record_date = models.DateField(null=True)
    consumption_kwh = models.FloatField(null=True)
    total_cost = models.FloatField(null=True)
    device_id = models.TextField(null=True)
    tariff_zone = models.TextField(null=True)
    meta = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "consumption_log"


class Prediction(models.Model):
    prediction_id = models.TextField(primary_key=True)
    user_id = models.TextField()
    prediction_type = models.TextField()
    predicted_consumption = models.FloatField(null=True)
    confidence_score = models.FloatField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "ai_predictions"


class Feedback(models.Model):
    feedback_id = models.TextField(primary_key=True)
    user_id = models.TextField()
    rating = models.IntegerField(null=True)
    feedback_type = models.TextField(null=True)
    comments = models.TextField(null=True)
    created_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "feedback_log"


class Project(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        managed = False
        db_table = "telemetry_project"


class Group(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        managed = False
        db_table = "telemetry_group"


class Point(models.Model):
    project = models.ForeignKey(Project, models.DO_NOTHING, related_name="points")
    title = models.CharField(max_length=100)
    is_telemetry = models.BooleanField()
    lat = models.TextField(null=True)
    lon = models.TextField(null=True)
    frecuency = models.CharField(max_length=10, null=True)
    created = models.DateTimeField()
    groups = models.ManyToManyField(Group, through="Membership", related_name="points")

    class Meta:
        managed = False
        db_table = "telemetry_catchmentpoint"


class Membership(models.Model):
    point = models.ForeignKey(Point, models.DO_NOTHING, db_column="catchmentpoint_id")
    group = models.ForeignKey(Group, models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "telemetry_catchmentpoint_groups"


class Variable(models.Model):
    name = models.CharField(max_length=50)
    label = models.CharField(max_length=100)
    unit = models.CharField(max_length=20, null=True)

    class Meta:
        managed = False
        db_table = "telemetry_variable"


class InteractionDetail(models.Model):
    catchment_point = models.ForeignKey(Point, models.DO_NOTHING, related_name="interactions")
    date_time_medition = models.DateTimeField()
    flow = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    level = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    volume = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    raw_data = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "telemetry_interactiondetail"
        get_latest_by = "date_time_medition"


class TimeSeriesData(models.Model):
    point = models.ForeignKey(Point, models.DO_NOTHING, related_name="series")
    variable = models.ForeignKey(Variable, models.DO_NOTHING, related_name="series")
    timestamp = models.DateTimeField()
    value = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "telemetry_timeseriesdata"
