"""Forecasts are told to the collector from a bounded queue: a collector that is away costs records, not memory."""
import queue


class ForecastLog:
    def __init__(self, send, room=1000):
        self.send = send
        self.waiting = queue.Queue(maxsize=room)
        self.dropped = 0

    def record(self, version, hour, forecast):
        try:
            self.waiting.put_nowait({"version": version, "hour": hour, "forecast": forecast})
        except queue.Full:
            self.dropped += 1

    def flush(self):
        """Sends what waits; gives up at the first failure and keeps the rest."""
        sent = 0
        while not self.waiting.empty():
            event = self.waiting.queue[0]
            try:
                self.send(event)
            except OSError:
                return sent
            self.waiting.get_nowait()
            sent += 1
        return sent
