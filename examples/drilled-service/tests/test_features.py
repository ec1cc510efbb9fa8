"""What the features say, down to the limit. tests/test_planted_bugs.py plants bugs that these checks have to find."""
import unittest

from heatload import features
from heatload.rows import FormatError


def check_degrees():
    rows = [{"time": 0, "outside": outside, "demand": 1.0} for outside in (15.0, 20.0, 14.5, -5.0)]
    got = [row[1] for row in features.build_features(rows)]
    assert got == [0.0, 0.0, 0.5, 20.0], got


def check_hours():
    for hour, sine, cosine in ((0, 0, 1), (6, 1, 0), (12, 0, -1), (18, -1, 0), (30, 1, 0)):
        row = features.build_features([{"time": hour * 3600, "outside": 0.0, "demand": 1.0}])[0]
        assert abs(row[2] - sine) < 1e-9 and abs(row[3] - cosine) < 1e-9, (hour, row)


class Features(unittest.TestCase):
    def test_degrees_count_below_the_limit_only(self):
        check_degrees()

    def test_hours_lie_on_a_circle(self):
        check_hours()

    def test_a_row_becomes_four_features(self):
        rows = [{"time": 0, "outside": 5.0, "demand": 1.0}]
        self.assertEqual(features.build_features(rows), [[1.0, 10.0, 0.0, 1.0]])

    def test_an_impossible_temperature_is_refused(self):
        with self.assertRaises(FormatError):
            features.build_features([{"time": 0, "outside": 500.0, "demand": 1.0}])


if __name__ == "__main__":
    unittest.main()
