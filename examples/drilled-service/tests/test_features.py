"""What the features say, down to the limit; `mutmut` plants bugs here, and these tests have to find them."""
import unittest

from heatload.features import build_features, degrees_below, hour_on_circle
from heatload.rows import FormatError


class Features(unittest.TestCase):
    def test_degrees_count_below_the_limit_only(self):
        self.assertEqual(degrees_below(15.0), 0.0)
        self.assertEqual(degrees_below(20.0), 0.0)
        self.assertEqual(degrees_below(14.5), 0.5)
        self.assertEqual(degrees_below(-5.0), 20.0)

    def test_hours_lie_on_a_circle(self):
        for hour, sine, cosine in ((0, 0, 1), (6, 1, 0), (12, 0, -1), (18, -1, 0), (30, 1, 0)):
            got = hour_on_circle(hour * 3600)
            self.assertAlmostEqual(got[0], sine)
            self.assertAlmostEqual(got[1], cosine)

    def test_a_row_becomes_four_features(self):
        self.assertEqual(build_features([{"time": 0, "outside": 5.0, "demand": 1.0}]), [[1.0, 10.0, 0.0, 1.0]])

    def test_an_impossible_temperature_is_refused(self):
        with self.assertRaises(FormatError):
            build_features([{"time": 0, "outside": 500.0, "demand": 1.0}])


if __name__ == "__main__":
    unittest.main()
