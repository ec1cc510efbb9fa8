"""Bugs of the kinds that were made once, planted in the features: the checks have to find each of them."""
import math
import unittest
from unittest import mock

from heatload import features
from tests.test_features import check_degrees, check_hours


class PlantedBugs(unittest.TestCase):
    def test_degrees_above_the_limit_are_found(self):
        with mock.patch.object(features, "degrees_below", lambda outside: 15.0 - outside):
            with self.assertRaises(AssertionError):
                check_degrees()

    def test_another_limit_is_found(self):
        with mock.patch.object(features, "degrees_below", lambda outside: max(0.0, 15.5 - outside)):
            with self.assertRaises(AssertionError):
                check_degrees()

    def test_minutes_taken_for_hours_are_found(self):
        def in_minutes(seconds):
            angle = 2 * math.pi * (seconds / 60 % 24) / 24
            return math.sin(angle), math.cos(angle)

        with mock.patch.object(features, "hour_on_circle", in_minutes):
            with self.assertRaises(AssertionError):
                check_hours()

    def test_sine_and_cosine_in_the_wrong_order_are_found(self):
        right = features.hour_on_circle
        with mock.patch.object(features, "hour_on_circle", lambda seconds: right(seconds)[::-1]):
            with self.assertRaises(AssertionError):
                check_hours()


if __name__ == "__main__":
    unittest.main()
