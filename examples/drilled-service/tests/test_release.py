"""A model that was released and does not serve is noticed."""
import unittest

from heatload.release import WrongModel, verify_release


class Answers:
    """A stand-in for the service that answers what it is told to, errors too."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, _url):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def no_pause(_seconds):
    return None


class Release(unittest.TestCase):
    def test_release_is_refused_when_the_served_model_version_is_wrong(self):
        with self.assertRaisesRegex(WrongModel, "new was released, but u serves old"):
            verify_release("u", "new", Answers("old").ask, no_pause)

    def test_release_is_refused_when_the_service_stays_away(self):
        with self.assertRaisesRegex(WrongModel, "serves cut"):
            verify_release("u", "new", Answers(ConnectionError("cut")).ask, no_pause)

    def test_release_waits_for_the_new_model(self):
        self.assertEqual(verify_release("u", "new", Answers("old", TimeoutError(), "new").ask, no_pause), "new")


if __name__ == "__main__":
    unittest.main()
