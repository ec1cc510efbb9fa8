"""The source is gone, or gives what is old."""
import unittest

from heatload.source import TRIES, SourceGone, StaleSource, check_freshness, fetch_readings
from tests.readings import NOW, readings


class Line:
    """A stand-in for the data hub that fails a number of times before it answers."""

    def __init__(self, failures, error):
        self.failures = failures
        self.error = error
        self.asked = 0

    def read(self, _url):
        self.asked += 1
        if self.asked <= self.failures:
            raise self.error
        return readings()


class LostSource(unittest.TestCase):
    def setUp(self):
        self.pauses = []

    def test_fetch_goes_on_after_one_timeout(self):
        line = Line(1, TimeoutError("slow"))
        self.assertEqual(len(fetch_readings("u", line.read, self.pauses.append)), 72)
        self.assertEqual(self.pauses, [1])

    def test_fetch_goes_on_at_the_last_try(self):
        line = Line(TRIES - 1, ConnectionError("cut"))
        self.assertEqual(len(fetch_readings("u", line.read, self.pauses.append)), 72)

    def test_fetch_raises_when_the_source_stays_away(self):
        line = Line(TRIES, ConnectionError("cut"))
        with self.assertRaisesRegex(SourceGone, "did not answer 3 times: cut"):
            fetch_readings("u", line.read, self.pauses.append)
        self.assertEqual(line.asked, TRIES)


class OldSource(unittest.TestCase):
    def test_stale_readings_are_refused(self):
        with self.assertRaisesRegex(StaleSource, "25 hours old; 6 are allowed"):
            check_freshness(readings(), NOW + 24 * 3600, max_age_hours=6)

    def test_fresh_readings_pass(self):
        self.assertEqual(check_freshness(readings(), NOW, max_age_hours=6), 1)


if __name__ == "__main__":
    unittest.main()
