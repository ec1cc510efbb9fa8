"""Settings of yesterday's code do not train today's model."""
import unittest

from heatload.model import LeastSquares
from heatload.settings import SettingsError, parse_settings
from heatload.train import TooWeak, train
from tests.readings import NOW, readings, settings


class StaleSettings(unittest.TestCase):
    def test_unknown_settings_are_refused(self):
        with self.assertRaisesRegex(SettingsError, "unknown settings: learning_rate"):
            parse_settings(settings(learning_rate=0.1))

    def test_missing_settings_are_refused(self):
        values = settings()
        del values["keep_rows"]
        with self.assertRaisesRegex(SettingsError, "missing settings: keep_rows"):
            parse_settings(values)


class Training(unittest.TestCase):
    def test_three_days_make_a_model(self):
        model = train(parse_settings(settings()), readings(), NOW)
        self.assertIsInstance(model, LeastSquares)
        self.assertAlmostEqual(model.weights[1], 3.0, places=3)

    def test_a_model_that_is_too_weak_is_refused(self):
        rows = readings()
        for number, row in enumerate(rows):
            row["demand"] = 10 + 37 * number % 11
        with self.assertRaises(TooWeak):
            train(parse_settings(settings()), rows, NOW)


if __name__ == "__main__":
    unittest.main()
