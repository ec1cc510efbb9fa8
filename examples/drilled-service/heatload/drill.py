"""python -m heatload.drill RECORD: brings each silent mistake about, on purpose, and writes down what noticed it."""
import json
import sys
import time

from heatload.features import build_features
from heatload.release import WrongModel, verify_release
from heatload.rows import FormatError, clean_rows
from heatload.settings import SettingsError, parse_settings
from heatload.source import SourceGone, StaleSource, check_freshness, fetch_readings


def dead(_url):
    raise ConnectionError("the drill cut the line")


def no_pause(_seconds):
    return None


DRILLS = {
    "a renamed column": (FormatError, lambda now: clean_rows([{"time": now, "temp": 1, "demand": 2}], 0.9)),
    "yesterday's file": (StaleSource, lambda now: check_freshness([{"time": now - 90000}], now, 24)),
    "a source that is gone": (SourceGone, lambda now: fetch_readings("drill://", dead, no_pause)),
    "a model that was not pushed": (WrongModel, lambda now: verify_release("drill://", "new", lambda _: "old", no_pause)),
    "an old setting": (SettingsError, lambda now: parse_settings({"learning_rate": 1})),
    "a step that writes something else": (FormatError, lambda now: build_features([{"time": now}])),
}


def hold(now):
    record = {}
    for name, (expected, bring_about) in DRILLS.items():
        started = time.perf_counter()
        try:
            bring_about(now)
            seen = "nothing"
        except expected as error:
            seen = str(error)
        record[name] = {"expected": expected.__name__, "seen": seen, "seconds": time.perf_counter() - started}
    return record


def main():
    record = hold(time.time())
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({"held": time.strftime("%Y-%m-%d"), "drills": record}, file, indent=2)
    silent = [name for name, entry in record.items() if entry["seen"] == "nothing"]
    if silent:
        sys.exit("nothing noticed: " + ", ".join(silent))


if __name__ == "__main__":
    main()
