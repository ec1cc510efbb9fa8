"""python chaos/probe_prediction.py URL LOW HIGH: exits with 1 when the prediction for a cold hour lies elsewhere."""
import json
import sys
import time
import urllib.request


def prediction(url):
    body = {"time": 1_790_000_000, "outside": 0.0, "newest_reading": time.time()}
    with urllib.request.urlopen(url + "/forecast", json.dumps(body).encode(), timeout=5) as answer:
        return json.load(answer)["demand"]


if __name__ == "__main__":
    demand = prediction(sys.argv[1])
    if not float(sys.argv[2]) <= demand <= float(sys.argv[3]):
        sys.exit(f"a prediction of {demand:.1f}")
