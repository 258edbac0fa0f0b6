"""The legacy schemas of smartwatt and smarthydro as SQLAlchemy models, as a service would have them."""

import datetime
from decimal import Decimal
from typing import Any, Optional

from sqlalchemy import BigInteger, Column, Date, DateTime, Float, ForeignKey, Integer, MetaData, Numeric, SmallInteger, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, foreign, mapped_column, relationship, remote


class Base(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = {datetime.datetime: DateTime(timezone=True), dict: JSONB}


class Consumption(Base):
    __tablename__ = "consumption_log"
    log_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    timestamp: Mapped[Optional[datetime.datetime]]
    record_date: Mapped[Optional[datetime.date]] = mapped_column(Date)
    consumption_kwh: Mapped[Optional[float]] = mapped_column(Float(53))
    total_cost: Mapped[Optional[float]] = mapped_column(Float(53))
    device_id: Mapped[Optional[str]] = mapped_column(Text)
    tariff_zone: Mapped[Optional[str]] = mapped_column(Text)
    meta: Mapped[Optional[dict[str, Any]]] = mapped_column(JSONB)
    cost_per_kwh = column_property(total_cost / consumption_kwh, deferred=True)


class Prediction(Base):
    __tablename__ = "ai_predictions"
    prediction_id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    conversation_id: Mapped[Optional[str]] = mapped_column(Text)
    prediction_type: Mapped[str] = mapped_column(Text)
    predicted_consumption: Mapped[Optional[float]] = mapped_column(Float(53))
    confidence_score: Mapped[Optional[float]] = mapped_column(Float(53))
    created_at: Mapped[datetime.datetime]
    validated_at: Mapped[Optional[datetime.datetime]]


class Feedback(Base):
    __tablename__ = "feedback_log"
    feedback_id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[str] = mapped_column(Text)
    rating: Mapped[Optional[int]] = mapped_column(Integer)
    feedback_type: Mapped[Optional[str]] = mapped_column(Text)
    comments: Mapped[Optional[str]] = mapped_column(Text)
    created_at: Mapped[Optional[datetime.datetime]]
    # No foreign key: two services, and a user that both know.
    readings: Mapped[list[Consumption]] = relationship(
        primaryjoin=lambda: (foreign(Feedback.user_id) == remote(Consumption.user_id)) & (Feedback.rating == 4),
        order_by=lambda: Consumption.log_id,
        viewonly=True,
        uselist=True,
    )


class Tariff(Base):
    __tablename__ = "market_electricity_tariffs"
    tariff_zone: Mapped[str] = mapped_column(Text, primary_key=True)
    hour_of_day: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    valid_from: Mapped[datetime.date] = mapped_column(Date, primary_key=True)
    tariff_name: Mapped[str] = mapped_column(Text)
    price_kwh: Mapped[Decimal] = mapped_column(Numeric(8, 5))


class Project(Base):
    __tablename__ = "telemetry_project"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    points: Mapped[list["Point"]] = relationship(back_populates="project", order_by="Point.id")


members = Table(
    "telemetry_catchmentpoint_groups",
    Base.metadata,
    Column("id", BigInteger, primary_key=True),
    Column("catchmentpoint_id", ForeignKey("telemetry_catchmentpoint.id")),
    Column("group_id", ForeignKey("telemetry_group.id")),
)


class Group(Base):
    __tablename__ = "telemetry_group"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    points: Mapped[list["Point"]] = relationship(secondary=members, back_populates="groups", order_by="Point.id")


class Point(Base):
    __tablename__ = "telemetry_catchmentpoint"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey(Project.id))
    title: Mapped[str] = mapped_column(String(100))
    is_telemetry: Mapped[bool]
    lat: Mapped[Optional[str]] = mapped_column(Text)
    lon: Mapped[Optional[str]] = mapped_column(Text)
    frecuency: Mapped[Optional[str]] = mapped_column(String(10))
    created: Mapped[datetime.datetime]
    project: Mapped[Project] = relationship(back_populates="points")
    groups: Mapped[list[Group]] = relationship(secondary=members, back_populates="points", order_by=Group.id)
    readings: Mapped[list["Interaction"]] = relationship(back_populates="point", order_by="Interaction.id")
    series: Mapped[list["Series"]] = relationship(back_populates="point", order_by="Series.id")


class Variable(Base):
    __tablename__ = "telemetry_variable"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    label: Mapped[str] = mapped_column(String(100))
    unit: Mapped[Optional[str]] = mapped_column(String(20))


class Interaction(Base):
    __tablename__ = "telemetry_interactiondetail"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    catchment_point_id: Mapped[int] = mapped_column(ForeignKey(Point.id))
    date_time_medition: Mapped[datetime.datetime]
    flow: Mapped[Optional[Decimal]] = mapped_column(Numeric(10, 3))
    level: Mapped[Optional[Decimal]] = mapped_column(Numeric(10, 3))
    volume: Mapped[Optional[Decimal]] = mapped_column(Numeric(12, 3))
    raw_data: Mapped[Optional[dict[str, Any]]] = mapped_column(JSONB)
    point: Mapped[Point] = relationship(back_populates="readings")


class Series(Base):
    __tablename__ = "telemetry_timeseriesdata"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey(Point.id))
    variable_id: Mapped[int] = mapped_column(ForeignKey(Variable.id))
    timestamp: Mapped[datetime.datetime]
    value: Mapped[Any] = mapped_column(JSONB)
    point: Mapped[Point] = relationship(back_populates="series")
    variable: Mapped[Variable] = relationship()


def plain(thing):
    """A loaded object as its columns, in the order of the model."""
    return None if thing is None else tuple(getattr(thing, attr.key) for attr in thing.__mapper__.column_attrs if attr.key in thing.__dict__)


def rows(result):
    """Rows as tuples, objects in them as their columns."""
    is_object = lambda value: hasattr(value, "__mapper__")
    return [tuple(plain(v) if is_object(v) else v for v in row) for row in result]
