"""Readings as the data hub gives them: three days, colder by night."""
import math

NOW = 1_790_000_000


def readings(hours=72):
    rows = []
    for back in range(hours, 0, -1):
        moment = NOW - 3600 * back
        outside = 5 + 5 * math.sin(moment / 86400 * 2 * math.pi) + 4 * math.sin(moment / 50_000)
        rows.append({"time": moment, "outside": outside, "demand": 20 + 3 * (15 - outside)})
    return rows


def settings(**changes):
    values = {"source_url": "https://hub.example/readings", "max_age_hours": 6, "lowest_skill": 0.8, "keep_rows": 0.9}
    values.update(changes)
    return values
