"""Least squares in plain Python: the network's demand is a line in four features."""
import hashlib
import json


class LeastSquares:
    def __init__(self, ridge=1e-6):
        self.ridge = ridge
        self.weights = []

    def fit(self, features, targets):
        size = len(features[0])
        left = [[sum(row[i] * row[j] for row in features) for j in range(size)] for i in range(size)]
        right = [sum(row[i] * y for row, y in zip(features, targets)) for i in range(size)]
        for i in range(size):
            left[i][i] += self.ridge
        self.weights = solve(left, right)
        return self

    def predict(self, features):
        return [sum(w * x for w, x in zip(self.weights, row)) for row in features]


def solve(left, right):
    """Gauss with pivots; sizes are small."""
    size = len(right)
    rows = [list(left[i]) + [right[i]] for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda r: abs(rows[r][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for other in range(size):
            if other != column:
                factor = rows[other][column] / rows[column][column]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[column])]
    return [rows[i][size] / rows[i][i] for i in range(size)]


def skill(model, features, targets):
    """One minus the error of the model over the error of always saying the mean."""
    mean = sum(targets) / len(targets)
    spread = sum((y - mean) ** 2 for y in targets)
    error = sum((y - p) ** 2 for y, p in zip(targets, model.predict(features)))
    return 1 - error / spread


def save_model(model, path):
    text = json.dumps({"weights": model.weights}, sort_keys=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return version_of(text)


def load_model(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    model = LeastSquares()
    model.weights = json.loads(text)["weights"]
    return model, version_of(text)


def version_of(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]
