"""Features of an hour: degrees below the heating limit, and the hour of the day as a point on a circle."""
import math

from heatload.rows import check_rows

HEATING_LIMIT = 15.0


def degrees_below(outside):
    return max(0.0, HEATING_LIMIT - outside)


def hour_on_circle(seconds):
    angle = 2 * math.pi * (seconds / 3600 % 24) / 24
    return math.sin(angle), math.cos(angle)


def build_features(rows):
    check_rows(rows)
    table = []
    for row in rows:
        sine, cosine = hour_on_circle(row["time"])
        table.append([1.0, degrees_below(row["outside"]), sine, cosine])
    return table
