"""The drill itself: it finds that each mistake is noticed, and would say so if one were not."""
import unittest
from unittest import mock

from heatload import drill
from tests.readings import NOW


class Drill(unittest.TestCase):
    def test_each_mistake_is_noticed(self):
        record = drill.hold(NOW)
        self.assertEqual(len(record), 6)
        self.assertEqual([name for name, entry in record.items() if entry["seen"] == "nothing"], [])

    def test_a_check_that_is_gone_is_told(self):
        blind = {"a mistake": (ValueError, lambda now: None)}
        with mock.patch.object(drill, "DRILLS", blind):
            self.assertEqual(drill.hold(NOW)["a mistake"]["seen"], "nothing")


if __name__ == "__main__":
    unittest.main()
