"""The service: a forecast for an hour, what operators thought of it, and which model answers."""
import json
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import Counter, Gauge, start_http_server

from heatload.features import build_features
from heatload.model import load_model
from heatload.telemetry import ForecastLog

FORECASTS = Counter("heatload_forecasts_total", "Forecasts that were asked for")
FEEDBACK = Counter("heatload_feedback_total", "Corrections by operators", ["verdict"])
DATA_AGE = Gauge("heatload_data_age_seconds", "Age of the newest reading that was asked about")
DROPPED = Gauge("heatload_telemetry_dropped", "Records of forecasts that had no room")
SENT = Gauge("heatload_telemetry_sent", "Records of forecasts that the last flush delivered")


def send_to(url):
    def send(event):
        request = urllib.request.Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=2).close()

    return send


class Service:
    def __init__(self, model, version, log):
        self.model = model
        self.version = version
        self.log = log

    def forecast(self, body):
        row = {"time": body["time"], "outside": body["outside"], "demand": 0}
        value = self.model.predict(build_features([row]))[0]
        self.log.record(self.version, body["time"], value)
        FORECASTS.inc()
        DATA_AGE.set(time.time() - body["newest_reading"])
        DROPPED.set(self.log.dropped)
        return {"model": self.version, "demand": value}

    def feedback(self, body):
        FEEDBACK.labels(verdict=body["verdict"]).inc()
        SENT.set(self.log.flush())
        return {}


class Handler(BaseHTTPRequestHandler):
    service = None

    def do_GET(self):
        self.answer({"model": self.service.version})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        routes = {"/forecast": self.service.forecast, "/feedback": self.service.feedback}
        self.answer(routes[self.path](body))

    def answer(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def main():
    model, version = load_model(sys.argv[1])
    Handler.service = Service(model, version, ForecastLog(send_to(sys.argv[2])))
    start_http_server(9000)
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()


if __name__ == "__main__":
    main()
