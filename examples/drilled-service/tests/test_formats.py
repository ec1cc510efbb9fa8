"""A source that changes its format is noticed; so is a step that hands on something else."""
import unittest

from heatload.features import build_features
from heatload.model import LeastSquares
from heatload.rows import FormatError, check_rows, clean_rows
from tests.readings import readings


class ChangedFormats(unittest.TestCase):
    def test_rows_with_a_renamed_column_are_refused(self):
        rows = [{**row, "temp": row["outside"]} for row in readings()]
        for row in rows:
            del row["outside"]
        with self.assertRaisesRegex(FormatError, "no column `outside`"):
            check_rows(rows)

    def test_a_retyped_column_is_refused(self):
        rows = [{**row, "demand": str(row["demand"])} for row in readings()]
        with self.assertRaisesRegex(FormatError, "`demand` is no number"):
            check_rows(rows)

    def test_many_dropped_rows_are_refused(self):
        rows = readings()
        for row in rows[::2]:
            row["demand"] = None
        with self.assertRaisesRegex(FormatError, "36 of 72 rows"):
            clean_rows(rows, keep=0.9)

    def test_few_dropped_rows_are_left_out(self):
        rows = readings()
        rows[3]["demand"] = None
        self.assertEqual(len(clean_rows(rows, keep=0.9)), 71)


class BetweenSteps(unittest.TestCase):
    def test_features_take_what_cleaning_writes(self):
        features = build_features(clean_rows(readings(), keep=0.9))
        self.assertEqual(len(LeastSquares().fit(features, [1.0] * 72).weights), 4)

    def test_consumer_refuses_output_of_a_producer_that_dropped_a_column(self):
        rows = clean_rows(readings(), keep=0.9)
        for row in rows:
            del row["outside"]
        with self.assertRaisesRegex(FormatError, "no column `outside`"):
            build_features(rows)


if __name__ == "__main__":
    unittest.main()
