"""The meter readings, from the network's data hub: a limited time, a limited number of tries, then an error."""
import json
import time
import urllib.error
import urllib.request

TRIES = 3
TIMEOUT_SECONDS = 10


class SourceGone(RuntimeError):
    """The data hub did not answer in time, again and again."""


class StaleSource(RuntimeError):
    """The newest reading is older than it may be."""


def read_url(url):
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)


def fetch_readings(url, read=read_url, pause=time.sleep):
    last = None
    for attempt in range(TRIES):
        try:
            return read(url)
        except (TimeoutError, urllib.error.URLError, ConnectionError) as error:
            last = error
            pause(2**attempt)
    raise SourceGone(f"{url} did not answer {TRIES} times: {last}")


def check_freshness(readings, now, max_age_hours):
    newest = max(reading["time"] for reading in readings)
    age_hours = (now - newest) / 3600
    if age_hours > max_age_hours:
        raise StaleSource(f"the newest reading is {age_hours:.0f} hours old; {max_age_hours} are allowed")
    return age_hours
