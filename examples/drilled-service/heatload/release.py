"""python -m heatload.release URL MODEL: the service has to serve the model that was just released."""
import json
import sys
import time
import urllib.error
import urllib.request

from heatload.model import load_model

TRIES = 5


class WrongModel(RuntimeError):
    """Another model serves than the one that was released."""


def served_version(url):
    with urllib.request.urlopen(url + "/version", timeout=5) as answer:
        return json.load(answer)["model"]


def verify_release(url, released, ask=served_version, pause=time.sleep):
    seen = None
    for attempt in range(TRIES):
        try:
            seen = ask(url)
            if seen == released:
                return seen
        except (TimeoutError, urllib.error.URLError, ConnectionError) as error:
            seen = error
        pause(2**attempt)
    raise WrongModel(f"{released} was released, but {url} serves {seen}")


def main():
    _, version = load_model(sys.argv[2])
    print(verify_release(sys.argv[1], version))


if __name__ == "__main__":
    main()
