"""python -m heatload.train SETTINGS MODEL: readings -> rows -> features -> model, or an error and no model."""
import sys
import time

from heatload.features import build_features
from heatload.model import LeastSquares, save_model, skill
from heatload.rows import clean_rows
from heatload.settings import read_settings
from heatload.source import check_freshness, fetch_readings


class TooWeak(RuntimeError):
    """The model is no better than the mean, or hardly."""


def train(settings, readings, now):
    check_freshness(readings, now, settings.max_age_hours)
    rows = clean_rows(readings, settings.keep_rows)
    held_out = len(rows) // 4
    features = build_features(rows)
    targets = [row["demand"] for row in rows]
    model = LeastSquares().fit(features[:-held_out], targets[:-held_out])
    reached = skill(model, features[-held_out:], targets[-held_out:])
    if reached < settings.lowest_skill:
        raise TooWeak(f"skill {reached:.2f} is below {settings.lowest_skill}")
    return model


def main():
    settings = read_settings(sys.argv[1])
    readings = fetch_readings(settings.source_url)
    model = train(settings, readings, time.time())
    print(save_model(model, sys.argv[2]))


if __name__ == "__main__":
    main()
