"""What a row of readings looks like. Both sides of the step hold to it: who writes rows and who reads them."""

COLUMNS = {"time": (int, float), "outside": (int, float), "demand": (int, float)}


class FormatError(ValueError):
    """A column that is missing, of another type or out of its range; or too many rows that were dropped."""


def check_rows(rows):
    for number, row in enumerate(rows):
        for column, types in COLUMNS.items():
            if column not in row:
                raise FormatError(f"row {number} has no column `{column}`")
            if not isinstance(row[column], types) or isinstance(row[column], bool):
                raise FormatError(f"row {number}: `{column}` is no number")
        if not -60 <= row["outside"] <= 60:
            raise FormatError(f"row {number}: {row['outside']} degrees outside")
        if row["demand"] < 0:
            raise FormatError(f"row {number}: a demand of {row['demand']}")
    return rows


def clean_rows(readings, keep):
    """Leaves out hours without a meter; refuses to leave out more than `1 - keep` of them."""
    kept = [reading for reading in readings if reading.get("demand") is not None]
    if len(kept) < keep * len(readings):
        raise FormatError(f"{len(readings) - len(kept)} of {len(readings)} rows have no demand")
    return check_rows(kept)
