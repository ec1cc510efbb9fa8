"""The collector is away; the service is not."""
import unittest

from heatload.telemetry import ForecastLog


class Collector:
    """A stand-in that takes records, or refuses them while it is down."""

    def __init__(self):
        self.down = False
        self.taken = []

    def send(self, event):
        if self.down:
            raise ConnectionError("the collector is down")
        self.taken.append(event)


class LostTelemetry(unittest.TestCase):
    def test_log_outlives_a_collector_that_is_down(self):
        collector = Collector()
        collector.down = True
        log = ForecastLog(collector.send, room=3)
        for hour in range(5):
            log.record("v1", hour, 40.0)
        self.assertEqual(log.flush(), 0)
        self.assertEqual(log.dropped, 2)
        collector.down = False
        self.assertEqual(log.flush(), 3)
        self.assertEqual([event["hour"] for event in collector.taken], [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
